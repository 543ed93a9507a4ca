#include "queue/postfix_text.h"
#include "queue/postfix_record.h"

struct place {
    struct str window;
    uint64_t at;   /* of the window in the file */
    size_t pos;
    uint64_t next; /* another place that is to be read */
};

struct postfix_text postfix_text_begin(uint64_t file_size)
{
    return (struct postfix_text){.file_size = file_size, .allowed = file_size};
}

static void end(struct postfix_text *t, bool damaged)
{
    t->ended = true;
    t->damaged = damaged;
}

/* As much of a line as the window has. */
static void copy(struct postfix_text *t, struct place *p, struct buf *out)
{
    struct str there = str_from(p->window, p->pos);
    size_t n = there.n < t->left ? there.n : (size_t)t->left;
    buf_adds(out, str_span(there.p, n));
    p->pos += n;
    t->left -= n;
    if (!t->left && t->newline)
        buf_addc(out, '\n');
}

/* 0: the place of an edit that nobody made. */
static void jump(struct postfix_text *t, struct place *p, struct str data)
{
    struct str word;
    uint64_t to;
    if (!str_word(&data, " ", &word) || !str_u64(word, INT64_MAX, &to) || to >= t->file_size || (to && ++t->jumps > POSTFIX_JUMPS_MAX))
        end(t, true);
    else if (to)
        p->next = to;
}

static void on_line(struct postfix_text *t, struct place *p, bool whole, uint64_t n, struct buf *out)
{
    t->left = n;
    t->newline = whole;
    copy(t, p, out);
}

static void on_record(struct postfix_text *t, struct place *p, char type, struct str data)
{
    if (type == 'p')
        jump(t, p, data);
    else if (type == 'M')
        t->text = true;
    else if (type == 'E' || (t->text && type == 'X'))
        end(t, !t->text);
}

/* The next record. false: it goes on behind the window. */
static bool take_record(struct postfix_text *t, struct place *p, struct buf *out)
{
    uint64_t n = 0;
    struct str rest = str_from(p->window, p->pos);
    int head = postfix_record_head(rest, &n);
    if (head == 0)
        return false;
    if (head < 0 || n + (uint64_t)head > t->allowed) {
        end(t, true);
        return true;
    }
    char type = rest.p[0];
    bool line = t->text && (type == 'N' || type == 'L');
    if (!line && n > rest.n - (size_t)head)
        return false;
    t->allowed -= n + (uint64_t)head;
    p->pos += (size_t)head;
    if (line) {
        on_line(t, p, type == 'N', n, out);
    } else {
        p->pos += (size_t)n;
        on_record(t, p, type, str_span(rest.p + head, (size_t)n));
    }
    return true;
}

uint64_t postfix_text_take(struct postfix_text *t, struct str window, uint64_t at, struct buf *out)
{
    struct place p = {.window = window, .at = at};
    bool whole = true;
    if (t->left)
        copy(t, &p, out);
    while (!t->ended && !p.next && !t->left && whole)
        whole = take_record(t, &p, out);
    if (t->ended)
        return 0;
    if (p.next)
        return p.next;
    /* The file ends within a record, or it is longer than any of Postfix's. */
    if (at + window.n >= t->file_size || p.pos == 0)
        end(t, true);
    return t->ended ? 0 : at + p.pos;
}
