/* watch.h: bansho-watch, the program. Its first process only waits: it starts the one that works, ends it, and on SIGHUP begins anew (the program itself is run again, so
   that a reload and an update are the same), unless bansho.conf has errors; then the old one goes on. The one that works looks at the machine, compiles the filters,
   confines itself, and only then opens a log. Used by bansho-watch only. */
#pragma once
#include "base/err.h"
#include "log/sources.h"
#include "respond/watch.h"

struct watch_call {
    const char *state;      /* --state FILE */
    const char *wall;       /* --wall SOCKET; NULL: nobody is asked, everything waits in the outbox */
    const char *listen;     /* --socket PATH; NULL: an inherited one, or none */
    const char *tell;       /* --tell SOCKET: whoever listens there is woken when there is something to tell a person; NULL: nobody */
    bool print;             /* --print: each verdict as a line on the standard output */
};

struct config;
struct never_now;
/* What bansho.conf and this machine say; in the arena. */
struct watch_setup {
    struct root root;
    struct config *config;
    struct log_sources sources;
    LIST(struct filter_definition) filters, journal_filters;
    struct guard_rules rules;
    struct never_now *now; /* whom the rules ask; host/never.h */
    bool observe;
    unsigned bans_per_hour;
};
int watch_setup(struct arena *a, struct watch_setup *ret, struct err *err) _must_check_;
void watch_setup_done(struct watch_setup *s);
/* Says what is wrong with bansho.conf. */
bool watch_config_fine(void);

/* The process that works, until SIGTERM. The exit status. */
int watch_work(const struct watch_call *c);
/* One line on stderr. */
void watch_say(const char *text);
