/* automatic_dnf.c: dnf-automatic(8) and yum-cron. Three kinds of timers: -install applies whatever automatic.conf says, the plain one applies where
   apply_updates is yes, -download and -notifyonly never do. */
#include "base/i18n.h"
#include "update/automatic.h"
#include <strings.h>

#define MAX_FILE (256u << 10)

static void settings_from(const struct host *h, struct arena *a, const char *path, bool need_apply, struct automatic_facts *ret)
{
    _cleanup_(buf_free) struct buf b = BUF(MAX_FILE);
    bool read = root_read(h->root, path, &b) == 0;
    struct str text = read ? buf_str(&b) : str_span("", 0);
    struct apt_row apply = ini_value(a, text, path, "commands", "apply_updates"), type = ini_value(a, text, path, "commands", "upgrade_type");
    if (!type.value)
        type = ini_value(a, text, path, "commands", "update_cmd"); /* yum-cron's name for it */
    if (need_apply)
        ret->settings[ret->settings_n++] = apply;
    /* "default" and "minimal" are all updates, security ones among them */
    ret->security = true;
    if (type.value)
        ret->sources = (struct apt_row){.key = type.key, .value = arena_printf(a, "%s = %s", type.key, type.value), .file = type.file, .line = type.line};
}

static void last_run(const struct host *h, struct arena *a, const char *timer, struct automatic_facts *ret)
{
    const char *traces[] = {arena_printf(a, "/var/lib/systemd/timers/stamp-%s", timer), "/var/lib/yum/yum-cron.lock"};
    for (size_t i = 0; i < ARRAY_SIZE(traces); i++) {
        struct stat st;
        if (root_stat(h->root, traces[i], &st) == 0 && st.st_mtime > ret->last && st.st_mtime <= ret->now + DAY) {
            ret->last = st.st_mtime;
            ret->last_from = traces[i];
        }
    }
}

void automatic_dnf(const struct host *h, struct arena *a, struct automatic_facts *ret)
{
    static const struct { const char *unit, *conf; bool need_apply; } ways[] = {
        {"dnf-automatic-install.timer", "/etc/dnf/automatic.conf", false},
        {"dnf-automatic.timer", "/etc/dnf/automatic.conf", true},
        {"dnf5-automatic.timer", "/etc/dnf/automatic.conf", true},
        {"yum-cron.service", "/etc/yum/yum-cron.conf", true},
    };
    ret->tool = "dnf-automatic";
    ret->install = "dnf install dnf-automatic && systemctl enable --now dnf-automatic-install.timer";
    ret->since = h->installed;
    ret->interval = DAY;
    size_t best = ARRAY_SIZE(ways);
    for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
        const struct unit *u = host_unit(h, ways[i].unit);
        bool runs = u && starter_of_unit(h, a, ways[i].unit).runs == RUNS;
        ret->installed |= u != NULL;
        if (u && (best == ARRAY_SIZE(ways) || (runs && starter_of_unit(h, a, ways[best].unit).runs != RUNS)))
            best = i;
    }
    if (best == ARRAY_SIZE(ways))
        return;
    if (strcmp(ways[best].unit, "yum-cron.service") == 0) {
        ret->tool = "yum-cron";
        ret->install = "systemctl enable --now yum-cron";
    }
    ret->starters[ret->starters_n++] = starter_of_unit(h, a, ways[best].unit);
    settings_from(h, a, ways[best].conf, ways[best].need_apply, ret);
    last_run(h, a, ways[best].unit, ret);
    if (!ret->last && !str_ends(str_of(ways[best].unit), STR(".timer")) && ret->starters[0].runs == RUNS)
        ret->starters[0].runs = RUNS_UNSEEN; /* a daily cron job that leaves no trace of its own */
}
