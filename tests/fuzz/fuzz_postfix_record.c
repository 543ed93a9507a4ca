#include "queue/postfix_record.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_one(struct str file, size_t window, unsigned windows, size_t kept)
{
    struct arena *a = arena_new(256u << 20);
    struct message m = {0};
    struct postfix_reader r = postfix_reader_begin(a, file.n, kept, windows, &m);
    uint64_t at = 0;
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str file = str_span((const char *)data, size), reason;
    read_one(file, POSTFIX_WINDOW, 1, 5);
    read_one(file, POSTFIX_WINDOW, 2048, MESSAGE_RECIPIENTS_MAX);
    read_one(file, 256, 2048, 5);
    if (postfix_last_reason(file, &reason))
        assert(reason.n && reason.p >= file.p && reason.p + reason.n <= file.p + file.n);
    return 0;
}
