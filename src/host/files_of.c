/* files_of.c: whose file an executable is. dpkg has one list of paths for each package; all lists are read once for all listeners. */
#include "base/child.h"
#include "host/parts.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_LISTS 50000
#define MAX_LIST (32u << 20)

struct wanted {
    struct str path;    /* as a list may have it */
    const char *program;
    bool found;
};

struct hunt {
    LIST(struct wanted) list;
    size_t missing;
};

/* A merged /usr knows each file by two names: /usr/bin/x and /bin/x; lists of older packages have the short one. */
static void want(struct arena *a, struct hunt *hunt, const char *program)
{
    struct str p = str_of(program);
    for (size_t i = 0; i < hunt->list.n; i++)
        if (strcmp(hunt->list.v[i].program, program) == 0)
            return;
    *list_push(a, &hunt->list) = (struct wanted){.path = p, .program = program};
    hunt->missing++;
    bool usr = str_starts(p, STR("/usr/"));
    struct str tail = usr ? str_from(p, 4) : p;
    if (str_starts(tail, STR("/bin/")) || str_starts(tail, STR("/sbin/")) || str_starts(tail, STR("/lib")))
        *list_push(a, &hunt->list) = (struct wanted){.path = usr ? tail : str_of(arena_printf(a, "/usr%s", program)), .program = program};
}

static void found(struct host *h, struct hunt *hunt, const char *program, struct str package)
{
    const char *name = arena_dup(h->arena, package);
    for (size_t i = 0; i < hunt->list.n; i++)
        if (strcmp(hunt->list.v[i].program, program) == 0)
            hunt->list.v[i].found = true;
    for (size_t i = 0; i < h->listeners.n; i++)
        if (strcmp(h->listeners.v[i].program, program) == 0)
            h->listeners.v[i].package = name;
    hunt->missing--;
}

static bool has_line(struct str text, struct str line)
{
    for (struct str rest = text; rest.n > line.n;) {
        ptrdiff_t at = str_search(rest, line);
        if (at < 0)
            return false;
        bool starts = (rest.p == text.p && at == 0) || rest.p[at - 1] == '\n', ends = (size_t)at + line.n < rest.n && rest.p[(size_t)at + line.n] == '\n';
        if (starts && ends)
            return true;
        rest = str_from(rest, (size_t)at + 1);
    }
    return false;
}

static void look(struct host *h, struct hunt *hunt, struct str text, const char *list)
{
    struct str package = str_span(list, strcspn(list, ":"));
    if (str_ends(package, STR(".list")))
        package.n -= 5;
    for (size_t i = 0; i < hunt->list.n && hunt->missing; i++)
        if (!hunt->list.v[i].found && has_line(text, hunt->list.v[i].path))
            found(h, hunt, hunt->list.v[i].program, package);
}

/* Beginnings of the parts of the paths that are looked for. */
struct stems {
    LIST(struct str) list;
};

static void take_stem(struct arena *a, struct stems *stems, struct str part)
{
    static const char *const anywhere[] = {"usr", "lib", "bin", "sbin", "libexec", "local"};
    bool says = part.n >= 3;
    for (size_t k = 0; k < ARRAY_SIZE(anywhere); k++)
        says &= !str_eq(part, str_of(anywhere[k]));
    part.n = part.n == 3 ? 3 : part.n > 5 ? 5 : part.n - 1;
    for (size_t i = 0; says && i < stems->list.n; i++)
        says &= !str_eq(part, stems->list.v[i]);
    if (says)
        *list_push(a, &stems->list) = part;
}

static void find_stems(struct arena *a, const struct hunt *hunt, struct stems *ret)
{
    struct str rest, part;
    for (size_t i = 0; i < hunt->list.n; i++)
        for (rest = hunt->list.v[i].path; str_word(&rest, "/", &part);)
            take_stem(a, ret, part);
}

/* Does the package's name hold one of them ("openssh-server" and /usr/sbin/sshd)? */
static bool sounds_like(const struct stems *stems, const char *list)
{
    struct str package = str_span(list, strcspn(list, ":"));
    for (size_t i = 0; i < stems->list.n; i++)
        if (str_search(package, stems->list.v[i]) >= 0)
            return true;
    return false;
}

/* "openssh-server.list"; of packages that may be installed for several architectures "libc6:amd64.list". */
struct file_list {
    const char *name, *other; /* other: NULL, or its name if it is not under the first */
    bool done;
};
struct file_lists {
    LIST(struct file_list) list;
};

static void search_list(struct host *h, struct hunt *hunt, int dir, struct file_list *l, struct buf *b)
{
    l->done = true;
    const char *name = l->name;
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && l->other)
        fd = openat(dir, name = l->other, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    buf_reset(b);
    if (fd >= 0 && root_read_fd(fd, b) == 0)
        look(h, hunt, buf_str(b), name);
    if (fd >= 0)
        close(fd);
}

/* By the packages' names, where they are known: the directory holds five files for each of them. */
static void find_lists(struct host *h, struct file_lists *ret)
{
    struct names names = {0};
    for (size_t i = 0; i < h->packages.n; i++) {
        const struct package *p = &h->packages.v[i];
        *list_push(h->arena, &ret->list) = (struct file_list){.name = arena_printf(h->arena, "%s.list", p->name), .other = arena_printf(h->arena, "%s:%s.list", p->name, p->arch)};
    }
    if (h->packages.n)
        return;
    int r = root_list(h->root, "/var/lib/dpkg/info", MAX_LISTS, h->arena, &names);
    for (size_t i = 0; (r == 0 || r == -E2BIG) && i < names.list.n; i++)
        if (str_ends(str_of(names.list.v[i]), STR(".list")))
            *list_push(h->arena, &ret->list) = (struct file_list){.name = names.list.v[i]};
}

/* The likely lists first: most often the others, hundreds of them, need not be read at all. */
static void search_dpkg(struct host *h, struct hunt *hunt)
{
    struct file_lists lists = {0};
    struct stems stems = {0};
    int dir = root_openat(h->root, "/var/lib/dpkg/info", O_RDONLY | O_DIRECTORY);
    if (dir < 0)
        return;
    find_lists(h, &lists);
    find_stems(h->arena, hunt, &stems);
    _cleanup_(buf_free) struct buf b = BUF(MAX_LIST);
    for (size_t i = 0; i < lists.list.n && hunt->missing; i++)
        if (sounds_like(&stems, lists.list.v[i].name))
            search_list(h, hunt, dir, &lists.list.v[i], &b);
    for (size_t i = 0; i < lists.list.n && hunt->missing; i++)
        if (!lists.list.v[i].done)
            search_list(h, hunt, dir, &lists.list.v[i], &b);
    close(dir);
}

static void ask_rpm(struct host *h, struct hunt *hunt)
{
    LIST(const char *) argv = {0};
    static const char *const head[] = {"rpm", "-qf", "--qf", "%{NAME}\\n"};
    for (size_t i = 0; i < ARRAY_SIZE(head); i++)
        *list_push(h->arena, &argv) = head[i];
    LIST(const char *) programs = {0};
    for (size_t i = 0; i < hunt->list.n && programs.n < 1000; i++)
        if (hunt->list.v[i].path.p == hunt->list.v[i].program)
            *list_push(h->arena, &programs) = *list_push(h->arena, &argv) = hunt->list.v[i].program;
    *list_push(h->arena, &argv) = NULL;
    struct child_result out;
    struct err err = {0};
    if (!programs.n || child_run(argv.v, NULL, &out, &err) < 0)
        return;
    /* One line a path, in order; "file /x is not owned by any package" where it has none. */
    struct str rest = buf_str(&out.out), line;
    for (size_t i = 0; i < programs.n && str_line(&rest, &line); i++)
        if (line.n && str_find(line, ' ') < 0)
            found(h, hunt, programs.v[i], line);
    child_result_free(&out);
}

void host_see_owners(struct host *h)
{
    struct hunt hunt = {0};
    for (size_t i = 0; i < h->listeners.n; i++)
        if (h->listeners.v[i].program[0] == '/')
            want(h->arena, &hunt, h->listeners.v[i].program);
    if (!hunt.missing)
        return;
    if (root_exists(h->root, "/var/lib/dpkg/info"))
        search_dpkg(h, &hunt);
    else if (h->live && h->packages_seen.code == 0)
        ask_rpm(h, &hunt);
}
