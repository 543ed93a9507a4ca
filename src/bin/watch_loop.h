/* watch_loop.h: the loop of bansho-watch, and what runs in it. */
#pragma once
#include "base/i18n.h"
#include "bin/watch.h"
#include "wire/link.h"
#include "wire/server.h"
#include <uv.h>

struct working {
    const struct watch_call *c;
    struct watch *watch;
    uv_loop_t loop;
    uv_timer_t timer;
    uv_signal_t term;
    uv_poll_t polls[3];
    struct wire_link *link;      /* to bansho-wall; NULL: none now */
    struct wire_server *server;
    bool begun;                  /* the loop is */
    bool unanswered;             /* the link has ended in the middle */
    bool wall_down;              /* told, until it answers again */
    int status;
};

/* Does what there is to do, and sets the timer for what comes next. */
void watch_go(struct working *w);
/* sender_send_fn */
int watch_ask_wall(void *arg, const struct post *p);
/* Answers where somebody may ask. 0 also where there is no such place. */
int watch_serve(struct working *w, struct err *err) _must_check_;
