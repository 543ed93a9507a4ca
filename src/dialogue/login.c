#include "dialogue/login.h"
#include <errno.h>

/* Words for "not in clear text", as Dovecot, Courier, ProFTPD, vsftpd and pure-ftpd put it. A wrong password is never refused with any of them. */
bool wants_tls(struct str text)
{
    static const char *const words[] = {"PRIVACYREQUIRED", "plaintext", "plain text", "cleartext", "clear text", "TLS", "SSL", "encrypt"};
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        for (size_t k = 0; k < text.n; k++)
            if (str_istarts(str_from(text, k), str_of(words[i])))
                return true;
    return false;
}

void add_word(char *ret, size_t size, struct str word)
{
    size_t n = strlen(ret);
    if (n + word.n + 2 > size)
        return;
    if (n)
        ret[n++] = ' ';
    text_copy(ret + n, size - n, word);
}

static bool plain_attempt(struct stream *s, const struct login_plan *plan, struct login_seen *seen, const struct login_steps *steps)
{
    enum login_verdict v = LOGIN_REFUSED;
    bool going = steps->login(s, plan, seen->answer_plain, &v);
    if (!seen->answer_plain[0])
        return going;
    seen->plain_refused = v == LOGIN_WANTS_TLS;
    seen->plain_considered = v != LOGIN_WANTS_TLS;
    seen->accepted = v == LOGIN_ACCEPTED;
    return going;
}

static bool upgrade(struct stream *s, struct login_seen *seen, const struct login_steps *steps)
{
    bool ready = false;
    if (!steps->start_tls(s, seen, &ready))
        return false;
    return !ready || (stream_tls(s) && steps->offers(s, seen, false));
}

static void run(struct stream *s, const struct login_plan *plan, struct login_seen *seen, const struct login_steps *steps)
{
    enum login_verdict v = LOGIN_REFUSED;
    if (!steps->greeting(s, seen) || !steps->offers(s, seen, true))
        return;
    if (!s->ssl && plan->user && plan->login_before_tls) {
        if (!plain_attempt(s, plan, seen, steps) && !(stream_again(s) && steps->greeting(s, seen)))
            return;
        if (seen->accepted)
            return;
    }
    if (!s->ssl && plan->starttls && !upgrade(s, seen, steps))
        return;
    /* Where TLS was asked for and is not had, the password stays here. */
    if (!plan->user || (!s->ssl && (plan->starttls || plan->login_before_tls)))
        return;
    steps->login(s, plan, seen->answer, &v);
    if (seen->answer[0]) {
        seen->accepted = v == LOGIN_ACCEPTED;
        seen->refused = !seen->accepted;
    }
}

void login_talk(struct stream *s, const struct login_plan *plan, struct login_seen *seen, const struct login_steps *steps)
{
    if (s->trouble == TROUBLE_NONE) {
        stream_hide(s, str_of(plan->password ? plan->password : ""));
        run(s, plan, seen, steps);
    }
    if (s->trouble == TROUBLE_NONE) {
        steps->leave(s);
        s->trouble = TROUBLE_NONE; /* how a server takes leave does not matter any more */
    }
    seen->trouble = s->trouble;
    seen->tls = s->tls;
    memcpy(seen->transcript, s->transcript, sizeof seen->transcript);
}

int login_ask(const struct endpoint_at *at, const struct login_plan *plan, talk_fn *talk, struct login_seen *ret, struct err *err)
{
    if (!line_safe(plan->user) || !line_safe(plan->password) || (plan->user && strlen(plan->user) + strlen(plan->password ? plan->password : "") > 500))
        return err_set(err, -EINVAL, "not fit to be sent as a login");
    struct ask a = {at, talk, plan, &login_fields, sizeof *ret};
    return ask_run(&a, ret, err);
}
