/* found.h: the probe of log.found, and what it saw, for the plan that puts it right. */
#pragma once
#include "change/plan.h"
#include "log/rotation.h"
#include "log/services.h"
#include "server/probe.h"

#define LOG_WANTED_DAYS 28

/* What was found for one service. */
struct seen_log {
    const char *object;      /* "smtp": as in the finding */
    int64_t start, newest;   /* covered from (0: not known) and last written */
    bool found, survives, idle, gap;
    LIST(const char *) unrotated;                 /* files that nobody rotates */
    LIST(const struct rotation *) brief;          /* rules that keep less than is wanted, each once */
    unsigned kept_days;      /* the shortest of its files; UINT32_MAX: no file */
    const char *kept_by;
    unsigned kept_line;
    bool in_journal;
    const struct log_service *service;
    LIST(const char *) named;                     /* files that its settings name, and that are there */
    LIST(const char *) usual;                     /* those of the usual places that are there */
    int64_t newest_file, newest_entry, newest_unit; /* last written; newest_entry: of the whole journal; newest_unit: by this service there */
    const char *cut;         /* the pattern of which only a part was looked at, or NULL */
};
struct seen_logs {
    LIST(struct seen_log) list;
};

int log_found(const struct probe_ctx *ctx, struct findings *out, struct err *err);
int log_found_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err);
/* The services' logs without judgement; strings in the findings' arena. */
void logs_see(const struct probe_ctx *ctx, struct findings *scratch, struct seen_logs *ret);
