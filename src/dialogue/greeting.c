/* greeting.c: protocols of which only the first words are heard. */
#include "dialogue/ask.h"
#include <stdio.h>
#include <unistd.h>

#define MYSQL_TOO_MANY 1040 /* connections; "this host is not let in" is an answer like any other */
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

/* Packets of MySQL's protocol: length (3 bytes, little-endian), number, content. */
static bool mysql_packet(struct stream *s, struct str *ret)
{
    struct str head;
    if (!stream_bytes(s, 4, &head))
        return false;
    const unsigned char *p = (const unsigned char *)head.p;
    size_t n = p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16;
    return n && n <= 2048 ? stream_bytes(s, n, ret) : stream_fail(s, TROUBLE_GARBAGE);
}

/* A login that must fail, by the native method with an empty scramble. The flags: long password, protocol 4.1, secure connection. */
static bool mysql_leave(struct stream *s)
{
    static const char user[] = "bansho-probe-mysql";
    struct buf b = BUF(256);
    struct str answer;
    buf_put_u32(&b, (uint32_t)(4 + 4 + 1 + 23 + sizeof user + 1) | 1u << 24);
    buf_put_u32(&b, 0x1 | 0x200 | 0x8000);
    buf_put_u32(&b, 1u << 24);
    buf_addc(&b, 33); /* utf8 */
    for (int i = 0; i < 23; i++)
        buf_addc(&b, 0);
    buf_add(&b, user, sizeof user);
    buf_addc(&b, 0);
    bool r = stream_send(s, buf_str(&b)) && mysql_packet(s, &answer);
    buf_free(&b);
    return r;
}

void mysql_talk(struct stream *s, const void *plan, void *seen)
{
    struct greeting_seen *ret = seen;
    struct str packet;
    (void)plan;
    if (mysql_packet(s, &packet)) {
        unsigned char kind = (unsigned char)packet.p[0];
        struct str rest = str_from(packet, 1), version;
        if (kind == 0xff && packet.n > 3) { /* an error packet, its number first */
            be_right(ret, str_from(packet, 3));
            ret->right = (unsigned char)packet.p[1] != (MYSQL_TOO_MANY & 0xff) || packet.p[2] != MYSQL_TOO_MANY >> 8 || stream_fail(s, TROUBLE_CLOSED);
        } else if (kind == 10 && str_field(&rest, 0, &version)) {
            be_right(ret, str_starts(version, STR("5.5.5-")) ? str_from(version, 6) : version); /* MariaDB's prefix for old clients */
            mysql_leave(s);
            s->trouble = TROUBLE_NONE; /* how it takes leave does not matter */
        } else {
            stream_fail(s, TROUBLE_GARBAGE);
        }
    }
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

int mysql_ask(const struct endpoint_at *at, struct greeting_seen *ret, struct err *err)
{
    return greeting_ask(at, mysql_talk, ret, err);
}

int postgresql_ask(const struct endpoint_at *at, struct greeting_seen *ret, struct err *err)
{
    return greeting_ask(at, postgresql_talk, ret, err);
}

int dns_ask(const struct endpoint_at *at, struct greeting_seen *ret, struct err *err)
{
    return greeting_ask(at, dns_talk, ret, err);
}
