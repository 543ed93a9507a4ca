#include "account/shadow.h"
#include "base/clock.h"
#include "base/i18n.h"
#include <errno.h>
#include <time.h>

#define MAX_FILE (8u << 20)
#define MAX_ACCOUNTS 20000

static struct credential *push(const struct host *h, struct credentials *c)
{
    if (c->list.n >= MAX_ACCOUNTS) {
        c->complete = false;
        return NULL;
    }
    return list_push(h->arena, &c->list);
}

static bool fields(struct str line, struct str *f, size_t n)
{
    if (!line.n || line.p[0] == '#' || str_find(line, 0) >= 0)
        return false;
    for (size_t i = 0; i < n && str_field(&line, ':', &f[i]); i++)
        ;
    return f[0].n > 0;
}

void shadow_parse(const struct host *h, struct str text, const char *file, struct credentials *into)
{
    struct str line;
    for (unsigned number = 1; str_line(&text, &line); number++) {
        struct str f[8] = {0};
        uint64_t day;
        if (!fields(line, f, ARRAY_SIZE(f)) || !f[1].p) /* a line without a second field is no account */
            continue;
        struct credential *c = push(h, into);
        if (!c)
            return;
        const char *name = arena_dup(h->arena, f[0]);
        *c = (struct credential){.kind = CREDENTIAL_SYSTEM, .name = name, .hash = f[1], .changed = f[2].n && str_u64(f[2], 1000000, &day) ? (int64_t)day : -1,
                                 .user = host_user(h, name), .file = file, .line = number};
        c->expires = f[7].n && str_u64(f[7], 1000000, &day) ? (int64_t)day : -1;
        c->max = f[4].n && str_u64(f[4], 1000000, &day) ? (int64_t)day : -1;
        c->inactive = f[6].n && str_u64(f[6], 1000000, &day) ? (int64_t)day : -1;
    }
}

void userfile_parse(const struct host *h, struct str text, const char *file, enum credential_kind kind, bool empty_refused, struct credentials *into)
{
    struct str line;
    for (unsigned number = 1; str_line(&text, &line); number++) {
        struct str f[8] = {0};
        if (!fields(line, f, ARRAY_SIZE(f)))
            continue;
        struct credential *c = push(h, into);
        if (!c)
            return;
        *c = (struct credential){.kind = kind, .name = arena_dup(h->arena, f[0]), .hash = f[1].p ? f[1] : str_span("", 0), .extra = f[7], .empty_refused = empty_refused, .changed = -1, .max = -1, .inactive = -1, .expires = -1, .file = file, .line = number};
    }
}

/* A hash in passwd(5) itself, where there is no "x" that points to shadow(5): systems older than shadow, or damage. */
static void join_passwd(const struct host *h, struct str text, struct credentials *into)
{
    struct str line;
    for (unsigned number = 1; str_line(&text, &line); number++) {
        struct str f[7] = {0};
        if (!fields(line, f, ARRAY_SIZE(f)) || !f[2].n || str_eq(f[1], STR("x")) || f[0].p[0] == '+' || f[0].p[0] == '-')
            continue;
        struct credential *c = push(h, into);
        if (!c)
            return;
        const char *name = arena_dup(h->arena, f[0]);
        *c = (struct credential){.kind = CREDENTIAL_SYSTEM, .name = name, .hash = f[1], .changed = -1, .max = -1, .inactive = -1, .expires = -1, .user = host_user(h, name), .file = "/etc/passwd", .line = number};
    }
}

int credentials_text(const struct host *h, const char *path, struct credentials *into, struct str *ret)
{
    struct buf *b = list_push(h->arena, &into->texts);
    *b = BUF(MAX_FILE);
    int r = root_read(h->root, path, b);
    if (r < 0)
        *list_push(h->arena, &into->unread) = arena_printf(h->arena, "%s: %s", path, err_name(r));
    else
        *ret = buf_str(b);
    return r;
}

int shadow_load(const struct host *h, struct credentials *into)
{
    struct str text;
    into->complete = true;
    int r = credentials_text(h, "/etc/shadow", into, &text);
    if (r == 0)
        shadow_parse(h, text, "/etc/shadow", into);
    if (r < 0 && r != -ENOENT)
        return r;
    if (credentials_text(h, "/etc/passwd", into, &text) == 0)
        join_passwd(h, text, into);
    return 0;
}

void credentials_done(struct credentials *c)
{
    for (size_t i = 0; i < c->texts.n; i++) {
        if (c->texts.v[i].p)
            explicit_bzero(c->texts.v[i].p, c->texts.v[i].cap);
        buf_free(&c->texts.v[i]);
    }
    *c = (struct credentials){0};
}

bool hash_usable(struct str hash)
{
    if (str_starts(hash, STR("{CRYPT}!")) || str_starts(hash, STR("{CRYPT}*")))
        return false;
    return hash.n > 0 && hash.p[0] != '!' && hash.p[0] != '*' && !str_eq(hash, STR("x"));
}

bool hash_lets_in(struct str hash)
{
    return !hash.n || hash_usable(hash);
}

bool credential_expired(const struct credential *c, int64_t now)
{
    return c->expires > 0 && now / DAY >= c->expires;
}

bool login_shell(const char *shell)
{
    static const char *const closed[] = {"nologin", "false", "sync", "shutdown", "halt", "true"};
    const char *slash = strrchr(shell, '/'), *name = slash ? slash + 1 : shell;
    for (size_t i = 0; i < ARRAY_SIZE(closed); i++)
        if (strcmp(name, closed[i]) == 0)
            return false;
    return true; /* an empty one is /bin/sh */
}
