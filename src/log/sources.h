/* sources.h: from where each service's log is read while it is written: exactly one live source, elected from what is seen. The journal where its unit writes there, since
   rsyslog behind it loses lines when there are many; else its files. A file that rsyslog writes from the journal is for searching, and is not followed. */
#pragma once
#include "log/found.h"

enum source_kind { SOURCE_NONE, SOURCE_JOURNAL, SOURCE_FILES };
const char *source_kind_name(enum source_kind k); /* "none", "journal", "files": for stores and JSON */

struct log_source {
    const struct log_service *service;
    enum source_kind kind;
    LIST(const char *) files;   /* SOURCE_FILES: patterns for follow.h, those of its usual places too, where it alone writes there: more may appear */
};
struct log_sources {
    LIST(struct log_source) list;       /* one for each product that is here */
    LIST(const char *) patterns;        /* of all files that are followed, each once */
    LIST(const char *) matches;         /* of all entries that are read, for journal_stream.h; without the NULL at its end; .n 0: none */
    LIST(const char *) search_only;     /* files that hold what the journal has */
};

/* What is seen decides; no I/O. */
void sources_elect(const struct seen_logs *seen, struct arena *a, struct log_sources *ret);
/* Looks and elects. Strings in the scratch findings' arena. */
void sources_find(const struct probe_ctx *ctx, struct findings *scratch, struct log_sources *ret);
