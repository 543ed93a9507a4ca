#include "account/logins.h"
#include "account/unused.h"
#include <stdlib.h>
#include <strings.h>

static int by_account(const void *a, const void *b)
{
    return strcasecmp(((const struct login *)a)->account, ((const struct login *)b)->account);
}

void log_uses_read(const struct probe_ctx *ctx, struct arena *a, struct log_uses *ret)
{
    struct logins *l = arena_zalloc(a, sizeof *l);
    const struct logins_want want = account_logins_want(ctx);
    struct err err = {0};
    if (journal_logins(ctx->server->host->root, &want, ACCOUNT_LOGINS_UNUSED, a, l, &err) < 0) {
        *ret = (struct log_uses){.why = arena_dupz(a, err.text)};
        return;
    }
    if (l->list.n)
        qsort(l->list.v, l->list.n, sizeof l->list.v[0], by_account);
    *ret = (struct log_uses){.logins = l};
}

int64_t log_last(const struct log_uses *l, const char *account)
{
    struct login key = {.account = account};
    const struct login *found = l->logins && l->logins->list.n ? bsearch(&key, l->logins->list.v, l->logins->list.n, sizeof key, by_account) : NULL;
    return found ? found->last : 0;
}

int64_t log_since(const struct log_uses *l)
{
    return l->logins ? l->logins->since : 0;
}
