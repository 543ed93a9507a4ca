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
        snprintf(text, n, "bansho run");
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

void peer_emit(struct emit *j, const char *key, const json_t *value)
{
    const char *name;
    json_t *member;
    if (j->depth + 2 >= EMIT_DEPTH) {
        emit_null(j, key);
        return;
    }
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        emit_object(j, key);
        json_object_foreach ((json_t *)(uintptr_t)value, name, member)
            peer_emit(j, name, member);
        emit_end(j);
        break;
    case JSON_ARRAY:
        emit_list(j, key);
        for (size_t i = 0; i < json_array_size(value); i++)
            peer_emit(j, NULL, json_array_get(value, i));
        emit_end(j);
        break;
    case JSON_STRING:
        emit_str(j, key, str_span(json_string_value(value), json_string_length(value)));
        break;
    case JSON_INTEGER:
        emit_int(j, key, json_integer_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        emit_bool(j, key, json_is_true(value));
        break;
    default:
        emit_null(j, key);
    }
}
