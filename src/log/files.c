#include "log/files.h"
#include "log/rotated.h"
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>

#define DIRS_MAX 20000
#define NAMES_MAX 50000 /* of one directory */

/* Live logs of Debian, Red Hat and Plesk. The first that fits says whose it is. */
static const struct place {
    const char *dir, *name, *service;
} places[] = {
    {"/var/log/apache2", "*.log", "http"}, {"/var/log/httpd", "*_log", "http"}, {"/var/log/nginx", "*.log", "http"},
    {"/var/www/vhosts/system/*/logs", "*log*", "http"},
    {"/var/log/proftpd", "*.log", "ftp"}, {"/var/log", "proftpd.log", "ftp"}, {"/var/log", "vsftpd.log", "ftp"}, {"/var/log", "xferlog", "ftp"}, {"/var/log/pure-ftpd", "*.log", "ftp"},
    {"/usr/local/psa/var/log", "xferlog*", "ftp"}, {"/var/log/plesk", "*log", "panel"}, {"/var/log/sw-cp-server", "*log", "panel"},
    {"/var/log/exim4", "*log", "smtp"}, {"/var/log/exim", "*.log", "smtp"}, {"/usr/local/psa/var/log", "maillog", NULL},
    {"/var/log/qmail", "current", "smtp"}, {"/var/log/qmail/*", "current", "smtp"}, {"/var/log/qmail", "@4*", "smtp"}, {"/var/log/qmail/*", "@4*", "smtp"}, /* multilog's old ones have their time for a name */
    {"/var/log/mysql", "*.log", "mysql"}, {"/var/log/mariadb", "*.log", "mysql"}, {"/var/log/postgresql", "*.log", "postgresql"},
    {"/var/log", "syslog", NULL}, {"/var/log", "messages", NULL}, {"/var/log", "secure", NULL}, {"/var/log", "maillog", NULL}, {"/var/log", "debug", NULL},
    {"/var/log", "*.log", NULL}, {"/var/log/*", "*.log", NULL},
};

struct found {
    struct log_file file;
    size_t order; /* in which it was found */
    dev_t dev;
    ino_t ino;
};

struct finding_out {
    const struct root *root;
    struct arena *a;
    LIST(struct found) list;
    const char *cut;
};

static void add(struct finding_out *f, const char *dir, const char *name, const struct place *p)
{
    char log[PATH_MAX];
    struct stat st;
    const char *path = arena_printf(f->a, "%s/%s", dir, name);
    rotated_of(str_of(path), log, sizeof log);
    const char *base = strrchr(log, '/');
    if (!base || fnmatch(p->name, base + 1, FNM_PERIOD) != 0 || root_stat(f->root, path, &st) < 0 || S_ISDIR(st.st_mode))
        return;
    if (f->list.n >= LOG_FILES_MAX) {
        f->cut = p->dir;
        return;
    }
    size_t order = f->list.n;
    *list_push(f->a, &f->list) = (struct found){{path, arena_dupz(f->a, log), p->service, (int64_t)st.st_mtime}, order, st.st_dev, st.st_ino};
}

static void look_in(struct finding_out *f, const char *dir, const struct place *p)
{
    struct names names = {0};
    if (root_list(f->root, dir, NAMES_MAX, f->a, &names) == -E2BIG)
        f->cut = dir;
    for (size_t k = 0; k < names.list.n; k++)
        add(f, dir, names.list.v[k], p);
}

static void look(struct finding_out *f, const struct place *p)
{
    struct names dirs = {0};
    if (root_glob(f->root, p->dir, DIRS_MAX, f->a, &dirs) == -E2BIG)
        f->cut = p->dir;
    for (size_t i = 0; i < dirs.list.n; i++)
        look_in(f, dirs.list.v[i], p);
}

/* What was found first, by an earlier row of places, stays before what is the same file. */
static int by_file(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    if (x->dev != y->dev)
        return x->dev < y->dev ? -1 : 1;
    if (x->ino != y->ino)
        return x->ino < y->ino ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static int by_path(const void *a, const void *b)
{
    const struct log_file *x = a, *y = b;
    return strcmp(x->path, y->path);
}

void log_files_find(const struct root *root, struct arena *a, struct log_files *ret)
{
    struct finding_out f = {.root = root, .a = a};
    for (size_t i = 0; i < ARRAY_SIZE(places); i++)
        look(&f, &places[i]);
    if (f.list.n)
        qsort(f.list.v, f.list.n, sizeof *f.list.v, by_file);
    for (size_t i = 0; i < f.list.n; i++)
        if (!i || f.list.v[i].dev != f.list.v[i - 1].dev || f.list.v[i].ino != f.list.v[i - 1].ino)
            *list_push(a, &ret->list) = f.list.v[i].file;
    if (ret->list.n)
        qsort(ret->list.v, ret->list.n, sizeof *ret->list.v, by_path);
    ret->cut = f.cut;
}

void log_files_add(const struct root *root, const char *path, const char *service, struct arena *a, struct log_files *into)
{
    const char *slash = strrchr(path, '/');
    struct finding_out f = {.root = root, .a = a};
    if (!slash || slash == path)
        return;
    /* As a pattern, its name must mean itself. */
    struct buf name = BUF(PATH_MAX);
    for (const char *p = slash + 1; *p; p++) {
        if (strchr("*?[\\", *p))
            buf_addc(&name, '\\');
        buf_addc(&name, *p);
    }
    struct place p = {arena_dup(a, str_span(path, (size_t)(slash - path))), arena_dup(a, buf_str(&name)), service};
    buf_free(&name);
    look_in(&f, p.dir, &p);
    for (size_t i = 0; i < f.list.n; i++)
        *list_push(a, &into->list) = f.list.v[i].file;
}
