#include "account/past_logins.h"
#include <assert.h>

#define NOW 1795500000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct past_login rows[] = {{.name = "admin"}, {.name = "root"}, {.name = "webmaster"}};
    struct past_logins p = {.now = NOW};
    p.list.v = rows, p.list.n = 3;
    struct str bytes = str_span((const char *)data, size);
    wtmp_parse(bytes, "/var/log/wtmp", &p);
    for (size_t i = 0; i < 3; i++)
        assert(rows[i].last >= 0 && rows[i].last <= NOW + 86400 && (rows[i].last == 0) == (rows[i].from == NULL));
    assert(p.since >= 0 && p.since <= NOW + 86400);
    assert(lastlog_parse(bytes) >= 0);
    return 0;
}
