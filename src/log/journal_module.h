/* journal_module.h: what the module "journal" (its files are those that include journal_place.h, the only ones that know sd-journal) does for journal.c and mail_uses.c, in
   their confined processes. */
#pragma once
#include "base/worker.h"
#include "log/journal.h"

struct extent_job {
    const struct root *root;
    const struct journal_unit *units;
    size_t n;
};

struct logins_job {
    const struct root *root;
    int64_t since, deadline;
    bool ssh;
};

struct mail_uses_job {
    const struct root *root;
    const char *const *units;
    int64_t since, deadline;
};

#define MAX_PLACES 100000
#define MAX_USES 20000

#define JOURNAL_MODULE "journal", "journal_module"
struct journal_module {
    worker_fn *extent; /* struct extent_job */
    worker_fn *logins; /* struct logins_job */
    worker_fn *mail_uses; /* struct mail_uses_job */
};

/* The module, loaded once in this process, for it and its children. NULL: it is missing; err tells its path. */
const struct journal_module *journal_reader(struct err *err);

/* Within the module. */
worker_fn read_logins, read_mail_uses;
