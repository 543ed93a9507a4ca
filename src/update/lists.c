/* lists.c: how old apt's copy of the package lists is. The copies carry the archive's time, not the time of fetching, and a failed attempt
   touches lists/partial as well as a good one: the Release file's own date decides first, then an attempt within its validity. */
#include "update/pending.h"
#include <stdlib.h>
#include <time.h>

#define MAX_LISTS 2000
#define MAX_RELEASE (2u << 20)
#define FRESH (2 * DAY)

/* By hand: strptime(3) would want the names of months in the reader's language. */
static int64_t rfc1123(struct str s)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct str f[7] = {0}, word;
    size_t n = 0;
    while (n < ARRAY_SIZE(f) && str_word(&s, " ,:", &word))
        f[n++] = word;
    uint64_t day, year, hour, minute, second;
    const char *month = f[2].n == 3 ? memmem(months, 36, f[2].p, 3) : NULL;
    if (n < 7 || !month || (month - months) % 3 || !str_u64(f[1], 31, &day) || !str_u64(f[3], 9999, &year) || !str_u64(f[4], 23, &hour) || !str_u64(f[5], 59, &minute) ||
        !str_u64(f[6], 60, &second) || year < 1970)
        return 0;
    struct tm tm = {.tm_mday = (int)day, .tm_mon = (int)(month - months) / 3, .tm_year = (int)year - 1900, .tm_hour = (int)hour, .tm_min = (int)minute, .tm_sec = (int)second};
    time_t t = timegm(&tm);
    return t > 0 ? t : 0;
}

void release_parse(struct str text, struct release_dates *ret)
{
    struct release_dates d = {0};
    struct str line;
    while (str_line(&text, &line)) {
        if (str_starts(line, STR("MD5Sum:")) || str_starts(line, STR("SHA256:")))
            break; /* the long part: hashes of all lists */
        if (str_starts(line, STR("Date:")))
            d.date = rfc1123(str_from(line, 5));
        else if (str_starts(line, STR("Valid-Until:")))
            d.valid_until = rfc1123(str_from(line, 12));
        else if (str_starts(line, STR("Label:")) || str_starts(line, STR("Suite:")) || str_starts(line, STR("Codename:")))
            d.security |= str_search(line, STR("ecurity")) >= 0;
    }
    *ret = d;
}

static bool is_release(const char *name)
{
    return str_ends(str_of(name), STR("_InRelease")) || str_ends(str_of(name), STR("_Release"));
}

void lists_look(const struct host *h, struct arena *a, struct lists_age *ret)
{
    static const char dir[] = "/var/lib/apt/lists";
    struct names names = {0};
    struct stat st;
    int r = root_list(h->root, dir, MAX_LISTS, a, &names);
    for (size_t i = 0; (r == 0) && i < names.list.n; i++) {
        if (!is_release(names.list.v[i]))
            continue;
        _cleanup_(buf_free) struct buf b = BUF(MAX_RELEASE);
        const char *path = arena_printf(a, "%s/%s", dir, names.list.v[i]);
        struct release_dates d;
        if (root_read(h->root, path, &b) < 0)
            continue;
        release_parse(buf_str(&b), &d);
        ret->any = true;
        if ((d.security && !ret->security) || (d.security == ret->security && d.date > ret->published)) {
            ret->published = d.date;
            ret->valid_until = d.valid_until;
            ret->file = path;
        }
        ret->security |= d.security;
    }
    if (root_stat(h->root, "/var/lib/apt/lists/partial", &st) == 0)
        ret->looked = st.st_mtime;
    if (root_stat(h->root, "/var/lib/apt/periodic/update-success-stamp", &st) == 0)
        ret->success = st.st_mtime;
}

enum lists_state lists_judge(const struct lists_age *l, int64_t now)
{
    if (!l->any)
        return LISTS_NONE;
    if (!l->security)
        return LISTS_NO_SECURITY;
    if (now - l->published <= FRESH || now - l->success <= FRESH)
        return LISTS_FRESH;
    int64_t until = l->valid_until ? l->valid_until : l->published + 7 * DAY;
    return now - l->looked <= FRESH && now <= until ? LISTS_FRESH : LISTS_OLD;
}
