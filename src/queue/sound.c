#include "queue/sound.h"
#include "base/i18n.h"
#include "queue/spools.h"
#include "queue/walk.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ORPHAN_S 3600 /* a message that has just gone takes its reasons with it a moment later */

/* conf/postfix-files of Postfix. public and maildrop belong to the group of postdrop. */
static const struct dir {
    const char *name;
    mode_t mode;
    bool reasons; /* files that belong to a message */
} postfix_dirs[] = {
    {"maildrop", 0730, false}, {"incoming", 0700, false}, {"active", 0700, false}, {"deferred", 0700, false}, {"hold", 0700, false}, {"corrupt", 0700, false}, {"defer", 0700, true},
    {"bounce", 0700, true}, {"trace", 0700, true}, {"flush", 0700, false}, {"private", 0700, false}, {"public", 0710, false},
}, qmail_dirs[] = {{"pid", 0, false}, {"mess", 0, false}, {"intd", 0, false}, {"todo", 0, false}, {"info", 0, false}, {"local", 0, false}, {"remote", 0, false}, {"bounce", 0, false}, {"lock", 0, false}};

/* mail_queue.h: short: 5 hexadecimal digits of microseconds, then the inode in hexadecimal. Long ones have the time of arrival before a 'z', are never given twice, and postsuper -s lets them
   be. */
bool sound_name(enum spool_kind kind, const char *name, uint64_t inode)
{
    const char *at, *digits = kind == SPOOL_QMAIL ? "0123456789" : "0123456789ABCDEF", *p = kind == SPOOL_QMAIL ? name : strlen(name) > 5 ? name + 5 : "";
    uint64_t n = 0, base = strlen(digits);
    if (kind == SPOOL_POSTFIX && strchr(name, 'z'))
        return true;
    if (!*p)
        return false;
    for (; *p; p++) {
        if (!(at = strchr(digits, *p)) || n > (UINT64_MAX - (uint64_t)(at - digits)) / base)
            return false;
        n = n * base + (uint64_t)(at - digits);
    }
    return n == inode;
}

struct looking {
    const struct root *root;
    struct sound_seen *s;
    struct arena *arena;
    LIST(const char *) ids;   /* of all messages, where there are not too many */
};

static void first(char ret[static MESSAGE_ID_MAX + 1], uint64_t *n, const char *id)
{
    if (!(*n)++)
        snprintf(ret, MESSAGE_ID_MAX + 1, "%s", id);
}

static void look_at(struct looking *l, const struct spool_found *f, const struct stat *st, bool by_anybody)
{
    struct sound_seen *s = l->s;
    if (!sound_name(s->kind, f->id, st->st_ino))
        first(s->misnamed_id, &s->misnamed, f->id);
    if (s->kind == SPOOL_POSTFIX && (st->st_mode & 07777) == 0400)
        first(s->damaged_id, &s->damaged, f->id);
    if (s->owner_known && !by_anybody && st->st_uid != s->owner)
        first(s->owned_id, &s->owned, f->id);
}

/* Of qmail the message itself lies in mess/, under the same number. */
static int stat_message(const struct looking *l, const struct spool_found *f, struct stat *ret)
{
    if (l->s->kind != SPOOL_QMAIL)
        return fstatat(f->dir, f->name, ret, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
    return root_stat(l->root, arena_printf(l->arena, "%s/mess/%llu/%s", l->s->path, strtoull(f->id, NULL, 10) % (f->split ? f->split : 1), f->id), ret);
}

static int on_found(void *arg, const struct spool_found *f)
{
    struct looking *l = arg;
    struct stat st;
    l->s->total++;
    if (l->s->looked == SOUND_FILES)
        return 0;
    int r = stat_message(l, f, &st);
    if (r == 0) {
        l->s->looked++;
        look_at(l, f, &st, strcmp(spool_kinds[l->s->kind]->states[f->state], "maildrop") == 0);
        *list_push(l->arena, &l->ids) = arena_dupz(l->arena, f->id);
    } else if (l->s->kind == SPOOL_QMAIL && r == -ENOENT && fstatat(f->dir, f->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        first(l->s->orphan_id, &l->s->orphans, f->id); /* still there: it was not delivered meanwhile */
    }
    return 0;
}

static int by_name(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

static int on_reason(void *arg, int dir, const char *name, uint64_t inode, int64_t arrival)
{
    (void)inode;
    struct looking *l = arg;
    struct stat st;
    (void)arrival;
    if (l->ids.n && bsearch(&name, l->ids.v, l->ids.n, sizeof *l->ids.v, by_name))
        return 0;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && l->s->now - st.st_mtime > ORPHAN_S)
        first(l->s->orphan_id, &l->s->orphans, name);
    return 0;
}

static int on_corrupt(void *arg, int dir, const char *name, uint64_t inode, int64_t arrival)
{
    (void)inode;
    struct looking *l = arg;
    (void)dir;
    (void)arrival;
    first(l->s->damaged_id, &l->s->damaged, name);
    return 0;
}

static void not_seen(struct sound_seen *s, const char *path, int code)
{
    if (s->code == 0) {
        s->code = code;
        s->unseen = path;
    }
}

static void walk_dir(struct looking *l, const char *name, spool_walk_fn *fn)
{
    const char *path = arena_printf(l->arena, "%s/%s", l->s->path, name);
    int fd = root_openat(l->root, path, O_RDONLY | O_DIRECTORY), r = fd < 0 ? fd : spool_walk(fd, l->s->kind, fn, l);
    if (r < 0 && r != -ENOENT)
        not_seen(l->s, path, r);
}

static void look_at_files(struct looking *l)
{
    const char *unseen = NULL;
    int r = spool_kinds[l->s->kind]->walk(&(struct spool_place){l->root, l->s->path, l->s->kind}, l->arena, on_found, l, &unseen);
    if (r < 0)
        not_seen(l->s, unseen ? unseen : l->s->path, r);
    if (l->s->kind != SPOOL_POSTFIX)
        return;
    walk_dir(l, "corrupt", on_corrupt);
    if (l->s->looked < l->s->total || l->s->code < 0) /* a message that was not looked at may be theirs */
        return;
    if (l->ids.n)
        qsort(l->ids.v, l->ids.n, sizeof *l->ids.v, by_name);
    for (size_t i = 0; i < ARRAY_SIZE(postfix_dirs); i++)
        if (postfix_dirs[i].reasons)
            walk_dir(l, postfix_dirs[i].name, on_reason);
}

/* --- directories */

static void tell_dir(struct sound_seen *s, struct findings *out, enum state state, const char *path, const char *what)
{
    struct finding *f = finding_add(out, state, arena_printf(out->arena, "%s%s%s", s->object, s->object[0] ? " " : "", path), _("A directory of the mail queue is not as it must be"));
    finding_evidence(out, f, path, 0, "%s", what);
    finding_impact(out, f, state == STATE_FAIL ? _("Whoever can write there can read, change or forge mail of everybody.") : _("The mail program may be unable to take mail or to deliver it."));
    if (s->kind == SPOOL_POSTFIX) {
        finding_next(out, f, "postfix check");
        finding_next_note(out, f, _("makes what is missing and names what is wrong; its rights: postfix set-permissions"));
    }
}

/* -1: fine. */
static int judge_dir(const struct sound_seen *s, const struct dir *d, const struct stat *st, struct arena *a, const char **ret_what)
{
    mode_t mode = st->st_mode & 0777, more = mode & ~d->mode & 0077;
    if (s->kind == SPOOL_QMAIL)
        more &= 0022;
    if (more) {
        *ret_what = arena_printf(a, s->kind == SPOOL_POSTFIX ? _("mode %04o, wanted %04o: others may do what only the mail program should") : _("mode %04o: others may write there"), mode, d->mode);
        return STATE_FAIL;
    }
    if (s->kind == SPOOL_POSTFIX && s->owner_known && st->st_uid != s->owner) {
        *ret_what = arena_printf(a, _("its owner is %u, wanted %u (mail_owner)"), st->st_uid, s->owner);
        return STATE_FAIL;
    }
    if (d->mode && mode != d->mode) {
        *ret_what = arena_printf(a, _("mode %04o, wanted %04o"), mode, d->mode);
        return STATE_WARN;
    }
    return -1;
}

static bool look_at_dirs(struct looking *l, struct findings *out)
{
    struct sound_seen *s = l->s;
    const struct dir *dirs = s->kind == SPOOL_POSTFIX ? postfix_dirs : qmail_dirs;
    size_t n = s->kind == SPOOL_POSTFIX ? ARRAY_SIZE(postfix_dirs) : ARRAY_SIZE(qmail_dirs);
    bool fine = true;
    for (size_t i = 0; i < n; i++) {
        const char *path = arena_printf(out->arena, "%s/%s", s->path, dirs[i].name), *what = _("it is not there");
        struct stat st;
        int r = root_stat(l->root, path, &st), state = r == -ENOENT ? STATE_WARN : r < 0 ? -1 : judge_dir(s, &dirs[i], &st, out->arena, &what);
        if (r < 0 && r != -ENOENT)
            not_seen(s, path, r);
        if (state >= 0)
            tell_dir(s, out, (enum state)state, path, what);
        fine &= state < 0;
    }
    return fine;
}

/* --- telling */

static void tell_files(struct sound_seen *s, struct findings *out)
{
    const struct {
        uint64_t n;
        const char *id, *text; /* number, the first one */
    } rows[] = {
        {s->misnamed, s->misnamed_id, N_("%llu messages have names that do not fit their files, as after a copy or a restored backup (%s)")},
        {s->damaged, s->damaged_id, N_("%llu damaged messages were set aside by the mail program (%s)")},
        {s->owned, s->owned_id, N_("%llu messages belong to another user than the queue (%s)")},
        {s->orphans, s->orphan_id, s->kind == SPOOL_QMAIL ? N_("%llu envelopes have no message any more (%s)") : N_("%llu files of reasons have no message any more (%s)")},
    };
    struct finding *f = finding_add(out, STATE_WARN, s->object, _("The mail queue holds files that do not belong together"));
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].n)
            finding_evidence(out, f, s->path, 0, _(rows[i].text), (unsigned long long)rows[i].n, rows[i].id);
    finding_impact(out, f, _("A new message can get the number of an old one, and then the old recipients or reasons; damaged messages are delivered to nobody, and nobody is told."));
    if (s->kind == SPOOL_QMAIL)
        return;
    if (s->misnamed) {
        finding_next(out, f, "postfix stop; postsuper -s; postsuper -s; postfix start");
        finding_next_note(out, f, _("names each message after its file"));
    } else if (s->damaged) {
        finding_next(out, f, "ls -l %s/corrupt", s->path);
        finding_next_note(out, f, _("what can still be read of one: postcat FILE"));
    } else if (s->orphans) {
        finding_next(out, f, "find %s -name %s", s->path, s->orphan_id);
        finding_next_note(out, f, _("shows what is left of one: it may be deleted; no tool of Postfix does"));
    }
}

void sound_look(const struct root *root, struct sound_seen *s, struct findings *out)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(64u << 20);
    struct looking l = {.root = root, .s = s, .arena = a};
    bool fine = look_at_dirs(&l, out), ownerless = s->kind == SPOOL_POSTFIX && !s->owner_known;
    look_at_files(&l);
    if (s->misnamed || s->damaged || s->owned || s->orphans) {
        tell_files(s, out);
    } else if (s->code < 0 || ownerless) {
        struct finding *f = finding_add(out, STATE_UNKNOWN, s->object, _("Not all of the mail queue could be looked at"));
        if (s->code < 0)
            finding_evidence(out, f, arena_dupz(out->arena, s->unseen), 0, "%s", spool_why(s->code));
        if (ownerless)
            finding_evidence(out, f, "/etc/passwd", 0, _("whose the queue must be is not known: mail_owner is no user here"));
        if (geteuid() != 0 && (s->code == -EACCES || s->code == -EPERM))
            finding_next(out, f, "sudo bansho check queue.sound");
    } else if (fine) {
        struct finding *f = finding_add(out, STATE_OK, s->object, _("The directories and files of the mail queue are in order"));
        finding_evidence(out, f, s->path, 0, s->looked < s->total ? _("%llu of %llu messages were looked at, by their names") : _("%llu messages"), (unsigned long long)s->looked, (unsigned long long)s->total);
    }
}

static void find_owner(const struct host *h, const char *name, struct sound_seen *s)
{
    for (size_t i = 0; i < h->users.n && name; i++)
        if (strcmp(h->users.v[i].name, name) == 0) {
            s->owner = h->users.v[i].uid;
            s->owner_known = true;
            return;
        }
}

int queue_sound_probe(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    (void)err;
    struct spools spools = {0};
    const struct host *h = ctx->server->host;
    spools_of(ctx->server, out->arena, &spools);
    for (size_t k = 0; k < spools.n; k++) {
        const struct spool_instance *i = &spools.v[k];
        struct sound_seen s = {.object = i->name, .path = i->path, .kind = i->kind, .now = ctx->now};
        struct spool_count count;
        if (i->kind == SPOOL_EXIM) {
            finding_add(out, STATE_UNKNOWN, i->name, _("The messages in the queue of %s are not read by this version"), spool_kinds[i->kind]->name);
            continue;
        }
        int code = spool_stands(h->root, i->path, i->kind, out->arena, &count);
        code = spool_judged(i, code, &count, out->arena);
        if (count.absent) {
            finding_add(out, STATE_NA, i->name, _("The mail program has never run: it has no queue yet"));
            continue;
        }
        if (i->kind == SPOOL_POSTFIX)
            find_owner(h, setting_value(i->instance, "", "mail_owner", "postfix"), &s);
        if (code == -EXDEV || code == -ESTALE)
            not_seen(&s, count.unseen, code);
        sound_look(h->root, &s, out);
    }
    return 0;
}
