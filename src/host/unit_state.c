#include "base/child.h"
#include "base/i18n.h"
#include "host/parts.h"
#include <errno.h>

#define MAX_OUTPUT (8u << 20)
#define MAX_UNITS 20000

struct shown {
    struct str id, names, load, active, sub, pid, restarts, fragment, restart, type, result, triggered;
};

static enum unit_active active_of(struct str s)
{
    static const struct { const char *name; enum unit_active is; } table[] = {
        {"active", UNIT_ACTIVE}, {"reloading", UNIT_ACTIVE}, {"inactive", UNIT_INACTIVE}, {"failed", UNIT_FAILED},
        {"activating", UNIT_CHANGING}, {"deactivating", UNIT_CHANGING}, {"maintenance", UNIT_CHANGING}, {"refreshing", UNIT_ACTIVE},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (str_eq(s, str_of(table[i].name)))
            return table[i].is;
    return UNIT_ACTIVE_UNKNOWN;
}

static unsigned number(struct str s)
{
    uint64_t v;
    return str_u64(s, UINT32_MAX, &v) ? (unsigned)v : 0;
}

static void tell(struct host *h, struct str name, const struct shown *s, size_t known)
{
    char text[256];
    if (!name.n || name.n >= sizeof text)
        return;
    memcpy(text, name.p, name.n);
    text[name.n] = 0;
    /* Only the sorted part is searched: units that systemd alone knows are added behind it. */
    struct host sorted = {.units = {h->units.v, known, known}};
    struct unit *u = (struct unit *)host_unit(&sorted, text);
    if (!u) {
        if (!str_eq(s->load, STR("loaded")) || h->units.n >= MAX_UNITS)
            return;
        u = list_push(h->arena, &h->units);
        *u = (struct unit){.name = arena_dup(h->arena, name), .file = arena_dup(h->arena, s->fragment)};
    }
    u->active = active_of(s->active);
    u->sub = arena_dup(h->arena, s->sub);
    u->main_pid = number(s->pid);
    u->restarts = number(s->restarts);
    u->restart = arena_dup(h->arena, s->restart);
    u->type = arena_dup(h->arena, s->type);
    u->result = arena_dup(h->arena, s->result);
    u->triggered = s->triggered.n > 0;
}

static void end_block(struct host *h, struct shown *s, size_t known)
{
    struct str rest = s->names.n ? s->names : s->id, name;
    while (str_word(&rest, " ", &name))
        tell(h, name, s, known);
    *s = (struct shown){0};
}

void unit_show_parse(struct host *h, struct str text)
{
    struct shown s = {0};
    const struct { struct str key; struct str *to; } keys[] = {
        {STR("Id="), &s.id}, {STR("Names="), &s.names}, {STR("LoadState="), &s.load}, {STR("ActiveState="), &s.active}, {STR("SubState="), &s.sub},
        {STR("MainPID="), &s.pid}, {STR("NRestarts="), &s.restarts}, {STR("FragmentPath="), &s.fragment},
        {STR("Restart="), &s.restart}, {STR("Type="), &s.type}, {STR("Result="), &s.result}, {STR("TriggeredBy="), &s.triggered},
    };
    size_t known = h->units.n;
    struct str line;
    while (str_line(&text, &line)) {
        if (!line.n)
            end_block(h, &s, known);
        for (size_t i = 0; line.n && i < ARRAY_SIZE(keys); i++)
            if (str_starts(line, keys[i].key))
                *keys[i].to = str_from(line, keys[i].key.n);
    }
    end_block(h, &s, known);
    /* Not told of: not loaded, or inactive. */
    for (size_t i = 0; i < known; i++)
        if (!h->units.v[i].sub[0] && h->units.v[i].active == UNIT_ACTIVE_UNKNOWN)
            h->units.v[i].active = UNIT_INACTIVE;
    host_sort_units(h);
}

void host_see_unit_states(struct host *h)
{
    static const char *const argv[] = {
        "systemctl", "show", "--no-pager", "--property=Id,Names,LoadState,ActiveState,SubState,MainPID,NRestarts,FragmentPath,Restart,Type,Result,TriggeredBy",
        "*.service", "*.socket", "*.timer", NULL,
    };
    if (!h->live) {
        h->active_seen = SEEN(-ENOTSUP, host_why(h, -ENOTSUP, ""));
        return;
    }
    if (!h->systemd) {
        h->active_seen = SEEN(-ENOTSUP, _("systemd does not run here: no one keeps the state of services"));
        return;
    }
    struct child_options o = {.timeout_ms = 5000, .max_output = MAX_OUTPUT};
    struct child_result out;
    struct err err = {0};
    int r = child_run(argv, &o, &out, &err);
    if (r == 0) {
        r = out.status == -ETIME ? -ETIME : out.status != 0 || out.out.full ? -EIO : 0;
        if (r == 0)
            unit_show_parse(h, buf_str(&out.out));
        child_result_free(&out);
    }
    if (r < 0)
        h->active_seen = SEEN(r, host_why(h, r, "systemctl show"));
}

const char *unit_active_text(enum unit_active a)
{
    static const char *const texts[] = {N_("state not known"), N_("runs"), N_("does not run"), N_("failed"), N_("is being started or stopped")};
    return _(texts[a]);
}
