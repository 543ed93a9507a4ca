/* One option of a file is set and all else stays byte for byte: comments, order, indentation. */
#include "config/report.h"

/* Where a character stands that the parser told by line and column. */
static size_t offset(struct str b, unsigned line, unsigned column)
{
    size_t at = 0;
    while (at < b.n && line > 1)
        line -= b.p[at++] == '\n';
    while (at < b.n && column > 1) {
        at++;
        while (at < b.n && ((unsigned char)b.p[at] & 0xc0) == 0x80)
            at++;
        column--;
    }
    return at;
}

static size_t skip_quoted(struct str b, size_t at)
{
    for (at++; at < b.n && b.p[at] != '"'; at++)
        at += b.p[at] == '\\';
    return at;
}

/* The end of the statement that begins here: behind its last value. A list goes on behind its comma. */
static size_t statement_end(struct str b, size_t at)
{
    size_t end = at;
    for (bool more = false; at < b.n; at++) {
        char c = b.p[at];
        bool comment = c == '#' && at > 0 && strchr(" \t,\n", b.p[at - 1]);
        if (c == ';' || c == '}' || (!more && (c == '\n' || comment)))
            break;
        if (comment) {
            while (at + 1 < b.n && b.p[at + 1] != '\n')
                at++;
            continue;
        }
        if (c == '"')
            at = skip_quoted(b, at);
        if (strchr(" \t\r\n", c))
            continue;
        more = c == ',';
        end = at + 1 < b.n ? at + 1 : b.n;
    }
    return end;
}

static const struct value *in_file(const struct config *c, const char *section, const char *instance, const char *name)
{
    for (size_t i = 0; i < c->values.n; i++) {
        const struct value *v = &c->values.v[i];
        if (strcmp(v->option->section, section) == 0 && strcmp(v->instance, instance) == 0 && (!name || strcmp(v->option->name, name) == 0))
            return v;
    }
    return NULL;
}

static void statement(struct buf *out, const struct option *o, const char *text)
{
    buf_printf(out, "%s = ", o->name);
    config_write_value(out, o, text);
}

/* Before another option of its section, written as that one is: in a line of its own, or in a row. */
static void beside(struct str b, size_t at, const struct option *o, const char *text, struct buf *out)
{
    size_t line = at;
    while (line > 0 && strchr(" \t", b.p[line - 1]))
        line--;
    bool alone = line == 0 || b.p[line - 1] == '\n';
    buf_add(out, b.p, at);
    statement(out, o, text);
    if (alone) {
        buf_addc(out, '\n');
        buf_add(out, b.p + line, at - line);
    } else
        buf_addz(out, "; ");
    buf_adds(out, str_from(b, at));
}

static void at_end(struct str b, const struct option *o, const char *instance, const char *text, struct buf *out)
{
    buf_adds(out, b);
    buf_addz(out, b.n && b.p[b.n - 1] != '\n' ? "\n" : "");
    if (*o->section)
        buf_printf(out, "%s%s%s {\n    ", o->section, *instance ? " " : "", instance);
    statement(out, o, text);
    buf_addz(out, *o->section ? "\n}\n" : "\n");
}

/* From `at` over blanks to the end of the line, which goes too where nothing else stands in it. */
static void cut(struct str b, size_t from, size_t to, struct buf *out)
{
    size_t line = from, end = to;
    while (line > 0 && strchr(" \t", b.p[line - 1]))
        line--;
    while (end < b.n && strchr(" \t", b.p[end]))
        end++;
    bool begins = line == 0 || b.p[line - 1] == '\n', ends = end == b.n || b.p[end] == '\n' || b.p[end] == '\r';
    if (begins && ends) { /* the whole line */
        end += end < b.n && b.p[end] == '\r';
        end += end < b.n && b.p[end] == '\n';
        from = line;
    } else if (!ends)
        from = begins ? from : line + (line < from); /* one blank stays between its neighbours */
    else
        end = to;
    buf_add(out, b.p, from);
    buf_adds(out, str_from(b, end));
}

/* The section around a statement: from its name to behind its brace. false: something else stands in it, if only a comment. */
static bool alone_in_section(struct str b, size_t at, size_t end, size_t *ret_from, size_t *ret_to)
{
    size_t from = at, to = end;
    while (from > 0 && strchr(" \t\r\n", b.p[from - 1]))
        from--;
    while (to < b.n && strchr(" \t\r\n;", b.p[to]))
        to++;
    if (from == 0 || b.p[from - 1] != '{' || to >= b.n || b.p[to] != '}')
        return false;
    from--;
    while (from > 0 && !strchr("\n;}", b.p[from - 1]))
        from--;
    while (from < at && strchr(" \t", b.p[from]))
        from++;
    *ret_from = from;
    *ret_to = to + 1;
    return true;
}

void config_unset(struct str bytes, const struct config *c, const struct option *o, const char *instance, struct buf *out)
{
    const struct value *old = in_file(c, o->section, instance, o->name);
    if (!old) {
        buf_adds(out, bytes);
        return;
    }
    size_t from = offset(bytes, old->line, old->column), to = statement_end(bytes, from), outer_from, outer_to;
    if (*o->section && alone_in_section(bytes, from, to, &outer_from, &outer_to)) {
        cut(bytes, outer_from, outer_to, out);
        return;
    }
    while (to < bytes.n && strchr(" \t", bytes.p[to]))
        to++;
    if (to < bytes.n && bytes.p[to] == ';')
        to++;
    cut(bytes, from, to, out);
}

void config_set(struct str bytes, const struct config *c, const struct option *o, const char *instance, const char *text, struct buf *out)
{
    const struct value *old = in_file(c, o->section, instance, o->name), *near = in_file(c, o->section, instance, NULL);
    if (old) {
        size_t at = offset(bytes, old->line, old->column);
        buf_add(out, bytes.p, at);
        statement(out, o, text);
        buf_adds(out, str_from(bytes, statement_end(bytes, at)));
    } else if (near && *o->section)
        beside(bytes, offset(bytes, near->line, near->column), o, text, out);
    else
        at_end(bytes, o, instance, text, out);
}
