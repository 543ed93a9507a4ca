#include "talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct login_plan plan = {.starttls = true, .user = "probe", .password = "secret-word", .login_before_tls = true};
    struct login_seen seen = {0};
    talk_over(data, size, imap_talk, &plan, &seen);
    assert(!strstr(seen.transcript, "secret-word") && !seen.refused);
    assert(!(seen.plain_refused && seen.plain_considered));
    return 0;
}
