#include "account/past_logins.h"
#include <assert.h>

#define NOW 1795500000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1u << 20)
        return 0;
    struct past_login rows[] = {{.name = "admin"}, {.name = "webmaster"}};
    struct past_logins p = {.now = NOW};
    p.list.v = rows, p.list.n = 2;
    int r = login_db_parse(str_span((const char *)data, size), "/x.db", &p);
    assert(r <= 0);
    for (size_t i = 0; i < 2; i++)
        assert(rows[i].last >= 0 && rows[i].last <= NOW + 86400);
    return 0;
}
