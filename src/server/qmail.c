/* qmail.c: finds qmail and adds its settings and endpoints (qmail.h says how they look). */
#include "server/qmail.h"
#include "base/i18n.h"
#include "server/lines.h"
#include <errno.h>

#define HOME "/var/qmail"
#define FILES_MAX 200
#define LINES_MAX 2000

static struct str name_of(struct str path)
{
    size_t k = path.n;
    while (k > 0 && path.p[k - 1] != '/')
        k--;
    return str_from(path, k);
}

static bool is_server(struct str path)
{
    static const char *const names[] = {"qmail-smtpd", "qmail-pop3d", "qmail-popup"};
    for (size_t k = 0; k < ARRAY_SIZE(names); k++)
        if (str_eq(name_of(path), str_of(names[k])))
            return true;
    return false;
}

/* tcpserver [options] HOST PORT PROGRAM: the two words before the first path that is no option's value. */
static void tcpserver_words(struct str words, struct qmail_run *run)
{
    struct str word, before[2] = {{0}, {0}};
    bool behind = false;
    while (str_word(&words, " \t", &word)) {
        if (!behind) {
            behind = str_eq(name_of(word), STR("tcpserver")) || str_eq(name_of(word), STR("sslserver"));
            continue;
        }
        if (before[1].n && server_port(before[1]) && (str_find(before[0], '.') > 0 || str_find(before[0], ':') >= 0 || str_eq(before[0], STR("0")) || str_find(before[0], '$') >= 0)) {
            run->address = before[0];
            run->port = before[1];
            return;
        }
        before[0] = before[1].n ? before[1] : STR("");
        before[1] = word;
        if (!before[0].n)
            before[0] = STR("-");
    }
}

bool qmail_run_find(struct arena *a, struct str text, struct qmail_run *ret)
{
    static const struct line_style style = {.separators = "", .comments = "#", .backslash = true};
    struct line_reader r = lines_of(a, text, &style);
    struct line_item item;
    while (lines_next(&r, &item)) {
        struct str words = item.key, word;
        struct qmail_run run = {.command = item.key, .address = STR(""), .port = STR(""), .line = item.line};
        while (!run.program.n && str_word(&words, " \t\"'", &word))
            if (is_server(word))
                run.program = word;
        if (!run.program.n || str_search(item.key, STR("exec")) < 0)
            continue;
        tcpserver_words(item.key, &run);
        *ret = run;
        return true;
    }
    return false;
}

/* --- control files --- */

static void control_file(struct server *s, struct instance *i, const char *name)
{
    const char *path = arena_printf(s->arena, HOME "/control/%s", name);
    struct str text = {0}, line;
    struct stat st;
    if (root_stat(s->host->root, path, &st) < 0 || !S_ISREG(st.st_mode))
        return;
    bool table = str_ends(str_of(name), STR(".cdb")) || str_ends(str_of(name), STR(".pem"));
    if (!table && instance_read(s, i, path, &text) < 0)
        return;
    unsigned number = 0, rows = 0;
    while (str_line(&text, &line)) {
        number++;
        ptrdiff_t nul = str_find(line, 0);
        line = str_trim(nul < 0 ? line : str_span(line.p, (size_t)nul));
        if (!line.n || line.p[0] == '#')
            continue;
        if (++rows > LINES_MAX) {
            instance_unseen(i, -E2BIG, arena_printf(s->arena, _("%s has more than %d settings"), path, LINES_MAX));
            break;
        }
        setting_add(s, i, FROM_FILE, "control", str_of(name), line, path, number);
    }
    if (!rows)
        setting_add(s, i, FROM_FILE, "control", str_of(name), STR(""), path, 0);
}

static void control_files(struct server *s, struct instance *i)
{
    struct names names = {0};
    int r = root_list(s->host->root, HOME "/control", FILES_MAX, s->arena, &names);
    if (r < 0)
        instance_unseen(i, r, arena_printf(s->arena, _("%s cannot be read"), HOME "/control"));
    for (size_t k = 0; k < names.list.n; k++)
        control_file(s, i, names.list.v[k]);
}

/* --- what answers the ports --- */

static const char *yes_no(bool yes)
{
    return yes ? "yes" : "no";
}

/* rblsmtpd [-r zone]...: the zones. */
static const char *zones(struct arena *a, struct str words)
{
    struct str word;
    const char *all = "";
    bool rbl = false, next = false;
    while (str_word(&words, " \t", &word)) {
        if (next)
            all = arena_printf(a, "%s%s%.*s", all, *all ? " " : "", (int)word.n, word.p);
        rbl |= str_eq(name_of(word), STR("rblsmtpd"));
        next = rbl && str_eq(word, STR("-r"));
    }
    return all;
}

static void add_command(struct server *s, struct instance *i, const char *section, struct str command, bool enabled, const char *file, unsigned line)
{
    struct str words = command, word;
    bool lock = false, auth = false, smtpd = false;
    while (str_word(&words, " \t\"'", &word)) {
        struct str name = name_of(word);
        lock |= str_eq(name, STR("relaylock"));
        auth |= str_eq(name, STR("smtp_auth"));
        smtpd |= str_eq(name, STR("qmail-smtpd"));
    }
    const struct { const char *key; struct str value; } rows[] = {
        {"command", command}, {"enabled", str_of(yes_no(enabled))}, {"relaylock", str_of(yes_no(lock))}, {"smtp_auth", str_of(yes_no(auth))},
        {"smtpd", str_of(yes_no(smtpd))}, {"rblsmtpd", str_of(zones(s->arena, command))},
    };
    for (size_t k = 0; k < ARRAY_SIZE(rows); k++)
        setting_add(s, i, FROM_FILE, section, str_of(rows[k].key), rows[k].value, file, line);
}

static void from_superservers(struct server *s, struct instance *i)
{
    for (size_t k = 0; k < s->superservers.n; k++) {
        const struct superserver *x = &s->superservers.v[k];
        const char *command = arena_printf(s->arena, "%s %s", x->server, x->args);
        struct str words = str_of(command), word;
        bool ours = false;
        while (str_word(&words, " \t", &word))
            ours |= is_server(word) || str_eq(name_of(word), STR("relaylock"));
        if (!ours)
            continue;
        add_command(s, i, x->service, str_of(command), x->enabled, x->file, x->line);
        if (x->enabled && x->port)
            endpoint_add(s, i, NULL, x->service, x->address, x->port, x->port == 465 || x->port == 995, x->file, x->line);
    }
}

/* daemontools and runit: NAME/run, kept from starting by NAME/down. */
static void from_run_scripts(struct server *s, struct instance *i)
{
    static const char *const patterns[] = {"/service/*/run", "/etc/service/*/run", "/var/qmail/supervise/*/run", "/var/service/*/run"};
    const char *seen[50];
    size_t seen_n = 0;
    for (size_t p = 0; p < ARRAY_SIZE(patterns); p++) {
        struct names names = {0};
        if (root_glob(s->host->root, patterns[p], 100, s->arena, &names) < 0)
            continue;
        for (size_t k = 0; k < names.list.n && seen_n < ARRAY_SIZE(seen); k++) {
            const char *file = names.list.v[k];
            struct str text, dir = str_span(file, strlen(file) - 4);
            struct qmail_run run;
            if (server_read(s, file, &text) < 0 || !qmail_run_find(s->arena, text, &run))
                continue;
            const char *name = arena_dup(s->arena, name_of(dir));
            bool known = false; /* /service/x is a link to the directory that is looked at below */
            for (size_t n = 0; n < seen_n; n++)
                known |= strcmp(seen[n], name) == 0;
            if (known)
                continue;
            seen[seen_n++] = name;
            bool enabled = !root_exists(s->host->root, arena_printf(s->arena, "%.*s/down", (int)dir.n, dir.p)) && p != 2;
            enabled |= p == 2 && i->running;
            uint16_t port = server_port(run.port);
            port = port ? port : str_eq(name_of(run.program), STR("qmail-smtpd")) ? 25 : 110;
            add_command(s, i, name, run.command, enabled, file, run.line);
            const char *address = str_eq(run.address, STR("0")) || str_eq(run.address, STR("::0")) || str_find(run.address, '$') >= 0 ? "" : arena_dup(s->arena, run.address);
            bool tls = str_search(run.command, STR("sslserver")) >= 0 || port == 465 || port == 995;
            if (enabled)
                endpoint_add(s, i, NULL, name, address, port, tls, file, run.line);
            i->wanted |= enabled;
        }
    }
}

static int load(const struct product *self, struct server *s, struct err *err)
{
    (void)err;
    struct instance *i = instance_add(s, self, "");
    if (!instance_detect(s, i)) {
        instance_drop(s, i);
        return 0;
    }
    i->config = HOME;
    control_files(s, i);
    from_superservers(s, i);
    from_run_scripts(s, i);
    return 0;
}

static const char *const packages[] = {"qmail", "notqmail", "netqmail", "psa-qmail", NULL};
static const char *const units[] = {"qmail", "qmail-send", "notqmail", NULL};
static const char *const programs[] = {"qmail-send", "qmail-smtpd", "relaylock", NULL};
static const char *const paths[] = {HOME "/bin/qmail-send", "/usr/sbin/qmail-send", NULL};
const struct product product_qmail = {.id = "qmail", .title = "qmail", .kinds = KIND_MTA, .packages = packages, .units = units, .programs = programs, .paths = paths, .load = load};
