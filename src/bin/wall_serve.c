/* wall_serve.c: the methods of org.bansho.Wall. */
#include "base/i18n.h"
#include "bin/wall.h"
#include "wire/interfaces.h"
#include "wire/listen.h"
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>

#define PROGRAMS 1u /* the bit of bansho's own programs */
#define PART 500    /* bans of one reply */
#define SERVICES_MOST 64
#define QUIET_MS 2000 /* without a ban: then nobody waits for what the disk takes */

static const char *text_of(json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

static struct str str_of_json(const json_t *s)
{
    return str_span(json_string_value(s), json_string_length(s));
}

static json_t *text(const char *s)
{
    json_t *v = json_string(s);
    return v ? v : json_string("?"); /* what came in was UTF-8, but it may have been cut */
}

/* --- Ban */

static int ban(struct wire_call *call, json_t *parameters, void *arg, struct err *err)
{
    struct guarding *g = arg;
    (void)err;
    if (g->waiting_n == WAITING_MOST)
        wall_answer_waiting(g);
    g->waiting[g->waiting_n++] = (struct waiting){call, json_incref(parameters)};
    return 0;
}

struct asked {
    struct str services[SERVICES_MOST];
    char by[64];
};

static struct wall_request request(const struct waiting *w, struct asked *a)
{
    json_t *p = w->parameters, *services = json_object_get(p, "services"), *until = json_object_get(p, "until");
    struct wall_request q = {.id = text_of(p, "id"), .network = str_of_json(json_object_get(p, "network")), .services = a->services, .why = str_of_json(json_object_get(p, "why")),
                             .has_until = json_is_integer(until), .until = json_integer_value(until), .by = a->by, .ordered = wire_uid(w->call) == 0, .caller = wire_pid(w->call)};
    const struct passwd *user = getpwuid(wire_uid(w->call));
    for (size_t i = 0; i < json_array_size(services) && i < SERVICES_MOST; i++)
        a->services[q.services_n++] = str_of_json(json_array_get(services, i));
    if (user)
        snprintf(a->by, sizeof a->by, "%s", user->pw_name);
    else
        snprintf(a->by, sizeof a->by, "uid %u", wire_uid(w->call));
    return q;
}

/* What was done, or is known: it may be answered when the disk has it. */
struct held {
    struct held *next;
    uint64_t mark;
    size_t n;
    struct { struct wire_call *call; int64_t until; bool known; } calls[];
};

static void answer(struct waiting *w, const struct wall_answer *a, struct held *held)
{
    if (held && a->end != WALL_REFUSED && a->end != WALL_FAILED) {
        held->calls[held->n].call = w->call;
        held->calls[held->n].until = a->until;
        held->calls[held->n++].known = a->end == WALL_KNOWN;
        json_decref(w->parameters);
        return;
    }
    if (a->end == WALL_REFUSED || a->end == WALL_FAILED)
        wire_fail_reason(w->call, a->end == WALL_REFUSED ? "Refused" : "Failed", a->reason);
    else
        wire_fail_reason(w->call, "Failed", err_name(ENOMEM));
    json_decref(w->parameters);
}

static void release(struct held *h, const char *failed)
{
    for (size_t i = 0; i < h->n; i++)
        if (failed)
            wire_fail_reason(h->calls[i].call, "Failed", failed);
        else
            wire_reply(h->calls[i].call, json_pack("{s:I, s:b}", "until", (json_int_t)h->calls[i].until, "known", h->calls[i].known));
    free(h);
}

void wall_answer_kept(struct guarding *g, bool wait)
{
    struct err err = {0};
    uint64_t safe = 0;
    if (wait)
        (void)!wall_keep_all(g->wall, NULL); /* what comes of it is told by wall_keep */
    int r = wall_keep(g->wall, &safe, &err);
    for (struct held *h; (h = g->held) && (r < 0 || h->mark <= safe);) {
        g->held = h->next;
        release(h, h->mark <= safe ? NULL : err.text);
    }
    if (!g->held)
        g->held_end = &g->held;
}

static void on_quiet(uv_timer_t *t)
{
    wall_tidy(((struct guarding *)t->data)->wall);
}

static void hold(struct guarding *g, struct held *held)
{
    if (!held || !held->n) {
        free(held);
        return;
    }
    held->mark = wall_mark(g->wall);
    if (!g->held)
        g->held_end = &g->held;
    *g->held_end = held;
    g->held_end = &held->next;
    wall_answer_kept(g, false);
    if (wall_wants_tidy(g->wall, false))
        wall_tidy(g->wall);
    else if (wall_wants_tidy(g->wall, true))
        uv_timer_start(&g->tidy, on_quiet, QUIET_MS, 0);
}

void wall_answer_waiting(struct guarding *g)
{
    struct waiting waiting[WAITING_MOST];
    struct wall_request requests[WAITING_MOST];
    struct wall_answer answers[WAITING_MOST];
    size_t n = g->waiting_n;
    if (!n)
        return;
    struct asked *asked = calloc(n, sizeof *asked);
    struct held *held = calloc(1, sizeof *held + n * sizeof held->calls[0]);
    wall_look_again(g);
    memcpy(waiting, g->waiting, n * sizeof *waiting);
    g->waiting_n = 0; /* an answer may bring the next call */
    bool memory = asked && held;
    for (size_t i = 0; memory && i < n; i++)
        requests[i] = request(&waiting[i], &asked[i]);
    if (memory)
        wall_ban(g->wall, requests, n, answers);
    for (size_t i = 0; i < n; i++) {
        if (!memory) {
            answers[i] = (struct wall_answer){.end = WALL_FAILED};
            snprintf(answers[i].reason, sizeof answers[i].reason, "%s", err_name(ENOMEM));
        }
        answer(&waiting[i], &answers[i], held);
    }
    free(asked);
    hold(g, held);
    wall_tell(g);
    wall_look(g);
}

/* --- Unban, UnbanAll */

static int lift(struct guarding *g, struct wire_call *call, bool all, struct str network, struct err *err)
{
    int64_t removed = 0;
    wall_answer_waiting(g); /* what was asked for before comes before */
    int r = wall_unban(g->wall, all, network, &removed, err);
    wall_look(g);
    if (r == -EINVAL) {
        wire_fail_reason(call, "Refused", err->text);
        return 0;
    }
    if (r == 0)
        wire_reply(call, json_pack("{s:I}", "removed", (json_int_t)removed));
    return r;
}

static int unban(struct wire_call *call, json_t *parameters, void *arg, struct err *err)
{
    return lift(arg, call, false, str_of_json(json_object_get(parameters, "network")), err);
}

static int unban_all(struct wire_call *call, json_t *parameters, void *arg, struct err *err)
{
    (void)parameters;
    return lift(arg, call, true, str_of(""), err);
}

/* --- List */

struct listing {
    struct guarding *g;
    struct prefix network;
    struct wall_page page;
    struct arena *last, *arena; /* of the part before, in which page.after_* lie */
};

static void listing_done(void *arg)
{
    struct listing *l = arg;
    arena_free(l->last);
    arena_free(l->arena);
    free(l);
}

static json_t *entry(const struct ban *b)
{
    char network[NETWORK_TEXT];
    json_t *services = json_array();
    struct str rest = str_of(b->services), name;
    while (rest.n && str_field(&rest, ',', &name))
        json_array_append_new(services, json_stringn(name.p, name.n));
    return json_pack("{s:s, s:o, s:I, s:I, s:I, s:o, s:o}", "network", network_text(&b->network, network), "services", services, "since", (json_int_t)b->since, "until",
                     (json_int_t)b->until, "times", (json_int_t)b->times, "why", text(b->why), "by", text(b->by));
}

/* The next part; *ret_end: it is the last one. NULL: it failed. */
static json_t *part(struct listing *l, bool *ret_end, struct err *err)
{
    struct arena *a = l->last;
    struct ban_list rows = {0};
    l->last = l->arena;
    l->arena = a;
    arena_reset(a);
    if (wall_page(l->g->wall, &l->page, a, &rows, ret_end, err) < 0)
        return NULL;
    json_t *list = json_array();
    for (size_t i = 0; i < rows.bans.n; i++)
        json_array_append_new(list, entry(&rows.bans.v[i]));
    return json_pack("{s:o}", "bans", list);
}

static void next_part(struct wire_call *call, void *arg)
{
    bool end = false;
    struct err err = {0};
    json_t *p = part(arg, &end, &err);
    if (!p)
        wire_fail_reason(call, "Failed", err.text);
    else if (end)
        wire_reply(call, p);
    else
        (void)!wire_more(call, p);
}

static int whole(struct wire_call *call, struct listing *l, struct err *err)
{
    bool end = false;
    l->page.max = (size_t)PART * 20; /* one message has a limit; who wants all of it asks for parts */
    json_t *p = part(l, &end, err);
    listing_done(l);
    if (p && !end) {
        json_decref(p);
        return err_set(err, -EMSGSIZE, "%s", _("there are too many for one answer: ask for parts (\"more\")"));
    }
    if (!p)
        return -EIO;
    wire_reply(call, p);
    return 0;
}

static int list(struct wire_call *call, json_t *parameters, void *arg, struct err *err)
{
    json_t *network = json_object_get(parameters, "network");
    struct listing *l = calloc(1, sizeof *l);
    if (!l)
        return -ENOMEM;
    *l = (struct listing){.g = arg, .page = {.after_network = "", .after_services = "", .max = PART}, .last = arena_new(32u << 20), .arena = arena_new(32u << 20)};
    wall_answer_waiting(arg);
    if (json_is_string(network)) {
        if (!prefix_parse(str_of_json(network), true, &l->network)) {
            listing_done(l);
            wire_fail_reason(call, "Refused", _("this is no network: an address, or a prefix whose other bits are 0"));
            return 0;
        }
        l->page.network = &l->network;
    }
    if (!wire_wants_more(call))
        return whole(call, l, err);
    wire_stream(call, next_part, listing_done, l);
    return 0;
}

/* --- Status */

static int status(struct wire_call *call, json_t *parameters, void *arg, struct err *err)
{
    struct guarding *g = arg;
    struct wall_status s;
    (void)parameters;
    wall_answer_waiting(g);
    int r = wall_status(g->wall, &s, err);
    if (r < 0)
        return r;
    wire_reply(call, json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o*, s:o*}", "bans", (json_int_t)s.bans, "in_kernel", (json_int_t)s.in_kernel, "refused", (json_int_t)s.refused,
                               "healed", (json_int_t)s.healed, "ended", (json_int_t)s.ended, "dropped_for_room", (json_int_t)s.dropped_for_room, "last_healed_by",
                               s.last_healed_by ? text(s.last_healed_by) : NULL, "trouble", s.trouble ? text(s.trouble) : NULL));
    return 0;
}

static const struct wire_method methods[] = {
    {"Ban", PROGRAMS, ban, .together = true},     {"Unban", 0, unban, false},           {"UnbanAll", 0, unban_all, false},
    {"List", PROGRAMS, list, false},   {"Status", PROGRAMS, status, false},
};

int wall_serve(struct guarding *g, struct err *err)
{
    const struct passwd *watch = getpwnam("bansho");
    const struct group *group = getgrnam("bansho");
    g->watch = (struct wire_role){watch ? watch->pw_uid : 0, PROGRAMS};
    const struct wire_interface interfaces[] = {{interface_wall(), methods, ARRAY_SIZE(methods)}};
    int fd = listen_inherited(err);
    if (fd == -ENOENT && g->c->listen)
        fd = listen_own(g->c->listen, 0660, geteuid() == 0 && group ? group->gr_gid : (gid_t)-1, err);
    if (fd < 0)
        return fd == -ENOENT ? err_set(err, fd, "%s", _("no socket was handed over, and none was named (--socket)")) : fd;
    struct wire_options o = {.vendor = "bansho", .product = "bansho-wall", .version = BANSHO_VERSION, .interfaces = interfaces, .interfaces_n = 1, .roles = &g->watch, .roles_n = 1, .arg = g};
    return wire_server_new(&g->loop, fd, &o, &g->server, err);
}
