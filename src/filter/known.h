/* known.h: all of our filters, asked about single lines: what a line says, where one of them knows it. */
#pragma once
#include "filter/definition.h"
#include "filter/event.h"

struct known_event {
    bool known;
    enum event_kind kind;
    struct str host;                 /* .n 0: not said */
    struct str field[EVENT_FIELDS];  /* .p NULL: not said */
};

struct known;

/* Every NAME.conf of a directory that is a filter of its own; made before a process is confined. -errno with err: one cannot be loaded. */
int known_new(struct arena *a, const char *dir, int64_t today, struct known **ret, struct err *err) _must_check_;
void known_free(struct known *k); /* NULL is fine */
/* text: a line of a log, without its newline; its date stands at date_start to date_end (equal: it has none). time_us: when it was written. *ret->known: a filter took it; its views live until
   the next call. */
void known_line(struct known *k, struct str text, size_t date_start, size_t date_end, int64_t time_us, struct known_event *ret) PARSER(known_line);
