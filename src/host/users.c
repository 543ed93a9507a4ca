#include "base/i18n.h"
#include "host/parts.h"
#include <errno.h>

#define MAX_TEXT (16u << 20)
#define MAX_USERS 100000

/* passwd(5): name:password:uid:gid:gecos:home:shell. Lines of other shapes (NIS "+", damage) are no accounts. */
static bool user_of(struct host *h, struct str line, struct user *ret)
{
    struct str f[7] = {0};
    bool nul = str_find(line, 0) >= 0; /* would end a name before its time */
    size_t n = 0;
    while (n < 7 && str_field(&line, ':', &f[n]))
        n++;
    uint64_t uid, gid;
    if (n < 6 || line.n || nul || !f[0].n || f[0].p[0] == '+' || f[0].p[0] == '-' || f[0].p[0] == '#')
        return false;
    if (!str_u64(f[2], UINT32_MAX, &uid) || !str_u64(f[3], UINT32_MAX, &gid))
        return false;
    *ret = (struct user){.name = arena_dup(h->arena, f[0]), .gecos = arena_dup(h->arena, f[4]), .home = arena_dup(h->arena, f[5]),
                         .shell = arena_dup(h->arena, f[6]), .uid = (unsigned)uid, .gid = (unsigned)gid};
    return true;
}

int passwd_parse(struct host *h, struct str text)
{
    struct str line;
    struct user u;
    for (unsigned number = 1; str_line(&text, &line); number++) {
        if (!user_of(h, line, &u))
            continue;
        if (h->users.n >= MAX_USERS)
            return -E2BIG;
        u.line = number;
        *list_push(h->arena, &h->users) = u;
    }
    return 0;
}

void host_see_users(struct host *h)
{
    _cleanup_(buf_free) struct buf b = BUF(MAX_TEXT);
    int r = root_read(h->root, "/etc/passwd", &b);
    if (r == 0)
        r = passwd_parse(h, buf_str(&b));
    if (r < 0)
        h->users_seen = SEEN(r, host_why(h, r, "/etc/passwd"));
}
