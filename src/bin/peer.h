/* peer.h: bansho's services as the command line asks them: connecting, and saying what to do where one does not run or refuses. Used by the verbs only. */
#pragma once
#include "bin/verbs.h"
#include "term/emit.h"
#include "wire/client.h"

struct peer {
    const char *program;   /* "bansho-wall" */
    const char *unit;      /* what is enabled to have it */
    const char *socket;    /* its name in the directory of the sockets */
    const char *interface; /* "org.bansho.Wall" */
};
extern const struct peer peer_wall, peer_watch;

#define PEER_SOCKETS "/run/bansho"
#define PEER_OPTION_SOCKETS {"sockets", 0, ARGUMENT_DIR, "DIR", NULL, N_("the directory of the services' sockets; otherwise /run/bansho")}

/* As wire_client_new, below --sockets. */
int peer_open(const struct call *c, const struct peer *p, struct wire_client **ret, struct err *err) _must_check_;
/* It does not run, or is not installed: -ENOENT, -ECONNREFUSED. */
bool peer_absent(int code);
/* What to do about that: "systemctl enable --now ..." where systemd runs. */
const char *peer_start(const struct peer *p, char *text, size_t n);
/* As wire_ask: METHOD of the peer's interface. */
int peer_ask(struct wire_client *w, const struct peer *p, const char *method, json_t *take_parameters, struct wire_answer *ret, struct err *err) _must_check_;
/* Says on stderr why it did not work and what to do. answer may be NULL. */
enum outcome peer_complain(const struct call *c, const struct peer *p, int code, const struct wire_answer *answer, const struct err *err);
/* What a service said, as it is; only what an interface can hold. */
void peer_emit(struct emit *j, const char *key, const json_t *value);
