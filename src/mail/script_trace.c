#include "mail/script_trace.h"
#include "base/i18n.h"

#define POOLS_TOLD 5

static bool has_section(const struct instance *i, const char *section)
{
    for (size_t k = 0; k < i->settings.n; k++)
        if (strcmp(i->settings.v[k].section, section) == 0)
            return true;
    return false;
}

const char *script_pool(const struct instance *php, size_t n)
{
    const char *last = "";
    for (size_t k = 0; k < php->settings.n; k++) {
        const struct setting *s = &php->settings.v[k];
        if (strncmp(s->section, "pool ", 5) != 0 || strcmp(s->key, "listen") != 0 || strcmp(s->section, last) == 0)
            continue;
        if (n-- == 0)
            return s->section;
        last = s->section;
    }
    return NULL;
}

size_t script_sapis(const struct root *root, const struct instance *php, struct arena *a, struct script_sapi ret[static SCRIPT_SAPIS])
{
    static const struct { const char *section, *name; bool pools; } known[SCRIPT_SAPIS] = {
        {"php.ini", "fpm", true}, {"php.ini/apache2", "apache2", false}, {"php.ini/cli", "cli", false},
    };
    size_t n = 0;
    for (size_t k = 0; k < SCRIPT_SAPIS; k++)
        if (has_section(php, known[k].section) && (k != 1 || root_exists(root, arena_printf(a, "/etc/apache2/mods-enabled/php%s.load", php->name))))
            ret[n++] = (struct script_sapi){arena_printf(a, "%s%s%s", php->name, php->name[0] ? " " : "", known[k].name), known[k].section, known[k].pools};
    return n;
}

static bool is_on(const struct setting *s)
{
    static const char *const words[] = {"on", "1", "yes", "true"};
    for (size_t k = 0; s && k < ARRAY_SIZE(words); k++)
        if (str_ieq(str_of(s->value), str_of(words[k])))
            return true;
    return false;
}

static const struct setting *of_pool(const struct instance *php, const char *pool, const char *key)
{
    static const char *const kinds[] = {"php_admin_flag[%s]", "php_admin_value[%s]", "php_flag[%s]", "php_value[%s]"};
    char name[64];
    for (size_t k = 0; *pool && k < ARRAY_SIZE(kinds); k++) {
        size_t head = strcspn(kinds[k], "%"), n = strlen(key);
        if (head + n + 2 > sizeof name)
            continue;
        memcpy(name, kinds[k], head);
        memcpy(name + head, key, n);
        memcpy(name + head + n, "]", 2);
        const struct setting *s = setting_get(php, pool, name);
        if (s)
            return s;
    }
    return NULL;
}

bool script_traced(const struct instance *php, const char *section, const char *pool, const struct setting **ret)
{
    const struct setting *header = of_pool(php, pool, "mail.add_x_header"), *log = of_pool(php, pool, "mail.log");
    header = header ? header : setting_get(php, section, "mail.add_x_header");
    log = log ? log : setting_get(php, section, "mail.log");
    bool logs = log && log->value[0];
    *ret = is_on(header) || !logs ? header : log;
    return is_on(header) || logs;
}

static void judge(const struct instance *i, const struct script_sapi *x, struct findings *out)
{
    const struct setting *s, *first = NULL;
    const char *pool;
    size_t pools = 0, blind = 0;
    const char *blind_pools[POOLS_TOLD];
    for (; x->pools && (pool = script_pool(i, pools)); pools++)
        if (!script_traced(i, x->section, pool, &s)) {
            if (blind < POOLS_TOLD)
                blind_pools[blind] = pool;
            first = first ? first : s;
            blind++;
        }
    if (!pools)
        blind = !script_traced(i, x->section, "", &s), first = s;
    if (!blind) {
        struct finding *f = finding_add(out, STATE_OK, x->object, _("Mail from PHP tells which script sent it"));
        finding_evidence(out, f, first ? first->file : NULL, first ? first->line : 0, "%s", first ? first->key : "mail.add_x_header");
        return;
    }
    struct finding *f = finding_add(out, STATE_FAIL, x->object, _("Mail from PHP does not tell which script sent it"));
    if (first)
        finding_evidence(out, f, first->file, first->line, "%s = %s", first->key, first->value);
    else
        finding_evidence(out, f, NULL, 0, _("mail.add_x_header is not set, and PHP's own default is off"));
    for (size_t k = 0; k < blind && k < POOLS_TOLD && pools; k++)
        finding_evidence(out, f, NULL, 0, "%s", blind_pools[k]);
    finding_impact(out, f, _("When a site's script is misused for bulk mail, it takes hours to find out which one, and the mail goes on meanwhile."));
}

int script_trace_probe(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    const struct instance *i;
    (void)err;
    for (size_t n = 0; (i = server_instance(ctx->server, "php", n)); n++) {
        struct script_sapi sapis[SCRIPT_SAPIS];
        size_t count = script_sapis(ctx->server->host->root, i, out->arena, sapis);
        for (size_t k = 0; k < count; k++)
            if (i->seen.code < 0) {
                struct finding *f = finding_add(out, STATE_UNKNOWN, sapis[k].object, _("It could not be found out whether mail from PHP tells its script"));
                finding_evidence(out, f, i->config, 0, "%s", i->seen.why ? i->seen.why : err_name(-i->seen.code));
            } else {
                judge(i, &sapis[k], out);
            }
    }
    return 0;
}
