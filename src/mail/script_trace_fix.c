/* script_trace_fix.c: mail.add_x_header = On where it stands: in php.ini, and in each pool that says otherwise. */
#include "base/i18n.h"
#include "conftree/conftree.h"
#include "mail/fixes.h"
#include "mail/script_trace.h"
#include <errno.h>

#define KEY "mail.add_x_header"

/* The installation's php.ini: some setting of the section stands in it. */
static const char *ini_file(const struct instance *i, const char *section)
{
    for (size_t k = 0; k < i->settings.n; k++) {
        const struct setting *s = &i->settings.v[k];
        if (strcmp(s->section, section) == 0 && s->file && str_ends(str_of(s->file), STR("/php.ini")))
            return s->file;
    }
    return NULL;
}

/* An ini file names its sections in brackets; PHP itself reads them as one. */
static const struct conf_node *place(const struct conftree *t, const char *pool, const char *key)
{
    const struct conf_node *section = NULL, *with = NULL, *first = NULL;
    if (*pool)
        return CONF_AT(t, {pool + 5, NULL, 0});
    while ((section = conftree_child(t, NULL, section))) {
        if (section->kind != CONF_SECTION)
            continue;
        first = first ? first : section;
        if (conftree_entry(t, section, key, 0))
            with = section;
    }
    return with ? with : conftree_entry(t, NULL, key, 0) ? NULL : first;
}

static int set(struct plan *p, const char *object, const char *file, const char *pool, const char *key)
{
    _cleanup_(conftree_freep) struct conftree *t = NULL;
    struct err err = {0};
    struct str text;
    int r = plan_read(p, file, &text, &err);
    if (r == 0)
        r = conftree_open(conf_grammar(*pool ? "ini" : "php"), file, text, &t, &err);
    const struct conf_node *in = r == 0 ? place(t, pool, key) : NULL;
    if (r == 0 && *pool && !in)
        r = err_set(&err, -ENOENT, _("%s is not in %s"), pool, file);
    if (r == 0)
        r = conftree_set(t, in, key, STR("On"), &err);
    int changed = r;
    if (changed > 0)
        r = plan_write(p, file, conftree_text(t), 0, &err);
    return r < 0 ? plan_refused(p, object, r, &err) : changed;
}

static void settle(const struct probe_ctx *ctx, const struct instance *i, const struct script_sapi *x, struct plan *out)
{
    const char *fpm = arena_printf(out->arena, "/usr/sbin/php-fpm%s", i->name);
    if (x->pools && i->unit && i->unit[0]) {
        if (root_exists(out->root, fpm))
            plan_test(out, (const char *const[]){fpm, "-t", NULL});
        plan_settle(out, i->unit, UNIT_RELOAD);
    }
    const struct instance *apache = strcmp(x->section, "php.ini/apache2") == 0 ? server_instance(ctx->server, "apache", 0) : NULL;
    if (apache && apache->unit && apache->unit[0])
        plan_settle(out, apache->unit, UNIT_RELOAD);
}

static void one(const struct probe_ctx *ctx, const struct instance *i, const struct script_sapi *x, struct plan *out)
{
    const struct setting *s;
    const char *pool, *file = ini_file(i, x->section);
    int done = 0, r = 0;
    if (!script_traced(i, x->section, "", &s)) {
        if (s && s->file)
            file = s->file;
        if (!file) {
            plan_cannot(out, x->object, "%s", _("its php.ini was not found"));
            return;
        }
        done = r = set(out, x->object, file, "", KEY);
    }
    for (size_t n = 0; r >= 0 && x->pools && (pool = script_pool(i, n)); n++)
        if (!script_traced(i, x->section, pool, &s) && s && s->file && strcmp(s->section, pool) == 0) {
            r = set(out, x->object, s->file, pool, s->key);
            done |= r > 0;
        }
    if (done > 0)
        settle(ctx, i, x, out);
}

int script_trace_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err)
{
    const struct instance *i;
    (void)err;
    plan_title(out, N_("Mail from PHP is to tell which script sent it"));
    for (size_t n = 0; (i = server_instance(ctx->server, "php", n)); n++) {
        struct script_sapi sapis[SCRIPT_SAPIS];
        size_t count = script_sapis(ctx->server->host->root, i, out->arena, sapis);
        for (size_t k = 0; k < count; k++)
            if (mail_is_wrong(wrong, sapis[k].object))
                one(ctx, i, &sapis[k], out);
    }
    if (plan_empty(out))
        return 0;
    plan_unchanged(out, "%s", _("all mail goes out as before; it gets one more header line, X-PHP-Originating-Script"));
    plan_note(out, "%s", _("whoever receives such a mail can see the script's name and its owner's number"));
    plan_untested(out, "%s", _("a mail from each site: none is sent for this"));
    return 0;
}
