#include "talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct http_request request[] = {{"GET", "/a"}, {"HEAD", "/b"}, {"GET", "/c"}};
    static const struct http_plan plan = {"site.test", request, ARRAY_SIZE(request)};
    struct http_answer answer[ARRAY_SIZE(request)] = {0};
    struct http_seen seen = {.answer = answer};
    talk_over(data, size, http_talk, &plan, &seen);
    assert(seen.answers <= plan.n && (seen.answers == plan.n || seen.trouble != TROUBLE_NONE));
    for (size_t i = 0; i < seen.answers; i++)
        assert(answer[i].body_n <= sizeof answer[i].body && (answer[i].trouble != TROUBLE_NONE || answer[i].status >= 200));
    return 0;
}
