#include "mail/dovecot_change.h"
#include "base/child.h"
#include "base/i18n.h"
#include "conftree/conftree.h"
#include <errno.h>

#define DOVECONF "/usr/bin/doveconf"
#define MAIN_FILE "/etc/dovecot/dovecot.conf"

bool dovecot_accepts(struct plan *p, const struct instance *i, const char *object)
{
    const char *const argv[] = {DOVECONF, "-n", NULL};
    struct child_result r = {0};
    struct err err = {0};
    (void)i;
    bool fine = child_run(argv, &(struct child_options){.timeout_ms = 10000, .max_output = 4 << 20}, &r, &err) == 0 && r.status == 0;
    if (!fine) {
        struct str said = str_trim(buf_str(&r.err)), first = said;
        str_line(&said, &first);
        plan_cannot(p, object, _("Dovecot itself does not accept its files as they are now, so nothing is changed in them: %.300s"), first.n ? arena_dup(p->arena, first) : err.text);
    }
    child_result_free(&r);
    return fine;
}

/* Every statement of that name at the top of the file: all of them go, or the last one would be followed by an earlier one. */
static int remove_all(struct conftree *t, const char *key, struct err *err)
{
    const struct conf_node *node;
    int removed = 0;
    while ((node = conftree_entry(t, NULL, key, 0))) {
        int r = conftree_remove(t, node, err);
        if (r < 0)
            return r;
        removed = 1;
    }
    return removed;
}

/* value NULL: takes it out. */
static int edit(struct plan *p, const struct instance *i, const char *object, const struct setting *s, const char *key, const char *value)
{
    static const char *const test[] = {DOVECONF, "-n", NULL};
    _cleanup_(conftree_freep) struct conftree *t = NULL;
    const char *path = s && s->file ? s->file : MAIN_FILE;
    struct err err = {0};
    struct str text;
    int r = plan_read(p, path, &text, &err);
    if (r == 0)
        r = conftree_open(conf_grammar("dovecot"), path, text, &t, &err);
    int changed = r < 0 ? r : value ? conftree_set(t, NULL, key, str_of(value), &err) : remove_all(t, key, &err);
    if (changed > 0)
        r = plan_write(p, path, conftree_text(t), 0, &err);
    if (changed < 0 || r < 0)
        return plan_refused(p, object, changed < 0 ? changed : r, &err);
    if (changed) {
        plan_test(p, test);
        if (i->unit && i->unit[0])
            plan_settle(p, i->unit, UNIT_RELOAD);
    }
    return changed;
}

int dovecot_change(struct plan *p, const struct instance *i, const char *object, const struct setting *s, const char *key, const char *value)
{
    return edit(p, i, object, s, key, value);
}

int dovecot_unset(struct plan *p, const struct instance *i, const char *object, const struct setting *s)
{
    return edit(p, i, object, s, s->key, NULL);
}
