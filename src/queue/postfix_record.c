#include "queue/postfix_record.h"
#include "base/addr.h"

struct record {
    unsigned char type;
    struct str data;
    size_t length; /* of the whole record */
};

/* Where the reader stands within its window. */
struct place {
    struct str window;
    uint64_t at;   /* of the window in the file */
    size_t pos;
    uint64_t record; /* where in the file the record begins that is looked at */
    uint64_t next; /* another place in the file that is to be read; 0: go on */
    bool wrong;
};

struct postfix_reader postfix_reader_begin(struct arena *a, uint64_t file_size, size_t recipients_kept, unsigned envelope_windows, struct message *m)
{
    return (struct postfix_reader){.arena = a, .m = m, .file_size = file_size, .recipients_kept = recipients_kept, .envelope_windows = envelope_windows};
}

static struct str keep(const struct postfix_reader *r, struct str s) { return message_keep(r->arena, s, MESSAGE_TEXT_MAX); }

int postfix_record_head(struct str s, uint64_t *ret_length)
{
    uint64_t n = 0;
    size_t i = 1;
    for (unsigned shift = 0;; shift += 7, i++) {
        if (i >= s.n)
            return 0;
        if (shift > 28)
            return -1;
        n |= (uint64_t)((unsigned char)s.p[i] & 0x7f) << shift;
        if (!((unsigned char)s.p[i] & 0x80))
            break;
    }
    *ret_length = n;
    return (int)i + 1;
}

/* 1: there it is; 0: it goes on behind the window; -1: no record. */
static int record_at(struct str s, struct record *ret)
{
    uint64_t n;
    int head = postfix_record_head(s, &n);
    if (head <= 0)
        return head;
    if (n > s.n - (size_t)head)
        return 0;
    *ret = (struct record){.type = (unsigned char)s.p[0], .data = str_span(s.p + head, (size_t)n), .length = (size_t)head + (size_t)n};
    return 1;
}

static bool number(struct str *rest, uint64_t *ret)
{
    struct str word;
    return str_word(rest, " ", &word) && str_u64(word, INT64_MAX, ret);
}

/* C: size, offset of the text, recipients, options, length of the text's records. */
static void on_size(struct postfix_reader *r, struct place *p, struct str data)
{
    uint64_t size, offset, recipients, options, length;
    struct str rest = data;
    if (!number(&rest, &size) || !number(&rest, &offset) || !number(&rest, &recipients) || !number(&rest, &options)) {
        p->wrong = true;
        return;
    }
    r->m->size = size;
    r->data_offset = offset;
    r->noted = recipients > MESSAGE_RECIPIENTS_MAX ? MESSAGE_RECIPIENTS_MAX : (uint32_t)recipients;
    r->content_length = number(&rest, &length) ? length : 0;
}

static void on_time(struct postfix_reader *r, struct place *p, struct str data)
{
    uint64_t seconds;
    (void)p;
    if (number(&data, &seconds)) {
        r->m->arrival = (int64_t)seconds;
        r->arrived = true;
    }
}

/* log_client_*: who brought it to the first of our own servers; client_*: who brought it to this instance, perhaps a content filter. The first counts. */
static const struct attribute {
    struct str name;
    size_t at;
    bool logged;
} attributes[] = {
    {STR("sasl_username"), offsetof(struct message, account), false},
    {STR("log_client_address"), offsetof(struct message, client), true},
    {STR("log_client_name"), offsetof(struct message, client_name), true},
    {STR("client_address"), offsetof(struct message, client), false},
    {STR("client_name"), offsetof(struct message, client_name), false},
};

static void on_attribute(struct postfix_reader *r, struct place *p, struct str data)
{
    ptrdiff_t equals = str_find(data, '=');
    (void)p;
    for (size_t i = 0; equals > 0 && i < ARRAY_SIZE(attributes); i++) {
        const struct attribute *a = &attributes[i];
        struct str *to = (struct str *)(void *)((char *)r->m + a->at);
        if (str_eq(str_span(data.p, (size_t)equals), a->name) && (a->logged || !to->n))
            *to = keep(r, str_from(data, (size_t)equals + 1));
    }
}

static void on_sender(struct postfix_reader *r, struct place *p, struct str data)
{
    (void)p;
    r->m->sender = keep(r, data);
    r->m->sender_known = true;
}

static void on_recipient(struct postfix_reader *r, struct place *p, struct str data)
{
    if (r->m->recipients >= MESSAGE_RECIPIENTS_MAX) {
        r->cut = true;
        return;
    }
    r->m->recipients++;
    if (r->waiting)
        r->waiting(r->arg, p->record, data);
    if (r->m->to.n < r->recipients_kept)
        *list_push(r->arena, &r->m->to) = keep(r, data);
}

static void on_done(struct postfix_reader *r, struct place *p, struct str data)
{
    (void)p;
    (void)data;
    if (r->m->done < MESSAGE_RECIPIENTS_MAX)
        r->m->done++;
}

/* 0: the place of a jump that nobody made. */
static void on_pointer(struct postfix_reader *r, struct place *p, struct str data)
{
    uint64_t to;
    if (!number(&data, &to) || to >= r->file_size || (to && ++r->jumps > POSTFIX_JUMPS_MAX))
        p->wrong = true;
    else if (to >= p->at && to - p->at < p->window.n)
        p->pos = to ? (size_t)(to - p->at) : p->pos;
    else
        p->next = to;
}

static void go_to_header(struct postfix_reader *r, struct place *p)
{
    r->part = POSTFIX_HEADER;
    r->part_windows = 0;
    if (!r->data_offset || r->data_offset >= r->file_size)
        p->wrong = true;
    else
        p->next = r->data_offset;
}

static void on_text_begins(struct postfix_reader *r, struct place *p, struct str data)
{
    (void)p;
    (void)data;
    r->part = POSTFIX_HEADER;
    r->part_windows = 0;
}

static void on_end(struct postfix_reader *r, struct place *p, struct str data)
{
    (void)p;
    (void)data;
    r->part = POSTFIX_END;
}

/* Recipients that `sendmail -t` took from the header stand behind the text. */
static void go_to_extracted(struct postfix_reader *r, struct place *p)
{
    uint64_t at = 0;
    bool wanted = r->m->recipients + r->m->done < r->noted && !r->cut;
    r->part = POSTFIX_END;
    if (!wanted || !r->content_length || __builtin_add_overflow(r->data_offset, r->content_length, &at) || at >= r->file_size)
        return;
    r->part = POSTFIX_EXTRACTED;
    r->part_windows = 0;
    p->next = at;
}

static void on_line(struct postfix_reader *r, struct place *p, struct str data)
{
    if (!data.n) {
        go_to_extracted(r, p);
        return;
    }
    message_header(r->m, r->arena, data);
}

typedef void record_fn(struct postfix_reader *r, struct place *p, struct str data);
static const struct row {
    unsigned char type;
    record_fn *on;
} rows[POSTFIX_END][10] = {
    [POSTFIX_ENVELOPE] = {{'C', on_size}, {'T', on_time}, {'A', on_attribute}, {'S', on_sender}, {'R', on_recipient}, {'D', on_done}, {'p', on_pointer}, {'M', on_text_begins}, {'E', on_end}},
    [POSTFIX_HEADER] = {{'N', on_line}, {'L', on_line}, {'p', on_pointer}, {'E', on_end}},
    [POSTFIX_EXTRACTED] = {{'R', on_recipient}, {'D', on_done}, {'p', on_pointer}, {'E', on_end}},
};
/* Each once for every line of a text: a table, not a search. */
static const bool known[256] = {
    ['<'] = true, ['>'] = true, ['A'] = true, ['C'] = true, ['D'] = true, ['E'] = true, ['F'] = true, ['I'] = true, ['L'] = true, ['M'] = true, ['N'] = true, ['O'] = true,
    ['P'] = true, ['R'] = true, ['S'] = true, ['T'] = true, ['V'] = true, ['W'] = true, ['X'] = true, ['K'] = true, ['c'] = true, ['d'] = true, ['e'] = true, ['f'] = true,
    ['i'] = true, ['m'] = true, ['n'] = true, ['o'] = true, ['p'] = true, ['q'] = true, ['r'] = true, ['t'] = true, ['w'] = true, ['/'] = true,
};

static void on_record(struct postfix_reader *r, struct place *p, const struct record *record)
{
    if (!known[record->type]) {
        p->wrong = true;
        return;
    }
    for (const struct row *row = rows[r->part]; row->on; row++)
        if (row->type == record->type) {
            row->on(r, p, record->data);
            return;
        }
    if (r->part == POSTFIX_HEADER && record->type == 'X')
        r->part = POSTFIX_EXTRACTED;
}

/* The envelope's end is not reached: what else of it lies in the file is left out. */
static void leave_part(struct postfix_reader *r, struct place *p)
{
    if (r->part == POSTFIX_ENVELOPE) {
        r->cut = true;
        go_to_header(r, p);
    } else if (r->part == POSTFIX_HEADER) {
        go_to_extracted(r, p);
    } else {
        r->cut = true;
        r->part = POSTFIX_END;
    }
}

/* PHP writes the script's name above the headers of what it hands to sendmail. What came over the network has only what its sender wrote there. */
static void trust_headers(struct message *m)
{
    struct addr client;
    bool here = !addr_parse(m->client, &client) || str_starts(m->client, STR("127.")) || str_eq(m->client, STR("::1"));
    if (!here)
        m->script = m->site = (struct str){0};
}

static uint64_t finish(struct postfix_reader *r, bool wrong)
{
    struct message *m = r->m;
    r->part = POSTFIX_END;
    if (wrong || !m->sender_known || !r->arrived)
        m->condition = MESSAGE_DAMAGED;
    trust_headers(m);
    m->more = r->cut;
    if (r->cut && r->noted > m->recipients + m->done)
        m->recipients = r->noted - m->done;
    return 0;
}

#define HEADER_WINDOWS 4 /* Received and the like of a few relays */

uint64_t postfix_reader_take(struct postfix_reader *r, struct str window, uint64_t at)
{
    struct place p = {.window = window, .at = at};
    const unsigned limits[] = {r->envelope_windows, HEADER_WINDOWS, r->envelope_windows};
    r->windows++;
    r->part_windows++;
    while (!p.wrong && !p.next && r->part != POSTFIX_END) {
        struct record record;
        int found = record_at(str_from(window, p.pos), &record);
        if (found == 1) {
            p.record = at + p.pos;
            p.pos += record.length;
            on_record(r, &p, &record);
        } else if (found < 0 || (p.pos == 0 && r->part != POSTFIX_HEADER) || at + window.n >= r->file_size) {
            p.wrong = true; /* longer than any record of Postfix's, or behind the end of the file */
        } else if (r->part_windows >= limits[r->part] || p.pos == 0) {
            leave_part(r, &p);
        } else {
            p.next = at + p.pos;
        }
    }
    return p.wrong || !p.next || r->windows >= POSTFIX_WINDOWS_MAX ? finish(r, p.wrong || (p.next && r->part != POSTFIX_END)) : p.next;
}

bool postfix_last_reason(struct str log, struct str *ret)
{
    struct str line;
    bool found = false;
    while (str_line(&log, &line))
        if (str_starts(line, STR("reason=")) && line.n > 7) {
            *ret = str_from(line, 7);
            found = true;
        }
    return found;
}
