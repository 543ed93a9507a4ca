/* tree.h: a server made of files, for the tests of the products: a recorded tree (trees/NAME) or one written in the test. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "server/server.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct tree {
    char dir[64]; /* "" where it is a recorded one */
    struct root root;
    struct host host;
    struct server *server;
};

static inline void tree_make(struct tree *t)
{
    *t = (struct tree){.dir = "/tmp/bansho-tree-XXXXXX"};
    assert_non_null(mkdtemp(t->dir));
    assert_int_equal(root_open(t->dir, &t->root, NULL), 0);
}

static inline void tree_recorded(struct tree *t, const char *name)
{
    char path[512];
    *t = (struct tree){0};
    snprintf(path, sizeof path, "%s/trees/%s", TEST_DATA, name);
    assert_int_equal(root_open(path, &t->root, NULL), 0);
}

static inline void tree_parents(struct tree *t, const char *path)
{
    char part[512];
    for (const char *slash = path; (slash = strchr(slash + 1, '/'));) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        mkdirat(t->root.fd, part, 0755);
    }
}

/* path without a leading slash */
static inline void tree_write_n(struct tree *t, const char *path, const char *text, size_t n)
{
    tree_parents(t, path);
    int fd = openat(t->root.fd, path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, n), n);
    close(fd);
}

static inline void tree_write(struct tree *t, const char *path, const char *text)
{
    tree_write_n(t, path, text, strlen(text));
}

static inline void tree_load(struct tree *t)
{
    struct arena *a = arena_new(8u << 20);
    t->host = (struct host){.arena = a, .root = &t->root, .name = "lab.example", .os = {"debian", "12", "", "", ""}, .now = 1764000000};
    struct err err = {0};
    assert_int_equal(server_new(&t->host, &t->server, &err), 0);
}

static int tree_remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

/* What was loaded, not the files: they may be loaded again. */
static inline void tree_unload(struct tree *t)
{
    server_free(t->server);
    arena_free(t->host.arena);
    t->server = NULL;
    t->host.arena = NULL;
}

static inline void tree_drop(struct tree *t)
{
    tree_unload(t);
    root_close(&t->root);
    if (*t->dir)
        nftw(t->dir, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline const char *tree_value(const struct tree *t, const char *product, const char *section, const char *key)
{
    const struct instance *i = server_instance(t->server, product, 0);
    return i ? setting_value(i, section, key, "(not set)") : "(no instance)";
}

/* Sites as "name|aliases|root|mounts|tls|certificate|address:port|file:line", one a line. */
static inline char *tree_sites(const struct tree *t, const char *product, struct buf *b)
{
    for (size_t k = 0; k < t->server->sites.n; k++) {
        const struct site *s = &t->server->sites.v[k];
        if (strcmp(s->web->product->id, product) != 0)
            continue;
        buf_printf(b, "%s|", s->name);
        for (size_t n = 0; n < s->aliases.n; n++)
            buf_printf(b, "%s%s", n ? "," : "", s->aliases.v[n]);
        buf_printf(b, "|%s|", s->document_root);
        for (size_t n = 0; n < s->mounts.n; n++)
            buf_printf(b, "%s%s=%s", n ? "," : "", s->mounts.v[n].url, s->mounts.v[n].dir);
        buf_printf(b, "|%s|%s|%s:%u|%s:%u\n", s->tls ? "tls" : "", s->certificate, s->address, s->port, s->file, s->line);
    }
    return b->p ? b->p : (char *)"";
}

/* Endpoints as "service address:port[ tls] file:line", one a line. */
static inline char *tree_endpoints(const struct tree *t, const char *product, size_t n, struct buf *b)
{
    const struct instance *i = server_instance(t->server, product, n);
    for (size_t k = 0; i && k < i->endpoints.n; k++) {
        const struct endpoint *e = &i->endpoints.v[k];
        buf_printf(b, "%s %s:%u%s %s:%u\n", e->service, e->address, e->port, e->tls ? " tls" : "", e->file ? e->file : "-", e->line);
    }
    return b->p ? b->p : (char *)"";
}
