#include "log/journal.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str message = str_span((const char *)data, size), account, identifier = {0};
    /* "identifier|message" */
    if (!str_field(&message, '|', &identifier) || !message.p)
        return 0;
    if (login_line(identifier, message, &account))
        assert(account.n > 0 && account.p >= message.p && account.p + account.n <= message.p + message.n);
    return 0;
}
