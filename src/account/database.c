#include "account/database.h"
#include "base/i18n.h"
#include "dialogue/dialogue.h"
#include "model/service.h"
#include <strings.h>

#define USER "root"
#define OBJECT "mysql"
#define ASK_MS 3000
#define INSECURE 3159 /* require_secure_transport: refused before any password was looked at */
#define BLOCKED 1129  /* too many faults of this address before */

/* skip-grant-tables: the server asks nobody for a password. */
static bool asks_nobody(const struct server *s, struct findings *out)
{
    const struct instance *i;
    bool told = false;
    for (size_t n = 0; (i = server_instance(s, "mysql", n)) && !told; n++) {
        const struct setting *t = setting_get(i, "mysqld", "skip-grant-tables");
        bool off = t && (strcasecmp(t->value, "off") == 0 || strcmp(t->value, "0") == 0);
        if (!t || off || !i->wanted)
            continue;
        struct finding *f = finding_add(out, STATE_FAIL, OBJECT, "%s", _("The database lets everybody in without a password"));
        finding_evidence(out, f, t->file, t->line, "skip-grant-tables");
        finding_impact(out, f, "%s", _("every program on this server, and whoever reaches the port, may read and change all databases"));
        finding_next(out, f, "%s", "grep -rn skip-grant-tables /etc/mysql /etc/my.cnf /etc/my.cnf.d");
        finding_next_note(out, f, "%s", _("take that line out, then restart the database"));
        told = true;
    }
    return told;
}

/* The account is another one for each place to come from: 'root'@'localhost' over the loopback, 'root'@'%' over the address by which others come. */
static size_t places(const struct host *h, uint16_t port, struct endpoint_at ret[static 2])
{
    const struct listener *l = host_listener(h, port, false);
    struct addr a = {.bytes = {127, 0, 0, 1}}, six = {.v6 = 1, .bytes = {[15] = 1}};
    size_t n = 0;
    if (!l)
        return 0;
    if (!addr_is_any(&l->addr))
        a = l->addr;
    else if (l->addr.v6 && l->v6only)
        a = six;
    ret[n++] = (struct endpoint_at){.addr = a, .port = l->port, .timeout_ms = ASK_MS};
    if (addr_is_any(&l->addr) && host_public_addr(h, a.v6, &a))
        ret[n++] = (struct endpoint_at){.addr = a, .port = l->port, .timeout_ms = ASK_MS};
    return n;
}

static void tell(const struct endpoint_at *at, const struct mysql_login_seen *m, struct findings *out, struct finding *f)
{
    char where[ADDR_TEXT];
    addr_text(&at->addr, where);
    if (m->accepted)
        finding_evidence(out, f, NULL, 0, _("%s port %u: %s, empty password: let in"), where, at->port, USER);
    else if (m->refused)
        finding_evidence(out, f, NULL, 0, _("%s port %u: %s, empty password: refused (%d %s)"), where, at->port, USER, m->code, m->answer);
    else
        finding_evidence(out, f, NULL, 0, _("%s port %u: %s, empty password: %s"), where, at->port, USER, m->trouble ? trouble_text(m->trouble) : _("it wants another kind of login"));
}

static enum state judge(const struct mysql_login_seen *m)
{
    if (m->accepted)
        return STATE_FAIL;
    return m->refused && m->code != INSECURE && m->code != BLOCKED ? STATE_OK : STATE_UNKNOWN;
}

/* As configured, else the usual one. */
static uint16_t port_of(const struct server *s)
{
    const struct service *usual = service_by_name(STR("mysql"));
    const struct instance *i = server_instance(s, "mysql", 0);
    for (size_t k = 0; i && k < i->endpoints.n; k++)
        if (i->endpoints.v[k].port)
            return i->endpoints.v[k].port;
    return usual ? usual->port : 0;
}

static void ask(const struct probe_ctx *ctx, struct findings *out)
{
    static const enum state rank[] = {STATE_OK, STATE_UNKNOWN, STATE_FAIL};
    struct endpoint_at at[2];
    struct mysql_login_seen seen[2] = {0};
    struct err err = {0};
    size_t n = places(ctx->server->host, port_of(ctx->server), at), worst = 0;
    if (!n)
        return;
    for (size_t i = 0; i < n; i++) {
        if (mysql_login_ask(&at[i], USER, &seen[i], &err) < 0)
            seen[i].trouble = TROUBLE_WORKER;
        for (size_t r = worst + 1; r < ARRAY_SIZE(rank); r++)
            if (judge(&seen[i]) == rank[r])
                worst = r;
    }
    struct finding *f = finding_add(out, rank[worst], OBJECT, rank[worst] == STATE_FAIL ? _("The database lets its administrator in without a password") :
                                    rank[worst] == STATE_OK ? _("The database's administrator does not get in without a password") :
                                    _("Whether the database's administrator gets in without a password could not be seen"));
    f->basis = BASIS_DIALOGUE;
    for (size_t i = 0; i < n; i++)
        tell(&at[i], &seen[i], out, f);
    if (rank[worst] != STATE_FAIL)
        return;
    finding_impact(out, f, "%s", _("every program on this server, and whoever reaches the port, may read and change all databases"));
    finding_next(out, f, "mysql -u root -e \"SELECT user, host, plugin FROM mysql.user WHERE user = 'root'\"");
    finding_next_note(out, f, "%s", _("shows the accounts; then give each a password: ALTER USER 'root'@'HOST' IDENTIFIED BY '...'"));
}

void database_judge(const struct probe_ctx *ctx, struct findings *out)
{
    if (!asks_nobody(ctx->server, out) && ctx->live)
        ask(ctx, out);
}
