/* notify.h: the owner is told something: by mail, by a program of the owner's, by a webhook; one row for each way. Every attempt is kept, with what came of it
   (notify_store.h). Runs in bansho; the mail dialogue in a confined worker, programs in a systemd unit of their own, as a user that exists only meanwhile. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "config/config.h"

#define NOTIFY_TEXT_MAX (256u << 10)
#define NOTIFY_WAYS 3

struct message {
    const char *subject, *text; /* UTF-8; other bytes become '?' */
    struct str html;            /* attached to a mail; empty: nothing is */
};

/* Who tells. */
struct sender {
    const char *host; /* this server's name */
    int64_t now;
};

/* 0: handed over, *ret_answer tells what was answered (may be ""); -errno, err says why and what to do. */
typedef int way_send(const struct sender *from, const char *target, const struct message *m, char ret_answer[static 256], struct err *err);

struct way {
    const char *name;    /* also the option of the section `notify` that sets its target */
    bool needs_own_mail; /* useless where this server's mail is what broke */
    way_send *send;
};
extern const struct way notify_ways[NOTIFY_WAYS];

way_send mail_send, command_send, webhook_send;

/* Where this way leads; NULL: it is not configured. */
const char *way_target(const struct way *w, const struct config *c);
