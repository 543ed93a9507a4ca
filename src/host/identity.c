#include "host/parts.h"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_TEXT (1u << 20)

/* os-release(5): shell-like KEY=value; quotes and backslashes as sh(1) reads them, no expansions. */
static char *unquoted(struct arena *a, struct str v)
{
    char quote = v.n >= 2 && (v.p[0] == '"' || v.p[0] == '\'') && v.p[v.n - 1] == v.p[0] ? v.p[0] : 0;
    if (quote)
        v = str_span(v.p + 1, v.n - 2);
    char *out = arena_zalloc(a, v.n + 1), *to = out;
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] == '\\' && quote != '\'' && i + 1 < v.n)
            i++;
        *to++ = v.p[i];
    }
    return out;
}

void os_release_parse(struct host *h, struct str text)
{
    const struct { struct str key; const char **to; } keys[] = {
        {STR("ID"), &h->os.id}, {STR("VERSION_ID"), &h->os.version_id}, {STR("PRETTY_NAME"), &h->os.pretty},
        {STR("VERSION_CODENAME"), &h->os.codename}, {STR("ID_LIKE"), &h->os.id_like},
    };
    struct str line;
    while (str_line(&text, &line)) {
        line = str_trim(line);
        ptrdiff_t eq = str_find(line, '=');
        for (size_t i = 0; eq > 0 && i < ARRAY_SIZE(keys); i++)
            if (str_eq(str_span(line.p, (size_t)eq), keys[i].key))
                *keys[i].to = unquoted(h->arena, str_from(line, (size_t)eq + 1));
    }
}

static bool full_form(struct str word, struct str short_name)
{
    return word.n > short_name.n + 1 && str_find(word, 0) < 0 && str_istarts(word, short_name) && word.p[short_name.n] == '.';
}

char *hosts_parse(struct arena *a, struct str text, const char *short_name)
{
    struct str line, word, name = str_of(short_name);
    while (name.n && str_line(&text, &line)) {
        ptrdiff_t hash = str_find(line, '#');
        if (hash >= 0)
            line.n = (size_t)hash;
        for (bool first = true; str_word(&line, " \t", &word); first = false)
            if (!first && full_form(word, name))
                return arena_dup(a, word);
    }
    return NULL;
}

static char *first_line(struct arena *a, const struct root *root, const char *path)
{
    _cleanup_(buf_free) struct buf b = BUF(4096);
    struct str line, rest;
    if (root_read(root, path, &b) < 0)
        return NULL;
    rest = buf_str(&b);
    return str_line(&rest, &line) && str_trim(line).n ? arena_dup(a, str_trim(line)) : NULL;
}

const char *host_name_of(struct arena *a, const struct root *root, bool live)
{
    char running[256] = "";
    if (live)
        gethostname(running, sizeof running - 1);
    const char *name = running[0] ? arena_dupz(a, running) : first_line(a, root, "/etc/hostname"), *full = NULL;
    _cleanup_(buf_free) struct buf b = BUF(MAX_TEXT);
    if (name && !strchr(name, '.') && root_read(root, "/etc/hosts", &b) == 0)
        full = hosts_parse(a, buf_str(&b), name);
    return full ? full : name;
}

static void see_name(struct host *h)
{
    const char *name = host_name_of(h->arena, h->root, h->live);
    if (name)
        h->name = name;
}

/* proc(5): the n-th field after the command's ")" of /proc/PID/stat. */
static uint64_t stat_field(struct str text, unsigned n)
{
    const char *end = text.n ? memrchr(text.p, ')', text.n) : NULL;
    struct str rest = end ? str_from(text, (size_t)(end - text.p) + 1) : str_span("", 0), word = {0};
    while (n-- > 0)
        if (!str_word(&rest, " \n", &word))
            return 0;
    uint64_t v;
    return str_u64(word, UINT64_MAX, &v) ? v : 0;
}

/* In a container btime is the outer machine's: PID 1 began when ours did. */
static void see_boot(struct host *h)
{
    _cleanup_(buf_free) struct buf all = BUF(MAX_TEXT), init = BUF(4096);
    if (!h->live || root_read(h->root, "/proc/stat", &all) < 0)
        return;
    struct str rest = buf_str(&all), line, number;
    uint64_t v;
    while (str_line(&rest, &line))
        if (str_starts(line, STR("btime ")) && (number = str_trim(str_from(line, 6)), str_u64(number, INT64_MAX, &v)))
            h->booted = (int64_t)v;
    if (h->booted && root_read(h->root, "/proc/1/stat", &init) == 0)
        h->booted += (int64_t)stat_field(buf_str(&init), 20) / sysconf(_SC_CLK_TCK);
}

static void older(struct host *h, int64_t when, const char *from)
{
    /* Archives reset to the epoch or to years before hosting servers existed tell nothing. */
    if (when < 946684800 || when > h->now || (h->installed && h->installed <= when))
        return;
    h->installed = when;
    h->installed_from = from;
}

static void see_install(struct host *h)
{
    static const char *const traces[] = {"/var/log/installer", "/root/anaconda-ks.cfg", "/lost+found", "/etc/machine-id", "/etc/hostname"};
    for (size_t i = 0; i < ARRAY_SIZE(traces); i++) {
        int fd = root_openat(h->root, traces[i], O_PATH | O_NOFOLLOW);
        struct statx sx;
        if (fd < 0)
            continue;
        if (statx(fd, "", AT_EMPTY_PATH, STATX_MTIME | STATX_BTIME, &sx) == 0) {
            older(h, sx.stx_mtime.tv_sec, traces[i]);
            if (h->live && sx.stx_mask & STATX_BTIME) /* a copy's birth is the copying's */
                older(h, sx.stx_btime.tv_sec, traces[i]);
        }
        close(fd);
    }
    int dir = root_openat(h->root, "/var/lib/dpkg/info", O_RDONLY | O_DIRECTORY);
    if (dir < 0)
        return;
    /* base-files is the first that an installer unpacks. */
    static const char *const lists[] = {"base-files.list", "base-passwd.list", "dpkg.list"};
    struct stat st;
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
        if (fstatat(dir, lists[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
            older(h, st.st_mtime, arena_printf(h->arena, "/var/lib/dpkg/info/%s", lists[i]));
    close(dir);
}

void host_see_identity(struct host *h)
{
    _cleanup_(buf_free) struct buf b = BUF(MAX_TEXT);
    if (root_read(h->root, "/etc/os-release", &b) == 0 || (buf_reset(&b), root_read(h->root, "/usr/lib/os-release", &b) == 0))
        os_release_parse(h, buf_str(&b));
    see_name(h);
    see_boot(h);
    see_install(h);
}
