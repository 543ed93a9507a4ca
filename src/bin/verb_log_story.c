/* verb_log_story.c: what an account did (log_story.h). */
#include "base/i18n.h"
#include "bin/log_story.h"
#include "log/health.h"
#include "log/services.h"

/* How an event is told: the word, its colour, the field that stands in the second column, whose address it is, and what else it says. */
static const struct telling {
    const char *word;
    enum colour colour;
    enum event_field who, what, said; /* EVENT_FIELDS: none */
} tellings[EVENT_KINDS] = {
    [EVENT_LOGIN_OK] = {N_("login"), COLOUR_GOOD, EVENT_SERVICE, EVENT_METHOD, EVENT_FIELDS},
    [EVENT_LOGIN_FAILED] = {N_("FAILED"), COLOUR_WARN, EVENT_SERVICE, EVENT_METHOD, EVENT_SAID},
    [EVENT_LOGIN_REFUSED] = {N_("not let in"), COLOUR_WARN, EVENT_SERVICE, EVENT_METHOD, EVENT_SAID},
    [EVENT_LOGIN_TRIED] = {N_("tries"), COLOUR_NONE, EVENT_SERVICE, EVENT_METHOD, EVENT_FIELDS},
    [EVENT_LOGOUT] = {N_("logout"), COLOUR_DIM, EVENT_SERVICE, EVENT_FIELDS, EVENT_FIELDS},
    [EVENT_PRIVILEGE] = {N_("becomes"), COLOUR_BOLD, EVENT_RUNAS, EVENT_COMMAND, EVENT_FIELDS},
    [EVENT_PRIVILEGE_DENIED] = {N_("may not be"), COLOUR_WARN, EVENT_RUNAS, EVENT_COMMAND, EVENT_SAID},
    [EVENT_MAIL_ACCEPTED] = {N_("sends"), COLOUR_BOLD, EVENT_QUEUE, EVENT_SERVICE, EVENT_FIELDS},
    [EVENT_MAIL_QUEUED] = {N_("as"), COLOUR_NONE, EVENT_QUEUE, EVENT_SENDER, EVENT_FIELDS},
    [EVENT_MAIL_DELIVERED] = {N_("delivered"), COLOUR_GOOD, EVENT_QUEUE, EVENT_RCPT, EVENT_SAID},
    [EVENT_MAIL_DEFERRED] = {N_("waits"), COLOUR_WARN, EVENT_QUEUE, EVENT_RCPT, EVENT_SAID},
    [EVENT_MAIL_BOUNCED] = {N_("RETURNED"), COLOUR_BAD, EVENT_QUEUE, EVENT_RCPT, EVENT_SAID},
    [EVENT_MAIL_REJECTED] = {N_("REFUSED"), COLOUR_BAD, EVENT_SERVICE, EVENT_RCPT, EVENT_SAID},
    [EVENT_RELAY_DENIED] = {N_("REFUSED"), COLOUR_BAD, EVENT_SERVICE, EVENT_RCPT, EVENT_SAID},
    [EVENT_TRANSFER] = {N_("file"), COLOUR_NONE, EVENT_DIRECTION, EVENT_FILE, EVENT_SIZE},
    [EVENT_REQUEST] = {N_("request"), COLOUR_NONE, EVENT_SITE, EVENT_PATH, EVENT_CODE},
    [EVENT_REQUEST_DENIED] = {N_("REFUSED"), COLOUR_WARN, EVENT_SITE, EVENT_PATH, EVENT_SAID},
};
#define WORD_COLUMNS 11
#define WHO_COLUMNS 13

static void count_address(struct story *s, struct arena *a, struct str host)
{
    struct addr addr;
    if (!addr_parse(host, &addr))
        return;
    for (size_t i = 0; i < s->addresses.n; i++)
        if (addr_eq(&s->addresses.v[i].addr, &addr)) {
            s->addresses.v[i].n++;
            return;
        }
    s->more |= s->addresses.n == STORY_ADDRESSES;
    if (s->addresses.n < STORY_ADDRESSES)
        *list_push(a, &s->addresses) = (struct story_address){addr, 1};
}

bool story_line_unparsed(const struct search_line *l)
{
    struct line_head head;
    const struct log_service *s = !l->event.known && line_head(l->text, &head) ? log_service_of_program(head.ident) : NULL;
    return s && log_service_lets_in(s, head.ident) && speaks_of_login(head.message);
}

bool story_unparsed(const struct story *s) { return s->unparsed && !s->logins && !s->failed; }

void story_count(struct story *s, struct arena *a, const struct search_line *l, struct str account)
{
    const struct known_event *e = &l->event;
    static const struct { enum event_kind kind; size_t at; } counted[] = {
        {EVENT_LOGIN_OK, offsetof(struct story, logins)}, {EVENT_LOGIN_FAILED, offsetof(struct story, failed)}, {EVENT_MAIL_DELIVERED, offsetof(struct story, delivered)},
        {EVENT_MAIL_DEFERRED, offsetof(struct story, deferred)}, {EVENT_MAIL_BOUNCED, offsetof(struct story, refused)}, {EVENT_MAIL_REJECTED, offsetof(struct story, refused)},
        {EVENT_RELAY_DENIED, offsetof(struct story, refused)}, {EVENT_TRANSFER, offsetof(struct story, files)}, {EVENT_REQUEST, offsetof(struct story, requests)}};
    if (!e->known || !tellings[e->kind].word) {
        s->further++;
        s->unparsed += story_line_unparsed(l);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(counted); i++)
        if (counted[i].kind == e->kind)
            ++*(uint64_t *)(void *)((char *)s + counted[i].at);
    /* What a content filter hands back has another number, and is the same message. */
    bool sent = e->kind == EVENT_MAIL_ACCEPTED && str_ieq(e->field[EVENT_USER].p ? e->field[EVENT_USER] : STR(""), account);
    s->messages += sent;
    if (sent || e->kind == EVENT_LOGIN_OK)
        count_address(s, a, e->host);
}

static struct str field(const struct known_event *e, enum event_field f)
{
    return f < EVENT_FIELDS && e->field[f].p ? e->field[f] : STR("");
}

static void put(struct buf *b, struct str s, const char *before)
{
    if (!s.n)
        return;
    buf_addz(b, before);
    text_escape(b, s);
}

bool story_line(const struct search_line *l, const struct term *t, struct buf *b)
{
    const struct known_event *e = &l->event;
    const struct telling *how = e->known ? &tellings[e->kind] : NULL;
    _cleanup_(buf_free) struct buf who = BUF(8192);
    if (!how || !how->word)
        return false;
    term_colour(t, b, how->colour);
    text_pad(b, str_of(_(how->word)), WORD_COLUMNS);
    term_colour(t, b, COLOUR_NONE);
    text_escape(&who, field(e, how->who));
    if (!who.n && how->who == EVENT_SERVICE) { /* a filter of one service need not name it */
        struct line_head h;
        text_escape(&who, line_head(l->text, &h) ? h.ident : STR(""));
    }
    if (text_width(buf_str(&who)) < WHO_COLUMNS)
        text_pad(b, buf_str(&who), WHO_COLUMNS);
    else
        buf_adds(b, buf_str(&who));
    bool mail = how->who == EVENT_QUEUE && e->kind != EVENT_MAIL_ACCEPTED;
    put(b, mail ? STR("") : e->host, " ");
    put(b, field(e, how->what), " ");
    if (e->kind == EVENT_MAIL_QUEUED) {
        put(b, field(e, EVENT_NRCPT), _("  recipients: "));
        put(b, field(e, EVENT_SIZE), _("  bytes: "));
    }
    put(b, field(e, how->said), "  ");
    return true;
}

/* The address that was there most often. */
static const struct story_address *most(const struct story *s)
{
    const struct story_address *m = NULL;
    for (size_t i = 0; i < s->addresses.n; i++)
        if (!m || s->addresses.v[i].n > m->n)
            m = &s->addresses.v[i];
    return m;
}

void story_end(const struct story *s, struct str again, struct buf *b)
{
    typedef unsigned long long ull;
    char address[ADDR_TEXT];
    const struct story_address *m = most(s);
    buf_printf(b, _("Logins: %llu, failed: %llu; messages sent: %llu; from addresses: %zu%s\n"), (ull)s->logins, (ull)s->failed, (ull)s->messages, s->addresses.n, s->more ? "+" : "");
    if (s->delivered || s->deferred || s->refused)
        buf_printf(b, _("Recipients: %llu delivered, %llu times put off, %llu refused or returned\n"), (ull)s->delivered, (ull)s->deferred, (ull)s->refused);
    if (s->files || s->requests)
        buf_printf(b, _("Files: %llu; requests: %llu\n"), (ull)s->files, (ull)s->requests);
    if (m) {
        buf_printf(b, _("Most often from %s (%llu times). All that came from there: "), addr_text(&m->addr, address), (ull)m->n);
        buf_printf(b, "bansho log search --address %s\n", address);
    }
    if (s->further) {
        buf_printf(b, ngettext("%llu further line belongs to it. The lines themselves: ", "%llu further lines belong to it. The lines themselves: ", s->further), (ull)s->further);
        text_escape(b, again);
        buf_addc(b, '\n');
    }
    if (story_unparsed(s))
        buf_printf(b, ngettext("%llu of them speaks of a login, and no filter understands it: whether the account logged in or failed to is not known\n",
                               "%llu of them speak of logins, and no filter understands them: whether the account logged in or failed to is not known\n", s->unparsed), (ull)s->unparsed);
}

void story_json(const struct story *s, struct emit *j)
{
    const struct { const char *key; uint64_t n; } numbers[] = {
        {"logins", s->logins}, {"failed", s->failed}, {"messages", s->messages}, {"delivered", s->delivered}, {"deferred", s->deferred}, {"refused", s->refused}, {"files", s->files}, {"requests", s->requests}, {"unparsed", story_unparsed(s) ? s->unparsed : 0}};
    char address[ADDR_TEXT];
    emit_object(j, "account");
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
        emit_int(j, numbers[i].key, (int64_t)numbers[i].n);
    emit_list(j, "addresses");
    for (size_t i = 0; i < s->addresses.n; i++) {
        emit_object(j, NULL);
        emit_text(j, "address", addr_text(&s->addresses.v[i].addr, address));
        emit_int(j, "times", (int64_t)s->addresses.v[i].n);
        emit_end(j);
    }
    emit_end(j);
    emit_bool(j, "more_addresses", s->more);
    emit_end(j);
}

void story_event_json(const struct known_event *e, struct emit *j)
{
    if (!e->known) {
        emit_null(j, "event");
        return;
    }
    emit_object(j, "event");
    emit_text(j, "kind", event_kinds[e->kind].name);
    if (e->host.n)
        emit_str(j, "host", e->host);
    else
        emit_null(j, "host");
    emit_object(j, "fields");
    for (size_t f = 0; f < EVENT_FIELDS; f++)
        if (e->field[f].n)
            emit_str(j, event_fields[f].name, e->field[f]);
    emit_end(j);
    emit_end(j);
}
