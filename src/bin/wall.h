/* wall.h: bansho-wall: bans for whoever may ask (org.bansho.Wall), kept in the kernel whatever others do to it. One thread, one loop (libuv); it wakes up when it
   is asked, when the ruleset was changed, and when the clock was set. CAP_NET_ADMIN, a user of its own. */
#pragma once
#include "bin/wall_call.h"
#include "firewall/wall.h"
#include "wire/server.h"
#include <sys/stat.h>

struct waiting { /* a ban that was asked for in this round of the loop */
    struct wire_call *call;
    json_t *parameters;
};
#define WAITING_MOST 256

struct held; /* answers that wait for the disk */

struct guarding {
    const struct wall_call *c;
    struct config *config; /* NULL: it could not be read yet */
    struct stat conf;      /* of its file, when it was looked at last */
    struct wall *wall;
    struct wire_server *server;
    struct wire_role watch; /* whom the server knows; it looks here for each connection */
    uv_loop_t loop;
    uv_poll_t kernel, clock, disk;
    uv_check_t round;
    uv_idle_t busy; /* while something waits, the loop does not sleep */
    uv_idle_t refill; /* while bans are put back, chunk by chunk */
    uv_timer_t mend, tidy;
    uv_signal_t term, interrupt, hangup;
    struct waiting waiting[WAITING_MOST];
    size_t waiting_n;
    struct held *held, **held_end;
    struct wall_news news; /* of what has to be mended */
    int64_t mended_ms;
    int64_t let_in, given_up; /* as told last */
    char said[512]; /* what does not work, as told last */
    int64_t changed; /* by the mending that is under way: elements; -1: all */
    bool to_mend, by_clock, told_failure;
    int status;
};

int wall_serve(struct guarding *g, struct err *err) _must_check_;
/* All bans that were asked for since the last time, at once; what their answers bring is left for the next round. */
void wall_answer_waiting(struct guarding *g);
/* Gives the answers of what is on disk by now. wait: of all. */
void wall_answer_kept(struct guarding *g, bool wait);
/* Looks whether others touched what is ours, and has it mended. */
void wall_look(struct guarding *g);
/* What has begun to fail, or works again, is told once. */
void wall_tell(struct guarding *g);
/* bansho.conf as it is now; where it has errors, what was in force stays so. `say`: that is told. */
void wall_reload(struct guarding *g, bool say);
/* Before somebody is refused for what bansho.conf said: it was repaired, or mode = act was written and only bansho-watch has taken it over. */
void wall_look_again(struct guarding *g);
