#include "site/exposed.h"
#include "base/i18n.h"
#include "dialogue/dialogue.h"
#include "site/exposed_search.h"
#include "site/exposed_targets.h"

#define ASK_MS 12000      /* all sites */
#define SITE_MS 4000      /* one site */
#define SHOWN_REFUSED 5

/* What one endpoint of a target said to each of its candidates. */
struct said {
    enum trouble trouble;
    int control;           /* status */
    struct {
        int status;
        bool proved, trouble;
    } of[TARGET_CANDIDATES];
};

struct asked {
    const struct probe_ctx *ctx;
    const struct targets *targets;
};

static struct exposed_answer answer_of(const struct http_answer *a)
{
    return (struct exposed_answer){a->status, a->length, str_of(a->type), str_span(a->body, a->body_n)};
}

/* A name out of a configuration file may hold anything; what is no host name is not sent as one. */
static bool is_host(const char *name)
{
    for (const char *p = name; *p; p++)
        if ((unsigned char)*p <= 0x20 || *p == 0x7f)
            return false;
    return *name != 0;
}

/* The control first. */
static struct http_question question(const struct asked *job, const struct target_ask *q, struct arena *a)
{
    const struct target *t = &job->targets->list.v[q->target];
    struct http_request *requests = arena_zalloc(a, (t->candidates.n + 1) * sizeof *requests);
    struct http_question ret = {.request = requests, .n = t->candidates.n + 1};
    char address[ADDR_TEXT];
    requests[0] = (struct http_request){"GET", arena_printf(a, "/bansho-probe-%s.txt", job->ctx->run)};
    for (size_t k = 0; k < t->candidates.n; k++)
        requests[k + 1] = (struct http_request){"GET", http_path(a, str_of(t->candidates.v[k].url))};
    exposed_address(job->ctx->server->host, q->site, &ret.at);
    ret.at.timeout_ms = SITE_MS;
    ret.at.alike = (unsigned)(q - job->targets->asks.v) + 1; /* site.tls looks at the certificate */
    ret.host = is_host(t->name) ? t->name : arena_dupz(a, addr_text(&ret.at.addr, address));
    return ret;
}

static void understand(const struct target *t, const struct http_seen *seen, struct said *said)
{
    said->trouble = seen->answers ? seen->answer[0].trouble : seen->trouble ? seen->trouble : TROUBLE_CLOSED;
    said->control = seen->answers ? seen->answer[0].status : 0;
    for (size_t k = 0; k < t->candidates.n; k++) {
        bool answered = k + 1 < seen->answers && seen->answer[k + 1].status;
        said->of[k].trouble = !answered;
        if (!answered || said->trouble)
            continue;
        const struct target_candidate *c = &t->candidates.v[k];
        struct exposed_answer got = answer_of(&seen->answer[k + 1]), control = answer_of(&seen->answer[0]);
        said->of[k].status = got.status;
        said->of[k].proved = exposed_proved(exposed_kinds[c->found->id].proof, c->found->head, c->found->size, &got, &control);
    }
}

static int ask(const struct asked *job, struct arena *a, struct said *ret, struct err *err)
{
    const struct targets *targets = job->targets;
    size_t n = targets->asks.n;
    struct http_question *q = arena_zalloc(a, (n + 1) * sizeof *q);
    struct http_seen *seen = arena_zalloc(a, (n + 1) * sizeof *seen);
    for (size_t i = 0; i < n; i++)
        q[i] = question(job, &targets->asks.v[i], a);
    int r = http_ask_many(q, n, ASK_MS, a, seen, err);
    for (size_t i = 0; r == 0 && i < n; i++)
        understand(&targets->list.v[targets->asks.v[i].target], &seen[i], &ret[i]);
    return r;
}

const char *exposed_move(struct arena *a, const char *path)
{
    for (const char *p = path; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == '\'' || *p == 0x7f || (unsigned char)*p >= 0x80)
            return NULL;
    return arena_printf(a, "mkdir -p -m 700 /root/not-for-the-web && mv -n -- '%s' /root/not-for-the-web/", path);
}

/* A version history stays where it is, and only its owner may look into it. */
static const char *shut(struct arena *a, const char *path)
{
    return exposed_move(a, path) ? arena_printf(a, "chmod 700 -- '%s'", path) : NULL;
}

static void tell(struct findings *out, const struct target *t, size_t k, const struct target_ask *q)
{
    const struct target_candidate *c = &t->candidates.v[k];
    const struct exposed_kind *kind = &exposed_kinds[c->found->id];
    struct arena *a = out->arena;
    const char *object = arena_printf(a, "%s%s", target_title(t), c->object);
    struct finding *f = finding_add(out, kind->state, object, _(kind->title), object);
    f->severity = kind->severity;
    finding_evidence(out, f, c->path, 0, _("GET %s on port %u gave 200 and what lies there; a name that does not exist gave %d"), c->url, q->site->port, q->control);
    finding_impact(out, f, "%s", _(kind->impact));
    const char *move = kind->move ? exposed_move(a, c->path) : c->found->id == EXPOSED_HISTORY ? shut(a, c->path) : NULL;
    if (move)
        finding_next(out, f, "%s", move);
}

/* What one target's endpoints said, taken together. */
static void judge(struct findings *out, struct targets *targets, size_t n, const struct said *said)
{
    const struct target *t = &targets->list.v[n];
    bool bad = false, open = false;
    enum trouble trouble = TROUBLE_NONE;
    for (size_t k = 0; k < t->candidates.n; k++) {
        for (size_t i = 0; i < targets->asks.n; i++) {
            struct target_ask *q = &targets->asks.v[i];
            if (q->target != n || !said[i].of[k].proved)
                continue;
            q->control = said[i].control;
            tell(out, t, k, q);
            bad = true;
            break;
        }
    }
    for (size_t i = 0; i < targets->asks.n; i++) {
        if (targets->asks.v[i].target != n)
            continue;
        if (said[i].trouble)
            trouble = said[i].trouble;
        for (size_t k = 0; !said[i].trouble && k < t->candidates.n; k++)
            open |= said[i].of[k].trouble;
    }
    if (trouble || open) {
        struct finding *f = finding_add(out, STATE_UNKNOWN, target_title(t), _("%s did not answer every question"), target_title(t));
        finding_evidence(out, f, NULL, 0, "%s", trouble ? trouble_text(trouble) : _("some requests stayed without an answer"));
        return;
    }
    if (bad)
        return;
    struct finding *f = finding_add(out, STATE_OK, target_title(t), _("Nothing that must be hidden can be fetched from %s"), target_title(t));
    size_t shown = 0;
    for (size_t i = 0; i < targets->asks.n; i++)
        for (size_t k = 0; targets->asks.v[i].target == n && k < t->candidates.n && shown < SHOWN_REFUSED; k++, shown++)
            finding_evidence(out, f, t->candidates.v[k].path, 0, _("GET %s on port %u: %d"), t->candidates.v[k].url, targets->asks.v[i].site->port, said[i].of[k].status);
    if (!t->candidates.n) {
        f->basis = BASIS_FILES;
        finding_evidence(out, f, t->dir, 0, "%s", _("nothing of the kind lies in the document root"));
    }
}

static void not_looked(struct findings *out, const struct targets *targets, const struct exposed_found *found, const struct root *root)
{
    for (size_t i = 0; i < found->cut.n; i++) {
        struct finding *f = finding_add(out, STATE_UNKNOWN, targets->dirs.v[found->cut.v[i]], _("Not all of the web directory %s was looked at"), targets->dirs.v[found->cut.v[i]]);
        finding_evidence(out, f, NULL, 0, "%s", _("too many files, or too slow"));
    }
    for (size_t i = 0; i < found->unreadable.n; i++) {
        const char *dir = targets->dirs.v[found->unreadable.v[i]];
        if (!root_exists(root, dir))
            continue;
        struct finding *f = finding_add(out, STATE_UNKNOWN, dir, _("Not all of the web directory %s was looked at"), dir);
        finding_evidence(out, f, NULL, 0, "%s", _("no permission to read it"));
    }
}

int site_exposed(const struct probe_ctx *ctx, struct findings *out, struct err *err)
{
    struct arena *a = out->arena;
    struct targets targets = {0};
    struct exposed_found found = {0};
    if (ctx->server->sites_seen.code < 0)
        finding_add(out, STATE_UNKNOWN, "", _("The sites of this server could not be seen: %s"), ctx->server->sites_seen.why);
    targets_collect(ctx->server, a, &targets);
    if (!targets.list.n)
        return 0;
    int r = exposed_search(ctx->server->host->root, targets.dirs.v, targets.dirs.n, a, &found, err);
    if (r < 0)
        return r;
    targets_fill(&targets, &found, a);
    not_looked(out, &targets, &found, ctx->server->host->root);
    struct said *said = arena_zalloc(a, (targets.asks.n + 1) * sizeof *said);
    struct asked job = {ctx, &targets};
    r = ask(&job, a, said, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < targets.list.n; i++)
        judge(out, &targets, i, said);
    return 0;
}
