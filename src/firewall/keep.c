#include "firewall/keep.h"
#include "base/child.h"
#include "base/i18n.h"
#include "firewall/boot.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_RULES (4u << 20)
#define CONF_DEBIAN "/etc/nftables.conf"
#define CONF_REDHAT "/etc/sysconfig/nftables.conf"
#define UNIT "nftables.service"

/* Marks that other tools leave in the rules, and what makes their rules last. The first that fits counts. */
static const struct {
    const char *mark;
    struct keep_owner owner;
} owners[] = {
    {"table inet firewalld", {"firewalld", "firewall-cmd --runtime-to-permanent && systemctl enable firewalld"}},
    {"chain ufw", {"ufw", "ufw enable"}},
    {"chain LOCALINPUT", {"csf", "csf -e && systemctl enable csf lfd"}},
    {"chain DOCKER", {"Docker", "systemctl enable docker"}},
    {"chain KUBE-", {"Kubernetes", "systemctl enable kubelet"}},
    {"managed by iptables-nft", {"iptables", "apt-get install iptables-persistent && netfilter-persistent save"}},
    {"xt match", {"iptables", "apt-get install iptables-persistent && netfilter-persistent save"}},
};

/* Tables that a program fills when it starts; a saved copy would hold yesterday's bans. */
static bool made_by_others(struct str head)
{
    return str_search(head, STR(" f2b-table")) >= 0;
}

void keep_ruleset_parse(struct str listed, struct buf *out, struct keep_owner *ret_owner)
{
    struct str line;
    bool skip = false;
    *ret_owner = (struct keep_owner){0};
    for (size_t i = 0; i < ARRAY_SIZE(owners) && !ret_owner->title; i++)
        if (str_search(listed, str_of(owners[i].mark)) >= 0)
            *ret_owner = owners[i].owner;
    while (listed.n && str_field(&listed, '\n', &line)) { /* a CR belongs to the rule */
        if (str_starts(line, STR("table ")))
            skip = made_by_others(line);
        if (!skip && !str_starts(line, STR("#"))) {
            buf_adds(out, line);
            buf_addc(out, '\n');
        }
        if (str_starts(line, STR("}")))
            skip = false;
    }
}

static int list_loaded(struct buf *out, struct err *err)
{
    static const char *const argv[] = {"nft", "-s", "list", "ruleset", NULL};
    struct child_options o = {.timeout_ms = 10000, .max_output = MAX_RULES};
    struct child_result r;
    int e = child_run(argv, &o, &r, err);
    if (e < 0)
        return e;
    if (r.status != 0 || r.out.full)
        e = err_set(err, -EIO, _("nft list ruleset ended with status %d: %.300s"), r.status, r.err.p ? r.err.p : "");
    else
        buf_adds(out, buf_str(&r.out));
    child_result_free(&r);
    return e;
}

/* In a child with a packet filter of its own: loads the file and writes down what came of it */
static _Noreturn void load_and_list(const char *file, int to)
{
    const char *const argv[] = {"nft", "-f", file, NULL};
    struct child_options o = {.timeout_ms = 10000};
    struct child_result r;
    _cleanup_(buf_free) struct buf b = BUF(MAX_RULES);
    if (unshare(CLONE_NEWNET) < 0 || child_run(argv, &o, &r, NULL) < 0 || r.status != 0 || list_loaded(&b, NULL) < 0)
        _exit(1);
    _exit(fd_write_all(to, buf_str(&b)) < 0);
}

/* What the file would load. -errno: that could not be seen. */
static int list_of_file(const char *file, struct buf *out)
{
    int fds[2], status = 0;
    if (pipe2(fds, O_CLOEXEC) < 0)
        return -errno;
    pid_t pid = fork();
    if (pid == 0)
        load_and_list(file, fds[1]);
    close(fds[1]);
    int r = pid < 0 ? -errno : buf_read_fd(out, fds[0]);
    close(fds[0]);
    if (pid > 0 && (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0))
        r = -EINVAL;
    return r;
}

static bool has_object(const struct findings *wrong, const char *object)
{
    for (size_t i = 0; i < wrong->list.n; i++)
        if (strcmp(wrong->list.v[i].object, object) == 0)
            return true;
    return false;
}

/* Nothing stops strangers now: which rules would be right only the owner knows. */
static bool nothing_to_keep(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out)
{
    static const char *const families[] = {"ipv4", "ipv6"};
    struct boot_filter filters[8];
    size_t n = boot_filters(ctx, out->arena, filters, ARRAY_SIZE(filters));
    const struct boot_filter *ready = NULL;
    bool none = false;
    for (size_t i = 0; i < n; i++)
        if (filters[i].stops)
            ready = &filters[i];
    for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
        if (!has_object(wrong, families[i]))
            continue;
        none = true;
        if (ready)
            plan_cannot(out, families[i], _("no filter is loaded. %s holds one: read it, keep a second SSH session open, then: systemctl enable --now %s"), ready->file, ready->unit);
        else
            plan_cannot(out, families[i], "%s", _("no filter is loaded, and bansho does not choose one for you: what must stay reachable only you know"));
    }
    if (none && has_object(wrong, "boot"))
        plan_cannot(out, "boot", "%s", _("what is loaded now does not stop strangers; it would be of no use at the next start"));
    return none;
}

/* 1: the file is left alone, and the plan says why. */
static int write_file(const char *file, struct str wanted, struct plan *out, struct err *err)
{
    _cleanup_(buf_free) struct buf text = BUF(MAX_RULES + 4096), now = BUF(MAX_RULES), clean = BUF(MAX_RULES), why = BUF(4096);
    struct keep_owner ignored;
    bool there = root_exists(out->root, file);
    if (there && boot_nft_refuses(file, &why)) {
        plan_note(out, _("%s cannot be loaded as it is, the next start would have no filter: %s. It is written anew from what is loaded now; what was meant by it is not in there: look at the difference (the way back keeps it)."),
                  file, arena_dup(out->arena, buf_str(&why)));
    } else if (there) {
        if (list_of_file(file, &now) < 0) {
            plan_cannot(out, "boot", _("what %s would load could not be compared with what is loaded, so it is not replaced. If it is right as it is: systemctl enable %s"), file, UNIT);
            return 1;
        }
        keep_ruleset_parse(buf_str(&now), &clean, &ignored);
        if (str_eq(buf_str(&clean), wanted))
            return 0;
        plan_note(out, _("%s would load other rules than those that hold now. It is written anew from what is loaded; comments and variables in it are lost (the way back keeps them)."), file);
    }
    buf_addz(&text, "#!/usr/sbin/nft -f\n# bansho: the rules as they were loaded (bansho explain firewall.present)\nflush ruleset\n\n");
    buf_adds(&text, wanted);
    return plan_write(out, file, buf_str(&text), 0755, err);
}

static int keep(const char *file, struct plan *out, struct err *err)
{
    _cleanup_(buf_free) struct buf listed = BUF(MAX_RULES), wanted = BUF(MAX_RULES);
    struct keep_owner owner;
    int r = list_loaded(&listed, err);
    if (r < 0)
        return r;
    keep_ruleset_parse(buf_str(&listed), &wanted, &owner);
    if (owner.title) {
        plan_cannot(out, "boot", _("the rules are kept by %s; bansho leaves them to it: %s"), owner.title, owner.command);
        return 0;
    }
    r = write_file(file, buf_str(&wanted), out, err);
    if (r > 0)
        return 0;
    if (r == 0)
        r = plan_unit(out, UNIT, UNIT_ENABLE, err);
    const char *const test[] = {"/usr/sbin/nft", "-c", "-f", file, NULL};
    plan_test(out, test);
    return r;
}

int firewall_present_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err)
{
    const struct host *h = ctx->server->host;
    plan_title(out, N_("The packet filter that is loaded now is to be loaded at the next start too"));
    if (nothing_to_keep(ctx, wrong, out) || !has_object(wrong, "boot"))
        return 0;
    if (!host_unit(h, UNIT)) {
        plan_cannot(out, "boot", "%s", _("nftables.service is not installed: apt-get install nftables"));
        return 0;
    }
    plan_unchanged(out, "%s", _("the rules that hold now: nothing is loaded, nobody is shut out"));
    plan_untested(out, "%s", _("the next start itself; the file was loaded beside the running filter instead"));
    return keep(root_exists(h->root, CONF_REDHAT) ? CONF_REDHAT : CONF_DEBIAN, out, err);
}
