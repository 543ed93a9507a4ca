#include "queue/postfix_record.h"
#include "queue/postfix_text.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void waits(void *arg, uint64_t at, struct str address)
{
    const struct str *file = arg;
    assert(at + 2 <= file->n && file->p[at] == 'R' && address.n <= file->n);
}

static void read_one(struct str file, size_t window, unsigned windows, size_t kept)
{
    struct arena *a = arena_new(256u << 20);
    struct message m = {0};
    struct postfix_reader r = postfix_reader_begin(a, file.n, kept, windows, &m);
    uint64_t at = 0;
    r.waiting = waits;
    r.arg = &file;
    unsigned turns = 0;
    do {
        assert(at <= file.n && ++turns <= POSTFIX_WINDOWS_MAX);
        at = postfix_reader_take(&r, str_head(str_from(file, (size_t)at), window), at);
    } while (at);
    assert(r.part == POSTFIX_END && m.to.n <= kept && m.subject.n <= MESSAGE_SUBJECT_MAX);
    const struct str texts[] = {m.sender, m.account, m.client, m.client_name, m.script, m.site};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        assert(texts[i].n <= MESSAGE_TEXT_MAX && (!texts[i].n || texts[i].p));
    for (size_t i = 0; i < m.to.n; i++)
        assert(m.to.v[i].n <= MESSAGE_TEXT_MAX);
    assert(m.condition == MESSAGE_DAMAGED || (m.sender_known && m.recipients <= MESSAGE_RECIPIENTS_MAX));
    arena_free(a);
}

static void read_text(struct str file, size_t window, struct buf *out)
{
    struct postfix_text t = postfix_text_begin(file.n);
    uint64_t at = 0;
    size_t turns = 0;
    do {
        assert(at <= file.n && ++turns <= file.n + POSTFIX_JUMPS_MAX + 1);
        at = postfix_text_take(&t, str_span(file.p + at, file.n - at < window ? file.n - (size_t)at : window), at, out);
    } while (at);
    assert(t.ended && !out->full && out->n <= file.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf text = BUF(64u << 20), again = BUF(64u << 20);
    struct str file = str_span((const char *)data, size), reason;
    uint64_t length;
    int head = postfix_record_head(file, &length);
    assert(head <= 0 || (head >= 2 && (size_t)head <= file.n && length < (UINT64_C(1) << 35)));
    read_one(file, POSTFIX_WINDOW, 1, 5);
    read_one(file, POSTFIX_WINDOW, 2048, MESSAGE_RECIPIENTS_MAX);
    read_one(file, 256, 2048, 5);
    if (postfix_last_reason(file, &reason))
        assert(reason.n && reason.p >= file.p && reason.p + reason.n <= file.p + file.n);
    read_text(file, POSTFIX_TEXT_WINDOW, &text);
    read_text(file, 4096, &again);
    assert(file.n > 4096 || str_eq(buf_str(&text), buf_str(&again)));
    buf_free(&text);
    buf_free(&again);
    return 0;
}
