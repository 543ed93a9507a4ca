/* site.tls over made-up sites and servers on the loopback with certificates made here. */
#include "../dialogue/fake.h"
#include "server/probe.h"
#include "site/tls.h"

#define NOW ((int64_t)time(NULL))
#define SOON_DAYS 14

static const struct product web = {.id = "apache", .title = "Apache", .kinds = KIND_WEB};
static const struct instance in = {.product = &web, .name = "", .running = true, .wanted = true};
static struct fake_cert ca;

enum { BY_CA, BY_ITSELF, BY_STRANGER };
static const struct {
    const char *name;
    const char *site, *alias, *made_for;
    int64_t from, to;   /* seconds from now */
    int signer;
    bool tls;           /* the server speaks it */
    enum state want;
    enum severity severity;
    const char *title;  /* begins so; SITE stands for "NAME (port N)" */
} table[] = {
    {"good", "a.test", "x.wild.test", "a.test", -9, 90 * DAY, BY_CA, true, STATE_OK, SEVERITY_NORMAL, "The certificate of SITE is valid until 20"},
    {"expired", "a.test", NULL, "a.test", -90, -9, BY_CA, true, STATE_FAIL, SEVERITY_SERIOUS, "The certificate of SITE expired on 20"},
    {"not yet valid", "a.test", NULL, "a.test", 9000, 90 * DAY, BY_CA, true, STATE_FAIL, SEVERITY_SERIOUS, "The certificate of SITE is valid only from 20"},
    {"in 13 days", "a.test", NULL, "a.test", -9, SOON_DAYS * DAY - 60, BY_CA, true, STATE_WARN, SEVERITY_NORMAL, "The certificate of SITE expires in 13 days (20"},
    {"in 15 days", "a.test", NULL, "a.test", -9, (SOON_DAYS + 1) * DAY, BY_CA, true, STATE_OK, SEVERITY_NORMAL, "The certificate of SITE is valid until 20"},
    {"for another name", "a.test", NULL, "b.test", -9, 90 * DAY, BY_CA, true, STATE_FAIL, SEVERITY_NORMAL, "SITE shows a certificate that is made for another name"},
    {"not for the other name", "a.test", "www.a.test", "a.test", -9, 90 * DAY, BY_CA, true, STATE_WARN, SEVERITY_NORMAL, "The certificate of SITE is not made for its other name www.a.test"},
    {"a pattern is no name to ask for", "a.test", "*.a.test", "a.test", -9, 90 * DAY, BY_CA, true, STATE_OK, SEVERITY_NORMAL, "The certificate of SITE is valid until 20"},
    {"self-signed", "a.test", NULL, "a.test", -9, 90 * DAY, BY_ITSELF, true, STATE_FAIL, SEVERITY_NORMAL, "SITE shows a certificate that it signed itself"},
    {"by a stranger", "a.test", NULL, "a.test", -9, 90 * DAY, BY_STRANGER, true, STATE_FAIL, SEVERITY_NORMAL, "The certificate of SITE comes from nobody that browsers trust"},
    {"expired and self-signed", "a.test", NULL, "a.test", -90, -9, BY_ITSELF, true, STATE_FAIL, SEVERITY_SERIOUS, "The certificate of SITE expired on 20"},
    {"no TLS", "a.test", NULL, "a.test", -9, 90 * DAY, BY_CA, false, STATE_FAIL, SEVERITY_NORMAL, "No TLS connection can be made to SITE"},
    {"nameless, self-signed", "_", NULL, "a.test", -9, 90 * DAY, BY_ITSELF, true, STATE_WARN, SEVERITY_NORMAL, "the nameless site"},
};

static void look(struct arena *a, size_t i, uint16_t port, struct findings *out)
{
    struct root root = {.fd = -1, .live = true};
    struct host host = {.arena = a, .root = &root, .live = true, .name = "host.test"};
    struct server server = {.arena = a, .host = &host};
    struct probe_ctx ctx = {.server = &server, .now = NOW, .live = true};
    struct err err = {0};
    for (int twice = 0; twice < 2; twice++) { /* the same site for IPv4 and IPv6 in the configuration: one finding */
        struct site *s = list_push(a, &server.sites);
        *s = (struct site){.web = &in, .name = table[i].site, .tls = true, .certificate = "/etc/ssl/a.pem", .address = "127.0.0.1", .port = port, .file = "/etc/a.conf", .line = 7};
        if (table[i].alias)
            *list_push(a, &s->aliases) = table[i].alias;
    }
    assert_int_equal(site_tls(&ctx, out, &err), 0);
}

static void judges(void **state)
{
    (void)state;
    static const struct act tls[] = {{TLS}, {DUMB}}, plain[] = {{HEAR_BYTES, NULL, 5}, {SAY, "HTTP/1.1 400 Bad Request\r\n\r\n"}, {ACT_END}};
    struct fake_cert stranger = cert_new("Stranger", NOW - 1000, NOW + 90 * DAY, NULL);
    const struct fake_cert *signers[] = {&ca, NULL, &stranger};
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct arena *a = arena_new(4u << 20);
        struct findings out = {.arena = a};
        struct fake_cert cert = cert_new(table[i].made_for, NOW + table[i].from, NOW + table[i].to, signers[table[i].signer]);
        struct fake f = fake_start(table[i].tls ? tls : plain, &cert);
        print_message("%s\n", table[i].name);
        look(a, i, f.port, &out);
        const char *spot = strstr(table[i].title, "SITE");
        const char *want = spot ? arena_printf(a, "%.*s%s (port %u)%s", (int)(spot - table[i].title), table[i].title, table[i].site, f.port, spot + 4) : table[i].title;
        fake_stop(&f);
        assert_int_equal(out.list.n, 1);
        assert_int_equal(out.list.v[0].state, table[i].want);
        assert_int_equal(out.list.v[0].severity, table[i].severity);
        if (strncmp(out.list.v[0].title, want, strlen(want)) != 0)
            assert_string_equal(out.list.v[0].title, want);
        assert_int_equal(out.list.v[0].next != NULL, table[i].want != STATE_OK);
        cert_free(&cert);
        arena_free(a);
    }
    cert_free(&stranger);
}

/* Nobody there: not seen, and not a fault of the certificate. */
static void does_not_guess(void **state)
{
    (void)state;
    struct arena *a = arena_new(4u << 20);
    struct findings out = {.arena = a};
    look(a, 0, 1, &out);
    assert_int_equal(out.list.n, 1);
    assert_int_equal(out.list.v[0].state, STATE_UNKNOWN);
    arena_free(a);
}

int main(void)
{
    char path[64];
    ca = cert_new("Test CA", NOW - 1000, NOW + 90 * DAY, NULL);
    trust(&ca, path);
    const struct CMUnitTest tests[] = {cmocka_unit_test(judges), cmocka_unit_test(does_not_guess)};
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    cert_free(&ca);
    return r;
}
