#include "talk.h"
#include "notify/mail.h"

static void talk(struct stream *s, const void *plan, void *seen)
{
    letter_talk(s, plan, seen);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct letter letter = {"lab.example", "root@lab.example", "admin@example.jp", STR("Subject: x\r\n\r\nx\r\n.\r\n")};
    static struct letter_seen seen;
    talk_over(data, size, talk, &letter, &seen);
    assert(!seen.taken || (seen.step == 5 && seen.answer.code / 100 == 2 && seen.trouble == TROUBLE_NONE));
    assert(seen.step <= 5);
    return 0;
}
