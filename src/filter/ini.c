#include "filter/ini.h"
#include "base/i18n.h"
#include <errno.h>

#define NOT_YET ((size_t)-1)
#define IN_DEFAULTS ((size_t)-2)

struct reader {
    struct load *l;
    struct ini *ini;
    const char *file;
    unsigned line;
    size_t section; /* index, NOT_YET or IN_DEFAULTS */
    size_t option;  /* index in it, or NOT_YET */
    size_t indent;  /* of the line that began the value */
    struct err *err;
};

/* Length of the blank at p; 0: none. Unicode's blanks in UTF-8: U+0085, U+00A0, U+1680, U+2000-200A, U+2028, U+2029, U+202F, U+205F, U+3000. */
static size_t blank_length(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    if (s.n == 0)
        return 0;
    if (p[0] == ' ' || (p[0] >= 0x09 && p[0] <= 0x0d) || (p[0] >= 0x1c && p[0] <= 0x1f))
        return 1;
    if (s.n >= 2 && p[0] == 0xc2 && (p[1] == 0x85 || p[1] == 0xa0))
        return 2;
    if (s.n < 3 || p[0] < 0xe1 || p[0] > 0xe3)
        return 0;
    unsigned c = (p[0] & 15u) << 12 | (p[1] & 63u) << 6 | (p[2] & 63u);
    return c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000 ? 3 : 0;
}

/* Length of the blank that ends at the end of s. */
static size_t blank_length_back(struct str s)
{
    for (size_t n = 1; n <= 3 && n <= s.n; n++)
        if (blank_length(str_from(s, s.n - n)) == n)
            return n;
    return 0;
}

struct str ini_strip(struct str s, size_t *ret_cut)
{
    size_t whole = s.n, n;
    while ((n = blank_length(s)))
        s = str_from(s, n);
    if (ret_cut)
        *ret_cut = whole - s.n;
    while ((n = blank_length_back(s)))
        s.n -= n;
    return s;
}

static struct ini_section *current(const struct reader *r)
{
    return r->section == NOT_YET ? NULL : r->section == IN_DEFAULTS ? &r->ini->defaults : &r->ini->sections.v[r->section];
}

struct ini_section *ini_section(const struct ini *i, const char *name)
{
    for (size_t k = 0; k < i->sections.n; k++)
        if (strcmp(i->sections.v[k].name, name) == 0)
            return &i->sections.v[k];
    return NULL;
}

struct ini_option *ini_option(const struct ini_section *s, const char *key)
{
    for (size_t k = 0; k < s->options.n; k++)
        if (strcmp(s->options.v[k].key, key) == 0)
            return &s->options.v[k];
    return NULL;
}

/* What of the line is left before a comment; *ret_commented: there was one. */
static struct str before_comment(struct str line, bool *ret_commented)
{
    struct str bare = ini_strip(line, NULL);
    *ret_commented = true;
    if (bare.n && (bare.p[0] == '#' || bare.p[0] == ';'))
        return str_span(line.p, 0);
    for (size_t i = 0; i < line.n; i++)
        if (line.p[i] == ';' && (i == 0 || blank_length_back(str_span(line.p, i))))
            return str_span(line.p, i);
    *ret_commented = false;
    return line;
}

/* How far a line is indented, in characters. */
static size_t indent_of(struct str line)
{
    size_t n, chars = 0;
    for (; (n = blank_length(line)); chars++)
        line = str_from(line, n);
    return chars;
}

static void add_to_value(struct reader *r, struct str text)
{
    struct traced *v = &current(r)->options.v[r->option].value;
    uint32_t from = load_origin(r->l, r->file, r->line);
    traced_add(r->l, v, STR("\n"), from);
    traced_add(r->l, v, text, from);
}

static int enter_section(struct reader *r, struct str name)
{
    r->option = NOT_YET;
    if (str_eq(name, STR("DEFAULT"))) {
        r->section = IN_DEFAULTS;
        return 0;
    }
    const char *z = arena_dup(r->l->a, name);
    const struct ini_section *old = ini_section(r->ini, z);
    if (old)
        return err_at(r->err, -EINVAL, r->file, r->line, 0, _("section [%s] stands already in line %u"), z, old->line);
    if (r->ini->sections.n == INI_SECTIONS_MAX)
        return err_at(r->err, -EINVAL, r->file, r->line, 0, _("more than %d sections"), INI_SECTIONS_MAX);
    load_take(r->l, 8 * sizeof(struct ini_section) + 2 * name.n);
    r->section = r->ini->sections.n;
    *list_push(r->l->a, &r->ini->sections) = (struct ini_section){.name = z, .file = r->file, .line = r->line};
    return 0;
}

static int enter_option(struct reader *r, struct str text)
{
    size_t at = 0;
    while (at < text.n && text.p[at] != '=' && text.p[at] != ':')
        at++;
    struct str name = ini_strip(str_span(text.p, at), NULL);
    if (at == text.n || !name.n)
        return err_at(r->err, -EINVAL, r->file, r->line, 0, _("this line is neither [SECTION] nor NAME = VALUE"));
    load_take(r->l, 8 * sizeof(struct ini_option) + 2 * name.n);
    char *key = arena_dup(r->l->a, name);
    for (char *p = key; *p; p++)
        *p = str_lower(*p);
    struct ini_section *s = current(r);
    const struct ini_option *old = ini_option(s, key);
    if (old)
        return err_at(r->err, -EINVAL, r->file, r->line, 0, _("%s stands already in line %u of this section"), key, old->line);
    if (s->options.n == INI_OPTIONS_MAX)
        return err_at(r->err, -EINVAL, r->file, r->line, 0, _("more than %d names in one section"), INI_OPTIONS_MAX);
    r->option = s->options.n;
    *list_push(r->l->a, &s->options) = (struct ini_option){.key = key, .file = r->file, .line = r->line};
    traced_add(r->l, &current(r)->options.v[r->option].value, ini_strip(str_from(text, at + 1), NULL), load_origin(r->l, r->file, r->line));
    return 0;
}

static int take_line(struct reader *r, struct str line)
{
    bool commented;
    struct str text = ini_strip(before_comment(line, &commented), NULL);
    if (!text.n) {
        if (!commented && r->option != NOT_YET)
            add_to_value(r, text);
        return 0;
    }
    size_t indent = indent_of(line);
    if (r->option != NOT_YET && indent > r->indent) {
        add_to_value(r, text);
        return 0;
    }
    r->indent = indent;
    size_t close = text.n;
    while (close > 0 && text.p[close - 1] != ']')
        close--;
    if (text.p[0] == '[' && close > 2)
        return enter_section(r, str_span(text.p + 1, close - 2));
    if (r->section == NOT_YET)
        return err_at(r->err, -EINVAL, r->file, r->line, 0, _("before the first [SECTION] there may be comments only"));
    return enter_option(r, text);
}

/* Lines end with LF, CR LF or CR. */
static bool next_line(struct str *rest, struct str *ret)
{
    if (!rest->n)
        return false;
    size_t n = 0;
    while (n < rest->n && rest->p[n] != '\n' && rest->p[n] != '\r')
        n++;
    *ret = str_span(rest->p, n);
    *rest = str_from(*rest, n + (n + 1 < rest->n && rest->p[n] == '\r' && rest->p[n + 1] == '\n' ? 2 : 1));
    return true;
}

/* Length of the UTF-8 sequence at the front (RFC 3629); 0: not valid. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
    size_t want = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
    if (want > n)
        return 0;
    for (size_t i = 1; i < want; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool wrong = (want == 3 && ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0))) ||
                 (want == 4 && ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90)));
    return wrong ? 0 : want;
}

static int judge_bytes(const struct reader *r, struct str line)
{
    for (size_t i = 0; i < line.n;) {
        size_t n = utf8_length((const unsigned char *)line.p + i, line.n - i);
        if (!n || !line.p[i])
            return err_at(r->err, -EINVAL, r->file, r->line, 0, _("this byte (0x%02x) is not UTF-8 text"), (unsigned char)line.p[i]);
        i += n;
    }
    return 0;
}

static void end_values(struct ini_section *s)
{
    for (size_t i = 0; i < s->options.n; i++) {
        struct traced *v = &s->options.v[i].value;
        size_t n;
        while ((n = blank_length_back(traced_str(v))))
            v->n -= n;
    }
}

int ini_parse(struct load *l, struct str bytes, const char *file, struct ini *ret, struct err *err)
{
    struct ini ini = {.defaults = {.name = "DEFAULT", .file = file}};
    struct reader r = {.l = l, .ini = &ini, .file = file, .section = NOT_YET, .option = NOT_YET, .err = err};
    struct str line;
    while (next_line(&bytes, &line)) {
        r.line++;
        int e = judge_bytes(&r, line);
        e = e < 0 ? e : take_line(&r, line);
        e = e < 0 ? e : load_spent(l, file, err);
        if (e < 0)
            return e;
    }
    end_values(&ini.defaults);
    for (size_t i = 0; i < ini.sections.n; i++)
        end_values(&ini.sections.v[i]);
    *ret = ini;
    return 0;
}
