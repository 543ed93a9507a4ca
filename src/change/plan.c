#include "change/plan.h"
#include "base/i18n.h"
#include "base/shell.h"
#include "change/change_acts.h"
#include "change/keeper.h"
#include "change/steps.h"
#include "change/unit_times.h"
#include <errno.h>
#include <stdarg.h>

struct plan *plan_new(struct arena *a, const struct root *root, const struct check *check, int64_t now)
{
    struct plan *p = arena_zalloc(a, sizeof *p);
    *p = (struct plan){.arena = a, .root = root, .check = check, .now = now, .title = ""};
    return p;
}

#define SAY(name, list)                                                          \
    void name(struct plan *p, const char *text, ...)                             \
    {                                                                            \
        va_list ap;                                                              \
        va_start(ap, text);                                                      \
        *list_push(p->arena, &p->list) = arena_vprintf(p->arena, text, ap);      \
        va_end(ap);                                                              \
    }
SAY(plan_harmed, harmed)
SAY(plan_unchanged, unchanged)
SAY(plan_untested, untested)
SAY(plan_note, notes)
SAY(plan_wait, wait)

void plan_title(struct plan *p, const char *msgid)
{
    p->title = msgid;
}

void plan_cannot(struct plan *p, const char *object, const char *text, ...)
{
    va_list ap;
    va_start(ap, text);
    const char *why = arena_vprintf(p->arena, text, ap);
    va_end(ap);
    *list_push(p->arena, &p->cannot) = *object ? arena_printf(p->arena, "%s: %s", object, why) : why;
    /* It stays wrong: that is no reason to roll back what helps the others. */
    size_t n = 0;
    for (size_t i = 0; i < p->objects.n; i++)
        if (strcmp(p->objects.v[i], object) != 0)
            p->objects.v[n++] = p->objects.v[i];
    p->objects.n = n;
}

int plan_refused(struct plan *p, const char *object, int code, const struct err *err)
{
    if (err->file[0])
        plan_cannot(p, object, "%s:%u: %s", err->file, err->line, err->text);
    else
        plan_cannot(p, object, "%s", err->text[0] ? err->text : err_name(code));
    return code;
}

void plan_verify(struct plan *p, const struct check *check)
{
    if (!check || check == p->check)
        return;
    for (size_t i = 0; i < p->verify.n; i++)
        if (p->verify.v[i] == check)
            return;
    *list_push(p->arena, &p->verify) = check;
}

void plan_verify_id(struct plan *p, const char *id)
{
    *list_push(p->arena, &p->verify_ids) = id;
}

void plan_expected(struct plan *p, const char *object)
{
    *list_push(p->arena, &p->expected) = arena_dupz(p->arena, object);
}

/* --- state steps --- */

static bool settles(enum step_type t)
{
    return t >= STEP_TEST;
}

/* A new state step, before the settling ones. NULL: too many. */
static struct step *add(struct plan *p, enum step_type type, struct err *err)
{
    if (p->steps.n >= PLAN_STEPS_MAX) {
        err_set(err, -E2BIG, _("a change of more than %d steps: name fewer objects"), PLAN_STEPS_MAX);
        return NULL;
    }
    list_push(p->arena, &p->steps);
    size_t at = p->steps.n - 1;
    for (; !settles(type) && at > 0 && settles(p->steps.v[at - 1].type); at--)
        p->steps.v[at] = p->steps.v[at - 1];
    p->steps.v[at] = (struct step){.type = type};
    return &p->steps.v[at];
}

static struct step *step_at(struct plan *p, const char *path)
{
    for (size_t i = p->steps.n; i-- > 0;)
        if (p->steps.v[i].path && strcmp(p->steps.v[i].path, path) == 0)
            return &p->steps.v[i];
    return NULL;
}

/* The path without links, and what will be there after the steps so far. */
static int look(struct plan *p, const char *path, const char **ret_path, struct node *ret, struct err *err)
{
    int r = node_resolve(path, p->arena, ret_path);
    struct step *s = r == 0 ? step_at(p, *ret_path) : NULL;
    if (s)
        *ret = s->after;
    else if (r == 0)
        r = node_read(*ret_path, p->arena, ret);
    return r < 0 ? err_set(err, r, r == -EINVAL ? _("%s is not a plain file") : "%s: %s", path, err_name(-r)) : 0;
}

int plan_read(struct plan *p, const char *path, struct str *ret, struct err *err)
{
    const char *real;
    struct node now;
    int r = look(p, path, &real, &now, err);
    if (r < 0)
        return r;
    if (now.type == NODE_ABSENT)
        return err_set(err, -ENOENT, "%s: %s", path, err_name(ENOENT));
    if (now.type != NODE_FILE)
        return err_set(err, -EINVAL, _("%s is not a plain file"), path);
    *ret = now.content;
    return 0;
}

/* Records that the path will be `after`. */
static int put(struct plan *p, enum step_type type, const struct act *act, const char *path, const struct node *now, const struct node *after, struct err *err)
{
    struct step *s = step_at(p, path);
    if (node_same(now, after))
        return 0;
    if (s) {
        if (s->type == STEP_MODE && type == STEP_FILE)
            s->type = type;
        s->after = *after;
        return 0;
    }
    int r = keeper_refuses(path, now, err);
    if (r < 0)
        return r;
    if (!(s = add(p, type, err)))
        return -E2BIG;
    s->path = path;
    s->before = *now;
    s->after = *after;
    s->after.mtime_s = s->after.mtime_ns = 0; /* the time of the change itself */
    s->act = act;
    return 0;
}

int plan_write(struct plan *p, const char *path, struct str content, unsigned mode, struct err *err)
{
    const char *real;
    struct node now;
    int r = look(p, path, &real, &now, err);
    if (r < 0)
        return r;
    struct node after = now;
    if (now.type == NODE_ABSENT)
        after = (struct node){.type = NODE_FILE, .mode = mode ? mode : 0644};
    else if (now.type != NODE_FILE)
        return err_set(err, -EINVAL, _("%s is not a plain file"), path);
    after.content = str_span(arena_dup(p->arena, content), content.n);
    return put(p, STEP_FILE, &act_file_write, real, &now, &after, err);
}

void plan_secret(struct plan *p, const char *path)
{
    const char *real;
    struct step *s = node_resolve(path, p->arena, &real) == 0 ? step_at(p, real) : NULL;
    if (s)
        s->secret = true;
}

/* The path with the links on its way followed, not itself. */
static int resolve_parent(struct plan *p, const char *path, const char **ret, struct err *err)
{
    const char *slash = strrchr(path, '/'), *dir;
    int r = slash && slash[1] ? node_resolve(slash == path ? "/" : arena_dup(p->arena, str_span(path, (size_t)(slash - path))), p->arena, &dir) : -EINVAL;
    if (r < 0)
        return err_set(err, r, "%s: %s", path, err_name(-r));
    *ret = arena_printf(p->arena, "%s%s", strcmp(dir, "/") == 0 ? "" : dir, slash);
    return 0;
}

/* What is at the path itself, after the steps so far, where a link or nothing is about to be. */
static int look_itself(struct plan *p, const char *path, const char **ret_path, struct node *ret, struct err *err)
{
    int r = resolve_parent(p, path, ret_path, err);
    if (r < 0)
        return r;
    struct step *s = step_at(p, *ret_path);
    if (s)
        *ret = s->after;
    else
        r = node_read(*ret_path, p->arena, ret);
    if (r == 0 && ret->type == NODE_DIRECTORY)
        r = -EISDIR;
    return r < 0 ? err_set(err, r, "%s: %s", path, err_name(-r)) : 0;
}

int plan_remove(struct plan *p, const char *path, struct err *err)
{
    const char *real;
    struct node now;
    int r = look_itself(p, path, &real, &now, err);
    return r < 0 ? r : put(p, STEP_FILE, &act_file_write, real, &now, &(struct node){.type = NODE_ABSENT}, err);
}

int plan_mode(struct plan *p, const char *path, unsigned mode, unsigned uid, unsigned gid, struct err *err)
{
    const char *real;
    struct node now;
    int r = look(p, path, &real, &now, err);
    if (r < 0)
        return r;
    if (now.type != NODE_FILE && now.type != NODE_DIRECTORY)
        return err_set(err, -ENOENT, "%s: %s", path, err_name(ENOENT));
    struct node after = now;
    after.mode = mode;
    after.uid = uid == (unsigned)-1 ? now.uid : uid;
    after.gid = gid == (unsigned)-1 ? now.gid : gid;
    return put(p, STEP_MODE, &act_file_mode, real, &now, &after, err);
}

int plan_link(struct plan *p, const char *path, const char *target, struct err *err)
{
    const char *real;
    struct node now;
    int r = look_itself(p, path, &real, &now, err);
    struct node after = {.type = NODE_LINK, .mode = 0777, .content = str_of(arena_dupz(p->arena, target))};
    return r < 0 ? r : put(p, STEP_LINK, &act_link_make, real, &now, &after, err);
}

int plan_directory(struct plan *p, const char *path, unsigned mode, unsigned uid, unsigned gid, struct err *err)
{
    const char *real;
    struct node now;
    int r = look(p, path, &real, &now, err);
    if (r < 0 || now.type == NODE_DIRECTORY)
        return r;
    if (now.type != NODE_ABSENT)
        return err_set(err, -ENOTDIR, "%s: %s", path, err_name(ENOTDIR));
    struct node after = {.type = NODE_DIRECTORY, .mode = mode, .uid = uid, .gid = gid};
    return put(p, STEP_DIRECTORY, &act_directory_make, real, &now, &after, err);
}

static const char *const *copy_argv(struct arena *a, const char *const argv[])
{
    size_t n = 0;
    if (!argv)
        return NULL;
    while (argv[n])
        n++;
    const char **copy = arena_zalloc(a, (n + 1) * sizeof *copy);
    for (size_t i = 0; i < n; i++)
        copy[i] = arena_dupz(a, argv[i]);
    return copy;
}

int plan_command(struct plan *p, const struct act *act, const char *const argv[], const char *const inverse[], const char *what, struct err *err)
{
    if (strcmp(act->program, argv[0]) != 0)
        return err_set(err, -EPERM, "%s: %s is not what its row names", act->name, argv[0]);
    struct step *s = add(p, STEP_COMMAND, err);
    if (!s)
        return -E2BIG;
    s->act = act;
    s->argv = copy_argv(p->arena, argv);
    s->inverse = copy_argv(p->arena, inverse);
    s->what = arena_dupz(p->arena, what);
    return 0;
}

void plan_ready(struct plan *p, const char *const argv[])
{
    for (size_t i = p->steps.n; i-- > 0;)
        if (p->steps.v[i].type == STEP_COMMAND) {
            p->steps.v[i].ready = copy_argv(p->arena, argv);
            return;
        }
}

bool plan_has_unit(const struct plan *p, const char *unit, enum unit_verb verb)
{
    for (size_t i = 0; i < p->steps.n; i++)
        if (p->steps.v[i].type == STEP_UNIT && p->steps.v[i].verb == verb && strcmp(p->steps.v[i].unit, unit) == 0)
            return true;
    return false;
}

int plan_unit(struct plan *p, const char *unit, enum unit_verb verb, struct err *err)
{
    struct unit_state now = {0};
    if (plan_has_unit(p, unit, verb))
        return 0;
    int r = unit_state(unit, &now, err);
    if (r < 0)
        return r;
    bool active = strcmp(now.active, "active") == 0, enabled = strcmp(now.file, "enabled") == 0;
    if ((verb == UNIT_START && active) || (verb == UNIT_STOP && strcmp(now.active, "inactive") == 0) || (verb == UNIT_ENABLE && enabled) || (verb == UNIT_DISABLE && !enabled))
        return 0;
    if (verb == UNIT_ENABLE && (strcmp(now.file, "masked") == 0 || strcmp(now.load, "masked") == 0))
        return err_set(err, -EPERM, _("%s is masked: somebody wants it never to start. To allow it: systemctl unmask %s"), unit, unit);
    struct step *s = add(p, STEP_UNIT, err);
    if (!s)
        return -E2BIG;
    s->act = change_unit_act(verb);
    s->unit = arena_dupz(p->arena, unit);
    s->verb = verb;
    s->unit_before = now;
    if (verb == UNIT_ENABLE || verb == UNIT_DISABLE)
        unit_times_read(unit, p->arena, &s->times);
    return 0;
}

/* --- settling steps --- */

static bool same_argv(const char *const *a, const char *const *b)
{
    for (; *a && *b; a++, b++)
        if (strcmp(*a, *b) != 0)
            return false;
    return *a == *b;
}

void plan_test(struct plan *p, const char *const argv[])
{
    for (size_t i = 0; i < p->steps.n; i++)
        if (p->steps.v[i].type == STEP_TEST && same_argv(p->steps.v[i].argv, argv))
            return;
    struct step *s = add(p, STEP_TEST, NULL);
    if (s)
        s->argv = copy_argv(p->arena, argv);
}

/* NULL: too many steps. */
static struct step *settle(struct plan *p, const char *unit, enum unit_verb verb)
{
    struct step *s = add(p, STEP_SETTLE, NULL);
    if (!s)
        return NULL;
    s->act = verb == UNIT_START ? NULL : change_unit_act(verb); /* looking is no act */
    s->unit = arena_dupz(p->arena, unit);
    s->verb = verb;
    if (unit_state(unit, &s->unit_before, NULL) < 0)
        s->unit_before = (struct unit_state){0};
    return s;
}

static struct step *settled(const struct plan *p, const char *unit, bool must_run)
{
    for (size_t i = 0; i < p->steps.n; i++)
        if (p->steps.v[i].type == STEP_SETTLE && (p->steps.v[i].verb == UNIT_START) == must_run && strcmp(p->steps.v[i].unit, unit) == 0)
            return &p->steps.v[i];
    return NULL;
}

void plan_settle(struct plan *p, const char *unit, enum unit_verb verb)
{
    struct step *s = settled(p, unit, false);
    if (s && verb == UNIT_RESTART) {
        s->verb = verb;
        s->act = change_unit_act(verb);
    } else if (!s) {
        settle(p, unit, verb);
    }
}

void plan_renew(struct plan *p, const char *unit)
{
    struct step *s = settled(p, unit, false) ? NULL : settle(p, unit, UNIT_RESTART);
    if (s)
        s->lazy = true;
}

void plan_must_run(struct plan *p, const char *unit)
{
    if (!settled(p, unit, true))
        settle(p, unit, UNIT_START);
}

void plan_manager(struct plan *p)
{
    for (size_t i = 0; i < p->steps.n; i++)
        if (p->steps.v[i].type == STEP_MANAGER)
            return;
    struct step *s = add(p, STEP_MANAGER, NULL);
    if (s)
        s->act = &act_unit_files;
}

const char *plan_again(const struct plan *p, const char *options)
{
    _cleanup_(buf_free) struct buf b = BUF(64u << 10);
    if (p->asked_by)
        return p->asked_by;
    buf_printf(&b, "bansho fix %s", p->check ? p->check->id : "");
    for (size_t i = 0; i < p->asked.n; i++) {
        buf_addc(&b, ' ');
        shell_argument(&b, str_of(p->asked.v[i]));
    }
    buf_addz(&b, options);
    return arena_dup(p->arena, buf_str(&b));
}

bool plan_empty(const struct plan *p)
{
    for (size_t i = 0; i < p->steps.n; i++)
        if (!settles(p->steps.v[i].type) || p->steps.v[i].type == STEP_MANAGER || (p->steps.v[i].verb != UNIT_START && p->steps.v[i].type == STEP_SETTLE && step_settles(&p->steps.v[i])))
            return false; /* UNIT_START only looks whether it still runs */
    return true;
}
