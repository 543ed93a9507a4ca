/* watch_serve.c: what bansho-watch answers: org.bansho.Watch. */
#include "base/buf.h"
#include "base/clock.h"
#include "bin/watch_loop.h"
#include "wire/interfaces.h"
#include "wire/listen.h"
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define ARENA_MAX (64u << 20)
#define PART 500

/* Text of strangers; where it is not UTF-8, what is not ASCII in it becomes "?". NULL: null. */
static json_t *text(const char *s)
{
    _cleanup_(buf_free) struct buf b = BUF(65536);
    json_t *r = s ? json_string(s) : json_null();
    for (const char *p = s; !r && *p; p++)
        buf_addc(&b, (unsigned char)*p < 0x80 ? *p : '?');
    return r ? r : json_string(b.p ? b.p : "");
}

static json_t *number(uint64_t n) { return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n); }

static json_t *source(const struct feed_source *s)
{
    struct str object = str_of(s->service->object), first = object;
    (void)str_field(&object, ' ', &first);
    return json_pack("{s:s%, s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:b}", "service", first.p, first.n, "product", s->service->product, "kind", source_kind_name(s->kind), "filtered", s->filtered,
                     "lines", number(s->lines), "events", number(s->events), "undated", number(s->undated), "last_line",
                     s->read_us ? json_integer(s->read_us / 1000000) : json_null(), "lag_ms", s->events ? json_integer(s->lag_us / 1000) : json_null(),
                     "unparsed", s->unparsed, "last_understood", s->understood_us ? json_integer(s->understood_us / 1000000) : json_null(), "silent", s->silent);
}

static int status(struct wire_call *call, json_t *parameters, void *arg, struct err *err)
{
    struct working *w = arg;
    struct watch_status s;
    json_t *sources = json_array();
    (void)parameters;
    (void)err;
    watch_status(w->watch, &s);
    for (size_t i = 0; i < s.sources_n; i++)
        json_array_append_new(sources, source(&s.sources[i]));
    json_t *kinds = json_array();
    for (enum verdict_kind k = VERDICT_ADDRESS; k < VERDICT_KINDS; k++)
        json_array_append_new(kinds, json_pack("{s:s, s:o}", "name", response_to(k)->name, "number", number(s.diary.kinds[k])));
    wire_reply(call, json_pack("{s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:i, s:i, s:o}", "since", (json_int_t)s.since, "mode", s.observe ? "observe" : "act",
                               "lines", number(s.lines), "followed", number(s.followed), "lag_ms", number((uint64_t)(s.lag_us > 0 ? s.lag_us / 1000 : 0)), "events", number(s.events), "probes", number(s.probes), "verdicts", number(s.diary.verdicts), "kinds", kinds, "waiting", number(s.diary.waiting),
                               "done", number(s.diary.done), "observed", number(s.diary.observed), "refused", number(s.diary.refused), "late", number(s.diary.late), "unkept",
                               number(s.diary.unkept), "lost", number(s.diary.lost), "beyond", number(s.beyond), "failing", s.diary.failing, "failures", number(s.send_failures), "canaries", number(s.canaries), "unparsed", (int)s.unparsed, "silent", (int)s.silent, "sources", sources));
    return 0;
}

static int forgive(struct wire_call *call, json_t *parameters, void *arg, struct err *err)
{
    struct working *w = arg;
    struct prefix who;
    size_t n = 0;
    if (!prefix_parse(str_of(json_string_value(json_object_get(parameters, "network"))), false, &who))
        return err_set(err, -EINVAL, "%s", _("this is no network"));
    int r = watch_forgive(w->watch, &who, &n, err);
    if (r == 0)
        wire_reply(call, json_pack("{s:o}", "forgotten", number(n)));
    return r;
}

static int forgive_all(struct wire_call *call, json_t *parameters, void *arg, struct err *err)
{
    struct working *w = arg;
    static const struct prefix all[] = {{.length = 0}, {.addr = {.v6 = 1}, .length = 0}};
    size_t n[2] = {0};
    int r = 0;
    (void)parameters;
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(all); i++)
        r = watch_forgive(w->watch, &all[i], &n[i], err);
    if (r == 0)
        wire_reply(call, json_pack("{s:o}", "forgotten", number(n[0] + n[1])));
    return r;
}

static json_t *event(const struct diary_shown_event *e)
{
    return json_pack("{s:I, s:s, s:o, s:o, s:i, s:o, s:o, s:b}", "time_us", (json_int_t)e->time_us, "kind", e->kind, "address", text(e->address), "account", text(e->account), "attempts",
                     (int)e->attempts, "filter", text(e->filter ? e->filter : ""), "log", text(e->log ? e->log : ""), "probe", e->probe);
}

/* Part after part, while the caller reads. */
struct asking {
    struct working *w;
    struct addr of;
    char *account; /* NULL: of the address */
    enum event_kind kind;
    struct arena *a;
    struct diary_page page;
};

static void asking_done(void *arg)
{
    struct asking *q = arg;
    arena_free(q->a);
    free(q->account);
    free(q);
}

/* The newest part first; within it the newest last, as one reads. */
static json_t *part(struct asking *q)
{
    json_t *list = json_array();
    struct err err = {0};
    arena_reset(q->a);
    q->page.end = true;
    struct diary *d = watch_diary(q->w->watch);
    if ((q->account ? diary_events_of_account(d, q->account, q->kind, PART, q->a, &q->page, &err) : diary_events(d, &q->of, PART, q->a, &q->page, &err)) < 0)
        watch_say(err.text);
    for (size_t i = q->page.events.n; i-- > 0;)
        json_array_append_new(list, event(&q->page.events.v[i]));
    return json_pack("{s:o}", "events", list);
}

static void next_part(struct wire_call *call, void *arg)
{
    struct asking *q = arg;
    json_t *list = part(q);
    if (q->page.end)
        wire_reply(call, list);
    else
        (void)!wire_more(call, list);
}

static bool address_of(json_t *parameters, struct addr *ret, struct err *err)
{
    if (addr_parse(str_of(json_string_value(json_object_get(parameters, "address"))), ret))
        return true;
    (void)err_set(err, -EINVAL, "%s", _("this is no address"));
    return false;
}

/* Takes q over. */
static int answer_events(struct wire_call *call, struct asking *q, struct err *err)
{
    int r = watch_save(q->w->watch, err);
    if (r < 0) {
        asking_done(q);
        return r;
    }
    if (wire_wants_more(call)) {
        wire_stream(call, next_part, asking_done, q);
        return 0;
    }
    wire_reply(call, part(q));
    asking_done(q);
    return 0;
}

static int events(struct wire_call *call, json_t *parameters, void *arg, struct err *err)
{
    struct addr of;
    if (!address_of(parameters, &of, err))
        return -EINVAL;
    struct asking *q = calloc(1, sizeof *q);
    if (!q)
        return -ENOMEM;
    *q = (struct asking){.w = arg, .of = of, .a = arena_new(ARENA_MAX)};
    return answer_events(call, q, err);
}

static int events_of_account(struct wire_call *call, json_t *parameters, void *arg, struct err *err)
{
    const char *account = json_string_value(json_object_get(parameters, "account"));
    enum event_kind kind;
    if (!event_kind_of(str_of(json_string_value(json_object_get(parameters, "kind"))), &kind))
        return err_set(err, -EINVAL, "%s", _("there is no such kind of event"));
    struct asking *q = calloc(1, sizeof *q);
    if (!q || !(q->account = strdup(account ? account : ""))) {
        free(q);
        return -ENOMEM;
    }
    q->w = arg;
    q->kind = kind;
    q->a = arena_new(ARENA_MAX);
    return answer_events(call, q, err);
}

static json_t *verdict(const struct diary_shown_verdict *v)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:i, s:i, s:o, s:o, s:b, s:o, s:o}", "id", v->id, "kind", response_to(v->kind)->name, "looks", verdict_looks_name(v->looks), "network",
                     v->network, "account", text(v->account), "time_us", (json_int_t)v->time_us, "until", (json_int_t)v->until, "count", (int)v->count, "times", (int)v->times, "filter",
                     text(v->filter ? v->filter : ""), "log", text(v->log ? v->log : ""), "forgiven", v->forgiven, "state", text(v->state), "reason", text(v->reason));
}

static int verdicts(struct wire_call *call, json_t *parameters, void *arg, struct err *err)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(ARENA_MAX);
    struct diary_verdicts all = {0};
    struct addr of;
    if (!address_of(parameters, &of, err))
        return -EINVAL;
    int r = watch_save(((struct working *)arg)->watch, err);
    if (r == 0)
        r = diary_verdicts_of(watch_diary(((struct working *)arg)->watch), &of, PART, a, &all, err);
    if (r < 0)
        return r;
    json_t *list = json_array();
    for (size_t i = all.list.n; i-- > 0;)
        json_array_append_new(list, verdict(&all.list.v[i]));
    wire_reply(call, json_pack("{s:o}", "verdicts", list));
    return 0;
}

static json_t *moment(int64_t us) { return us ? json_integer((json_int_t)us) : json_null(); }

static int self_test(struct wire_call *call, json_t *parameters, void *arg, struct err *err)
{
    const struct canary *c = NULL;
    struct addr of;
    char who[ADDR_TEXT + 4];
    if (!address_of(parameters, &of, err))
        return -EINVAL;
    int r = watch_canary(((struct working *)arg)->watch, &of, json_integer_value(json_object_get(parameters, "seconds")), &c, err);
    if (r < 0)
        return r;
    static const struct canary none;
    bool lives = c, decided = c && c->id[0];
    c = c ? c : &none;
    wire_reply(call, json_pack("{s:b, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "lives", lives, "events", (int)c->events, "failed_us", moment(c->failed_us), "read_us", moment(c->read_us),
                               "answered_us", moment(c->answered_us), "network", text(decided ? prefix_text(&c->who, who) : NULL), "state",
                               text(decided ? post_state_name(c->state) : NULL), "reason", text(decided && c->reason[0] ? c->reason : NULL)));
    return 0;
}

/* Of how long ago is told to one who was told nothing yet. */
#define SINCE_US (DAY * 1000000ll)

static int since(struct wire_call *call, json_t *parameters, void *arg, struct err *err)
{
    struct working *w = arg;
    _cleanup_(arena_freep) struct arena *a = arena_new(ARENA_MAX);
    struct diary_news news;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int r = watch_save(w->watch, err);
    if (r == 0)
        r = diary_since(watch_diary(w->watch), json_string_value(json_object_get(parameters, "diary")), json_integer_value(json_object_get(parameters, "after")),
                        now.tv_sec * 1000000ll - SINCE_US, PART, a, &news, err);
    if (r < 0)
        return r;
    json_t *list = json_array();
    for (size_t i = 0; i < news.list.n; i++)
        json_array_append_new(list, verdict(&news.list.v[i]));
    wire_reply(call, json_pack("{s:s, s:I, s:b, s:o}", "diary", news.diary, "last", (json_int_t)news.last, "more", news.more, "verdicts", list));
    return 0;
}

/* Who failed where is root's business; how it goes is anybody's. */
static const struct wire_method methods[] = {
    {"Status", WIRE_ANYONE, status, false},
    {"Forgive", 0, forgive, false},
    {"ForgiveAll", 0, forgive_all, false},
    {"Events", 0, events, false},
    {"EventsOfAccount", 0, events_of_account, false},
    {"Verdicts", 0, verdicts, false},
    {"Since", 0, since, false},
    {"SelfTest", 0, self_test, false},
};

int watch_serve(struct working *w, struct err *err)
{
    int fd = w->c->listen ? listen_own(w->c->listen, 0600, (gid_t)-1, err) : listen_inherited(err);
    if (fd < 0)
        return fd == -ENOENT && !w->c->listen ? 0 : fd;
    const struct wire_interface interfaces[] = {{interface_watch(), methods, ARRAY_SIZE(methods)}};
    struct wire_options o = {.vendor = "bansho", .product = "bansho-watch", .version = BANSHO_VERSION, .interfaces = interfaces, .interfaces_n = 1, .arg = w};
    return wire_server_new(&w->loop, fd, &o, &w->server, err);
}
