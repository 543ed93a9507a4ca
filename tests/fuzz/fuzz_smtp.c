#include "talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct smtp_plan plan = {.starttls = true, .user = "probe", .password = "secret-word", .auth_before_tls = true, .envelopes = 3,
        .envelope = {{"a@b.test", "c@d.test"}, {"", "e@f.test"}, {NULL, "g@h.test"}}};
    struct smtp_seen seen = {0};
    talk_over(data, size, smtp_talk, &plan, &seen);

    return 0;
}
