/* ftp.c: RFC 959, 2389 (FEAT), 4217 (AUTH TLS); the control connection only. */
#include "dialogue/login.h"
#include "dialogue/reply.h"
#include <stdio.h>

static bool command(struct stream *s, const char *line, reply_each *each, void *ctx, struct reply *ret)
{
    return stream_say(s, "%s", line) && reply_read(s, true, each, ctx, ret);
}

static bool greeting(struct stream *s, struct login_seen *seen)
{
    struct reply r;
    if (!reply_read(s, true, NULL, NULL, &r))
        return false;
    text_set(seen->banner, str_of(r.text));
    return r.code == 220 || stream_fail(s, TROUBLE_CLOSED); /* 421, 530: it does not serve us */
}

struct feats {
    struct login_seen *seen;
    bool first;
};

/* " AUTH TLS", " AUTH TLS;SSL;" */
static void on_feat(void *ctx, struct str text)
{
    struct feats *f = ctx;
    struct str rest = str_trim(text), word;
    if (!str_word(&rest, " ", &word) || str_ieq(word, STR("End")))
        return;
    add_word(f->seen->capabilities, sizeof f->seen->capabilities, word);
    if (!f->first || !str_ieq(word, STR("AUTH")))
        return;
    while (str_word(&rest, " ;", &word))
        f->seen->starttls_offered |= str_ieq(word, STR("TLS")) || str_ieq(word, STR("TLS-C")) || str_ieq(word, STR("SSL"));
}

static bool offers(struct stream *s, struct login_seen *seen, bool first)
{
    struct feats f = {seen, first};
    struct reply r;
    seen->capabilities[0] = 0;
    return command(s, "FEAT", on_feat, &f, &r) && (r.code != 421 || stream_fail(s, TROUBLE_CLOSED));
}

/* Asked also where FEAT did not tell of it: FEAT is younger than many servers. */
static bool start_tls(struct stream *s, struct login_seen *seen, bool *ret_ready)
{
    struct reply r;
    *ret_ready = false;
    if (!command(s, "AUTH TLS", NULL, NULL, &r))
        return false;
    *ret_ready = r.code == 234;
    seen->starttls_offered |= *ret_ready;
    return true;
}

static bool login(struct stream *s, const struct login_plan *plan, char ret_answer[static 256], enum login_verdict *ret)
{
    _cleanup_(buf_free) struct buf b = BUF(1024);
    struct reply r;
    if (!stream_say(s, "USER %s", plan->user) || !reply_read(s, true, NULL, NULL, &r))
        return false;
    if (r.code == 331 || r.code == 332) {
        buf_printf(&b, "PASS %s", plan->password ? plan->password : "");
        if (!stream_whisper(s, buf_str(&b), "PASS (password)") || !reply_read(s, true, NULL, NULL, &r))
            return false;
    }
    snprintf(ret_answer, 256, "%d %s", r.code, r.text);
    *ret = r.code == 230 || r.code == 232 ? LOGIN_ACCEPTED : wants_tls(str_of(r.text)) ? LOGIN_WANTS_TLS : LOGIN_REFUSED;
    return r.code != 421 || stream_fail(s, TROUBLE_CLOSED);
}

void ftp_talk(struct stream *s, const void *plan, void *seen)
{
    static const struct login_steps steps = {greeting, offers, start_tls, login, reply_quit};
    struct login_seen *ret = seen;
    login_talk(s, plan, ret, &steps);
    ret->login_disabled = ret->plain_refused;
}

int ftp_ask(const struct endpoint_at *at, const struct login_plan *plan, struct login_seen *ret, struct err *err)
{
    return login_ask(at, plan, ftp_talk, ret, err);
}
