/* verb_notify.c: `bansho notify test` and `confirm`: does an alert really arrive? */
#include "bin/notify_send.h"
#include "bin/peer.h"
#include "bin/session.h"
#include "bin/verbs.h"
#include "host/host.h"
#include "notify/deliver.h"
#include "store/check_store.h"
#include "term/emit.h"
#include <ctype.h>
#include <errno.h>
#include <time.h>
#include <unistd.h>

struct telling {
    struct arena *arena;
    struct root root;
    struct host *host;
    struct config *config;
    struct store *store;
};

static void telling_done(struct telling *t)
{
    store_close(t->store);
    config_free(t->config);
    host_free(t->host);
    root_close(&t->root);
    arena_free(t->arena);
}

static int prepare(struct telling *t, struct err *err)
{
    struct clock clock = clock_system();
    const char *dir = check_store_dir(t->arena);
    if (geteuid() != 0)
        return err_set(err, -EPERM, "%s", _("telling the owner needs root: sudo bansho notify ..."));
    int r = root_open("/", &t->root, err);
    if (r == 0)
        r = config_load(&t->root, CONFIG_PATH, &t->config, err);
    if (r == 0)
        r = host_new(&t->root, &clock, &t->host, err);
    if (r == 0)
        r = notify_store_open(dir, &t->store, err);
    if (r == 0 && store_readonly_why(t->store))
        r = err_set(err, -EROFS, "%s", store_readonly_why(t->store));
    return r;
}

static void say_json(const struct deliveries *d)
{
    struct emit j = emit_to(stdout);
    emit_object(&j, NULL);
    emit_text(&j, "schema", "bansho.notify/1");
    emit_list(&j, "ways");
    for (size_t i = 0; i < d->list.n; i++) {
        emit_object(&j, NULL);
        emit_text(&j, "way", d->list.v[i].way->name);
        emit_bool(&j, "sent", d->list.v[i].result == 0);
        emit_text(&j, "answer", d->list.v[i].why);
        emit_end(&j);
    }
    emit_end(&j);
    emit_end(&j);
    emit_done(&j);
}

static void say(const struct deliveries *d)
{
    bool sent = false;
    for (size_t i = 0; i < d->list.n; i++) {
        const struct delivery *one = &d->list.v[i];
        _cleanup_(buf_free) struct buf why = BUF(4096);
        text_escape(&why, str_of(one->why));
        printf("%-8s %s%s%s\n", one->way->name, one->result ? _("not sent") : _("handed over"), why.n ? ": " : "", why.n ? why.p : "");
        sent |= one->result == 0;
    }
    if (sent)
        printf("\n%s\n", _("Whether it arrived only you can see. Each message holds a code; type it: bansho notify confirm CODE"));
}

static enum outcome test(const struct call *c, struct telling *t)
{
    struct deliveries d = {0};
    struct err err = {0};
    struct sender from = {t->host->name, t->host->now};
    if (notify_test(t->store, t->config, &from, t->arena, &d, &err) < 0)
        return complain(&err);
    if (!d.list.n)
        return complainf(_("nobody can be told: no way is configured. In %s: notify { mail = admin@example.jp; command = /usr/local/bin/pager }"), CONFIG_PATH);
    if (call_option(c, "json"))
        say_json(&d);
    else
        say(&d);
    for (size_t i = 0; i < d.list.n; i++)
        if (d.list.v[i].result)
            return OUTCOME_WRONG;
    return OUTCOME_FINE;
}

static enum outcome confirm(const struct call *c, struct telling *t)
{
    struct attempt a = {0};
    struct err err = {0};
    if (c->args_n < 2)
        return complainf("%s", _("notify: type the code from the message: bansho notify confirm CODE"));
    char *code = arena_dupz(t->arena, c->args[1]);
    for (char *p = code; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    int r = attempt_confirm(t->store, code, t->host->now, t->arena, &a, &err);
    if (r < 0)
        return complain(&err);
    if (r == 0)
        return complainf("%s", _("notify: no test of the last seven days had this code. A new one: bansho notify test"));
    if (call_option(c, "json")) {
        struct emit j = emit_to(stdout);
        emit_object(&j, NULL);
        emit_text(&j, "schema", "bansho.notify/1");
        emit_text(&j, "confirmed", a.way);
        emit_end(&j);
        emit_done(&j);
    } else
        printf(_("Good: what is sent by %s arrives. How all of it stands: bansho check notify\n"), a.way);
    return OUTCOME_FINE;
}

static enum outcome notify(const struct call *c)
{
    static const struct {
        const char *name;
        enum outcome (*run)(const struct call *c, struct telling *t);
    } acts[] = {{"test", test}, {"confirm", confirm}};
    if (strcmp(c->args[0], "send") == 0)
        return notify_send(c);
    for (size_t i = 0; i < ARRAY_SIZE(acts); i++)
        if (strcmp(c->args[0], acts[i].name) == 0) {
            _cleanup_(telling_done) struct telling t = {.arena = arena_new(64u << 20), .root = {.fd = -1}};
            struct err err = {0};
            return prepare(&t, &err) < 0 ? complain(&err) : acts[i].run(c, &t);
        }
    return complainf(_("notify: there is no \"%s\". Possible: test, confirm CODE, send"), c->args[0]);
}

static const struct verb_option notify_options[] = {
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("print what came of it as JSON (schema bansho.notify/1)")},
    {"wait", 0, ARGUMENT_NONE, NULL, NULL, N_("with send: as bansho-tell.service runs it; it stays while something waits, and is woken by the socket that systemd hands over")},
    PEER_OPTION_SOCKETS,
    {0},
};

const struct verb verb_notify = {
    .name = "notify",
    .usage = "test|confirm CODE|send [--json]",
    .summary = N_("sends a test message by every way that you configured, and takes your word that it arrived; tells what the guard decided"),
    .help = N_("test sends a message by mail, by your command and to your webhook, as far as bansho.conf names them, and says what each answered. "
               "Every message holds a short code.\n\n"
               "confirm takes that code: the proof that the message came as far as you. The check notify.arrives looks whether that was so within half a year.\n\n"
               "send tells what bansho-watch concluded since the last time: at once, when a stranger may have logged in to an account, bansho-wall cannot be reached, or a log is not understood any more or falls silent; who was shut out goes as "
               "one message, at most one within the time `digest` of bansho.conf. What could not be sent waits. bansho-tell does this by itself, woken by bansho-watch: "
               "systemctl enable --now bansho-tell.socket"),
    .options = notify_options,
    .argument = ARGUMENT_WORDS,
    .words = "test|confirm|send",
    .min = 1,
    .max = 2,
    .run = notify,
};
