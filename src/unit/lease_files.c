#include "unit/lease_files.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NAMES_MAX 200
#define TEXT_MAX 1000
#define LATEST 253402300799 /* the end of the year 9999: a calendar has no more digits */

static bool plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

char *lease_name(struct arena *a, const char *unit)
{
    char *out = arena_zalloc(a, strlen(unit) * 3 + 1), *p = out;
    for (; *unit; unit++) {
        if (plain(*unit)) {
            *p++ = *unit;
            continue;
        }
        static const char hex[] = "0123456789abcdef";
        *p++ = ':';
        *p++ = hex[(unsigned char)*unit >> 4];
        *p++ = hex[*unit & 15];
    }
    return out;
}

char *lease_path(struct arena *a, const char *unit)
{
    return arena_printf(a, LEASE_DIR "/%s", lease_name(a, unit));
}

char *lease_dropin_path(struct arena *a, const char *unit)
{
    return arena_printf(a, SYSTEM_DIR "/%s.d/zz-bansho-pause.conf", unit);
}

char *lease_unit(struct arena *a, const char *unit, const char *suffix)
{
    struct str stem = str_of(lease_name(a, unit));
    if (str_ends(stem, STR(".service")))
        stem.n -= strlen(".service");
    return arena_printf(a, "bansho-lease-%.*s.%s", (int)stem.n, stem.p, suffix);
}

char *lease_unit_path(struct arena *a, const char *unit, const char *suffix)
{
    return arena_printf(a, SYSTEM_DIR "/%s", lease_unit(a, unit, suffix));
}

char *lease_timer_link(struct arena *a, const char *unit)
{
    return arena_printf(a, SYSTEM_DIR "/timers.target.wants/%s", lease_unit(a, unit, "timer"));
}

char *lease_stamp_path(struct arena *a, const char *unit)
{
    return arena_printf(a, "/var/lib/systemd/timers/stamp-%s", lease_unit(a, unit, "timer"));
}

static void put_line(struct buf *b, const char *key, const char *value)
{
    buf_addz(b, key);
    buf_addc(b, '=');
    for (size_t n = 0; *value && n < TEXT_MAX; value++, n++)
        buf_addc(b, *value == '\n' || *value == '\r' ? ' ' : *value);
    buf_addc(b, '\n');
}

void lease_text(const struct lease *l, struct buf *b)
{
    buf_addz(b, "# A pause of bansho. Ended by the timer beside it, or at once by: bansho service resume\n");
    put_line(b, "unit", l->unit);
    buf_printf(b, "since=%lld\nuntil=%lld\n", (long long)l->since, (long long)l->until);
    put_line(b, "who", l->who);
    put_line(b, "why", l->why);
    for (size_t i = 0; i < l->held.list.n; i++)
        put_line(b, "held", l->held.list.v[i]);
    for (size_t i = 0; i < l->brings.list.n; i++)
        put_line(b, "brings", l->brings.list.v[i]);
    for (size_t i = 0; i < l->watchers.list.n; i++)
        put_line(b, "watcher", l->watchers.list.v[i]);
}

static bool take_time(struct str s, int64_t *ret)
{
    uint64_t v;
    if (!str_u64(s, LATEST, &v))
        return false;
    *ret = (int64_t)v;
    return true;
}

/* false: the line is nonsense, or there are too many of its kind. */
static bool take_line(struct str key, struct str value, struct arena *a, struct lease *l)
{
    char *text = arena_dup(a, value);
    if (str_eq(key, STR("unit")))
        l->unit = text;
    else if (str_eq(key, STR("who")))
        l->who = text;
    else if (str_eq(key, STR("why")))
        l->why = text;
    else if (str_eq(key, STR("since")))
        return take_time(value, &l->since);
    else if (str_eq(key, STR("until")))
        return take_time(value, &l->until);
    else if (str_eq(key, STR("held")) && l->held.list.n < NAMES_MAX)
        *list_push(a, &l->held.list) = text;
    else if (str_eq(key, STR("brings")) && l->brings.list.n < NAMES_MAX)
        *list_push(a, &l->brings.list) = text;
    else if (str_eq(key, STR("watcher")) && l->watchers.list.n < NAMES_MAX)
        *list_push(a, &l->watchers.list) = text;
    else
        return false;
    return true;
}

int lease_parse(struct str text, struct arena *a, struct lease *ret)
{
    struct lease l = {.unit = "", .why = "", .who = ""};
    struct str line, key;
    while (str_line(&text, &line)) {
        if (!line.n || line.p[0] == '#')
            continue;
        struct str value = line;
        if (memchr(line.p, 0, line.n) || str_find(line, '=') < 0 || !str_field(&value, '=', &key) || !take_line(key, value, a, &l))
            return -EBADMSG;
    }
    if (!l.unit[0] || !l.until)
        return -EBADMSG;
    *ret = l;
    return 0;
}

void unit_file_word(struct buf *b, struct str word)
{
    buf_addc(b, '"');
    for (size_t i = 0; i < word.n; i++) {
        unsigned char c = (unsigned char)word.p[i];
        if (c == '"' || c == '\\')
            buf_addc(b, '\\');
        if (c == '%' || c == '$')
            buf_addc(b, (char)c);
        if (c < ' ' || c == 127)
            buf_printf(b, "\\x%02x", c);
        else
            buf_addc(b, (char)c);
    }
    buf_addc(b, '"');
}

/* Text of a Description=: specifiers mean nothing. Unit names hold no other special byte but the backslash, which has no meaning there. */
static void put_description(struct buf *b, const char *format, const char *unit)
{
    buf_addz(b, "# Written by bansho for a pause that ends by itself; bansho removes it.\n[Unit]\n");
    buf_printf(b, format, unit);
    buf_addz(b, "\nRequiresMountsFor=" LEASE_DIR "\n\n");
}

void lease_timer_text(const struct lease *l, struct arena *a, struct buf *b)
{
    struct tm tm;
    time_t until = l->until;
    gmtime_r(&until, &tm);
    (void)a;
    put_description(b, "Description=End of the pause of %s", l->unit);
    /* Persistent: the machine may have been off at that time. */
    buf_printf(b, "[Timer]\nOnCalendar=%04d-%02d-%02d %02d:%02d:%02d UTC\nPersistent=true\nAccuracySec=1s\n\n[Install]\nWantedBy=timers.target\n",
               tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void put_exec(struct buf *b, const char *command, const char *const words[])
{
    buf_printf(b, "ExecStart=-%s", command);
    for (; *words; words++) {
        buf_addc(b, ' ');
        unit_file_word(b, str_of(*words));
    }
    buf_addc(b, '\n');
}

bool lease_comes_before(const char *unit)
{
    return str_ends(str_of(unit), STR(".socket"));
}

static void put_brought(const struct lease *l, bool before, struct buf *b)
{
    for (size_t i = 0; i < l->brings.list.n; i++)
        if (lease_comes_before(l->brings.list.v[i]) == before)
            put_exec(b, "/bin/systemctl start --", (const char *const[]){l->brings.list.v[i], NULL});
}

void lease_service_text(const struct lease *l, struct arena *a, struct buf *b)
{
    put_description(b, "Description=Bring back %s after its pause", l->unit);
    buf_addz(b, "[Service]\nType=oneshot\nTimeoutStartSec=15min\n");
    put_exec(b, "/bin/rm -f --", (const char *const[]){lease_path(a, l->unit), NULL});
    for (size_t i = 0; i < l->held.list.n; i++)
        put_exec(b, "/bin/rm -f --", (const char *const[]){lease_dropin_path(a, l->held.list.v[i]), NULL});
    for (size_t i = 0; i < l->held.list.n; i++)
        put_exec(b, "/bin/rmdir --ignore-fail-on-non-empty --", (const char *const[]){arena_printf(a, SYSTEM_DIR "/%s.d", l->held.list.v[i]), NULL});
    buf_addz(b, "ExecStart=-/bin/systemctl daemon-reload\n");
    put_brought(l, true, b);
    put_exec(b, "/bin/systemctl start --", (const char *const[]){l->unit, NULL});
    put_brought(l, false, b);
    for (size_t i = 0; i < l->watchers.list.n; i++) {
        struct str name = str_of(l->watchers.list.v[i]), program, conf;
        if (str_field(&name, '\t', &program) && str_field(&name, '\t', &conf))
            put_exec(b, arena_dup(a, program), (const char *const[]){"-c", arena_dup(a, conf), "monitor", arena_dup(a, name), NULL});
    }
    put_exec(b, "/bin/rm -f --", (const char *const[]){lease_timer_link(a, l->unit), lease_unit_path(a, l->unit, "timer"), lease_stamp_path(a, l->unit),
                                                       lease_unit_path(a, l->unit, "service"), NULL});
    buf_addz(b, "ExecStart=-/bin/systemctl --no-block daemon-reload\n");
}

void lease_dropin_text(const struct lease *l, struct arena *a, struct buf *b)
{
    buf_printf(b, "# Written by bansho: nothing starts this while %s is paused (bansho service list).\n[Unit]\nConditionPathExists=!%s\n", l->unit, lease_path(a, l->unit));
}

int make_parents(const char *path)
{
    char part[4096];
    snprintf(part, sizeof part, "%s", path);
    for (char *p = part + 1; *p; p++)
        if (*p == '/') {
            *p = 0;
            if (mkdir(part, strncmp(part, "/var/lib/bansho", 15) == 0 ? 0700 : 0755) < 0 && errno != EEXIST)
                return -errno;
            *p = '/';
        }
    return 0;
}

int sync_parent(const char *path)
{
    char dir[4096];
    snprintf(dir, sizeof dir, "%.*s", (int)(strrchr(path, '/') - path), path);
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = fd < 0 || fsync(fd) < 0 ? -errno : 0;
    if (fd >= 0)
        close(fd);
    return r;
}

int write_durably(const char *path, struct str text, mode_t mode, struct err *err)
{
    char temporary[4096];
    int r = make_parents(path);
    if (r == 0 && (size_t)snprintf(temporary, sizeof temporary, "%s.bansho-new", path) >= sizeof temporary)
        r = -ENAMETOOLONG;
    if (r == 0 && unlink(temporary) < 0 && errno != ENOENT)
        r = -errno;
    int fd = r == 0 ? open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode) : -1;
    if (r == 0 && fd < 0)
        r = -errno;
    if (r == 0)
        r = fd_write_all(fd, text);
    if (r == 0 && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
        r = -errno;
    if (fd >= 0)
        close(fd);
    if (r == 0 && rename(temporary, path) < 0)
        r = -errno;
    if (r == 0)
        r = sync_parent(path);
    else if (fd >= 0)
        unlink(temporary);
    return r < 0 ? err_set(err, r, "%s: %s", path, err_name(r)) : 0;
}
