#include "filter/copies.h"

#define NEAR_US 2000000

static uint64_t hash_of(struct str s)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * UINT64_C(1099511628211);
    return h ? h : 1;
}

/* Lines come in the order of time: the newest are looked at first, until they are too old. */
bool copies_told(struct copies *c, struct str text, int64_t us, unsigned log)
{
    uint64_t hash = hash_of(str_trim(text)), bit = UINT64_C(1) << (log & 63);
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
