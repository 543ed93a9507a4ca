/* imap.c: RFC 3501 and 9051, only what stands before a mailbox is opened. */
#include "dialogue/login.h"
#include <stdio.h>

/* A line that ends in {n} goes on behind n bytes of anything. */
static bool skip_literal(struct stream *s, struct str line)
{
    uint64_t n;
    struct str skipped;
    if (!str_ends(line, STR("}")))
        return true;
    size_t open = line.n - 1;
    while (open > 0 && line.p[open] != '{')
        open--;
    struct str digits = str_span(line.p + open + 1, line.n - open - 2);
    if (line.p[open] != '{' || !str_u64(str_ends(digits, STR("+")) ? str_span(digits.p, digits.n - 1) : digits, STREAM_BYTES, &n))
        return true;
    while (n && stream_some(s, n, &skipped))
        n -= skipped.n;
    return s->trouble == TROUBLE_NONE;
}

static void take_capabilities(struct str words, struct login_seen *seen, bool first)
{
    struct str word;
    seen->capabilities[0] = 0;
    while (str_word(&words, " ]", &word)) {
        add_word(seen->capabilities, sizeof seen->capabilities, word);
        if (first) {
            seen->starttls_offered |= str_ieq(word, STR("STARTTLS"));
            seen->login_disabled |= str_ieq(word, STR("LOGINDISABLED"));
        }
    }
}

/* Reads to the answer with the tag: "OK", "NO" or "BAD" and the words behind it. */
static bool tagged(struct stream *s, const char *tag, struct login_seen *seen, bool first, struct str *ret)
{
    struct str line, word;
    while (stream_line(s, &line)) {
        struct str rest = line;
        if (!str_word(&rest, " ", &word))
            continue;
        if (str_eq(word, str_of(tag))) {
            *ret = str_trim(rest);
            return true;
        }
        rest = str_trim(rest);
        if (str_eq(word, STR("*")) && str_istarts(rest, STR("BYE")))
            return stream_fail(s, TROUBLE_CLOSED);
        if (seen && str_eq(word, STR("*")) && str_istarts(rest, STR("CAPABILITY ")))
            take_capabilities(str_from(rest, 11), seen, first);
        if (!skip_literal(s, line))
            return false;
    }
    return false;
}

static const char *tag_new(const struct stream *s, char ret[static 16])
{
    snprintf(ret, 16, "p%u", s->said);
    return ret;
}

static bool greeting(struct stream *s, struct login_seen *seen)
{
    struct str line;
    if (!stream_line(s, &line))
        return false;
    if (!str_starts(line, STR("* ")))
        return stream_fail(s, TROUBLE_GARBAGE);
    line = str_from(line, 2);
    text_set(seen->banner, line);
    if (str_istarts(line, STR("BYE")))
        return stream_fail(s, TROUBLE_CLOSED);
    return str_istarts(line, STR("OK")) || str_istarts(line, STR("PREAUTH")) || stream_fail(s, TROUBLE_GARBAGE);
}

static bool offers(struct stream *s, struct login_seen *seen, bool first)
{
    char tag[16];
    struct str answer;
    return stream_say(s, "%s CAPABILITY", tag_new(s, tag)) && tagged(s, tag, seen, first, &answer);
}

static bool start_tls(struct stream *s, struct login_seen *seen, bool *ret_ready)
{
    char tag[16];
    struct str answer;
    *ret_ready = false;
    if (!seen->starttls_offered)
        return true;
    if (!stream_say(s, "%s STARTTLS", tag_new(s, tag)) || !tagged(s, tag, NULL, false, &answer))
        return false;
    *ret_ready = str_istarts(answer, STR("OK"));
    return true;
}

static void add_quoted(struct buf *b, const char *text)
{
    buf_addz(b, " \"");
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_addc(b, '\\');
        buf_addc(b, *text);
    }
    buf_addc(b, '"');
}

static bool login(struct stream *s, const struct login_plan *plan, char ret_answer[static 256], enum login_verdict *ret)
{
    char tag[16], shown[32];
    struct str answer;
    _cleanup_(buf_free) struct buf b = BUF(2048);
    buf_printf(&b, "%s LOGIN", tag_new(s, tag));
    snprintf(shown, sizeof shown, "%s (name and password)", b.p);
    add_quoted(&b, plan->user);
    add_quoted(&b, plan->password ? plan->password : "");
    if (!stream_whisper(s, buf_str(&b), shown) || !tagged(s, tag, NULL, false, &answer))
        return false;
    text_copy(ret_answer, 256, answer);
    *ret = str_istarts(answer, STR("OK")) ? LOGIN_ACCEPTED : wants_tls(answer) ? LOGIN_WANTS_TLS : LOGIN_REFUSED;
    return true;
}

static void leave(struct stream *s)
{
    char tag[16];
    struct str answer;
    if (stream_say(s, "%s LOGOUT", tag_new(s, tag)))
        (void)tagged(s, tag, NULL, false, &answer);
}

void imap_talk(struct stream *s, const void *plan, void *seen)
{
    static const struct login_steps steps = {greeting, offers, start_tls, login, leave};
    login_talk(s, plan, seen, &steps);
}

int imap_ask(const struct endpoint_at *at, const struct login_plan *plan, struct login_seen *ret, struct err *err)
{
    return login_ask(at, plan, imap_talk, ret, err);
}
