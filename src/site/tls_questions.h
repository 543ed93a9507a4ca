/* tls_questions.h: which names are asked for where (site.tls): each site with TLS by its name and its other names, and the panel.
   By IPv4 and by IPv6, where these have sockets of their own. */
#pragma once
#include "dialogue/dialogue.h"
#include "server/probe.h"

#define TLS_ASK_MS 3000

struct tls_group { /* one finding */
    const char *object, *label;
    const char *name;        /* "": asked without a name */
    uint16_t port;
    const struct site *site; /* NULL: the panel */
    unsigned dropped;        /* names beyond the limits */
};

struct tls_question {
    size_t group;
    bool alias;
};

struct tls_questions {
    LIST(struct tls_group) groups;
    LIST(struct tls_question) list;
    LIST(struct endpoint_at) at; /* one for each of list */
};
void tls_questions_collect(const struct probe_ctx *ctx, struct arena *a, struct tls_questions *ret);
