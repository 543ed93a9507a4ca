/* journal_module.h: what the module "journal" (its files are those that include journal_place.h, the only ones that know sd-journal) does for journal.c, mail_uses.c
   and journal_stream.c, in confined processes. */
#pragma once
#include "base/worker.h"
#include "log/journal.h"
#include "log/journal_stream.h"

struct extent_job {
    const struct root *root;
    const struct journal_unit *units;
    size_t n;
};

#define LOGINS_SERVICES_MAX 8
struct logins_job {
    const struct root *root;
    const struct log_service *of[LOGINS_SERVICES_MAX]; /* no entry fits the matches of two of them */
    unsigned number[LOGINS_SERVICES_MAX]; /* in log_services */
    size_t services;
    int64_t since[LOGINS_SINCE_MAX]; /* one answer for each */
    size_t n;
    int64_t glance_since;
    int64_t deadline;
};

struct mail_uses_job {
    const struct root *root;
    const char *const *units;
    int64_t since, deadline;
};

#define MAX_PLACES 100000
#define MAX_USES 20000

#define JOURNAL_MODULE "journal", "journal_module"
struct journal_reader;
struct journal_module {
    worker_fn *extent; /* struct extent_job */
    worker_fn *logins; /* struct logins_job */
    worker_fn *mail_uses; /* struct mail_uses_job */
    /* journal_stream.h's, for journal_stream.c */
    int (*open)(const struct journal_want *w, struct journal_reader **ret, struct err *err);
    void (*close)(struct journal_reader *r);
    int (*next)(struct journal_reader *r, struct journal_entry *ret, struct err *err);
    int (*again)(struct journal_reader *r, const char *const *matches, struct err *err);
    void (*position)(const struct journal_reader *r, struct journal_position *ret);
    int (*wait_fds)(struct journal_reader *r, int ret[2]);
    void (*woken)(struct journal_reader *r);
};

/* The module, loaded once in this process, for it and its children. NULL: it is missing; err tells its path. */
const struct journal_module *journal_reader(struct err *err);

/* Within the module. */
worker_fn read_logins, read_mail_uses;
int reader_open(const struct journal_want *w, struct journal_reader **ret, struct err *err);
void reader_close(struct journal_reader *r);
int reader_next(struct journal_reader *r, struct journal_entry *ret, struct err *err);
int reader_again(struct journal_reader *r, const char *const *matches, struct err *err);
void reader_position(const struct journal_reader *r, struct journal_position *ret);
int reader_wait_fds(struct journal_reader *r, int ret[2]);
void reader_woken(struct journal_reader *r);
