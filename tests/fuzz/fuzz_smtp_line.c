#include "log/mail_uses.h"
#include <assert.h>

static void inside(struct str part, struct str whole)
{
    assert(part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str message = str_span((const char *)data, size), identifier = {0};
    struct smtp_line l;
    /* "identifier|message" */
    if (!str_field(&message, '|', &identifier) || !message.p || !smtp_line(identifier, message, &l))
        return 0;
    assert(l.id.n >= 6);
    inside(l.id, message);
    inside(l.service, identifier);
    inside(l.client, message);
    inside(l.account, message);
    inside(l.sender, message);
    assert(l.says != SMTP_SAYS_CLIENT || l.client.n);
    return 0;
}
