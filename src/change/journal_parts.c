#include "change/journal_parts.h"
#include "base/digest.h"
#include "change/change_acts.h"
#include <errno.h>
#include <stdio.h>

static const char *const events[EVENT_COUNT] = {"step", "done", "applied", "back", "reverted", "rolled-back", "undo", "undone", "expired"};
static const char *const types[STEP_TYPE_COUNT] = {"file", "mode", "link", "directory", "command", "unit", "test", "settle", "manager"};
static const char *const nodes[NODE_TYPE_COUNT] = {"absent", "file", "link", "directory"};
static const char *const statuses[CHANGE_STATUS_COUNT] = {"begun", "applied", "rolled-back", "undoing", "undone", "damaged", "expired"};

const char *change_status_name(enum change_status s) { return statuses[s]; }
const char *event_name(enum journal_event e) { return events[e]; }

static bool index_of(const char *const *names, size_t n, struct str name, unsigned *ret)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(name, str_of(names[i]))) {
            *ret = (unsigned)i;
            return true;
        }
    return false;
}

int event_by_name(struct str name, enum journal_event *ret)
{
    unsigned i;
    if (!index_of(events, EVENT_COUNT, name, &i))
        return -EINVAL;
    *ret = (enum journal_event)i;
    return 0;
}

/* --- bytes --- */

json_t *bytes_json(struct str s)
{
    json_t *j = json_stringn(s.p ? s.p : "", s.n);
    if (j)
        return j;
    struct buf b = BUF(2 * s.n + 1);
    for (size_t i = 0; i < s.n; i++)
        buf_printf(&b, "%02x", (unsigned char)s.p[i]);
    j = json_pack("{s:s#}", "hex", b.p ? b.p : "", b.n);
    buf_free(&b);
    return j;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool bytes_of_json(const json_t *j, struct arena *a, struct str *ret)
{
    if (json_is_string(j)) {
        struct str s = str_span(json_string_value(j), json_string_length(j));
        *ret = str_span(arena_dup(a, s), s.n);
        return true;
    }
    const json_t *hex = json_object_get(j, "hex");
    size_t n = json_string_length(hex);
    const char *p = json_string_value(hex);
    if (!p || n % 2)
        return false;
    char *out = arena_zalloc(a, n / 2 + 1);
    for (size_t i = 0; i < n / 2; i++) {
        int high = hex_digit(p[2 * i]), low = hex_digit(p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (char)(high << 4 | low);
    }
    *ret = str_span(out, n / 2);
    return true;
}

/* --- nodes and steps --- */

static json_t *node_json(const struct node *n)
{
    json_t *j = json_pack("{s:s}", "type", nodes[n->type]);
    if (n->type == NODE_ABSENT)
        return j;
    json_object_set_new(j, "mode", json_sprintf("%04o", n->mode));
    json_object_set_new(j, "uid", json_integer(n->uid));
    json_object_set_new(j, "gid", json_integer(n->gid));
    json_object_set_new(j, "mtime", json_sprintf("%lld.%09lld", (long long)n->mtime_s, (long long)n->mtime_ns));
    if (n->xattrs.n)
        json_object_set_new(j, "xattrs", bytes_json(n->xattrs));
    if (n->type == NODE_LINK)
        json_object_set_new(j, "target", bytes_json(n->content));
    return j;
}

static bool unsigned_of(const json_t *j, unsigned *ret)
{
    json_int_t v = json_integer_value(j);
    if (!json_is_integer(j) || v < 0 || v > UINT32_MAX)
        return false;
    *ret = (unsigned)v;
    return true;
}

static bool mode_of(const json_t *j, unsigned *ret)
{
    const char *p = json_string_value(j);
    unsigned v = 0;
    if (!p || !*p || strlen(p) > 5)
        return false;
    for (; *p; p++) {
        if (*p < '0' || *p > '7')
            return false;
        v = v << 3 | (unsigned)(*p - '0');
    }
    *ret = v;
    return v <= 07777;
}

static bool time_of(const json_t *j, struct node *n)
{
    struct str rest = str_span(json_string_value(j), json_string_length(j)), s;
    uint64_t seconds, nanos;
    bool before_epoch = rest.n && *rest.p == '-';
    rest = str_from(rest, before_epoch);
    if (!str_field(&rest, '.', &s) || !str_u64(s, INT64_MAX, &seconds) || !str_u64(rest, 999999999, &nanos))
        return false;
    n->mtime_s = before_epoch ? -(int64_t)seconds : (int64_t)seconds;
    n->mtime_ns = (int64_t)nanos;
    return true;
}

static bool node_of_json(const json_t *j, struct arena *a, struct node *ret)
{
    struct node n = {0};
    unsigned type;
    const json_t *xattrs = json_object_get(j, "xattrs"), *t = json_object_get(j, "type");
    if (!json_is_string(t) || !index_of(nodes, NODE_TYPE_COUNT, str_of(json_string_value(t)), &type))
        return false;
    n.type = (enum node_type)type;
    if (n.type != NODE_ABSENT &&
        (!mode_of(json_object_get(j, "mode"), &n.mode) || !unsigned_of(json_object_get(j, "uid"), &n.uid) || !unsigned_of(json_object_get(j, "gid"), &n.gid) ||
         !time_of(json_object_get(j, "mtime"), &n) || (xattrs && !bytes_of_json(xattrs, a, &n.xattrs)) ||
         (n.type == NODE_LINK && !bytes_of_json(json_object_get(j, "target"), a, &n.content))))
        return false;
    *ret = n;
    return true;
}

static json_t *times_json(const struct path_times *t)
{
    json_t *j = json_object();
    for (size_t i = 0; i < t->list.n; i++) {
        const struct path_time *x = &t->list.v[i];
        json_object_set_new(j, x->path, json_sprintf("%lld.%09ld", (long long)x->time.tv_sec, x->time.tv_nsec));
    }
    return j;
}

static bool times_of_json(json_t *j, struct arena *a, struct path_times *ret)
{
    const char *path;
    json_t *value;
    json_object_foreach(j, path, value) {
        struct node n = {0};
        if (*path != '/' || !time_of(value, &n))
            return false;
        *list_push(a, &ret->list) = (struct path_time){arena_dupz(a, path), {.tv_sec = (time_t)n.mtime_s, .tv_nsec = (long)n.mtime_ns}};
    }
    return true;
}

static json_t *argv_json(const char *const *argv)
{
    json_t *j = json_array();
    for (; *argv; argv++)
        json_array_append_new(j, bytes_json(str_of(*argv)));
    return j;
}

static bool argv_of_json(const json_t *j, struct arena *a, const char *const **ret)
{
    size_t n = json_array_size(j);
    if (!json_is_array(j) || n == 0 || n > 4096)
        return false;
    const char **argv = arena_zalloc(a, (n + 1) * sizeof *argv);
    for (size_t i = 0; i < n; i++) {
        struct str s;
        if (!bytes_of_json(json_array_get(j, i), a, &s))
            return false;
        argv[i] = s.p;
    }
    *ret = argv;
    return true;
}

json_t *step_json(const struct step *s)
{
    json_t *j = json_pack("{s:s}", "type", types[s->type]);
    if (s->path) {
        json_object_set_new(j, "path", bytes_json(str_of(s->path)));
        json_object_set_new(j, "before", node_json(&s->before));
        json_object_set_new(j, "after", node_json(&s->after));
    }
    if (s->act)
        json_object_set_new(j, "act", json_string(s->act->name));
    if (s->argv)
        json_object_set_new(j, "command", argv_json(s->argv));
    if (s->inverse)
        json_object_set_new(j, "inverse", argv_json(s->inverse));
    if (s->ready)
        json_object_set_new(j, "ready", argv_json(s->ready));
    if (s->unit) {
        json_object_set_new(j, "unit", bytes_json(str_of(s->unit)));
        json_object_set_new(j, "verb", json_string(unit_verb_name(s->verb)));
    }
    if (s->unit) {
        json_object_set_new(j, "was_active", json_boolean(strcmp(s->unit_before.active, "active") == 0));
        json_object_set_new(j, "was_enabled", json_boolean(strcmp(s->unit_before.file, "enabled") == 0));
    }
    if (s->times.list.n)
        json_object_set_new(j, "times", times_json(&s->times));
    if (s->secret)
        json_object_set_new(j, "secret", json_true());
    if (s->what)
        json_object_set_new(j, "what", bytes_json(str_of(s->what)));
    return j;
}

static bool text_of_json(const json_t *j, struct arena *a, const char **ret)
{
    struct str s;
    if (!j)
        return true;
    if (!bytes_of_json(j, a, &s) || memchr(s.p, 0, s.n))
        return false;
    *ret = s.p;
    return true;
}

bool step_of_json(const json_t *j, struct arena *a, struct step *ret)
{
    struct step s = {0};
    unsigned type;
    const json_t *t = json_object_get(j, "type"), *command = json_object_get(j, "command"), *inverse = json_object_get(j, "inverse"), *ready = json_object_get(j, "ready");
    if (!json_is_string(t) || !index_of(types, STEP_TYPE_COUNT, str_of(json_string_value(t)), &type))
        return false;
    s.type = (enum step_type)type;
    bool has_path = s.type <= STEP_DIRECTORY, has_unit = s.type == STEP_UNIT || s.type == STEP_SETTLE, has_command = s.type == STEP_COMMAND || s.type == STEP_TEST;
    if (!text_of_json(json_object_get(j, "path"), a, &s.path) || !text_of_json(json_object_get(j, "unit"), a, &s.unit) || !text_of_json(json_object_get(j, "what"), a, &s.what) || !text_of_json(json_object_get(j, "act"), a, &s.act_name))
        return false;
    if (has_path != (s.path && *s.path == '/') || has_unit != !!s.unit || has_command != !!command)
        return false;
    if (has_path && (!node_of_json(json_object_get(j, "before"), a, &s.before) || !node_of_json(json_object_get(j, "after"), a, &s.after)))
        return false;
    if (command && !argv_of_json(command, a, &s.argv))
        return false;
    if (inverse && !argv_of_json(inverse, a, &s.inverse))
        return false;
    if (ready && !argv_of_json(ready, a, &s.ready))
        return false;
    if (!times_of_json(json_object_get(j, "times"), a, &s.times))
        return false;
    s.secret = json_is_true(json_object_get(j, "secret"));
    const char *verb = json_string_value(json_object_get(j, "verb"));
    if (has_unit && (!verb || unit_verb_by_name(verb, &s.verb) < 0))
        return false;
    snprintf(s.unit_before.active, sizeof s.unit_before.active, "%s", json_is_true(json_object_get(j, "was_active")) ? "active" : "inactive");
    snprintf(s.unit_before.file, sizeof s.unit_before.file, "%s", json_is_true(json_object_get(j, "was_enabled")) ? "enabled" : "disabled");
    *ret = s;
    return true;
}

int log_sum(const char *before, struct str line, char ret[9], struct err *err)
{
    char hex[DIGEST_HEX];
    struct buf b = BUF(LOG_MAX);
    buf_addz(&b, before);
    buf_adds(&b, line);
    int r = digest_sha256_hex(buf_str(&b), hex, err);
    buf_free(&b);
    if (r == 0)
        snprintf(ret, 9, "%.8s", hex);
    return r;
}
