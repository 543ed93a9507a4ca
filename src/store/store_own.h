/* store_own.h: for the files of this room only. */
#pragma once
#include "base/flush.h"
#include "store/store.h"
#include <sqlite3.h>
#include <stdbool.h>

struct store {
    sqlite3 *db;
    char *path;
    char *readonly; /* why; NULL: writable */
    bool open;      /* a transaction is */
    bool other;     /* another program's file */
    uint64_t commits;
    /* store_unwaited */
    int wal_fd;     /* 0: it is not */
    int wal_pages;
    int tidy_at;    /* so many pages of the log next time */
    struct flush *flush;
    uint64_t flushing, safe; /* commits */
    bool unsure;    /* a flush has failed */
};

/* SQLite's word in ours, with what a person can do. */
int store_failed(const struct store *s, struct err *err);
int store_execute(struct store *s, const char *sql, struct err *err) _must_check_;
void store_unwaited_end(struct store *s);
