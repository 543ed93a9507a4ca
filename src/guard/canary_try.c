#include "guard/canary_try.h"
#include "base/child.h"
#include "base/i18n.h"
#include "model/service.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define ASK_MS 20000  /* servers wait after a wrong password */
#define CONNECT_MS 3000
#define SSH_MS 20000
#define SITES_MOST 32
#define PASSWORD "bansho-probe-wrong"

/* --- where */

/* Which of a product's services are tried, the first one that is there. */
static const struct row {
    const char *protocol, *services[4];
} rows[] = {
    {"ssh", {"ssh"}}, {"smtp", {"submission", "submissions", "smtps", "smtp"}}, {"imap", {"imap", "imaps"}}, {"pop3", {"pop3", "pop3s"}}, {"ftp", {"ftp", "ftps"}},
};

/* An own IPv4 address that others can reach, where something listens. */
static bool reach(const struct host *h, uint16_t port, struct addr *ret)
{
    for (size_t i = 0; i < h->listeners.n; i++) {
        const struct listener *l = &h->listeners.v[i];
        bool any = addr_is_any(&l->addr);
        if (l->udp || l->port != port || (l->addr.v6 && (!any || l->v6only)) || addr_is_loopback(&l->addr))
            continue;
        if (!any) {
            *ret = l->addr;
            return true;
        }
        for (size_t k = 0; k < h->addrs.n; k++) {
            const struct own_addr *o = &h->addrs.v[k];
            if (o->addr.v6 || o->loopback || o->link_local || addr_is_loopback(&o->addr))
                continue;
            *ret = o->addr;
            return true;
        }
    }
    return false;
}

static bool of_row(const struct probe_ctx *ctx, const struct row *r, const char *product, struct canary_target *ret)
{
    const struct instance *in;
    for (size_t s = 0; s < ARRAY_SIZE(r->services) && r->services[s]; s++)
        for (size_t i = 0; (in = server_instance(ctx->server, product, i)); i++)
            for (size_t e = 0; e < in->endpoints.n; e++) {
                const struct endpoint *at = &in->endpoints.v[e];
                struct addr to;
                if (strcmp(at->service, r->services[s]) != 0 || !reach(ctx->server->host, at->port, &to))
                    continue;
                *ret = (struct canary_target){.product = product, .protocol = r->protocol, .to = to, .port = at->port, .tls = at->tls};
                return true;
            }
    return false;
}

/* All sites of one server on one port: that of most of them. */
static bool of_sites(const struct probe_ctx *ctx, const char *product, struct arena *a, struct canary_target *ret)
{
    const struct server *s = ctx->server;
    *ret = (struct canary_target){.product = product, .protocol = "http"};
    for (size_t i = 0; i < s->sites.n && ret->hosts.n < SITES_MOST; i++) {
        const struct site *site = &s->sites.v[i];
        struct addr to;
        bool other = ret->port && (site->port != ret->port || site->tls != ret->tls);
        if (strcmp(site->web->product->id, product) != 0 || !site->name[0] || strchr(site->name, '*') || !site->document_root[0] || other || !reach(s->host, site->port, &to))
            continue;
        if (!ret->port && !site->tls && i + 1 < s->sites.n && site->port == 80) {
            bool tls = false; /* in clear text they may only lead on to https */
            for (size_t k = 0; k < s->sites.n; k++)
                tls |= s->sites.v[k].tls && s->sites.v[k].web == site->web && strcmp(s->sites.v[k].name, site->name) == 0;
            if (tls)
                continue;
        }
        ret->to = to;
        ret->port = site->port;
        ret->tls = site->tls;
        *list_push(a, &ret->hosts) = site->name;
    }
    return ret->hosts.n > 0;
}

void canary_targets(const struct probe_ctx *ctx, const char *product, struct arena *a, struct canary_targets *ret)
{
    struct canary_target t;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (of_row(ctx, &rows[i], product, &t))
            *list_push(a, &ret->list) = t;
    if (of_sites(ctx, product, a, &t))
        *list_push(a, &ret->list) = t;
}

/* --- how */

static struct endpoint_at at(const struct canary_target *t, const struct canary_place *p, const char *name)
{
    return (struct endpoint_at){.addr = t->to, .port = t->port, .tls = t->tls, .name = name, .netns = p->netns, .from = p->from, .from_set = true, .timeout_ms = ASK_MS, .connect_ms = CONNECT_MS};
}

static int troubled(enum trouble t, struct err *err) { return err_set(err, -EIO, "%s", trouble_text(t)); }

static int fail_smtp(const struct canary_target *t, const struct canary_place *p, const char *user, struct err *err)
{
    const struct endpoint_at where = at(t, p, NULL);
    const struct smtp_plan plan = {.starttls = !t->tls, .user = user, .password = PASSWORD};
    struct smtp_seen seen;
    int r = smtp_ask(&where, &plan, &seen, err);
    if (r < 0)
        return r;
    if (seen.auth_code / 100 == 5 || seen.auth_code / 100 == 4)
        return 1;
    return seen.trouble ? troubled(seen.trouble, err) : 0;
}

static int fail_login(const struct canary_target *t, const struct canary_place *p, const char *user, struct err *err)
{
    const struct endpoint_at where = at(t, p, NULL);
    struct login_plan plan = {.starttls = !t->tls, .user = user, .password = PASSWORD};
    struct login_seen seen;
    int r = 0;
    for (int turn = 0; r == 0 && turn < 2; turn++) { /* without TLS where there is none */
        r = strcmp(t->protocol, "imap") == 0 ? imap_ask(&where, &plan, &seen, err) : strcmp(t->protocol, "pop3") == 0 ? pop3_ask(&where, &plan, &seen, err) : ftp_ask(&where, &plan, &seen, err);
        if (r < 0 || seen.refused || !plan.starttls || seen.starttls_offered)
            break;
        plan.starttls = false;
    }
    if (r < 0 || seen.refused)
        return r < 0 ? r : 1;
    return seen.trouble ? troubled(seen.trouble, err) : 0;
}

/* Its client speaks; it learns no secret and gets no further than "who are you?". */
static int fail_ssh(const struct canary_target *t, const struct canary_place *p, const char *user, struct err *err)
{
    char net[64], port[8], from[ADDR_TEXT], to[ADDR_TEXT], known[] = "-oUserKnownHostsFile=/dev/null";
    snprintf(net, sizeof net, "--net=/proc/%d/fd/%d", getpid(), p->netns);
    snprintf(port, sizeof port, "%u", t->port);
    const char *const argv[] = {"nsenter", net, "--", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", "--bounding-set=-all", "ssh", "-F", "none", "-T", "-b", addr_text(&p->from, from),
                                "-p", port, "-l", user, "-oBatchMode=yes", "-oStrictHostKeyChecking=no", known, "-oGlobalKnownHostsFile=/dev/null", "-oPubkeyAuthentication=no",
                                "-oGSSAPIAuthentication=no", "-oConnectTimeout=5", "-oLogLevel=ERROR", addr_text(&t->to, to), "true", NULL};
    const struct child_options o = {.timeout_ms = SSH_MS, .max_output = 65536};
    struct child_result c = {0};
    int r = child_run(argv, &o, &c, err);
    if (r < 0)
        return r == -ENOENT ? err_set(err, r, "%s", _("nsenter is missing (util-linux)")) : r;
    /* Whether it was refused or shut out in the middle of it: its log will tell. */
    bool connected = str_search(buf_str(&c.err), STR("connect to host")) < 0 && c.status == 255;
    struct str rest = buf_str(&c.err), line, last = {0};
    while (str_line(&rest, &line))
        last = line.n ? line : last;
    if (!connected)
        r = err_set(err, -EIO, _("ssh ended with %d: %.*s"), c.status, (int)(last.n < 200 ? last.n : 200), last.p ? last.p : "");
    child_result_free(&c);
    return connected ? 1 : r;
}

/* What our filter takes for a failed login: the form again (WordPress, phpMyAdmin: 200), or a refusal (Roundcube: 401). */
static const struct {
    const char *path;
    int status;
} forms[] = {{"/wp-login.php", 200}, {"/blog/wp-login.php", 200}, {"/wordpress/wp-login.php", 200}, {"/roundcube/?_task=login", 401}, {"/webmail/?_task=login", 401}, {"/?_task=login", 401},
             {"/phpmyadmin/index.php", 200}};

static int fail_http(const struct canary_target *t, const struct canary_place *p, struct err *err)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(4u << 20);
    enum trouble trouble = TROUBLE_NONE;
    for (size_t i = 0; i < t->hosts.n; i++)
        for (size_t k = 0; k < ARRAY_SIZE(forms); k++) {
            const struct endpoint_at where = at(t, p, t->hosts.v[i]);
            const struct http_request request = {"POST", forms[k].path};
            struct http_seen seen;
            int r = http_ask(&where, t->hosts.v[i], &request, 1, a, &seen, err);
            if (r < 0)
                return r;
            trouble = seen.trouble;
            if (seen.answers && seen.answer[0].status == forms[k].status)
                return 1;
            if (seen.trouble)
                break; /* this site */
        }
    return trouble ? troubled(trouble, err) : 0;
}

int canary_fail(const struct canary_target *t, const struct canary_place *p, struct err *err)
{
    char user[64];
    snprintf(user, sizeof user, "bansho-probe-%s-%s", p->run, t->protocol);
    if (strcmp(t->protocol, "ssh") == 0)
        return fail_ssh(t, p, user, err);
    if (strcmp(t->protocol, "smtp") == 0)
        return fail_smtp(t, p, user, err);
    return strcmp(t->protocol, "http") == 0 ? fail_http(t, p, err) : fail_login(t, p, user, err);
}

static enum trouble visit_http(const struct canary_target *t, const struct endpoint_at *where)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(4u << 20);
    const struct http_request request = {"GET", "/"};
    struct http_seen seen;
    if (http_ask(where, t->hosts.v[0], &request, 1, a, &seen, NULL) < 0)
        return TROUBLE_WORKER;
    return seen.answers ? seen.answer[0].trouble : seen.trouble;
}

enum trouble canary_visit(const struct canary_target *t, const struct canary_place *p, int connect_ms)
{
    struct endpoint_at where = at(t, p, t->hosts.n ? t->hosts.v[0] : NULL);
    where.connect_ms = connect_ms;
    if (strcmp(t->protocol, "http") == 0)
        return visit_http(t, &where);
    if (strcmp(t->protocol, "ssh") == 0) {
        struct greeting_seen seen;
        return ssh_ask(&where, &seen, NULL) < 0 ? TROUBLE_WORKER : seen.trouble;
    }
    if (strcmp(t->protocol, "smtp") == 0) {
        const struct smtp_plan plan = {0};
        struct smtp_seen seen;
        return smtp_ask(&where, &plan, &seen, NULL) < 0 ? TROUBLE_WORKER : seen.trouble;
    }
    const struct login_plan plan = {0};
    struct login_seen seen;
    int r = strcmp(t->protocol, "imap") == 0 ? imap_ask(&where, &plan, &seen, NULL) : strcmp(t->protocol, "pop3") == 0 ? pop3_ask(&where, &plan, &seen, NULL) : ftp_ask(&where, &plan, &seen, NULL);
    return r < 0 ? TROUBLE_WORKER : seen.trouble;
}
