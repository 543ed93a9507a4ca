#include "log/journal.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str message = str_span((const char *)data, size), identifier = {0};
    struct login_said l;
    /* "identifier|message" */
    if (!str_field(&message, '|', &identifier) || !message.p)
        return 0;
    if (login_line(identifier, message, &l)) {
        assert(login_maybe(message));
        assert(l.account.n > 0 && l.account.p >= message.p && l.account.p + l.account.n <= message.p + message.n);
        assert(!l.address.n || (l.address.p >= message.p && l.address.p + l.address.n <= message.p + message.n));
    }
    return 0;
}
