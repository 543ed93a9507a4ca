#include "wire/message.h"
#include "wire/idl.h"
#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read as a call or a reply says the same after it was written by us. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_span((const char *)data, size);
    struct wire_message m = {0}, again = {0};
    size_t n = 0;
    if (message_parse_call(text, &m, NULL) == 0) {
        assert(m.root && json_is_object(m.parameters) && idl_is_interface(m.interface) && m.member.n && !(m.more && m.oneway));
        char *method = strndup(m.method.p, m.method.n);
        char *out = message_call(method, json_incref(m.parameters), (m.more ? MESSAGE_MORE : 0) | (m.oneway ? MESSAGE_ONEWAY : 0), &n);
        assert(out && n == strlen(out) + 1 && message_parse_call(str_span(out, n - 1), &again, NULL) == 0);
        assert(str_eq(m.method, again.method) && m.more == again.more && m.oneway == again.oneway && json_equal(m.parameters, again.parameters));
        message_done(&again);
        free(method);
        free(out);
    }
    message_done(&m);
    if (message_parse_reply(text, &m, NULL) == 0) {
        assert(m.root && json_is_object(m.parameters) && !(m.error && m.continues));
        char *out = message_reply(m.error, json_incref(m.parameters), m.continues ? MESSAGE_CONTINUES : 0, &n);
        assert(out && message_parse_reply(str_span(out, n - 1), &again, NULL) == 0 && json_equal(m.parameters, again.parameters));
        message_done(&again);
        free(out);
    }
    message_done(&m);
    return 0;
}
