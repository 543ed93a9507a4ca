#include "talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static talk_fn *const talks[] = {ssh_talk, mysql_talk, postgresql_talk, dns_talk};
    for (size_t i = 0; i < ARRAY_SIZE(talks); i++) {
        struct greeting_seen seen = {0};
        talk_over(data, size, talks[i], NULL, &seen);
        assert(seen.right || seen.trouble != TROUBLE_NONE);
    }
    struct mysql_login_seen login = {0};
    talk_over(data, size, mysql_login_talk, "root", &login);
    assert(!(login.accepted && login.refused) && (!login.accepted || login.right));
    return 0;
}
