/* verb_notify_send.c: `bansho notify send`: see notify_send.h. */
#include "base/clock.h"
#include "base/rootfs.h"
#include "bin/notify_send.h"
#include "bin/session.h"
#include "host/host.h"
#include "wire/listen.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ARENA_MAX (64u << 20)
#define PAUSE_S 3           /* between two rounds, however often it is woken */
#define LINGER_MS 5000      /* before it ends */
#define AGAIN_S 60          /* after a failure, doubled up to */
#define AGAIN_LAST_S 3600
#define WAKES 4096          /* taken at once */

struct sending {
    const struct call *call;
    char host[256];
    unsigned failed;        /* rounds in a row */
};

static int again_s(const struct sending *s)
{
    int n = AGAIN_S;
    for (unsigned i = 1; i < s->failed && n < AGAIN_LAST_S; i++)
        n *= 2;
    return n < AGAIN_LAST_S ? n : AGAIN_LAST_S;
}

/* true: something still waits. */
static bool tell(const struct deliveries *d)
{
    bool waits = false;
    for (size_t i = 0; i < d->list.n; i++) {
        const struct delivery *one = &d->list.v[i];
        waits |= one->result != 0;
        if (one->result < 0)
            complainf(_("could not be sent by %s, it waits for the next time: %s"), one->way->name, one->why);
        else if (one->result > 0)
            complainf("%s: %s", one->way->name, one->why);
        else
            complainf(_("%s took %zu messages"), one->way->name, one->messages);
    }
    return waits;
}

static int round_with(struct sending *s, struct config *config, struct store *store, struct arena *a, struct deliveries *d, int *ret_due, struct err *err)
{
    struct notify_round r = {.call = s->call, .config = config, .store = store, .a = a, .from = {s->host, time(NULL)}};
    if (store_readonly_why(store))
        return err_set(err, -EROFS, "%s", store_readonly_why(store));
    struct err later = {0};
    int code = notify_round(&r, &later), sent = notify_flush(store, config, &r.from, a, d, err); /* what waits is sent, whatever bansho-watch says */
    *ret_due = r.due;
    if (code < 0 && sent == 0)
        *err = later;
    return code < 0 ? code : sent;
}

/* ret_due: seconds until the next round; -1: nothing waits. */
static int one_round(struct sending *s, int *ret_due)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(ARENA_MAX);
    struct config *config = NULL;
    struct store *store = NULL;
    struct deliveries d = {0};
    struct err err = {0};
    int due = -1, r = session_config(&config, &err);
    if (r == 0)
        r = notify_store_open(check_store_dir(a), &store, &err);
    if (r == 0)
        r = round_with(s, config, store, a, &d, &due, &err);
    bool waits = tell(&d);
    if (r < 0)
        complain(&err);
    s->failed = r < 0 || waits ? s->failed + 1 : 0;
    if (s->failed && (due < 0 || due > again_s(s)))
        due = again_s(s);
    *ret_due = due;
    store_close(store);
    config_free(config);
    return r < 0 ? r : waits ? 1 : 0;
}

/* Who wakes says nothing: that it came is all. */
static void take_wakes(int fd)
{
    for (int i = 0; i < WAKES; i++) {
        int one = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (one < 0)
            return;
        close(one);
    }
}

static enum outcome keep_on(struct sending *s, int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return complainf("%s", err_name(errno));
    for (;;) {
        int due, woken;
        take_wakes(fd);
        (void)one_round(s, &due);
        struct timespec pause = {PAUSE_S, 0};
        nanosleep(&pause, NULL);
        struct pollfd p = {.fd = fd, .events = POLLIN};
        woken = poll(&p, 1, due < 0 ? LINGER_MS : due > PAUSE_S ? (due - PAUSE_S) * 1000 : 0);
        if (woken == 0 && due < 0)
            return OUTCOME_FINE;
    }
}

enum outcome notify_send(const struct call *c)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    struct sending s = {.call = c};
    struct root root = {.fd = -1};
    struct err err = {0};
    int due, fd = -1;
    if (geteuid() != 0)
        return complainf("%s", _("telling the owner needs root: sudo bansho notify ..."));
    if (call_option(c, "wait") && (fd = listen_inherited(&err)) < 0)
        return complainf("%s", err.text[0] ? err.text : _("no socket was handed over, and none was named (--socket)"));
    if (root_open("/", &root, &err) < 0)
        return complain(&err);
    const char *host = host_name_of(a, &root, true);
    snprintf(s.host, sizeof s.host, "%s", host ? host : "localhost");
    root_close(&root);
    if (fd >= 0)
        return keep_on(&s, fd);
    int r = one_round(&s, &due);
    return r < 0 ? OUTCOME_USAGE : r > 0 ? OUTCOME_WRONG : OUTCOME_FINE;
}
