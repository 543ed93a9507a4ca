/* mysql.c: MySQL's and MariaDB's client protocol as far as a stranger gets: the server's greeting, and a login with an empty password.
   (dev.mysql.com/doc/dev/mysql-server: connection phase; protocol 10 with handshake response 41.) */
#include "dialogue/ask.h"

#define TOO_MANY 1040 /* connections; "this host is not let in" is an answer like any other */
#define ANSWERED_PACKETS 4

enum { LONG_PASSWORD = 0x1, PROTOCOL_41 = 0x200, SECURE_CONNECTION = 0x8000, PLUGIN_AUTH = 0x80000 };

/* Packets: length (3 bytes, little-endian), number, content. */
static bool packet(struct stream *s, struct str *ret, unsigned *ret_number)
{
    struct str head;
    if (!stream_bytes(s, 4, &head))
        return false;
    const unsigned char *p = (const unsigned char *)head.p;
    size_t n = p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16;
    *ret_number = p[3];
    return n && n <= 2048 ? stream_bytes(s, n, ret) : stream_fail(s, TROUBLE_GARBAGE);
}

static bool send_packet(struct stream *s, unsigned number, struct str content)
{
    _cleanup_(buf_free) struct buf b = BUF(512);
    buf_put_u32(&b, (uint32_t)content.n | (uint32_t)(number & 0xff) << 24);
    buf_adds(&b, content);
    return !b.full && stream_send(s, buf_str(&b));
}

/* Logs in as `user` with the native method and nothing as its answer: what a client sends whose password is empty. */
static bool say_who(struct stream *s, const char *user)
{
    static const char method[] = "mysql_native_password";
    _cleanup_(buf_free) struct buf b = BUF(400);
    buf_put_u32(&b, LONG_PASSWORD | PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH);
    buf_put_u32(&b, 1u << 24);
    buf_addc(&b, 33); /* utf8 */
    for (int i = 0; i < 23; i++)
        buf_addc(&b, 0);
    buf_add(&b, user, strlen(user) + 1);
    buf_addc(&b, 0); /* the answer's length */
    buf_add(&b, method, sizeof method);
    return !b.full && send_packet(s, 1, buf_str(&b));
}

/* The greeting; false: what came is none, or the server is full. An error packet in its place is an answer too (*ret_closed). */
static bool greeting(struct stream *s, bool *ret_closed, unsigned *ret_code, char *ret_text, size_t size)
{
    struct str p, version;
    unsigned number;
    *ret_closed = false;
    if (!packet(s, &p, &number))
        return false;
    struct str rest = str_from(p, 1);
    if ((unsigned char)p.p[0] == 0xff && p.n > 3) { /* an error, its number first */
        *ret_code = (unsigned char)p.p[1] | (unsigned)(unsigned char)p.p[2] << 8;
        text_copy(ret_text, size, str_from(p, 3));
        *ret_closed = true;
        return *ret_code != TOO_MANY || stream_fail(s, TROUBLE_CLOSED);
    }
    if (p.p[0] != 10 || !str_field(&rest, 0, &version))
        return stream_fail(s, TROUBLE_GARBAGE);
    text_copy(ret_text, size, str_starts(version, STR("5.5.5-")) ? str_from(version, 6) : version); /* MariaDB's prefix for old clients */
    return true;
}

void mysql_talk(struct stream *s, const void *plan, void *seen)
{
    struct greeting_seen *ret = seen;
    struct str answer;
    unsigned code, number;
    bool closed;
    (void)plan;
    ret->right = greeting(s, &closed, &code, ret->banner, sizeof ret->banner);
    if (ret->right && !closed) {
        /* A login that must fail: a connection that only ends would count as a fault of this address. */
        (void)(say_who(s, "bansho-probe-mysql") && packet(s, &answer, &number));
        s->trouble = TROUBLE_NONE; /* how it takes leave does not matter */
    }
    ret->trouble = s->trouble;
}

/* The server wants another method: for two of them an empty password is known to be said by nothing, or by one zero. */
static bool switch_method(struct stream *s, struct str p, unsigned number)
{
    struct str rest = str_from(p, 1), name;
    if (!str_field(&rest, 0, &name))
        return false;
    if (str_eq(name, STR("mysql_native_password")))
        return send_packet(s, number + 1, STR(""));
    return str_eq(name, STR("caching_sha2_password")) && send_packet(s, number + 1, str_span("", 1));
}

static void refused(struct mysql_login_seen *ret, struct str p)
{
    ret->refused = true;
    ret->code = p.n > 2 ? (int)((unsigned char)p.p[1] | (unsigned)(unsigned char)p.p[2] << 8) : 0;
    text_set(ret->answer, str_from(p, p.n > 2 ? 3 : 1));
}

void mysql_login_talk(struct stream *s, const void *plan, void *seen)
{
    const char *user = plan;
    struct mysql_login_seen *ret = seen;
    struct str p;
    unsigned code = 0, number;
    bool closed;
    ret->right = greeting(s, &closed, &code, ret->banner, sizeof ret->banner);
    if (ret->right && closed) {
        ret->refused = true;
        ret->code = (int)code;
        text_set(ret->answer, str_of(ret->banner));
        ret->banner[0] = 0;
    } else if (ret->right && say_who(s, user)) {
        for (int i = 0; i < ANSWERED_PACKETS && !ret->accepted && !ret->refused && packet(s, &p, &number); i++) {
            unsigned char kind = (unsigned char)p.p[0];
            if (kind == 0) {
                ret->accepted = true;
                (void)!send_packet(s, 0, STR("\x01")); /* COM_QUIT */
            } else if (kind == 0xff)
                refused(ret, p);
            else if (kind == 1) /* more of caching_sha2_password: it looks further */
                continue;
            else if (kind != 0xfe || !switch_method(s, p, number))
                break; /* a method for which nobody knows how an empty password is said */
        }
        if (ret->accepted || ret->refused)
            s->trouble = TROUBLE_NONE; /* how it takes leave does not matter */
    }
    ret->trouble = s->trouble;
}

int mysql_ask(const struct endpoint_at *at, struct greeting_seen *ret, struct err *err)
{
    struct ask a = {at, mysql_talk, NULL, &greeting_fields, sizeof *ret};
    return ask_run(&a, ret, err);
}

int mysql_login_ask(const struct endpoint_at *at, const char *user, struct mysql_login_seen *ret, struct err *err)
{
    struct ask a = {at, mysql_login_talk, user, &mysql_login_fields, sizeof *ret};
    return ask_run(&a, ret, err);
}
