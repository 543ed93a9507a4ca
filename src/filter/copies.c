#include "filter/copies.h"
#include "base/hash.h"
#include "filter/line_head.h"

#define NEAR_US 2000000

/* Program and words. The journal knows the process's number where Dovecot told syslog none, and the host's name may be written longer. */
static uint64_t hash_of(struct str text)
{
    struct line_head h;
    uint64_t v = HASH_BEGIN;
    if (line_head(text, &h))
        v = hash_add(hash_add(v, h.ident), str_trim(h.message));
    else
        v = hash_add(v, str_trim(text));
    return v ? v : 1;
}

/* Lines come in the order of time: the newest are looked at first, until they are too old. */
bool copies_told(struct copies *c, struct str text, int64_t us, unsigned log)
{
    uint64_t hash = hash_of(text), bit = UINT64_C(1) << (log & 63);
    for (size_t i = 0; i < COPIES; i++) {
        struct copy *v = &c->v[(c->next + COPIES - 1 - i) % COPIES];
        if (!v->hash || us - v->us > NEAR_US)
            break;
        if (v->hash == hash && v->us - us <= NEAR_US && !(v->logs & bit)) {
            v->logs |= bit;
            return true;
        }
    }
    c->v[c->next] = (struct copy){hash, us, bit};
    c->next = (c->next + 1) % COPIES;
    return false;
}
