/* greeting.c: protocols of which only the first words are heard. */
#include "dialogue/ask.h"
#include <stdio.h>
#include <unistd.h>

#define SSH_LINES 50 /* before its version a server may say other things (RFC 4253 4.2) */

static void finish(struct stream *s, struct greeting_seen *seen)
{
    seen->trouble = s->trouble;
}

static void be_right(struct greeting_seen *seen, struct str banner)
{
    seen->right = true;
    text_set(seen->banner, banner);
}

void ssh_talk(struct stream *s, const void *plan, void *seen)
{
    struct greeting_seen *ret = seen;
    struct str line;
    (void)plan;
    for (int i = 0; !ret->right && s->trouble == TROUBLE_NONE; i++) {
        if (i == SSH_LINES)
            stream_fail(s, TROUBLE_GARBAGE);
        else if (stream_line(s, &line) && str_starts(line, STR("SSH-")))
            be_right(ret, line);
        else if (!ret->banner[0] && s->trouble == TROUBLE_NONE)
            text_set(ret->banner, line);
    }
    if (ret->right)
        stream_say(s, "SSH-2.0-bansho_probe");
    finish(s, ret);
}

void postgresql_talk(struct stream *s, const void *plan, void *seen)
{
    static const char ssl_request[] = {0, 0, 0, 8, 0x04, (char)0xd2, 0x16, 0x2f};
    struct greeting_seen *ret = seen;
    struct str answer;
    (void)plan;
    if (stream_send(s, str_span(ssl_request, sizeof ssl_request)) && stream_bytes(s, 1, &answer)) {
        if (answer.p[0] == 'S' || answer.p[0] == 'N')
            be_right(ret, answer.p[0] == 'S' ? STR("SSL offered") : STR("no SSL"));
        else
            stream_fail(s, TROUBLE_GARBAGE);
    }
    finish(s, ret);
}

#define DNS_QUERY 17 /* header 12, root name 1, type 2, class 2 */

static bool dns_answer(struct stream *s, struct str *ret)
{
    struct str head;
    size_t n = 12;
    if (!s->to || !s->to->udp) { /* TCP: a length of two bytes goes before */
        if (!stream_bytes(s, 2, &head))
            return false;
        n = (size_t)(unsigned char)head.p[0] << 8 | (unsigned char)head.p[1];
    }
    return n >= 12 && n <= STREAM_LINE ? stream_bytes(s, n, ret) : stream_fail(s, TROUBLE_GARBAGE);
}

void dns_talk(struct stream *s, const void *plan, void *seen)
{
    /* identity, flags 0 (a plain question, no recursion), one question: the root's SOA in class IN */
    char query[2 + DNS_QUERY] = {0, DNS_QUERY, 'b', 's', 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1};
    struct greeting_seen *ret = seen;
    struct str answer;
    char text[32];
    bool udp = s->to && s->to->udp;
    (void)plan;
    if (stream_send(s, udp ? str_span(query + 2, DNS_QUERY) : str_span(query, sizeof query)) && dns_answer(s, &answer)) {
        if (answer.p[0] == 'b' && answer.p[1] == 's' && (unsigned char)answer.p[2] & 0x80) {
            snprintf(text, sizeof text, "rcode %u", answer.p[3] & 0xfu);
            be_right(ret, str_of(text));
        } else {
            stream_fail(s, TROUBLE_GARBAGE);
        }
    }
    finish(s, ret);
}

static int greeting_ask(const struct endpoint_at *at, talk_fn *talk, struct greeting_seen *ret, struct err *err)
{
    struct ask a = {at, talk, NULL, &greeting_fields, sizeof *ret};
    return ask_run(&a, ret, err);
}

int ssh_ask(const struct endpoint_at *at, struct greeting_seen *ret, struct err *err)
{
    return greeting_ask(at, ssh_talk, ret, err);
}

int postgresql_ask(const struct endpoint_at *at, struct greeting_seen *ret, struct err *err)
{
    return greeting_ask(at, postgresql_talk, ret, err);
}

int dns_ask(const struct endpoint_at *at, struct greeting_seen *ret, struct err *err)
{
    return greeting_ask(at, dns_talk, ret, err);
}
