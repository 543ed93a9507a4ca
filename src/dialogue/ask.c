#include "dialogue/ask.h"
#include "base/i18n.h"
#include "dialogue/crowd.h"

const char *trouble_text(enum trouble t)
{
    static const char *const texts[TROUBLE_COUNT] = {
        [TROUBLE_NONE] = "",
        [TROUBLE_REFUSED] = N_("connection refused"),
        [TROUBLE_UNREACHABLE] = N_("not reachable"),
        [TROUBLE_TIMEOUT] = N_("no answer in time"),
        [TROUBLE_CLOSED] = N_("the server ended the connection"),
        [TROUBLE_GARBAGE] = N_("an answer that is not of this protocol"),
        [TROUBLE_TLS] = N_("the TLS handshake failed"),
        [TROUBLE_WORKER] = N_("the asking process failed"),
    };
    return *texts[t] ? _(texts[t]) : "";
}

bool line_safe(const char *s)
{
    return !s || !s[strcspn(s, "\r\n")];
}

char *base64(struct str s, char *ret, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = 0;
    ret[0] = 0;
    if ((s.n + 2) / 3 * 4 >= size)
        return ret;
    for (size_t i = 0; i < s.n; i += 3) {
        uint32_t v = 0;
        for (size_t k = 0; k < 3; k++)
            v = v << 8 | (i + k < s.n ? (unsigned char)s.p[i + k] : 0u);
        for (size_t k = 0; k < 4; k++)
            ret[n++] = i + k > s.n ? '=' : digits[v >> (18 - 6 * k) & 63];
    }
    ret[n] = 0;
    return ret;
}

static void speak(const struct ask *a, void *seen)
{
    struct stream s;
    stream_open(&s, a->at);
    a->talk(&s, a->plan, seen);
    stream_close(&s);
}

static void see(void *arg, size_t i, void *seen)
{
    (void)i;
    speak(arg, seen);
}

int ask_run(const struct ask *a, void *seen, struct err *err)
{
    struct crowd_seen alone = {see, (void *)(uintptr_t)a, 1, a->fields, a->size, 1, a->at->netns, a->at->timeout_ms > 0 ? a->at->timeout_ms : 8000};
    if (!crowd_inside())
        return crowd_see(&alone, seen, err);
    memset(seen, 0, a->size);
    speak(a, seen);
    return 0;
}
