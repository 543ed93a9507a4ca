/* dovecot.c: finds Dovecot and adds its settings and endpoints (dovecot.h says how they look). */
#include "server/dovecot.h"
#include "base/i18n.h"
#include <errno.h>
#include <strings.h>

static const char *const configs[] = {"/etc/dovecot/dovecot.conf", "/usr/local/etc/dovecot/dovecot.conf", "/etc/dovecot.conf"};

struct fallback {
    const char *section, *key, *value;
    unsigned since, until; /* 20315 is 2.3.15; 0: no bound */
};

/* What Dovecot takes where nothing is set (doveconf -d). The listeners are also missing from what 2.4's doveconf prints. */
static const struct fallback defaults[] = {
    {"", "listen", "*, ::"}, {"", "ssl", "yes"}, {"", "ssl_min_protocol", "TLSv1.2", 20315}, {"", "ssl_min_protocol", "TLSv1", 20300, 20315},
    {"", "ssl_protocols", "!SSLv2 !SSLv3", 0, 20300}, {"", "auth_mechanisms", "plain"}, {"", "disable_plaintext_auth", "yes", 0, 20400},
    {"", "auth_allow_cleartext", "no", 20400}, {"", "auth_username_format", "%Lu", 0, 20400}, {"", "auth_username_format", "%{user | lower}", 20400},
    {"", "auth_default_realm", "", 0, 20400}, {"", "auth_default_domain", "", 20400}, {"", "base_dir", "/run/dovecot", 20300}, {"", "base_dir", "/var/run/dovecot", 0, 20300},
    {"", "auth_verbose", "no"}, {"", "log_path", "syslog"}, {"", "mail_max_userip_connections", "10"}, {"", "login_trusted_networks", ""},
};
static const struct fallback listeners[] = {
    {"service imap-login/inet_listener imap", "port", "143"}, {"service imap-login/inet_listener imaps", "port", "993"},
    {"service imap-login/inet_listener imaps", "ssl", "yes"}, {"service pop3-login/inet_listener pop3", "port", "110"},
    {"service pop3-login/inet_listener pop3s", "port", "995"}, {"service pop3-login/inet_listener pop3s", "ssl", "yes"},
    {"service managesieve-login/inet_listener sieve", "port", "4190"}, {"service submission-login/inet_listener submission", "port", "587"},
    {"service submission-login/inet_listener submissions", "port", "465", 20316}, {"service submission-login/inet_listener submissions", "ssl", "yes", 20316},
};

/* "1:2.3.19.1+dfsg1-2" -> 20319; 0: not known */
static unsigned number_of(const char *version)
{
    const char *colon = strchr(version, ':');
    struct str s = str_of(colon ? colon + 1 : version), part;
    uint64_t n, all = 0;
    for (int k = 0; k < 3; k++)
        all = all * 100 + (str_word(&s, ".-+~ ", &part) && str_u64(part, 99, &n) ? n : 0);
    return all >= 10000 ? (unsigned)all : 0;
}

unsigned dovecot_version(const struct instance *i)
{
    unsigned n = number_of(i->version);
    if (!n && setting_get(i, "", "dovecot_config_version"))
        n = 20400;
    return n / 100;
}

static void add_defaults(struct server *s, struct instance *i, const struct fallback *table, size_t n)
{
    unsigned version = number_of(i->version);
    if (!version)
        version = setting_get(i, "", "dovecot_config_version") ? 20400 : 20319;
    for (size_t k = 0; k < n; k++) {
        const struct fallback *f = &table[k];
        if (version >= f->since && (!f->until || version < f->until) && !setting_get(i, f->section, f->key))
            setting_add(s, i, FROM_DEFAULT, f->section, str_of(f->key), str_of(f->value), NULL, 0);
    }
}

/* --- endpoints --- */

static void add_listener(struct server *s, struct instance *i, const char *section, const char *label)
{
    const struct setting *port = setting_get(i, section, "port");
    uint64_t number;
    bool tls = setting_bool(i, section, "ssl", false);
    if (!port || !str_u64(str_of(port->value), 65535, &number) || !number || (tls && strcmp(setting_value(i, "", "ssl", "yes"), "no") == 0))
        return;
    const char *address = setting_value(i, section, "address", "");
    address = *address ? address : setting_value(i, section, "listen", "");
    struct str list = str_of(*address ? address : setting_value(i, "", "listen", "*")), word;
    bool all = false;
    while (str_word(&list, ", \t", &word)) {
        bool any = str_eq(word, STR("*")) || str_eq(word, STR("::")) || str_eq(word, STR("[::]")) || str_eq(word, STR("0.0.0.0"));
        if (any && all)
            continue;
        all |= any;
        if (word.n > 2 && word.p[0] == '[' && word.p[word.n - 1] == ']')
            word = str_span(word.p + 1, word.n - 2);
        endpoint_add(s, i, NULL, label, any ? "" : arena_dup(s->arena, word), (uint16_t)number, tls, port->file, port->line);
    }
}

static bool has_protocol(const struct instance *i, const char *protocol)
{
    struct str list = str_of(setting_value(i, "", "protocols", "")), word;
    while (str_word(&list, ", \t", &word))
        if (str_eq(word, str_of(protocol)) || (strcmp(protocol, "sieve") == 0 && str_eq(word, STR("managesieve"))))
            return true;
    return false;
}

/* Every inet_listener of the services that belong to a protocol which is on. */
static void add_endpoints(struct server *s, struct instance *i)
{
    static const struct { const char *protocol, *service; } table[] = {
        {"imap", "imap-login"}, {"pop3", "pop3-login"}, {"sieve", "managesieve-login"}, {"submission", "submission-login"}, {"lmtp", "lmtp"},
    };
    size_t n = i->settings.n;
    for (size_t p = 0; p < ARRAY_SIZE(table); p++) {
        const char *prefix = arena_printf(s->arena, "service %s/inet_listener ", table[p].service);
        struct str start = str_of(prefix);
        for (size_t k = 0; has_protocol(i, table[p].protocol) && k < n; k++) {
            const struct setting *x = &i->settings.v[k];
            if (strcasecmp(x->key, "port") == 0 && str_starts(str_of(x->section), start) && setting_get(i, x->section, "port") == x)
                add_listener(s, i, x->section, arena_printf(s->arena, "%s/%s", table[p].service, x->section + start.n));
        }
    }
}

/* --- loading --- */

/* "passdb", "passdb 2", "passdb passwd-file", but not what is inside of them. */
static bool is_db_section(const char *section, const char *kind)
{
    size_t n = strlen(kind);
    return strncmp(section, kind, n) == 0 && (!section[n] || (section[n] == ' ' && !strchr(section, '/')));
}

/* 2.3's args = "username_format=%u /etc/dovecot/users": the parts become settings of their own. */
static void split_args(struct server *s, struct instance *i)
{
    static const char *const kinds[] = {"passdb", "userdb"};
    size_t n = i->settings.n;
    for (size_t k = 0; k < n; k++) {
        const struct setting x = i->settings.v[k];
        if (strcmp(x.key, "args") != 0 || (!is_db_section(x.section, kinds[0]) && !is_db_section(x.section, kinds[1])))
            continue;
        struct str rest = str_of(x.value), word, format = STR("username_format=");
        while (str_word(&rest, " \t", &word)) {
            if (str_starts(word, format))
                setting_add(s, i, x.from, x.section, STR("username_format"), str_from(word, format.n), x.file, x.line);
            else if (word.p[0] == '/')
                setting_add(s, i, x.from, x.section, STR("path"), word, x.file, x.line);
        }
    }
}

/* "# 2.3.19.1 (9b53102964): /etc/dovecot/dovecot.conf" */
static void printed_version(struct server *s, struct instance *i, struct str text)
{
    struct str line, word;
    if (str_line(&text, &line) && str_word(&line, "# ", &word) && number_of(arena_dup(s->arena, word)))
        i->version = arena_dup(s->arena, word);
}

/* Rows of the program, each with the place where our own reader found it. */
static bool ask_doveconf(struct server *s, struct instance *i, const char *config)
{
    const char *const argv[] = {"doveconf", "-c", config, "-a", NULL};
    struct str text;
    if (server_ask(s, argv, &text) < 0)
        return false;
    struct instance own = *i, printed = *i;
    instance_sort(s, &own);
    printed.settings.v = NULL;
    printed.settings.n = printed.settings.cap = printed.sorted_n = 0;
    printed.seen = (struct seen){0};
    dovecot_read(s, &printed, text, NULL);
    for (size_t k = 0; k < printed.settings.n; k++) {
        struct setting *x = &printed.settings.v[k];
        const struct setting *place = setting_get(&own, x->section, x->key);
        x->file = place ? place->file : NULL;
        x->line = place ? place->line : 0;
    }
    *i = printed;
    printed_version(s, i, text);
    return true;
}

static int load(const struct product *self, struct server *s, struct err *err)
{
    (void)err;
    struct instance *i = instance_add(s, self, "");
    if (!instance_detect(s, i)) {
        instance_drop(s, i);
        return 0;
    }
    const char *config = configs[0];
    for (size_t k = 0; k < ARRAY_SIZE(configs); k++)
        if (root_exists(s->host->root, configs[k])) {
            config = configs[k];
            break;
        }
    i->config = config;
    struct str text;
    if (instance_read(s, i, config, &text) == 0)
        dovecot_read(s, i, text, config);
    bool debian = strcmp(s->host->os.id, "debian") == 0 || strcmp(s->host->os.id, "ubuntu") == 0 || root_exists(s->host->root, "/usr/share/dovecot/protocols.d");
    if (!ask_doveconf(s, i, config)) {
        instance_sort(s, i);
        add_defaults(s, i, defaults, ARRAY_SIZE(defaults));
        if (!setting_get(i, "", "protocols") && !debian) /* Debian's packages turn each on by a file of their own */
            setting_add(s, i, FROM_DEFAULT, "", STR("protocols"), STR("imap pop3 lmtp"), NULL, 0);
    }
    split_args(s, i);
    instance_sort(s, i);
    add_defaults(s, i, listeners, ARRAY_SIZE(listeners));
    instance_sort(s, i);
    add_endpoints(s, i);
    return 0;
}

static const char *const packages[] = {"dovecot-core", "dovecot", NULL};
static const char *const units[] = {"dovecot", NULL};
static const char *const programs[] = {"dovecot", NULL};
const struct product product_dovecot = {.id = "dovecot", .title = "Dovecot", .kinds = KIND_MAILBOX, .packages = packages, .units = units, .programs = programs, .load = load};

/* --- for the checks --- */

bool dovecot_db(const struct instance *i, const char *kind, size_t n, struct dovecot_db *ret)
{
    const char *before = NULL;
    for (size_t k = 0; k < i->settings.n; k++) {
        const char *section = i->settings.v[k].section;
        if (!is_db_section(section, kind) || (before && strcmp(before, section) == 0))
            continue;
        before = section;
        bool earlier = false; /* blocks of one name may be apart */
        for (size_t e = 0; e < k && !earlier; e++)
            earlier = i->settings.v[e].section == section || strcmp(i->settings.v[e].section, section) == 0;
        if (earlier || n-- > 0)
            continue;
        const struct setting *driver = setting_get(i, section, "driver");
        struct dovecot_db db = {.section = section, .driver = driver ? driver->value : "", .args = setting_value(i, section, "args", ""), .path = setting_value(i, section, "path", setting_value(i, section, "passwd_file_path", "")),
                                .username_format = setting_value(i, section, "username_format", setting_value(i, section, "auth_username_format", "")),
                                .deny = setting_bool(i, section, "deny", false), .master = setting_bool(i, section, "master", false),
                                .file = driver ? driver->file : NULL, .line = driver ? driver->line : 0};
        *ret = db;
        return true;
    }
    return false;
}

bool dovecot_cleartext(const struct instance *i, const struct setting **ret_setting)
{
    const struct setting *old = setting_get(i, "", "disable_plaintext_auth"), *new = setting_get(i, "", "auth_allow_cleartext");
    *ret_setting = new ? new : old;
    return new ? setting_bool(i, "", "auth_allow_cleartext", false) : !setting_bool(i, "", "disable_plaintext_auth", true);
}
