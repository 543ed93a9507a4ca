#include "fake.h"

#define NOW ((int64_t)time(NULL))
#define LINES5 {HEAR}, {HEAR}, {HEAR}, {HEAR}, {HEAR} /* a request of ours: four lines and an empty one */
static const struct http_request three[] = {{"GET", "/one"}, {"HEAD", "/two"}, {"GET", "/three%20"}};

static const struct act keeps[] = {
    LINES5, {SAY, "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello"}, LINES5,
    {SAY, "HTTP/1.1 301 Moved\r\nLocation: https://a.test/\r\nContent-Length: 9999\r\n\r\n"}, LINES5,
    {SAY, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"}, {DUMB}};
/* Three connections; the script begins anew for each. */
static const struct act ends[] = {LINES5, {SAY, "HTTP/1.0 403 Forbidden\r\n\r\nto the end"}, {ACT_END}};
static const struct act huge[] = {LINES5, {SAY, "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"}, {FLOOD, NULL, 300000}, {ACT_END}};
static const struct act garbage[] = {LINES5, {SAY, "220 mail.test ESMTP\r\n"}, {ACT_END}};
static const struct act headers[] = {LINES5, {SAY, "HTTP/1.1 200 OK\r\nX: "}, {FLOOD, NULL, 1 << 20}, {DUMB}};
static const struct act silent[] = {{DUMB}};
static const struct act broken[] = {LINES5, {SAY, "HTTP/1.1 200 OK\r\nContent-Le"}, {ACT_END}};
static const struct act bad_chunk[] = {LINES5, {SAY, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}, {DUMB}};

static const struct {
    const char *name;
    const struct act *script;
    enum trouble trouble;
    size_t answers;
    struct { enum trouble trouble; int status; int64_t length; const char *body; } answer[3];
} table[] = {
    {"keeps the connection", keeps, 0, 3, {{0, 200, 5, "hello"}, {0, 301, 9999, ""}, {0, 404, -1, "abc0123456789"}}},
    {"ends it after each", ends, 0, 3, {{0, 403, -1, "to the end"}, {0, 403, -1, ""}, {0, 403, -1, "to the end"}}},
    {"a huge body", huge, 0, 3, {{0, 200, 100000000, NULL}, {0, 200, 100000000, ""}, {0, 200, 100000000, NULL}}},
    {"a mail server", garbage, 0, 3, {{TROUBLE_GARBAGE, 0, -1, ""}, {TROUBLE_GARBAGE, 0, -1, ""}, {TROUBLE_GARBAGE, 0, -1, ""}}},
    {"a megabyte of header", headers, 0, 3, {{TROUBLE_GARBAGE, 200, -1, ""}, {TROUBLE_GARBAGE, 200, -1, ""}, {TROUBLE_GARBAGE, 200, -1, ""}}},
    {"says nothing", silent, TROUBLE_TIMEOUT, 1, {{TROUBLE_TIMEOUT, 0, -1, ""}}},
    {"ends within the headers", broken, 0, 3, {{TROUBLE_CLOSED, 200, -1, ""}, {TROUBLE_CLOSED, 200, -1, ""}, {TROUBLE_CLOSED, 200, -1, ""}}},
    {"a chunk without a size", bad_chunk, 0, 3, {{TROUBLE_GARBAGE, 200, -1, ""}, {TROUBLE_NONE, 200, -1, ""}, {TROUBLE_GARBAGE, 200, -1, ""}}},
};

static void asks(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct http_seen seen;
        struct err err = {0};
        struct arena *a = arena_new(1u << 20);
        struct fake f = fake_start(table[i].script, NULL);
        struct endpoint_at at = fake_at(&f);
        if (table[i].trouble == TROUBLE_TIMEOUT)
            at.timeout_ms = 500;
        print_message("%s\n", table[i].name);
        assert_int_equal(http_ask(&at, "site.test", three, 3, a, &seen, &err), 0);
        assert_int_equal(seen.trouble, table[i].trouble);
        assert_int_equal(seen.answers, table[i].answers);
        for (size_t k = 0; k < seen.answers; k++) {
            const struct http_answer *got = &seen.answer[k];
            const char *body = table[i].answer[k].body;
            assert_int_equal(got->trouble, table[i].answer[k].trouble);
            assert_int_equal(got->status, table[i].answer[k].status);
            assert_int_equal(got->length, table[i].answer[k].length);
            assert_int_equal(got->body_n, body ? strlen(body) : sizeof got->body);
            if (body)
                assert_memory_equal(got->body, body, strlen(body));
        }
        if (i == 0) {
            assert_string_equal(seen.answer[0].server, "x");
            assert_string_equal(seen.answer[0].type, "text/plain");
            assert_string_equal(seen.answer[1].location, "https://a.test/");
            assert_non_null(strstr(f.heard, "GET /three%20 HTTP/1.1\r\nHost: site.test\r\n"));
        }
        fake_stop(&f);
        arena_free(a);
    }
}

static void encodes_paths(void **state)
{
    (void)state;
    static const struct { struct str in; const char *want; } paths[] = {
        {STR("/a/b-c_d.~e"), "/a/b-c_d.~e"}, {STR("/a b%?#\r\n"), "/a%20b%25%3F%23%0D%0A"}, {STR("/\xe3\x81\x82\0x"), "/%E3%81%82%00x"}, {STR(""), ""}};
    struct arena *a = arena_new(100000);
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
        assert_string_equal(http_path(a, paths[i].in), paths[i].want);
    arena_free(a);
}

static void refuses_what_is_no_request(void **state)
{
    (void)state;
    static const struct http_request bad[] = {{"GET", "x"}, {"GET", "/a b"}, {"GET", "/a\r\nX: y"}, {"PUT", "/"}};
    struct endpoint_at at = {.addr = {.bytes = {127, 0, 0, 1}}, .port = 1};
    struct http_seen seen;
    struct err err = {0};
    struct arena *a = arena_new(100000);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(http_ask(&at, "h", &bad[i], 1, a, &seen, &err), -EINVAL);
    assert_int_equal(http_ask(&at, "h\nX", three, 1, a, &seen, &err), -EINVAL);
    assert_int_equal(http_ask(&at, "h", three, 1, a, &seen, &err), 0);
    assert_int_equal(seen.trouble, TROUBLE_REFUSED);
    arena_free(a);
}

/* Certificates of every kind, one handshake each, and a port that does not speak TLS among them. */
static void sees_certificates(void **state)
{
    (void)state;
    static const struct act tls[] = {{TLS}, {DUMB}}, plain[] = {{SAY, "HTTP/1.1 400 Bad Request\r\n\r\n"}, {DUMB}}, none[] = {{DUMB}};
    char path[64];
    struct fake_cert ca = cert_new("Test CA", NOW - 1000, NOW + 100000, NULL), stranger = cert_new("Other CA", NOW - 1000, NOW + 100000, NULL);
    struct fake_cert cert[] = {cert_new("a.test", NOW - 1000, NOW + 5000, &ca), cert_new("a.test", NOW - 1000, NOW - 5, &ca), cert_new("a.test", NOW - 1000, NOW + 5000, &stranger),
        cert_new("a.test", NOW - 1000, NOW + 5000, NULL), cert_new("b.test", NOW - 1000, NOW + 5000, &ca)};
    static const struct { bool trusted, self, names; const char *problem; } want[] = {
        {true, false, true, ""}, {true, false, true, "certificate has expired"}, {false, false, true, "unable to get local issuer certificate"}, {false, true, true, "self-signed certificate"},
        {true, false, false, ""}};
    struct fake f[7];
    struct endpoint_at at[7];
    struct tls_answer seen[7];
    struct err err = {0};
    trust(&ca, path);
    for (int i = 0; i < 7; i++) {
        f[i] = fake_start(i < 5 ? tls : i == 5 ? plain : none, i < 5 ? &cert[i] : NULL);
        at[i] = fake_at(&f[i]);
        at[i].name = "a.test";
        at[i].timeout_ms = i == 6 ? 500 : 10000;
    }
    assert_int_equal(tls_ask(at, 7, 40000, seen, &err), 0);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(seen[i].trouble, TROUBLE_NONE);
        assert_int_equal(seen[i].tls.trusted, want[i].trusted);
        assert_int_equal(seen[i].tls.self_signed, want[i].self);
        assert_int_equal(seen[i].tls.name_matches, want[i].names);
        assert_string_equal(seen[i].tls.problem, want[i].problem);
        assert_string_equal(seen[i].tls.version, "TLSv1.3");
    }
    assert_int_equal(seen[5].trouble, TROUBLE_TLS);
    assert_int_equal(seen[6].trouble, TROUBLE_TIMEOUT);
    for (int i = 0; i < 7; i++)
        fake_stop(&f[i]);
    for (int i = 0; i < 5; i++)
        cert_free(&cert[i]);
    cert_free(&ca);
    cert_free(&stranger);
    unlink(path);
}

int main(void)
{
    /* The trust store is read once in a process: its test comes first. */
    const struct CMUnitTest tests[] = {cmocka_unit_test(sees_certificates), cmocka_unit_test(asks), cmocka_unit_test(encodes_paths), cmocka_unit_test(refuses_what_is_no_request)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
