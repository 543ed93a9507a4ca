/* pop3.c: RFC 1939, 2449 (CAPA), 2595 (STLS). */
#include "dialogue/login.h"

/* A line that says +OK or -ERR; *ret_text is what stands behind that. */
static bool status(struct stream *s, bool *ret_ok, struct str *ret_text)
{
    struct str line;
    if (!stream_line(s, &line))
        return false;
    *ret_ok = str_istarts(line, STR("+OK"));
    if (!*ret_ok && !str_istarts(line, STR("-ERR")))
        return stream_fail(s, TROUBLE_GARBAGE);
    *ret_text = str_trim(str_from(line, *ret_ok ? 3 : 4));
    return true;
}

static bool greeting(struct stream *s, struct login_seen *seen)
{
    struct str text;
    bool ok;
    if (!status(s, &ok, &text))
        return false;
    text_set(seen->banner, text);
    return ok || stream_fail(s, TROUBLE_CLOSED); /* it does not serve us */
}

static bool offers(struct stream *s, struct login_seen *seen, bool first)
{
    struct str line, word, rest;
    bool ok, password = false;
    if (!stream_say(s, "CAPA") || !status(s, &ok, &line))
        return false;
    if (!ok) /* an old server: nothing is known, and nothing disabled */
        return true;
    seen->capabilities[0] = 0;
    while (stream_line(s, &line) && !str_eq(line, STR("."))) {
        rest = line;
        if (!str_word(&rest, " ", &word))
            continue;
        add_word(seen->capabilities, sizeof seen->capabilities, word);
        if (first)
            seen->starttls_offered |= str_ieq(word, STR("STLS"));
        password |= str_ieq(word, STR("USER"));
        if (!str_ieq(word, STR("SASL")))
            continue;
        while (str_word(&rest, " ", &word))
            password |= str_ieq(word, STR("PLAIN")) || str_ieq(word, STR("LOGIN"));
    }
    if (first)
        seen->login_disabled = s->trouble == TROUBLE_NONE && !password;
    return s->trouble == TROUBLE_NONE;
}

static bool start_tls(struct stream *s, struct login_seen *seen, bool *ret_ready)
{
    struct str text;
    *ret_ready = false;
    return !seen->starttls_offered || (stream_say(s, "STLS") && status(s, ret_ready, &text));
}

static bool login(struct stream *s, const struct login_plan *plan, char ret_answer[static 256], enum login_verdict *ret)
{
    _cleanup_(buf_free) struct buf b = BUF(1024);
    struct str text;
    bool ok;
    if (!stream_say(s, "USER %s", plan->user) || !status(s, &ok, &text))
        return false;
    if (ok) {
        buf_printf(&b, "PASS %s", plan->password ? plan->password : "");
        if (!stream_whisper(s, buf_str(&b), "PASS (password)") || !status(s, &ok, &text))
            return false;
        *ret = ok ? LOGIN_ACCEPTED : wants_tls(text) ? LOGIN_WANTS_TLS : LOGIN_REFUSED;
    } else {
        *ret = wants_tls(text) ? LOGIN_WANTS_TLS : LOGIN_REFUSED;
    }
    text_copy(ret_answer, 256, text.n ? text : ok ? STR("+OK") : STR("-ERR"));
    return true;
}

static void leave(struct stream *s)
{
    struct str text;
    bool ok;
    if (stream_say(s, "QUIT"))
        (void)status(s, &ok, &text);
}

void pop3_talk(struct stream *s, const void *plan, void *seen)
{
    static const struct login_steps steps = {greeting, offers, start_tls, login, leave};
    login_talk(s, plan, seen, &steps);
}

int pop3_ask(const struct endpoint_at *at, const struct login_plan *plan, struct login_seen *ret, struct err *err)
{
    return login_ask(at, plan, pop3_talk, ret, err);
}
