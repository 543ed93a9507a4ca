/* call.h: `bansho WORDS` as a person would call it, inside the test's process. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "bin/verbs.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ARGS_MAX 12

/* Runs `bansho WORDS` in this process; what it printed goes to out, complaints to err. */
static inline enum outcome bansho(const char *words, struct buf *out, struct buf *err)
{
    char line[512] = "bansho ", *argv[ARGS_MAX + 1] = {NULL};
    int argc = 0;
    snprintf(line + 7, sizeof line - 7, "%s", words);
    for (char *save = NULL, *w = strtok_r(line, " ", &save); w && argc < ARGS_MAX; w = strtok_r(NULL, " ", &save))
        argv[argc++] = w;
    FILE *files[2] = {tmpfile(), tmpfile()};
    int saved[2] = {dup(1), dup(2)};
    fflush(stdout);
    fflush(stderr);
    dup2(fileno(files[0]), 1);
    dup2(fileno(files[1]), 2);
    enum outcome o = verb_dispatch(argc, argv);
    fflush(stdout);
    fflush(stderr);
    struct buf *to[2] = {out, err};
    for (int i = 0; i < 2; i++) {
        dup2(saved[i], i + 1);
        close(saved[i]);
        lseek(fileno(files[i]), 0, SEEK_SET);
        buf_reset(to[i]);
        buf_addz(to[i], "");
        assert_int_equal(buf_read_fd(to[i], fileno(files[i])), 0);
        fclose(files[i]);
    }
    return o;
}
