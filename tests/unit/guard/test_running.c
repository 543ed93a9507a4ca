/* test_running.c: guard.running in three worlds: with systemd, in a container without it (processes tell), below a foreign root (links tell). */
#include "../server/tree.h"
#include "base/clock.h"
#include "config/config.h"
#include "guard/running.h"
#include "model/check.h"
#include "server/probe.h"
#include <time.h>

static const struct check check = {.id = "guard.running", .severity = SEVERITY_SERIOUS};

enum world { SYSTEMD, CONTAINER, FOREIGN };

struct file {
    const char *path, *text; /* NULL: a link to nowhere good */
    size_t n; /* 0: strlen */
};

struct story {
    const char *name;
    enum world world;
    bool root;
    struct { const char *name; enum unit_active active; enum unit_enabled enabled; } units[3]; /* sorted */
    const char *processes[3];
    struct file files[8];
    const char *object;
    enum state want;
    const char *tells; /* the finding's evidence has a line that contains it */
};

#define JAILS {"etc/fail2ban/jail.conf", "[DEFAULT]\nfilter = %(__name__)s\n[sshd]\nenabled = true\nlogpath = /var/log/auth.log\n", 0}
#define JAIL(name, more) {"etc/fail2ban/jail.conf", "[DEFAULT]\nfilter = %(__name__)s\n[" name "]\nenabled = true\n" more "\n", 0}
/* Times are put before lines that begin with '|'. */
#define SSHD_STARTS "|sshd[1]: Server listening on 0.0.0.0 port 22.\n"
#define FAILED(from) "|sshd[1]: Failed password for root from " from " port 9 ssh2\n"
#define ATTEMPTS FAILED("192.0.2.1") FAILED("192.0.2.1") FAILED("192.0.2.1") FAILED("192.0.2.1") FAILED("192.0.2.1") FAILED("192.0.2.1") FAILED("192.0.2.1") FAILED("192.0.2.1") FAILED("192.0.2.1") \
    FAILED("192.0.2.2") "|sshd[1]: Failed password for invalid user bansho-probe-0-ssh from 127.0.0.3 port 9 ssh2\n"
#define UNKNOWN "|sshd[1]: refused the login of root, words of tomorrow\n"
#define UNKNOWN_WORDS UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN
#define CMDLINE(words) "proc/321/cmdline", words, sizeof words
/* As the packages of Debian 12 leave it. */
#define COLLECTIONS {"etc/crowdsec/collections/apache2.yaml", "", 0}, {"etc/crowdsec/collections/linux.yaml", "", 0}, {"etc/crowdsec/collections/sshd.yaml", "", 0}
#define ACTIVE UNIT_ACTIVE, UNIT_ENABLED
#define UNSEEN UNIT_ACTIVE_UNKNOWN, UNIT_ENABLED

static const struct story stories[] = {
    {"fail2ban as a unit", SYSTEMD, true, {{"fail2ban.service", ACTIVE}}, {NULL}, {JAILS}, "ssh", STATE_OK, "fail2ban: sshd"},
    {"fail2ban's log is there", SYSTEMD, true, {{"fail2ban.service", ACTIVE}}, {NULL}, {JAIL("sshd", "logpath = %(sshd_log)s\nsshd_log = /var/log/auth.log"), {"var/log/auth.log", SSHD_STARTS, 0}}, "ssh", STATE_OK, "no failed login since"},
    {"fail2ban's log is not there", SYSTEMD, true, {{"fail2ban.service", ACTIVE}}, {NULL}, {JAIL("sshd", "logpath = %(sshd_log)s\nsshd_log = /var/log/auth.log tail"), {"var/log/messages", "", 0}}, "ssh", STATE_FAIL,
     "reads /var/log/auth.log for sshd, and there is no such file"},
    {"a log that nobody can resolve", SYSTEMD, true, {{"fail2ban.service", ACTIVE}}, {NULL}, {JAIL("sshd", "logpath = %%(x)s")}, "ssh", STATE_UNKNOWN, "could not be found out"},
    {"one jail of two sees", SYSTEMD, true, {{"fail2ban.service", ACTIVE}}, {NULL}, {JAIL("sshd", "logpath = /var/log/none.log\n[sshd-two]\nenabled = true\nfilter = sshd\nlogpath = /var/log/auth.log"),
     {"var/log/auth.log", SSHD_STARTS, 0}}, "ssh", STATE_OK, NULL},
    {"the journal, for a service that writes files only", SYSTEMD, true, {{"fail2ban.service", ACTIVE}}, {NULL}, {JAIL("proftpd", "backend = systemd"), {"var/log/proftpd/proftpd.log", "", 0}}, "ftp", STATE_FAIL,
     "for example /var/log/proftpd/proftpd.log"},
    {"the journal", SYSTEMD, true, {{"fail2ban.service", ACTIVE}}, {NULL}, {JAIL("sshd", "backend = systemd"), {"var/log/auth.log", SSHD_STARTS, 0}}, "ssh", STATE_OK, NULL},
    {"who tried", SYSTEMD, true, {{"fail2ban.service", ACTIVE}}, {NULL}, {JAIL("sshd", "backend = systemd"), {"var/log/auth.log", ATTEMPTS, 0}}, "ssh", STATE_OK, "10 failed logins from 2 addresses since"},
    {"who would have been shut out", SYSTEMD, true, {{"fail2ban.service", ACTIVE}}, {NULL}, {JAIL("sshd", "backend = systemd"), {"var/log/auth.log", ATTEMPTS, 0}}, "ssh", STATE_OK,
     "limit 1 of these addresses would have been shut out, and 4 of the failures kept out"},
    {"who tried where nobody watches", SYSTEMD, true, {{NULL}}, {NULL}, {{"var/log/auth.log", ATTEMPTS, 0}}, "ssh", STATE_FAIL, "10 failed logins from 2 addresses since"},
    {"a log in unknown words", SYSTEMD, true, {{"fail2ban.service", ACTIVE}}, {NULL}, {JAIL("sshd", "backend = systemd"), {"var/log/auth.log", UNKNOWN_WORDS, 0}}, "ssh", STATE_WARN, "words of tomorrow"},
    {"a log that nobody writes", SYSTEMD, true, {{"fail2ban.service", ACTIVE}}, {NULL}, {JAIL("sshd", "backend = systemd"), {"var/log/auth.log", "", 0}}, "ssh", STATE_UNKNOWN, "though the service runs"},
    {"the same below a root, where nothing runs", FOREIGN, true, {{"fail2ban.service", UNSEEN}}, {NULL}, {JAIL("sshd", "backend = systemd"), {"var/log/auth.log", "", 0}}, "ssh", STATE_OK, NULL},
    {"no log anywhere", SYSTEMD, true, {{"fail2ban.service", ACTIVE}}, {NULL}, {JAIL("sshd", "backend = systemd"), {"var/log/messages", "", 0}}, "ssh", STATE_UNKNOWN, "no log of it was found"},
    {"no log anywhere, below a root", FOREIGN, true, {{"fail2ban.service", UNSEEN}}, {NULL}, {JAIL("sshd", "backend = systemd"), {"var/log/messages", "", 0}}, "ssh", STATE_OK, NULL},
    {"a log that is a link", SYSTEMD, true, {{"fail2ban.service", ACTIVE}}, {NULL}, {JAILS, {"var/log/auth.log", NULL, 0}, {"var/log/other", SSHD_STARTS, 0}}, "ssh", STATE_UNKNOWN, "could not be seen: /var/log/auth.log"},
    {"fail2ban stopped", SYSTEMD, true, {{"fail2ban.service", UNIT_INACTIVE, UNIT_ENABLED}}, {NULL}, {JAILS}, "ssh", STATE_FAIL, "does not run"},
    {"fail2ban below a root", FOREIGN, true, {{"fail2ban.service", UNSEEN}}, {NULL}, {JAILS}, "ssh", STATE_OK, "fail2ban: sshd"},
    {"fail2ban in a container", CONTAINER, true, {{"fail2ban.service", UNSEEN}}, {NULL},
     {JAILS, {"run/fail2ban/fail2ban.pid", "321\n", 0}, {CMDLINE("/usr/bin/python3\0/usr/bin/fail2ban-server\0-xf\0start\0")}}, "ssh", STATE_OK, "fail2ban: sshd"},
    {"fail2ban in a container, no unit file", CONTAINER, true, {{NULL}}, {NULL},
     {JAILS, {"run/fail2ban/fail2ban.pid", "321\n", 0}, {CMDLINE("/usr/bin/python3\0/opt/f2b/bin/fail2ban-server\0start\0")}}, "ssh", STATE_OK, "fail2ban: sshd"},
    {"fail2ban in a container, not started", CONTAINER, true, {{"fail2ban.service", UNSEEN}}, {NULL}, {JAILS}, "ssh", STATE_FAIL, "does not run"},
    {"fail2ban died: its number is another's now", CONTAINER, true, {{"fail2ban.service", UNSEEN}}, {NULL},
     {JAILS, {"run/fail2ban/fail2ban.pid", "321\n", 0}, {CMDLINE("/usr/sbin/sshd\0-D\0fail2ban-server-not\0")}}, "ssh", STATE_FAIL, "does not run"},
    {"fail2ban died: nobody has its number", CONTAINER, true, {{"fail2ban.service", UNSEEN}}, {NULL}, {JAILS, {"run/fail2ban/fail2ban.pid", "321\n", 0}}, "ssh", STATE_FAIL, "does not run"},
    {"rubbish in place of a number", CONTAINER, true, {{"fail2ban.service", UNSEEN}}, {NULL}, {JAILS, {"run/fail2ban/fail2ban.pid", "../../etc\n", 0}}, "ssh", STATE_FAIL, "does not run"},
    {"not root in a container", CONTAINER, false, {{"fail2ban.service", UNSEEN}}, {NULL}, {JAILS}, "", STATE_UNKNOWN, NULL},
    {"no guard in a container", CONTAINER, true, {{NULL}}, {NULL}, {{NULL, NULL, 0}}, "ssh", STATE_FAIL, "none of fail2ban"},
    {"CrowdSec with its bouncer", SYSTEMD, true, {{"crowdsec-firewall-bouncer.service", ACTIVE}, {"crowdsec.service", ACTIVE}}, {NULL}, {COLLECTIONS}, "ssh", STATE_OK, "crowdsec: linux.yaml"},
    {"CrowdSec sees, nobody acts", SYSTEMD, true, {{"crowdsec.service", ACTIVE}}, {NULL}, {COLLECTIONS}, "ssh", STATE_FAIL, "crowdsec-firewall-bouncer is not here"},
    {"CrowdSec's bouncer stopped", SYSTEMD, true, {{"crowdsec-firewall-bouncer.service", UNIT_FAILED, UNIT_ENABLED}, {"crowdsec.service", ACTIVE}}, {NULL}, {COLLECTIONS}, "ssh", STATE_FAIL,
     "crowdsec-firewall-bouncer is installed but does not run"},
    {"CrowdSec watches SSH only", SYSTEMD, true, {{"crowdsec-firewall-bouncer.service", ACTIVE}, {"crowdsec.service", ACTIVE}}, {NULL}, {COLLECTIONS}, "ftp", STATE_FAIL, "crowdsec runs, but nothing in it watches"},
    {"CrowdSec watches FTP", SYSTEMD, true, {{"crowdsec-firewall-bouncer.service", ACTIVE}, {"crowdsec.service", ACTIVE}}, {NULL},
     {{"etc/crowdsec/collections/pureftpd.yaml", "", 0}}, "ftp", STATE_OK, "crowdsec: pureftpd.yaml"},
    {"CrowdSec in a container", CONTAINER, true, {{"crowdsec-firewall-bouncer.service", UNSEEN}, {"crowdsec.service", UNSEEN}}, {"/usr/bin/crowdsec", "/usr/bin/crowdsec-firewall-bouncer"},
     {COLLECTIONS}, "ssh", STATE_OK, "crowdsec: linux.yaml"},
    {"CrowdSec in a container, bouncer down", CONTAINER, true, {{"crowdsec-firewall-bouncer.service", UNSEEN}, {"crowdsec.service", UNSEEN}}, {"/usr/bin/crowdsec"},
     {COLLECTIONS}, "ssh", STATE_FAIL, "crowdsec-firewall-bouncer is installed but does not run"},
    {"sshguard in a container", CONTAINER, true, {{"sshguard.service", UNSEEN}}, {"/usr/libexec/sshguard/sshg-blocker"}, {{NULL, NULL, 0}}, "ssh", STATE_OK, "sshguard"},
};

static void write_file(struct tree *t, const struct file *f)
{
    _cleanup_(buf_free) struct buf b = BUF(65536);
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    struct str text = {f->text, f->n ? f->n : strlen(f->text)};
    const char *now = clock_text(a, time(NULL) - 60, "%Y-%m-%dT%H:%M:%S.000000%z");
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '|' && (!i || text.p[i - 1] == '\n'))
            buf_printf(&b, "%s lab ", now);
        else
            buf_addc(&b, text.p[i]);
    tree_write_n(t, f->path, buf_str(&b).p, b.n);
}

/* A server that is used has logs, where the story says nothing else. */
static void write_logs(struct tree *t, const struct story *s)
{
    static const struct file usual[] = {{"var/log/auth.log", SSHD_STARTS, 0}, {"var/log/proftpd/proftpd.log", "|proftpd[1]: ProFTPD killed (signal 15)\n", 0}};
    bool own = false;
    for (size_t i = 0; i < ARRAY_SIZE(s->files) && s->files[i].path; i++) {
        own |= strncmp(s->files[i].path, "var/log/", 8) == 0;
        if (s->files[i].text)
            write_file(t, &s->files[i]);
        else {
            char at[300];
            tree_parents(t, s->files[i].path);
            snprintf(at, sizeof at, "%s/%s", t->dir, s->files[i].path);
            assert_int_equal(symlink("other", at), 0);
        }
    }
    for (size_t i = 0; !own && i < ARRAY_SIZE(usual); i++)
        write_file(t, &usual[i]);
}

static void build(struct tree *t, const struct story *s)
{
    tree_make(t);
    write_logs(t, s);
    tree_write(t, "etc/ssh/sshd_config", "");
    tree_write(t, "usr/sbin/sshd", "");
    tree_write(t, "etc/proftpd/proftpd.conf", "");
    tree_write(t, "usr/sbin/proftpd", "");
    tree_load(t);
    struct arena *a = t->host.arena;
    t->host.live = s->world != FOREIGN;
    t->host.systemd = s->world == SYSTEMD;
    t->host.privileged = s->root;
    t->host.active_seen = s->world == SYSTEMD ? (struct seen){0} : (struct seen){-ENOTSUP, "systemd does not run here"};
    for (size_t i = 0; i < ARRAY_SIZE(s->units) && s->units[i].name; i++)
        *list_push(a, &t->host.units) = (struct unit){.name = s->units[i].name, .active = s->units[i].active, .enabled = s->units[i].enabled, .file = "", .sub = ""};
    for (size_t i = 0; i < ARRAY_SIZE(s->processes) && s->processes[i]; i++)
        *list_push(a, &t->server->processes) = s->processes[i];
    static const char *const wanted[] = {"openssh", "proftpd"};
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        struct instance *inst = (struct instance *)server_instance(t->server, wanted[i], 0);
        assert_non_null(inst);
        inst->wanted = true;
    }
}

static const struct finding *find(const struct findings *out, const char *object)
{
    for (size_t i = 0; i < out->list.n; i++)
        if (strcmp(out->list.v[i].object, object) == 0)
            return &out->list.v[i];
    return NULL;
}

static void sees_who_runs(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(stories); i++) {
        const struct story *s = &stories[i];
        struct tree t;
        struct err err = {0};
        build(&t, s);
        struct config *config = config_new();
        assert_int_equal(config_parse(STR(""), "test", config), 0);
        struct probe_ctx ctx = {.server = t.server, .config = config, .now = time(NULL), .live = t.host.live};
        struct findings out = {.arena = t.host.arena, .check = &check};
        assert_int_equal(guard_running(&ctx, &out, &err), 0);
        const struct finding *f = find(&out, s->object);
        if (!f || f->state != s->want)
            print_message("%s: %s\n", s->name, f ? f->title : "no such finding");
        assert_non_null(f);
        assert_int_equal(f->state, s->want);
        bool told = !s->tells;
        for (size_t k = 0; k < f->evidence.n; k++)
            told |= s->tells && strstr(f->evidence.v[k].text, s->tells);
        if (!told)
            print_message("%s: does not tell \"%s\"\n", s->name, s->tells);
        assert_true(told);
        tree_drop(&t);
        config_free(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sees_who_runs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
