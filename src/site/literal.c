#include "site/literal.h"

#define VALUE_MAX 200

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (unsigned char)c >= 0x80;
}

static size_t spaces(struct str s, size_t at)
{
    while (at < s.n && (s.p[at] == ' ' || s.p[at] == '\t' || s.p[at] == '\r' || s.p[at] == '\n'))
        at++;
    return at;
}

/* Behind the quoted string that begins at `at`; s.n where it never ends. */
static size_t behind_string(struct str s, size_t at)
{
    char quote = s.p[at++];
    while (at < s.n && s.p[at] != quote)
        at += s.p[at] == '\\' ? 2 : 1;
    return at < s.n ? at + 1 : s.n;
}

/* Behind a comment that begins at `at`; `at` itself where none begins. */
static size_t behind_comment(struct str s, size_t at)
{
    struct str rest = str_from(s, at);
    ptrdiff_t end;
    if (str_starts(rest, STR("/*"))) {
        end = str_search(str_from(rest, 2), STR("*/"));
        return end < 0 ? s.n : at + 2 + (size_t)end + 2;
    }
    if (str_starts(rest, STR("//")) || (rest.n && rest.p[0] == '#' && !str_starts(rest, STR("#[")))) {
        end = str_find(rest, '\n');
        return end < 0 ? s.n : at + (size_t)end + 1;
    }
    return at;
}

/* Behind a heredoc or nowdoc that begins at `at`; `at` itself where none begins. */
static size_t behind_heredoc(struct str s, size_t at)
{
    if (!str_starts(str_from(s, at), STR("<<<")))
        return at;
    size_t i = spaces(s, at + 3);
    if (i < s.n && (s.p[i] == '\'' || s.p[i] == '"'))
        i++;
    size_t start = i;
    while (i < s.n && name_char(s.p[i]))
        i++;
    struct str label = str_span(s.p + start, i - start), line, rest = str_from(s, i);
    if (!label.n)
        return at + 3;
    (void)!str_line(&rest, &line);
    while (str_line(&rest, &line))
        if (str_starts(str_trim(line), label))
            break;
    return s.n - rest.n;
}

static bool value_at(struct str s, size_t at, struct str *ret)
{
    at = spaces(s, at);
    if (at >= s.n)
        return false;
    if (s.p[at] == '\'' || s.p[at] == '"') {
        size_t end = behind_string(s, at);
        if (end - at < 2 || end - at - 2 > VALUE_MAX || s.p[end - 1] != s.p[at])
            return false;
        *ret = str_span(s.p + at + 1, end - at - 2);
    } else {
        size_t end = at;
        while (end < s.n && ((s.p[end] >= '0' && s.p[end] <= '9') || s.p[end] == '.'))
            end++;
        *ret = str_span(s.p + at, end - at);
    }
    /* `'1' . X` is computed, not a literal. */
    size_t next = spaces(s, (size_t)(ret->p - s.p) + ret->n + (s.p[at] == '\'' || s.p[at] == '"'));
    return ret->n && ret->n <= VALUE_MAX && (next >= s.n || s.p[next] == ';' || s.p[next] == ',' || s.p[next] == ')');
}

/* A name like "v[version]" at a variable: $v['version']. Returns the place behind it, or 0. */
static size_t variable(struct str s, size_t at, struct str name)
{
    ptrdiff_t bracket = str_find(name, '[');
    struct str plain = bracket < 0 ? name : str_span(name.p, (size_t)bracket);
    if (!str_starts(str_from(s, at), plain))
        return 0;
    at += plain.n;
    if (bracket < 0)
        return at < s.n && !name_char(s.p[at]) ? at : 0;
    struct str key = str_span(name.p + bracket + 1, name.n - (size_t)bracket - 2);
    size_t i = spaces(s, at);
    if (i + key.n + 4 > s.n || s.p[i] != '[')
        return 0;
    i = spaces(s, i + 1);
    if (i + key.n + 2 > s.n || (s.p[i] != '\'' && s.p[i] != '"') || !str_eq(str_span(s.p + i + 1, key.n), key) || s.p[i + 1 + key.n] != s.p[i])
        return 0;
    i = spaces(s, i + key.n + 2);
    return i < s.n && s.p[i] == ']' ? i + 1 : 0;
}

/* The `=` of an assignment (not ==, =>, .=). */
static bool assigned(struct str s, size_t at, struct str *ret)
{
    at = spaces(s, at);
    return at + 1 < s.n && s.p[at] == '=' && s.p[at + 1] != '=' && s.p[at + 1] != '>' && value_at(s, at + 1, ret);
}

static bool word_is(struct str s, size_t start, size_t end, const char *word)
{
    return str_ieq(str_span(s.p + start, end - start), str_of(word));
}

/* define('NAME', 'x') or const NAME = 'x' whose word stands at [start, end). */
static bool constant(struct str s, size_t start, size_t end, struct str name, struct str *ret)
{
    size_t at = spaces(s, end);
    if (word_is(s, start, end, "const")) {
        /* `const string NAME`: a type may stand before the name */
        for (int i = 0; i < 2; i++) {
            size_t n = 0;
            while (at + n < s.n && name_char(s.p[at + n]))
                n++;
            if (str_eq(str_span(s.p + at, n), name))
                return assigned(s, at + n, ret);
            at = spaces(s, at + n);
        }
        return false;
    }
    struct str defined;
    if (!word_is(s, start, end, "define") || at >= s.n || s.p[at] != '(' || !value_at(s, at + 1, &defined) || !str_eq(defined, name))
        return false;
    at = spaces(s, (size_t)(defined.p - s.p) + defined.n + 1);
    return at < s.n && s.p[at] == ',' && value_at(s, at + 1, ret);
}

bool php_literal(struct str text, const char *wanted, struct str *ret)
{
    struct str name = str_of(wanted);
    for (size_t at = 0; at < text.n;) {
        size_t next = behind_comment(text, at);
        if (next == at)
            next = behind_heredoc(text, at);
        if (next == at && (text.p[at] == '\'' || text.p[at] == '"'))
            next = behind_string(text, at);
        if (next != at) {
            at = next;
            continue;
        }
        if (text.p[at] == '$') {
            size_t end = variable(text, at + 1, name);
            if (end && assigned(text, end, ret))
                return true;
            at++;
        } else if (name_char(text.p[at])) {
            size_t end = at;
            while (end < text.n && name_char(text.p[end]))
                end++;
            if (constant(text, at, end, name, ret))
                return true;
            at = end;
        } else {
            at++;
        }
    }
    return false;
}

bool header_field(struct str text, const char *field, struct str *ret)
{
    struct str line, name = str_of(field);
    while (str_line(&text, &line)) {
        while (line.n && strchr(" \t*/#@", line.p[0]) && line.p[0])
            line = str_from(line, 1);
        if (line.n <= name.n || !str_istarts(line, name) || line.p[name.n] != ':')
            continue;
        struct str value = str_trim(str_from(line, name.n + 1));
        ptrdiff_t end = str_search(value, STR("*/"));
        value = str_trim(end < 0 ? value : str_span(value.p, (size_t)end));
        if (value.n && value.n <= VALUE_MAX) {
            *ret = value;
            return true;
        }
    }
    return false;
}

bool xml_element(struct str text, const char *name, struct str *ret)
{
    struct str element = str_of(name);
    for (ptrdiff_t at; (at = str_find(text, '<')) >= 0;) {
        text = str_from(text, (size_t)at + 1);
        if (text.n <= element.n || !str_starts(text, element) || text.p[element.n] != '>')
            continue;
        struct str inside = str_from(text, element.n + 1);
        ptrdiff_t end = str_find(inside, '<');
        if (end > 0 && end <= VALUE_MAX) {
            *ret = str_trim(str_span(inside.p, (size_t)end));
            return ret->n > 0;
        }
    }
    return false;
}

bool json_member(struct str text, const char *name, struct str *ret)
{
    struct str key = str_of(name);
    for (ptrdiff_t at; (at = str_find(text, '"')) >= 0;) {
        text = str_from(text, (size_t)at);
        size_t end = behind_string(text, 0);
        struct str string = end >= 2 ? str_span(text.p + 1, end - 2) : (struct str){"", 0};
        text = str_from(text, end);
        size_t colon = spaces(text, 0), value = spaces(text, colon + 1);
        if (!str_eq(string, key) || colon >= text.n || text.p[colon] != ':' || value >= text.n || text.p[value] != '"')
            continue;
        end = behind_string(text, value);
        if (end - value < 3 || end - value - 2 > VALUE_MAX || text.p[end - 1] != '"')
            return false;
        *ret = str_span(text.p + value + 1, end - value - 2);
        return true;
    }
    return false;
}
