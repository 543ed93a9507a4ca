/* smtp.c: RFC 5321, 3207 (STARTTLS), 4954 (AUTH), 2920 (PIPELINING). No DATA is ever sent. */
#include "dialogue/ask.h"
#include "dialogue/reply.h"
#include <errno.h>

#define SMTP_SERVICE_CLOSING 421

struct offers {
    bool starttls, auth, pipelining;
    char mechanisms[128];
};

/* An answer; 421 means that the server leaves. */
static bool answer(struct stream *s, reply_each *each, void *ctx, struct reply *ret)
{
    if (!reply_read(s, false, each, ctx, ret))
        return false;
    return ret->code != SMTP_SERVICE_CLOSING || stream_fail(s, TROUBLE_CLOSED);
}

static bool command(struct stream *s, const char *line, struct reply *ret)
{
    *ret = (struct reply){0};
    return stream_say(s, "%s", line) && answer(s, NULL, NULL, ret);
}

/* A line of the answer to EHLO. "AUTH=LOGIN" is an old form that some servers still send. */
static void on_offer(void *ctx, struct str text)
{
    struct offers *o = ctx;
    struct str word;
    if (!str_word(&text, " =", &word))
        return;
    o->starttls |= str_ieq(word, STR("STARTTLS"));
    o->pipelining |= str_ieq(word, STR("PIPELINING"));
    if (str_ieq(word, STR("AUTH"))) {
        o->auth = true;
        if (!o->mechanisms[0])
            text_set(o->mechanisms, str_trim(str_from(text, str_starts(text, STR("=")) ? 1 : 0)));
    }
}

static bool hello(struct stream *s, const struct smtp_plan *plan, struct offers *ret)
{
    struct reply r;
    const char *name = plan->helo ? plan->helo : "probe.invalid";
    *ret = (struct offers){0};
    if (!stream_say(s, "EHLO %s", name) || !answer(s, on_offer, ret, &r))
        return false;
    if (r.code < 500)
        return true;
    *ret = (struct offers){0}; /* a refusal's words offer nothing */
    return stream_say(s, "HELO %s", name) && answer(s, NULL, NULL, &r);
}

static bool offers_mechanism(const struct offers *o, struct str name)
{
    struct str rest = str_of(o->mechanisms), word;
    while (str_word(&rest, " ", &word))
        if (str_ieq(word, name))
            return true;
    return false;
}

/* The steps of AUTH LOGIN or AUTH PLAIN; *r is the last answer. */
static bool exchange(struct stream *s, bool by_login, const char *user, const char *password, struct reply *r)
{
    if (!command(s, by_login ? "AUTH LOGIN" : "AUTH PLAIN", r) || r->code != 334)
        return s->trouble == TROUBLE_NONE;
    if (by_login) {
        if (!stream_whisper(s, str_of(user), "(user name)") || !answer(s, NULL, NULL, r))
            return false;
        if (r->code != 334)
            return true;
    }
    return stream_whisper(s, str_of(password), "(password)") && answer(s, NULL, NULL, r);
}

/* With what is offered; PLAIN also where nothing is: a server may take it all the same. */
static bool login(struct stream *s, const struct smtp_plan *plan, const struct offers *o, int *ret_code)
{
    bool by_login = offers_mechanism(o, STR("LOGIN")) && !offers_mechanism(o, STR("PLAIN"));
    const char *password = plan->password ? plan->password : "";
    char user64[STREAM_SECRET], password64[STREAM_SECRET], both64[STREAM_SECRET];
    _cleanup_(buf_free) struct buf both = BUF(512);
    struct reply r = {0};
    buf_addc(&both, 0);
    buf_addz(&both, plan->user);
    buf_addc(&both, 0);
    buf_addz(&both, password);
    base64(buf_str(&both), both64, sizeof both64);
    base64(str_of(plan->user), user64, sizeof user64);
    base64(str_of(password), password64, sizeof password64);
    s->secrets = 0;
    stream_hide(s, str_of(password));
    stream_hide(s, str_of(password64));
    stream_hide(s, str_of(both64));
    bool going = exchange(s, by_login, user64, by_login ? password64 : both64, &r);
    *ret_code = r.code;
    return going;
}

static bool start_tls(struct stream *s, const struct smtp_plan *plan, struct offers *o)
{
    struct reply r;
    if (!command(s, "STARTTLS", &r))
        return false;
    if (r.code != 220)
        return true;
    return stream_tls(s) && hello(s, plan, o);
}

/* The commands of one envelope. */
enum { MAIL, RCPT, RSET, ENVELOPE_COMMANDS };
static void put_command(struct buf *b, const struct smtp_plan *plan, size_t envelope, int which)
{
    const char *from = plan->envelope[envelope].from, *to = plan->envelope[envelope].to;
    switch (which) {
    case MAIL: buf_printf(b, "MAIL FROM:<%s>", from ? from : ""); break;
    case RCPT: buf_printf(b, "RCPT TO:<%s>", to); break;
    default: buf_addz(b, "RSET");
    }
}

/* The answers to one envelope's commands, which were sent already (`ahead`), or are sent one after the other. */
static bool envelope(struct stream *s, const struct smtp_plan *plan, size_t i, bool ahead, struct smtp_seen *seen)
{
    _cleanup_(buf_free) struct buf line = BUF(8192);
    int mail = 0;
    for (int which = MAIL; which < ENVELOPE_COMMANDS; which++) {
        struct reply r = {0};
        if (which == RCPT && mail != 250 && !ahead)
            continue;
        buf_reset(&line);
        put_command(&line, plan, i, which);
        if (ahead)
            stream_note(s, "> ", buf_str(&line));
        bool going = (ahead || stream_say(s, "%.*s", (int)line.n, line.p)) && answer(s, NULL, NULL, &r);
        if (which == MAIL)
            mail = r.code;
        if (which == MAIL || (which == RCPT && mail == 250)) { /* where the sender was refused, an answer to the recipient says nothing */
            seen->rcpt_code[i] = r.code;
            text_copy(seen->rcpt_text[i], sizeof seen->rcpt_text[i], str_of(r.text));
        }
        if (!going)
            return false;
    }
    return true;
}

/* All envelopes in one piece, where the server takes that: each answer that is waited for costs both sides a change of process. */
static bool envelopes(struct stream *s, const struct smtp_plan *plan, bool pipelining, struct smtp_seen *seen)
{
    _cleanup_(buf_free) struct buf b = BUF(8192);
    for (size_t i = 0; pipelining && i < plan->envelopes; i++)
        for (int which = MAIL; which < ENVELOPE_COMMANDS; which++) {
            put_command(&b, plan, i, which);
            buf_addz(&b, "\r\n");
        }
    bool ahead = pipelining && !b.full; /* what does not fit into the buffers of both sides is said in turn */
    if (ahead && !stream_send(s, buf_str(&b)))
        return false;
    for (size_t i = 0; i < plan->envelopes; i++)
        if (!envelope(s, plan, i, ahead, seen))
            return false;
    return true;
}

static void steps(struct stream *s, const struct smtp_plan *plan, struct smtp_seen *seen)
{
    struct reply r;
    struct offers o = {0};
    bool going = answer(s, NULL, NULL, &r);
    seen->greeting = r.code;
    text_set(seen->banner, str_of(r.text));
    if (!going || r.code != 220 || !hello(s, plan, &o))
        return;
    seen->starttls_offered = o.starttls;
    if (!s->ssl) {
        seen->auth_offered_plain = o.auth;
        text_set(seen->auth_plain, str_of(o.mechanisms));
        if (plan->user && plan->auth_before_tls && !login(s, plan, &o, &seen->auth_code_plain) &&
            !(stream_again(s) && answer(s, NULL, NULL, &r) && r.code == 220 && hello(s, plan, &o)))
            return;
        if (plan->starttls && o.starttls && !start_tls(s, plan, &o))
            return;
    }
    if (s->ssl) {
        seen->auth_offered_tls = o.auth;
        text_set(seen->auth_tls, str_of(o.mechanisms));
    }
    /* Where TLS was asked for and is not had, the password stays here. */
    if (plan->user && (s->ssl || (!plan->starttls && !plan->auth_before_tls)) && !login(s, plan, &o, &seen->auth_code))
        return;
    if (plan->envelopes)
        envelopes(s, plan, o.pipelining && !plan->in_turn, seen);
}

void smtp_talk(struct stream *s, const void *plan, void *seen)
{
    struct smtp_seen *ret = seen;
    if (s->trouble == TROUBLE_NONE)
        steps(s, plan, ret);
    if (s->trouble == TROUBLE_NONE)
        reply_quit(s);
    ret->trouble = s->trouble;
    ret->tls = s->tls;
    memcpy(ret->transcript, s->transcript, sizeof ret->transcript);
}

int smtp_ask(const struct endpoint_at *at, const struct smtp_plan *plan, struct smtp_seen *ret, struct err *err)
{
    bool safe = line_safe(plan->helo) && plan->envelopes <= ARRAY_SIZE(plan->envelope);
    for (size_t i = 0; safe && i < plan->envelopes; i++)
        safe = line_safe(plan->envelope[i].from) && line_safe(plan->envelope[i].to) && plan->envelope[i].to;
    if (!safe || (plan->user && strlen(plan->user) + (plan->password ? strlen(plan->password) : 0) > 500))
        return err_set(err, -EINVAL, "not fit to be sent to a mail server");
    struct ask a = {at, smtp_talk, plan, &smtp_fields, sizeof *ret};
    return ask_run(&a, ret, err);
}
