#include "mail/postfix_change.h"
#include "base/child.h"
#include "base/i18n.h"
#include "conftree/conftree.h"
#include <errno.h>

#define POSTFIX "/usr/sbin/postfix"
#define POSTCONF "/usr/sbin/postconf"

bool postfix_accepts(struct plan *p, const struct instance *i, const char *object)
{
    static const char *const asks[] = {"-n", "-M"};
    for (size_t k = 0; k < ARRAY_SIZE(asks); k++) {
        const char *const argv[] = {POSTCONF, "-c", i->config, asks[k], NULL};
        struct child_result r = {0};
        struct err err = {0};
        bool fine = child_run(argv, &(struct child_options){.timeout_ms = 10000, .max_output = 1 << 20}, &r, &err) == 0 && r.status == 0;
        if (!fine) {
            struct str said = str_trim(buf_str(&r.err)), first = said;
            str_line(&said, &first);
            plan_cannot(p, object, _("Postfix itself does not accept its files as they are now, so nothing is changed in them: %.300s"), first.n ? arena_dup(p->arena, first) : err.text);
        }
        child_result_free(&r);
        if (!fine)
            return false;
    }
    return true;
}

static void settle(struct plan *p, const struct instance *i)
{
    const char *const argv[] = {POSTFIX, "-c", i->config, "check", NULL};
    plan_test(p, argv);
    if (i->unit && i->unit[0])
        plan_settle(p, i->unit, UNIT_RELOAD);
}

/* An edit of one file: parsed, changed by `edit`, planned. */
typedef int edit_fn(struct conftree *t, void *arg, struct err *err);

static int edit_file(struct plan *p, const struct instance *i, const char *object, const char *path, const char *grammar, edit_fn *edit, void *arg)
{
    _cleanup_(conftree_freep) struct conftree *t = NULL;
    struct err err = {0};
    struct str text;
    int r = plan_read(p, path, &text, &err);
    if (r == 0)
        r = conftree_open(conf_grammar(grammar), path, text, &t, &err);
    int changed = r < 0 ? r : edit(t, arg, &err);
    if (changed > 0)
        r = plan_write(p, path, conftree_text(t), 0, &err);
    if (changed < 0 || r < 0)
        return plan_refused(p, object, changed < 0 ? changed : r, &err);
    if (changed)
        settle(p, i);
    return changed;
}

struct wanted {
    const char *name, *type; /* a service; name NULL: main.cf */
    const char *fields, *key, *value;
    const char *const *options;
};

static int edit_main(struct conftree *t, void *arg, struct err *err)
{
    const struct wanted *w = arg;
    return conftree_set(t, NULL, w->key, str_of(w->value), err);
}

static int edit_service(struct conftree *t, void *arg, struct err *err)
{
    const struct wanted *w = arg;
    const struct conf_node *service = CONF_AT(t, {w->name, w->type, 0});
    if (!service)
        return err_set(err, -ENOENT, _("the service %s %s is not in this file"), w->name, w->type);
    return conftree_set(t, service, w->key, str_of(w->value), err);
}

static int add_service(struct conftree *t, void *arg, struct err *err)
{
    const struct wanted *w = arg;
    if (CONF_AT(t, {w->name, w->type, 0}))
        return err_set(err, -EEXIST, _("the service %s %s is there already"), w->name, w->type);
    int r = conftree_add_section(t, NULL, w->name, w->fields, err);
    for (size_t k = 0; r >= 0 && w->options[k]; k += 2) {
        const struct conf_node *service = CONF_AT(t, {w->name, w->type, 0});
        r = service ? conftree_add(t, service, w->options[k], str_of(w->options[k + 1]), err) : -ENOENT;
    }
    return r < 0 ? r : 1;
}

static const char *split(struct arena *a, const char *service, const char **ret_type)
{
    const char *slash = strrchr(service, '/');
    *ret_type = slash ? slash + 1 : "inet";
    return arena_dup(a, str_span(service, slash ? (size_t)(slash - service) : strlen(service)));
}

int postfix_change(struct plan *p, const struct instance *i, const char *object, const char *service, const char *key, const char *value)
{
    struct wanted w = {.key = key, .value = value};
    if (!service[0])
        return edit_file(p, i, object, arena_printf(p->arena, "%s/main.cf", i->config), "postfix-main", edit_main, &w);
    if (strcmp(setting_value(i, service, "master.command", ""), "postscreen") == 0 && strncmp(key, "postscreen", 10) != 0)
        service = arena_printf(p->arena, "%s/pass", postfix_value(i, "", "smtpd_service_name", "smtpd"));
    w.name = split(p->arena, service, &w.type);
    return edit_file(p, i, object, arena_printf(p->arena, "%s/master.cf", i->config), "postfix-master", edit_service, &w);
}

int postfix_change_at(struct plan *p, const struct instance *i, const char *object, const struct setting *s, const char *key, const char *value)
{
    return postfix_change(p, i, object, s ? s->section : "", key, value);
}

int postfix_change_service(struct plan *p, const struct instance *i, const char *object, const char *name, const char *fields, const char *const options[])
{
    struct wanted w = {.name = name, .type = "inet", .fields = fields, .options = options};
    return edit_file(p, i, object, arena_printf(p->arena, "%s/master.cf", i->config), "postfix-master", add_service, &w);
}

int postfix_tell_again(struct plan *p, const struct instance *i)
{
    static const char *const files[] = {"main.cf", "master.cf"};
    struct unit_state state;
    bool newer = false;
    if (!i->unit || !i->unit[0] || unit_state(i->unit, &state, NULL) < 0 || strcmp(state.active, "active") != 0)
        return 0;
    for (size_t k = 0; k < ARRAY_SIZE(files); k++) {
        struct stat st;
        if (root_stat(p->root, arena_printf(p->arena, "%s/%s", i->config, files[k]), &st) == 0)
            newer = newer || (uint64_t)st.st_mtim.tv_sec * 1000000 + (uint64_t)st.st_mtim.tv_nsec / 1000 > state.since_us;
    }
    if (!newer)
        return 0;
    plan_note(p, "%s", _("Postfix' files are right already, and newer than what runs: it is told to read them again, and nothing else is changed"));
    settle(p, i);
    return 1;
}

int postfix_change_file(struct plan *p, const struct instance *i, const char *object, const char *name, const char *content, const char **ret_path)
{
    struct err err = {0};
    *ret_path = arena_printf(p->arena, "%s/%s", i->config, name);
    int r = plan_write(p, *ret_path, str_of(content), 0644, &err);
    return r < 0 ? plan_refused(p, object, r, &err) : 1;
}

const char *postfix_service_on(const struct instance *i, uint16_t port)
{
    for (size_t e = 0; e < i->endpoints.n; e++)
        if (i->endpoints.v[e].port == port)
            return i->endpoints.v[e].label;
    return NULL;
}
