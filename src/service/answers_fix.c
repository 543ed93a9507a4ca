/* answers_fix.c: a service that does not answer is restarted, with the cause collected first: afterwards its traces are gone. */
#include "base/child.h"
#include "base/i18n.h"
#include "change/plan.h"
#include "service/answers.h"
#include "service/subjects.h"
#include "unit/lease.h"
#include <stdio.h>

#define LINES_MAX 5

/* What the program itself says of its configuration: a restart with a broken one would turn a sick service into a dead one. */
static const struct {
    const char *product;
    const char *argv[5];
} tests[] = {
    {"postfix", {"/usr/sbin/postfix", "check", NULL}},     {"dovecot", {"/usr/bin/doveconf", "-n", NULL}},
    {"apache", {"/usr/sbin/apachectl", "configtest", NULL}}, {"nginx", {"/usr/sbin/nginx", "-t", "-q", NULL}},
    {"openssh", {"/usr/sbin/sshd", "-t", NULL}},           {"proftpd", {"/usr/sbin/proftpd", "-t", NULL}},
    {"bind", {"/usr/bin/named-checkconf", NULL}},          {"exim", {"/usr/sbin/exim", "-bV", NULL}},
};

static const struct subject *find(const struct subjects *all, const char *object)
{
    for (size_t i = 0; i < all->list.n; i++)
        if (strcmp(all->list.v[i].object, object) == 0)
            return &all->list.v[i];
    return NULL;
}

/* journalctl's lines become notes, oldest first: it prints the newest first (-r), since with --since its -n alone means the oldest. */
static void note_lines(struct plan *p, const char *label, const char *const argv[])
{
    struct child_options o = {.timeout_ms = 5000, .max_output = 65536};
    struct child_result res = {0};
    struct err ignored = {0};
    struct str lines[LINES_MAX];
    size_t n = 0;
    if (child_run(argv, &o, &res, &ignored) == 0) {
        struct str rest = buf_str(&res.out), line;
        while (n < LINES_MAX && str_line(&rest, &line))
            if (str_trim(line).n)
                lines[n++] = line;
        for (; n; n--)
            plan_note(p, "%s: %.*s", label, (int)(lines[n - 1].n < 300 ? lines[n - 1].n : 300), lines[n - 1].p);
    }
    child_result_free(&res);
}

static void collect_cause(const struct probe_ctx *ctx, struct plan *p, const struct unit *u)
{
    char since[40];
    snprintf(since, sizeof since, "--since=@%lld", (long long)(ctx->now - DAY));
    plan_note(p, _("%s now: %s (%s)"), u->name, unit_active_text(u->active), u->result && u->result[0] ? u->result : u->sub[0] ? u->sub : "-");
    const char *const own[] = {"journalctl", "-q", "--no-pager", "-o", "short-iso", "-r", "-n", "5", since, "-u", u->name, NULL};
    note_lines(p, _("its last messages"), own);
    const char *const killed[] = {"journalctl", "-q", "--no-pager", "-k", "-o", "short-iso", "-r", "-n", "5", since, "--grep=Out of memory|oom-kill", NULL};
    note_lines(p, _("the kernel, short of memory"), killed);
    const char *const crashed[] = {"journalctl", "-q", "--no-pager", "-o", "short-iso", "-r", "-n", "2", since, "MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1",
                                   arena_printf(p->arena, "COREDUMP_UNIT=%s", u->name), NULL}; /* SD_MESSAGE_COREDUMP */
    note_lines(p, _("crash"), crashed);
}

/* false: its configuration is broken; told. */
static bool configured_well(struct plan *p, const struct subject *s)
{
    for (size_t i = 0; s->by && i < ARRAY_SIZE(tests); i++) {
        if (strcmp(tests[i].product, s->by->product->id) != 0)
            continue;
        struct child_result res = {0};
        struct err err = {0};
        int r = child_run(tests[i].argv, NULL, &res, &err);
        struct str said = str_trim(buf_str(res.err.n ? &res.err : &res.out));
        for (size_t k = 0; k < said.n; k++)
            if (said.p[k] == '\n')
                ((char *)(uintptr_t)said.p)[k] = ' '; /* our own buffer: one paragraph */
        if (said.n > 300)
            said = str_from(said, said.n - 300); /* the last words name the fault */
        bool good = r < 0 || res.status == 0; /* a tool that is not there says nothing against it */
        if (!good)
            plan_cannot(p, s->object, _("its configuration is broken, so a restart would not help: %s says: %.*s"), tests[i].argv[0], (int)said.n, said.p);
        child_result_free(&res);
        return good;
    }
    return true;
}

static int restart(const struct probe_ctx *ctx, struct plan *p, const struct subject *s, const struct unit *u, struct err *err)
{
    struct lease l;
    struct err ignored = {0};
    if (plan_has_unit(p, u->name, UNIT_RESTART))
        return 0;
    if (unit_paused(u->name, p->arena, &l, &ignored) == 1) {
        plan_cannot(p, s->object, _("%s is paused; to end the pause: bansho service resume %s"), u->name, u->name);
        return 0;
    }
    if (u->enabled == UNIT_MASKED) {
        plan_cannot(p, s->object, _("%s is masked: somebody wants it never to start"), u->name);
        return 0;
    }
    collect_cause(ctx, p, u);
    if (!configured_well(p, s))
        return 0;
    plan_harmed(p, _("whoever is connected to %s is cut off and has to connect again"), u->name);
    return plan_unit(p, u->name, UNIT_RESTART, err);
}

int service_answers_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err)
{
    struct subjects all = {0};
    int r = 0;
    subjects_collect(ctx, out->arena, &all);
    plan_title(out, N_("A service that does not answer is restarted; what it said before is kept in this plan"));
    for (size_t i = 0; r == 0 && i < wrong->list.n; i++) {
        const char *object = wrong->list.v[i].object;
        const struct subject *s = find(&all, object);
        const struct unit *u = s ? host_unit(ctx->server->host, subject_unit(s)) : NULL;
        if (!u)
            plan_cannot(out, object, "%s", _("no unit of systemd is known for it"));
        else
            r = restart(ctx, out, s, u, err);
    }
    plan_unchanged(out, "%s", _("files and settings: none is touched"));
    return r;
}
