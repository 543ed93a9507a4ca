/* automatic_apt.c: unattended-upgrades as apt.systemd.daily(8) runs it: APT::Periodic decides, two timers (or cron) start it, stamps tell when it ran. */
#include "base/i18n.h"
#include "update/automatic.h"
#include <fcntl.h>
#include <strings.h>
#include <unistd.h>

/* Debian patterns are "origin=Debian,codename=...-security,label=Debian-Security", Ubuntu's "${distro_id}:${distro_codename}-security". */
static void find_security(const struct apt_conf *c, struct automatic_facts *ret)
{
    static const char *const lists[] = {"Unattended-Upgrade::Origins-Pattern", "Unattended-Upgrade::Allowed-Origins"};
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        struct apt_row row;
        for (size_t n = 0; (row = apt_conf_entry(c, lists[i], n)).value; n++) {
            bool all = strcmp(row.value, "origin=*") == 0 || strcmp(row.value, "o=*") == 0 || strcmp(row.value, "*:*") == 0;
            if (!ret->sources.value)
                ret->sources = row;
            if (all || strcasestr(row.value, "security")) {
                ret->security = true;
                ret->sources = row;
                return;
            }
        }
    }
}

static void newest(const struct host *h, struct automatic_facts *ret)
{
    static const char *const traces[] = {
        "/var/lib/apt/periodic/upgrade-stamp", "/var/lib/apt/periodic/unattended-upgrades-stamp", "/var/log/unattended-upgrades/unattended-upgrades.log",
    };
    for (size_t i = 0; i < ARRAY_SIZE(traces); i++) {
        struct stat st;
        /* An empty log was made by the package, not by a run. */
        bool log = str_ends(str_of(traces[i]), STR(".log"));
        if (root_stat(h->root, traces[i], &st) == 0 && (!log || st.st_size > 0) && st.st_mtime > ret->last && st.st_mtime <= ret->now + DAY) {
            ret->last = st.st_mtime;
            ret->last_from = traces[i];
        }
    }
}

/* The time of a file, or of a link itself (a timer's link is made when it is switched on). */
static void not_before(const struct host *h, const char *path, struct automatic_facts *ret)
{
    struct stat st;
    int fd = path ? root_openat(h->root, path, O_PATH | O_NOFOLLOW) : -1;
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && st.st_mtime > ret->since && st.st_mtime <= ret->now)
        ret->since = st.st_mtime;
    close(fd);
}

/* The latest of what had to be there before it could run: the system, this copy of it, the package, the settings and links that switched it on. */
static void since(const struct host *h, struct automatic_facts *ret)
{
    static const char *const traces[] = {
        "/etc/machine-id", "/var/lib/dpkg/info/unattended-upgrades.list", "/etc/systemd/system/timers.target.wants/apt-daily.timer", "/etc/systemd/system/timers.target.wants/apt-daily-upgrade.timer",
    };
    ret->since = h->installed;
    for (size_t i = 0; i < ARRAY_SIZE(traces); i++)
        not_before(h, traces[i], ret);
    for (size_t i = 0; i < ret->settings_n; i++)
        not_before(h, ret->settings[i].file, ret);
}

static void starters(const struct host *h, struct arena *a, struct automatic_facts *ret)
{
    static const char *const timers[] = {"apt-daily.timer", "apt-daily-upgrade.timer"};
    bool other_init = h->live && !h->systemd;
    if (!other_init && host_unit(h, timers[0])) {
        for (size_t i = 0; i < ARRAY_SIZE(timers); i++)
            ret->starters[ret->starters_n++] = starter_of_unit(h, a, timers[i]);
        return;
    }
    /* Without systemd cron starts it; on a live machine only a running cron does. */
    static const char *const scripts[] = {"/etc/cron.daily/apt-compat", "/etc/cron.daily/apt"};
    struct starter s = {.name = "cron", .runs = RUNS_NOT, .why = _("neither the timers of apt nor its cron job are there")};
    for (size_t i = 0; i < ARRAY_SIZE(scripts) && s.runs == RUNS_NOT; i++)
        if (root_exists(h->root, scripts[i])) {
            s.file = scripts[i];
            s.runs = other_init ? RUNS_UNSEEN : RUNS;
            if (!host_package(h, "cron") && !host_package(h, "cronie") && !host_package(h, "anacron")) {
                s.runs = RUNS_NOT;
                s.why = _("cron is not installed, and systemd does not run: nothing starts the updates");
            }
        }
    ret->starters[ret->starters_n++] = s;
}

void automatic_apt(const struct host *h, struct arena *a, struct automatic_facts *ret)
{
    struct apt_conf c = {0};
    ret->tool = "unattended-upgrades";
    ret->install = h->live && !h->systemd ? "apt install unattended-upgrades && dpkg-reconfigure -plow unattended-upgrades"
                                          : "apt install unattended-upgrades && dpkg-reconfigure -plow unattended-upgrades && systemctl enable --now apt-daily.timer apt-daily-upgrade.timer";
    ret->installed = host_package(h, "unattended-upgrades") != NULL;
    if (apt_conf_load(h, a, &c) < 0)
        ret->starters[ret->starters_n++] = (struct starter){.name = "apt.conf.d", .runs = RUNS_UNSEEN};
    struct apt_row enable = apt_conf_get(&c, "APT::Periodic::Enable");
    if (enable.value) /* its default is on, that of the others off */
        ret->settings[ret->settings_n++] = enable;
    ret->settings[ret->settings_n++] = apt_conf_get(&c, "APT::Periodic::Update-Package-Lists");
    struct apt_row upgrade = apt_conf_get(&c, "APT::Periodic::Unattended-Upgrade");
    ret->settings[ret->settings_n++] = upgrade;
    ret->interval = upgrade.value ? apt_interval(upgrade.value) : 0;
    find_security(&c, ret);
    if (ret->starters_n == 0)
        starters(h, a, ret);
    newest(h, ret);
    since(h, ret);
}
