/* verb_conf_change.c: see conf_change.h. */
#include "bin/conf_change.h"
#include "bin/desk.h"
#include "change/show.h"
#include "check/registry.h"
#include "config/report.h"
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define VALUE_MAX 100000
#define FILE_MAX_BYTES (4u << 20)

void conf_change_done(struct conf_change *c)
{
    config_free(c->config);
    root_close(&c->root);
    buf_free(&c->bytes);
    arena_free(c->arena);
}

/* Reads the bytes as they are now. */
static int reread(struct str bytes, struct config **ret, struct err *err)
{
    struct config *c = config_new();
    int r = config_parse(bytes, CONFIG_PATH, c);
    if (r < 0) {
        const struct config_error *e = c->errors.n ? &c->errors.v[0] : NULL;
        err_at(err, r, CONFIG_PATH, e ? e->line : 0, e ? e->column : 0, "%s", e ? e->text : err_name(r));
        config_free(c);
        return r;
    }
    config_free(*ret);
    *ret = c;
    return 0;
}

const struct value *conf_change_value(const struct conf_change *c, const char *section, const char *instance, const char *name)
{
    const struct value *v = config_value(c->config, section, instance, name);
    return v && v->file && v->text ? v : NULL;
}

int conf_change_set(struct conf_change *c, const char *section, const char *instance, const char *name, const char *text, struct err *err)
{
    const struct option *o = option_find(section, str_of(name));
    bool list = o->type == OPTION_PREFIXES;
    struct buf out = BUF(FILE_MAX_BYTES);
    if (strlen(text) > VALUE_MAX || strpbrk(text, "\r\n") || (list && strpbrk(text, "{};#\"\\=")))
        return err_set(err, -EINVAL, _("\"%s\" cannot be written into bansho.conf"), text);
    const struct value *old = conf_change_value(c, section, instance, name);
    if (old && strcmp(old->text, text) == 0)
        return 0;
    if (strcmp(text, "-") == 0)
        config_unset(buf_str(&c->bytes), c->config, o, instance, &out);
    else
        config_set(buf_str(&c->bytes), c->config, o, instance, text, &out);
    int r = out.full ? err_set(err, -E2BIG, "%s", err_name(E2BIG)) : reread(buf_str(&out), &c->config, err);
    if (r < 0) {
        buf_free(&out);
        return r;
    }
    buf_free(&c->bytes);
    c->bytes = out;
    return 0;
}

/* What runs with bansho.conf. */
static const char *const readers[] = {"bansho-wall.service", "bansho-watch.service"};

int conf_change_plan(struct conf_change *c, struct err *err)
{
    struct str now = buf_str(&c->bytes);
    bool secret = config_text(c->config, "notify", "webhook", NULL); /* the address of a webhook is one: for root and our services */
    const struct group *services = getgrnam("bansho");
    int r = 0;
    if (!str_eq(c->before, now)) {
        r = plan_directory(c->plan, "/etc/bansho", 0755, 0, 0, err);
        if (r >= 0)
            r = plan_write(c->plan, CONFIG_PATH, now, secret ? 0600 : 0644, err);
    }
    if (r >= 0 && secret)
        r = plan_mode(c->plan, CONFIG_PATH, services ? 0640 : 0600, 0, services ? services->gr_gid : 0, err);
    for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(readers) && !plan_empty(c->plan); i++)
        plan_settle(c->plan, readers[i], UNIT_RELOAD);
    if (c->json && (str_search(c->before, STR("webhook")) >= 0 || str_search(now, STR("webhook")) >= 0))
        plan_secret(c->plan, CONFIG_PATH); /* its difference may be logged by whoever asked */
    return r < 0 ? r : 0;
}

static void say_json(const struct conf_change *c, const char *result, unsigned id, const struct err *err)
{
    struct emit j = emit_to(stdout);
    emit_object(&j, NULL);
    emit_text(&j, "schema", c->schema);
    emit_text(&j, "file", CONFIG_PATH);
    c->say(c, &j);
    desk_json_end(&j, c->plan, result, id, err);
}

/* After the change: bansho.conf must be what was meant. */
static int verify(void *arg, struct err *err)
{
    struct conf_change *c = arg;
    struct config *now = NULL;
    int r = config_load(&c->root, CONFIG_PATH, &now, err);
    config_free(now);
    return r;
}

static enum outcome apply(struct conf_change *c)
{
    struct err err = {0};
    struct desk desk = {.term = &c->term, .quiet = c->json};
    unsigned id = 0;
    int r = desk_open(&desk, c->config, c->arena, &err);
    if (r == 0) {
        desk.change.verify = verify;
        desk.change.arg = c;
        r = change_apply(&desk.journal, c->plan, &desk.change, &id, &err);
    }
    desk_close(&desk);
    if (r == 0 && c->after)
        c->after(c);
    if (c->json)
        say_json(c, r == 0 ? "applied" : r == -ECANCELED ? "rolled-back" : desk_outcome(r) == OUTCOME_REFUSED ? "refused" : "failed", id, &err);
    if (r < 0) {
        if (!c->json)
            complain(&err);
        return desk_outcome(r);
    }
    if (!c->json)
        printf(_("Done. This is change %u. To take it back: bansho undo %u\n%s\n"), id, id, c->next);
    return OUTCOME_FINE;
}

/* To the file; `confirmed`: to what comes after it there may be. */
static enum outcome nothing_to_do(struct conf_change *c, bool confirmed)
{
    if (confirmed)
        c->after(c);
    if (c->json)
        say_json(c, "nothing-to-do", 0, NULL);
    else if (!confirmed)
        printf("%s\n", _("Nothing to do: all of it is so already."));
    return OUTCOME_FINE;
}

static enum outcome only_planned(struct conf_change *c)
{
    if (c->json)
        say_json(c, "planned", 0, NULL);
    return OUTCOME_FINE;
}

enum outcome conf_change_decide(struct conf_change *c)
{
    _cleanup_(buf_free) struct buf b = BUF(16u << 20);
    struct err err = {0};
    bool plan_only = call_option(c->call, "plan") != NULL, changes = !plan_empty(c->plan);
    if (!changes && (plan_only || !c->after))
        return nothing_to_do(c, false);
    if (changes && !c->json) {
        plan_show(c->plan, &c->term, plan_only, &b);
        fwrite(b.p, 1, b.n, stdout);
        fflush(stdout);
    }
    if (plan_only)
        return only_planned(c);
    if (call_option(c->call, "yes") || (!c->json && desk_confirm(false)))
        return changes ? apply(c) : nothing_to_do(c, true);
    err_set(&err, -EPERM, "%s", _("not confirmed; nothing was changed. To do it without being asked: -y"));
    if (c->json)
        say_json(c, "refused", 0, &err);
    else
        complain(&err);
    return OUTCOME_REFUSED;
}

enum outcome conf_change_begin(struct conf_change *c, const char *check, const char *asked_by)
{
    struct err err = {0};
    struct str bytes = {0};
    if (geteuid() != 0)
        return complainf(_("this writes the configuration, and that needs root: sudo %s"), asked_by);
    enum outcome o = desk_recover(&c->term, c->json);
    if (o != OUTCOME_FINE)
        return o;
    if (root_open("/", &c->root, &err) < 0)
        return complain(&err);
    c->plan = plan_new(c->arena, &c->root, check_by_id(str_of(check)), (int64_t)time(NULL));
    c->plan->asked_by = asked_by;
    c->plan->verified_by = "bansho config check";
    int r = plan_read(c->plan, CONFIG_PATH, &bytes, &err);
    if (r < 0 && r != -ENOENT)
        return complain(&err);
    err = (struct err){0};
    c->bytes = BUF(FILE_MAX_BYTES);
    buf_adds(&c->bytes, r == 0 ? bytes : STR(""));
    c->before = str_span(arena_dup(c->arena, buf_str(&c->bytes)), c->bytes.n);
    return reread(buf_str(&c->bytes), &c->config, &err) < 0 ? complain(&err) : OUTCOME_FINE;
}
