/* A session file of logind: whatever it holds, the user's name lies within it and the address is one. */
#include "host/never.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct login_session s;
    char text[ADDR_TEXT];
    if (session_parse(str_span((const char *)data, size), &s)) {
        assert(!s.user.n || ((const uint8_t *)s.user.p >= data && (const uint8_t *)s.user.p + s.user.n <= data + size));
        assert(*addr_text(&s.remote, text) && s.uid != UINT32_MAX);
    }
    return 0;
}
