#include "queue/qmail_record.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void holds(const struct message *m, size_t keep)
{
    const struct str texts[] = {m->sender, m->account, m->client, m->client_name, m->script, m->site};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        assert(texts[i].n <= MESSAGE_TEXT_MAX && (!texts[i].n || texts[i].p));
    assert(m->subject.n <= MESSAGE_SUBJECT_MAX && m->to.n <= keep && m->to.n <= m->recipients && m->recipients <= MESSAGE_RECIPIENTS_MAX);
    for (size_t i = 0; i < m->to.n; i++)
        assert(m->to.v[i].n <= MESSAGE_TEXT_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str file = str_span((const char *)data, size);
    for (unsigned cut = 0; cut < 2; cut++) {
        struct arena *a = arena_new(256u << 20);
        struct message m = {0};
        qmail_take_envelope(&m, a, file, cut, 5);
        assert(m.more || !cut);
        qmail_take_envelope(&m, a, file, false, 7); /* local and remote */
        message_header(&m, a, file);
        qmail_take_head(&m, a, file);
        holds(&m, 7);
        arena_free(a);
    }
    return 0;
}
