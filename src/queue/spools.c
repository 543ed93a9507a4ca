#include "queue/spools.h"
#include "base/i18n.h"
#include "queue/quarantine.h"
#include <errno.h>

static const char *spool_of(const struct server *s, const struct instance *i, enum spool_kind kind)
{
    static const char *const usual[][3] = {
        [SPOOL_POSTFIX] = {"/var/spool/postfix"}, [SPOOL_QMAIL] = {"/var/qmail/queue", "/var/lib/qmail/queue"}, [SPOOL_EXIM] = {"/var/spool/exim4", "/var/spool/exim"},
    };
    static const char *const keys[] = {[SPOOL_POSTFIX] = "queue_directory", [SPOOL_QMAIL] = "queue", [SPOOL_EXIM] = "spool_directory"};
    const char *set = setting_value(i, "", keys[kind], NULL);
    if (set && set[0] == '/')
        return set;
    for (size_t k = 0; k < 3 && usual[kind][k]; k++)
        if (root_exists(s->host->root, usual[kind][k]))
            return usual[kind][k];
    return usual[kind][0];
}

/* qmail's are made when it is installed, Postfix's when it is started first, Exim's with the first message. */
static bool has_run(const struct server *s, const struct instance *i, enum spool_kind kind, struct arena *a)
{
    const char *data = setting_value(i, "", "data_directory", "/var/lib/postfix");
    return kind == SPOOL_QMAIL || (kind == SPOOL_POSTFIX && (i->running || root_exists(s->host->root, arena_printf(a, "%s/master.lock", data))));
}

int spool_judged(const struct spool_instance *s, int code, struct spool_count *c, struct arena *a)
{
    if (!c->absent || code != -ENOENT)
        return code;
    if (!s->ran)
        return 0;
    c->absent = false;
    c->unseen = arena_dupz(a, s->path);
    return -ESTALE;
}

const char *spool_why(int code)
{
    if (code == -ESTALE)
        return _("none of the queue's directories is there, although the mail program has run: it was emptied, or something is mounted over it");
    return code == -EXDEV ? _("something else is mounted there: the messages of the mail program cannot be seen") : err_name(-code);
}

void spools_of(const struct server *s, struct arena *a, struct spools *ret)
{
    static const struct { const char *product; enum spool_kind kind; } products_with_spool[] = {{"postfix", SPOOL_POSTFIX}, {"qmail", SPOOL_QMAIL}, {"exim", SPOOL_EXIM}};
    const char *first = NULL;
    for (size_t k = 0; k < ARRAY_SIZE(products_with_spool); k++) {
        const struct instance *i;
        const char *product = products_with_spool[k].product;
        for (size_t n = 0; (i = server_instance(s, product, n)); n++) {
            const char *name = i->name[0] || !first || strcmp(first, product) == 0 ? i->name : product;
            enum spool_kind kind = products_with_spool[k].kind;
            *list_push(a, ret) = (struct spool_instance){.name = name, .path = spool_of(s, i, kind), .kind = kind, .instance = i, .ran = has_run(s, i, kind, a)};
            first = first ? first : product;
        }
    }
}

struct spool_place spool_queue_of(const struct root *root, const struct spool_instance *s, struct arena *a)
{
    struct spool_place p = {root, s->path, s->kind};
    if (s->batch)
        p.path = arena_dup(a, str_head(str_of(s->path), strlen(s->path) - strlen("/" QUARANTINE "/") - strlen(s->batch)));
    return p;
}

int spools_quarantined(const struct root *root, struct spools *s, struct arena *a, struct err *err)
{
    struct spools all = {0};
    for (size_t i = 0; i < s->n; i++) {
        const struct spool_place p = {root, s->v[i].path, s->v[i].kind};
        struct quarantine q = {0};
        int r = p.kind == SPOOL_POSTFIX ? quarantine_batches(&p, a, &q, err) : 0;
        if (r < 0)
            return r;
        for (size_t k = 0; k < q.list.n; k++) {
            struct spool_instance *b = list_push(a, &all);
            *b = s->v[i];
            b->batch = q.list.v[k].name;
            b->made = q.list.v[k].made;
            b->path = arena_printf(a, "%s/" QUARANTINE "/%s", p.path, b->batch);
        }
    }
    *s = all;
    return 0;
}

const char *spool_state(const struct spool_instance *s, unsigned state) { return s->batch ? "quarantine" : spool_kinds[s->kind]->states[state]; }
