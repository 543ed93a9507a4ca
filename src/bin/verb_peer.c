/* verb_peer.c: how the verbs talk with bansho's services (peer.h). */
#include "bin/peer.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define PEER_TIMEOUT_MS 15000

const struct peer peer_wall = {"bansho-wall", "bansho-wall.socket", "wall", "org.bansho.Wall"};
const struct peer peer_watch = {"bansho-watch", "bansho-watch.service", "watch", "org.bansho.Watch"};

int peer_open(const struct call *c, const struct peer *p, struct wire_client **ret, struct err *err)
{
    const char *dir = call_option(c, "sockets");
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir ? dir : PEER_SOCKETS, p->socket);
    return wire_client_new(path, PEER_TIMEOUT_MS, ret, err);
}

bool peer_absent(int code) { return code == -ENOENT || code == -ECONNREFUSED; }

const char *peer_start(const struct peer *p, char *text, size_t n)
{
    if (access("/run/systemd/system", F_OK) == 0)
        snprintf(text, n, "systemctl enable --now %s", p->unit);
    else
        snprintf(text, n, "%s", p->program);
    return text;
}

int peer_ask(struct wire_client *w, const struct peer *p, const char *method, json_t *take_parameters, struct wire_answer *ret, struct err *err)
{
    char name[WIRE_NAME_MAX];
    snprintf(name, sizeof name, "%s.%s", p->interface, method);
    return wire_ask(w, name, take_parameters, ret, err);
}

enum outcome peer_complain(const struct call *c, const struct peer *p, int code, const struct wire_answer *answer, const struct err *err)
{
    const char *error = answer ? answer->error : "", *reason = answer ? wire_answer_reason(answer) : NULL;
    struct str name = str_of(error);
    char start[128];
    if (peer_absent(code))
        return complainf(_("%s does not run. To start it: %s"), p->program, peer_start(p, start, sizeof start));
    if (code == -EACCES || str_eq(name, STR("org.varlink.service.PermissionDenied")))
        return complainf(_("only root may do this: sudo bansho %s ..."), c->verb->name);
    if (str_eq(name, STR("org.varlink.service.MethodNotFound")) || str_eq(name, STR("org.varlink.service.InterfaceNotFound")))
        return complainf(_("%s is of another version than this bansho: systemctl restart %s"), p->program, p->program);
    if (code == -ECONNRESET || code == -ETIMEDOUT || code == -EBADMSG)
        return complainf(_("%s. What it says itself: journalctl -u %s"), err->text, p->program);
    if (reason && (str_ends(name, STR(".Refused")) || str_ends(name, STR(".Failed"))))
        return complainf("%s: %s", c->args_n ? c->args[0] : c->verb->name, reason);
    return complain(err);
}
