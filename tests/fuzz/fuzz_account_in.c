/* fuzz_account_in.c: an account, a newline, the lines of a log: what names the account holds it; what is remembered has a limit. */
#include "filter/belongs.h"
#include "filter/line_head.h"
#include "log/seek.h"
#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = str_span((const char *)data, size), account, line;
    struct belongs *b = calloc(1, sizeof *b);
    if (!b || !str_field(&rest, '\n', &account)) {
        free(b);
        return 0;
    }
    bool small = true;
    for (size_t i = 0; i < account.n; i++)
        small &= account.p[i] < 'A' || account.p[i] > 'Z';
    struct seek n = seek_of(account, true);
    for (int64_t us = 0; small && str_line(&rest, &line); us++) {
        struct line_ids ids;
        line_ids(line, &ids);
        assert(ids.n <= 3);
        assert(!account_in(line, account) || seek_find(&n, line) >= 0);
        (void)belongs_line(b, line, account, us);
        assert(b->n <= BELONGS_IDS);
    }
    free(b);
    return 0;
}
