/* verb_selftest.c: `bansho selftest`. */
#include "bin/selftest.h"
#include "base/clock.h"
#include "bin/session.h"
#include "term/emit.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PLACES 64           /* addresses of the stranger; the last one is the harmless visitor's */
#define CONTROL_S 600
#define SEED_STEP 0x9e3779b1u

struct testing {
    const struct call *call;
    struct session session;
    struct selftest test;
    struct stranger *stranger;
    const char *mode;
    LIST(struct selftest_result) results;
};

static const char *outcome_name(enum selftest_state s)
{
    static const char *const names[] = {[SELFTEST_OK] = "ok", [SELFTEST_FAIL] = "fail", [SELFTEST_UNKNOWN] = "unknown", [SELFTEST_NA] = "n/a"};
    return names[s];
}

/* As `check` says it. */
static const char *state_word(enum selftest_state s)
{
    static const char *const words[] = {[SELFTEST_OK] = N_("ok"), [SELFTEST_FAIL] = N_("FAIL"), [SELFTEST_UNKNOWN] = N_("unknown"), [SELFTEST_NA] = N_("n/a")};
    return _(words[s]);
}

/* --- the place from which it is tried */

static int make_stranger(struct testing *t, const struct canary_targets *targets, struct err *err)
{
    const struct host *h = t->session.host;
    struct arena *a = t->test.a;
    LIST(struct addr) to = {0};
    LIST(struct prefix) busy = {0}, trusted = {0};
    for (size_t i = 0; i < targets->list.n; i++)
        *list_push(a, &to) = targets->list.v[i].to;
    for (size_t i = 0; i < h->addrs.n; i++)
        *list_push(a, &busy) = h->addrs.v[i].prefix;
    for (size_t i = 0; i < h->routes.n; i++)
        *list_push(a, &busy) = h->routes.v[i];
    for (size_t i = 0; i < t->session.config->values.n; i++) { /* declared sources are never shut out */
        const struct value *v = &t->session.config->values.v[i];
        for (size_t k = 0; k < v->prefixes.n; k++)
            *list_push(a, &trusted) = v->prefixes.v[k];
    }
    struct stranger_options o = {arena_printf(a, "bansho-%.8s", t->session.id), to.v, to.n, busy.v, busy.n, trusted.v, trusted.n, PLACES, (uint32_t)strtoul(t->session.id, NULL, 16) * SEED_STEP >> 8};
    if (h->addrs_seen.code < 0)
        return err_set(err, h->addrs_seen.code, "%s", h->addrs_seen.why ? h->addrs_seen.why : err_name(h->addrs_seen.code));
    int r = stranger_new(&o, &t->stranger, err);
    if (r < 0)
        return r;
    const char *why;
    t->test.netns = stranger_netns(t->stranger);
    t->test.control = (struct canary_place){.netns = t->test.netns, .run = t->session.id};
    if (!stranger_addr(t->stranger, false, PLACES - 1, &t->test.control.from, &why))
        return err_set(err, -EADDRNOTAVAIL, "%s", why ? why : err_name(EADDRNOTAVAIL));
    return 0;
}

static int control(struct testing *t, int seconds, struct err *err)
{
    struct wire_answer answer = {0};
    int r = selftest_ask(&t->test, &t->test.control.from, seconds, &answer, err);
    wire_answer_done(&answer);
    return r;
}

/* --- all of it */

static struct selftest_result *add(struct testing *t, const char *product, const char *protocol, const char *source, enum selftest_state state, const char *why)
{
    struct selftest_result *r = list_push(t->test.a, &t->results);
    *r = (struct selftest_result){.product = product, .protocol = protocol, .source = source, .state = state, .why = why, .read_ms = -1, .ban_ms = -1};
    return r;
}

/* One row for each protocol of each source that is followed; targets in the same order, .product NULL where there is nothing to try. */
static void plan_source(struct testing *t, const char *product, const char *service, const char *kind, bool filtered, struct canary_targets *ret)
{
    const struct probe_ctx ctx = session_ctx(&t->session);
    struct canary_targets own = {0};
    bool followed = strcmp(kind, "none") != 0;
    canary_targets(&ctx, product, t->test.a, &own);
    if (!own.list.n)
        add(t, product, service, kind, SELFTEST_NA, _("nobody from outside can log in there"));
    else if (!followed || !filtered)
        add(t, product, service, kind, SELFTEST_UNKNOWN, followed ? _("no filter of guard.filters knows its lines") : _("where it logs is not known"));
    if (!own.list.n || !followed || !filtered) {
        *list_push(t->test.a, &ret->list) = (struct canary_target){.product = NULL};
        return;
    }
    for (size_t k = 0; k < own.list.n && ret->list.n < PLACES - 1; k++) {
        add(t, product, own.list.v[k].protocol, kind, SELFTEST_UNKNOWN, "");
        *list_push(t->test.a, &ret->list) = own.list.v[k];
    }
}

static const char *copy(struct testing *t, const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return arena_dupz(t->test.a, s ? s : "");
}

static int plan(struct testing *t, struct canary_targets *ret, struct err *err)
{
    struct wire_answer answer = {0};
    int r = peer_ask(t->test.watch, &peer_watch, "Status", NULL, &answer, err);
    const json_t *sources = json_object_get(answer.parameters, "sources");
    t->mode = copy(t, answer.parameters, "mode");
    for (size_t i = 0; r == 0 && i < json_array_size(sources); i++) {
        const json_t *s = json_array_get(sources, i);
        plan_source(t, copy(t, s, "product"), copy(t, s, "service"), copy(t, s, "kind"), !json_is_false(json_object_get(s, "filtered")), ret);
    }
    wire_answer_done(&answer);
    return r;
}

static void all_unknown(struct testing *t, const struct canary_targets *targets, const char *why)
{
    for (size_t i = 0; i < t->results.n; i++)
        if (targets->list.v[i].product)
            t->results.v[i].why = why;
}

/* Where no stranger can be made (a container without the right to, no free network): nothing is known, and that is said. */
static int try_all(struct testing *t, struct err *err)
{
    struct canary_targets targets = {0};
    int r = plan(t, &targets, err);
    if (r < 0)
        return r;
    bool any = false;
    for (size_t i = 0; i < targets.list.n; i++)
        any |= targets.list.v[i].product != NULL;
    struct canary_targets real = {0};
    for (size_t i = 0; i < targets.list.n; i++)
        if (targets.list.v[i].product)
            *list_push(t->test.a, &real.list) = targets.list.v[i];
    if (!any)
        return 0;
    r = make_stranger(t, &real, err);
    if (r == 0)
        r = bans_open(&t->test.bans, err);
    if (r < 0) {
        all_unknown(t, &targets, arena_printf(t->test.a, _("no stranger can be made here: %s"), err->text));
        return 0;
    }
    r = control(t, CONTROL_S, err);
    for (size_t i = 0; r == 0 && i < targets.list.n; i++) {
        struct addr from;
        const char *why;
        if (targets.list.v[i].product && stranger_addr(t->stranger, false, (unsigned)i, &from, &why))
            selftest_one(&t->test, &targets.list.v[i], &from, &t->results.v[i]);
    }
    return r < 0 ? r : control(t, -1, err);
}

static enum outcome judge(const struct testing *t)
{
    bool wrong = false, unknown = !t->results.n;
    for (size_t i = 0; i < t->results.n; i++) {
        wrong |= t->results.v[i].state == SELFTEST_FAIL;
        unknown |= t->results.v[i].state == SELFTEST_UNKNOWN;
    }
    return wrong ? OUTCOME_WRONG : unknown ? OUTCOME_UNKNOWN : OUTCOME_FINE;
}

/* --- telling */

static void put_ms(struct buf *b, int64_t ms, size_t width)
{
    char text[32] = "-";
    if (ms >= 0)
        snprintf(text, sizeof text, "%lld ms", (long long)ms);
    text_pad(b, str_of(text), width);
}

static void print_text(const struct testing *t)
{
    static const enum colour colours[] = {[SELFTEST_OK] = COLOUR_GOOD, [SELFTEST_FAIL] = COLOUR_BAD, [SELFTEST_UNKNOWN] = COLOUR_WARN, [SELFTEST_NA] = COLOUR_NONE};
    struct term term = term_of(stdout);
    bool ordered = false;
    _cleanup_(buf_free) struct buf head = BUF(4096);
    const struct { const char *text; size_t width; } columns[] = {{N_("SERVICE"), 14}, {N_("LOGIN"), 12}, {N_("LOG"), 10}, {N_("PORT"), 7}, {N_("STATE"), 10}, {N_("READ"), 14}, {N_("BANNED"), 12}};
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
        text_pad(&head, str_of(_(columns[i].text)), columns[i].width);
    printf("%.*s\n", (int)str_trim(buf_str(&head)).n, head.p);
    for (size_t i = 0; i < t->results.n; i++) {
        const struct selftest_result *r = &t->results.v[i];
        _cleanup_(buf_free) struct buf b = BUF(16384);
        char port[8] = "-";
        if (r->port)
            snprintf(port, sizeof port, "%u", r->port);
        text_pad(&b, str_of(r->product), 14);
        text_pad(&b, str_of(r->protocol), 12);
        text_pad(&b, str_of(r->source), 10);
        text_pad(&b, str_of(port), 7);
        term_colour(&term, &b, colours[r->state]);
        text_pad(&b, str_of(state_word(r->state)), 10);
        term_colour(&term, &b, COLOUR_NONE);
        put_ms(&b, r->read_ms, 14);
        put_ms(&b, r->ban_ms, 12);
        text_escape(&b, str_of(r->why));
        printf("%.*s\n", (int)str_trim(buf_str(&b)).n, b.p);
        ordered |= r->ordered;
    }
    if (!t->results.n)
        puts(_("bansho-watch follows no service's log"));
    if (ordered)
        printf("\n%s\n", _("mode = observe: bansho-watch orders no bans; for this test they were ordered by the test itself."));
    printf("\n%s\n", _("READ: from the time that the line itself says (often whole seconds) until bansho-watch had read it; BANNED: from there until packets are dropped. All of it was taken away again."));
}

static void print_json(const struct testing *t)
{
    struct emit j = emit_to(stdout);
    emit_object(&j, NULL);
    emit_text(&j, "schema", "bansho.selftest/1");
    emit_text(&j, "language", t->call->language);
    emit_text(&j, "mode", t->mode);
    emit_list(&j, "tests");
    for (size_t i = 0; i < t->results.n; i++) {
        const struct selftest_result *r = &t->results.v[i];
        emit_object(&j, NULL);
        emit_text(&j, "product", r->product);
        emit_text(&j, "login", r->protocol);
        emit_text(&j, "log", r->source);
        if (r->port)
            emit_int(&j, "port", r->port);
        else
            emit_null(&j, "port");
        emit_text(&j, "state", outcome_name(r->state));
        emit_text(&j, "why", r->why);
        if (r->read_ms >= 0)
            emit_int(&j, "read_ms", r->read_ms);
        else
            emit_null(&j, "read_ms");
        if (r->ban_ms >= 0)
            emit_int(&j, "ban_ms", r->ban_ms);
        else
            emit_null(&j, "ban_ms");
        emit_bool(&j, "ordered", r->ordered);
        emit_end(&j);
    }
    emit_end(&j);
    emit_end(&j);
    emit_done(&j);
}

static void testing_done(struct testing *t)
{
    wire_client_free(t->test.watch);
    wire_client_free(t->test.wall);
    bans_close(t->test.bans);
    stranger_free(t->stranger);
    arena_free(t->test.a);
    session_done(&t->session);
}

static enum outcome selftest(const struct call *c)
{
    _cleanup_(testing_done) struct testing t = {.call = c, .session = {.root = {.fd = -1}}, .test = {.a = arena_new(16u << 20)}, .mode = ""};
    struct err err = {0};
    if (geteuid() != 0)
        return complainf(_("only root may do this: sudo bansho %s ..."), c->verb->name);
    int r = peer_open(c, &peer_watch, &t.test.watch, &err);
    if (r < 0)
        return peer_complain(c, &peer_watch, r, NULL, &err);
    r = peer_open(c, &peer_wall, &t.test.wall, &err);
    if (r < 0)
        return peer_complain(c, &peer_wall, r, NULL, &err);
    r = session_look(&t.session, "/", c->language, &err);
    t.test.run = t.session.id;
    if (r == 0)
        r = try_all(&t, &err);
    if (r < 0)
        return complain(&err);
    if (call_option(c, "json"))
        print_json(&t);
    else
        print_text(&t);
    return judge(&t);
}

static const struct verb_option selftest_options[] = {
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("print JSON (schema bansho.selftest/1)")},
    PEER_OPTION_SOCKETS,
    {0},
};

const struct verb verb_selftest = {
    .name = "selftest",
    .usage = "[--json]",
    .summary = N_("does a failed login at each service really end with dropped packets?"),
    .help = N_("As a stranger with an address that nobody has (of a documentation network, joined to this machine for some seconds), one login fails at each service whose log bansho-watch follows. "
               "Its line must be read and understood, bansho-wall must shut the address out, the packet filter must hold it, and from there no answer must come any more. A second "
               "stranger only looks, and must be let in before and after.\n\n"
               "Nothing of it counts as an attack, nobody is told of it, and every address is let in again at once. It needs root, bansho-watch, bansho-wall and IPv4. What could not be tried is unknown, never ok."),
    .options = selftest_options,
    .run = selftest,
};
