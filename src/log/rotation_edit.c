#include "log/rotation_edit.h"
#include <errno.h>

struct edit {
    struct str text;
    unsigned keep, days;
    bool inside, script, done, set;
    struct buf *out;
};

/* The number behind `rotate` or `maxage`, where it is below what is wanted, is replaced; the rest of the line stays. */
static void raise_number(struct edit *e, struct str line, struct str word, unsigned wanted)
{
    struct str rest = line, first, number;
    uint64_t n;
    if (!str_word(&rest, " \t=", &first) || !str_eq(first, word) || !str_word(&rest, " \t=\r", &number) || !str_u64(number, 1000000, &n) || n >= wanted) {
        buf_adds(e->out, line);
        return;
    }
    buf_adds(e->out, str_span(line.p, (size_t)(number.p - line.p)));
    buf_printf(e->out, "%u", wanted);
    buf_adds(e->out, str_from(line, (size_t)(number.p - line.p) + number.n));
}

static struct str first_word(struct str line)
{
    struct str first = {"", 0}, rest = line;
    (void)!str_word(&rest, " \t=\r", &first);
    return first;
}

static bool begins_script(struct str w)
{
    static const char *const words[] = {"prerotate", "postrotate", "firstaction", "lastaction", "preremove"};
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (str_eq(w, str_of(words[i])))
            return true;
    return false;
}

static void edit_line(struct edit *e, struct str line)
{
    struct str w = first_word(line);
    if (e->script) {
        e->script = !str_eq(w, STR("endscript"));
        buf_adds(e->out, line);
    } else if (w.n && w.p[0] == '}') {
        if (!e->set)
            buf_printf(e->out, "\trotate %u\n", e->keep);
        e->inside = false;
        e->done = true;
        buf_adds(e->out, line);
    } else if (str_eq(w, STR("maxage"))) {
        raise_number(e, line, w, e->days);
    } else {
        e->set |= str_eq(w, STR("rotate"));
        e->script = begins_script(w);
        raise_number(e, line, STR("rotate"), e->keep);
    }
}

int rotation_edit(struct str text, const struct rotation *rule, unsigned days, struct buf *out)
{
    if (!rule->days)
        return -EOPNOTSUPP;
    struct edit e = {.keep = (days + rule->days - 1) / rule->days, .days = days, .out = out};
    struct str rest = text, line;
    bool begun = false;
    for (unsigned n = 1; str_line(&rest, &line); n++) {
        /* With its end, as it is. */
        const char *end = rest.n ? rest.p : text.p + text.n;
        struct str ending = str_span(line.p + line.n, (size_t)(end - line.p) - line.n);
        begun |= n == rule->line;
        if (begun && !e.done && e.inside)
            edit_line(&e, line);
        else
            buf_adds(out, line);
        if (begun && !e.done && !e.inside)
            e.inside = str_find(line, '{') >= 0;
        buf_adds(out, ending);
    }
    return !e.done ? -ENOENT : out->full ? -EFBIG : 0;
}
