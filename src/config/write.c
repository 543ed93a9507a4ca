/* Out of the rows: a file with all defaults, and what may be written. */
#include "base/i18n.h"
#include "config/report.h"
#include "term/text.h"

#define WIDTH 100

static const char *kind_text(enum option_type type)
{
    switch (type) {
    case OPTION_TEXT: return _("A text; in \"quotes\" where it has blanks");
    case OPTION_PATH: return _("A path that begins with /");
    case OPTION_URL: return _("An address that begins with https://");
    case OPTION_MAILBOX: return _("A mail address");
    case OPTION_WORDS: return _("Names, parted by commas");
    case OPTION_PREFIXES: return _("Networks or addresses, IPv4 and IPv6, parted by commas");
    case OPTION_HOST: return _("A host name");
    case OPTION_SOURCES: return _("Names of sources parted by commas, or any, or nobody");
    default: return "";
    }
}

static const char *choices_text(struct arena *a, const char *choices)
{
    _cleanup_(buf_free) struct buf list = BUF(1024);
    struct str rest = str_of(choices), one;
    while (str_field(&rest, '|', &one))
        buf_printf(&list, "%s%.*s", list.n ? ", " : "", (int)one.n, one.p);
    return arena_printf(a, _("Possible: %s"), list.p);
}

const char *option_range(struct arena *a, const struct option *o)
{
    switch (o->type) {
    case OPTION_BOOL: return choices_text(a, "yes|no");
    case OPTION_CHOICE: return choices_text(a, o->choices);
    case OPTION_NUMBER: return arena_printf(a, _("From %lld to %lld"), (long long)o->min, (long long)o->max);
    case OPTION_DURATION: return arena_printf(a, _("From %s to %s"), duration_text(a, o->min), duration_text(a, o->max));
    default: return kind_text(o->type);
    }
}

void config_write_value(struct buf *out, const struct option *o, const char *text)
{
    bool quote = !option_type_takes_list(o->type) && strpbrk(text, " \t{};,\"#\\");
    if (!quote) {
        buf_addz(out, text);
        return;
    }
    buf_addc(out, '"');
    for (const char *p = text; *p; p++) {
        if (*p == '"' || *p == '\\')
            buf_addc(out, '\\');
        buf_addc(out, *p);
    }
    buf_addc(out, '"');
}

static void write_comment(struct buf *out, const char *indent, const char *text)
{
    _cleanup_(buf_free) struct buf wrapped = BUF(8192);
    text_wrap(&wrapped, str_of(text), WIDTH, 0);
    struct str rest = buf_str(&wrapped), line;
    while (str_line(&rest, &line)) {
        line = str_trim(line);
        buf_printf(out, "%s# %.*s\n", indent, (int)line.n, line.p);
    }
}

static void write_option(struct buf *out, struct arena *a, const struct option *o, bool commented)
{
    const char *indent = *o->section ? "    " : "";
    write_comment(out, indent, _(o->help));
    write_comment(out, indent, arena_printf(a, _("%s."), option_range(a, o)));
    buf_printf(out, "%s%s%s = %s\n", indent, commented || !o->fallback ? "#" : "", o->name, o->fallback ? o->fallback : o->example);
}

/* A section with a name of its own has no defaults: it is shown as an example. */
static void write_section(struct buf *out, struct arena *a, const struct option_section *s, bool commented)
{
    bool off = commented || s->example;
    buf_addc(out, '\n');
    write_comment(out, "", _(s->help));
    buf_printf(out, "%s%s%s%s {\n", off ? "#" : "", s->name, s->example ? " " : "", s->example ? s->example : "");
    for (size_t i = 0, n = 0; i < options_n; i++)
        if (strcmp(options[i].section, s->name) == 0) {
            if (n++)
                buf_addc(out, '\n');
            write_option(out, a, &options[i], commented);
        }
    buf_addz(out, off ? "#}\n" : "}\n");
}

void config_write_defaults(struct buf *out, bool commented)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    write_comment(out, "", _("bansho.conf: how this server is meant to be. Every line may be left out: its default then holds."));
    write_comment(out, "", _("Manual: man bansho.conf. After a change: bansho config check"));
    buf_addc(out, '\n');
    for (size_t i = 0; i < options_n; i++)
        if (!*options[i].section)
            write_option(out, a, &options[i], commented);
    for (size_t i = 0; i < option_sections_n; i++)
        write_section(out, a, &option_sections[i], commented);
}
