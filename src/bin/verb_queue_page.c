/* verb_queue_page.c: how messages of the queue are shown (queue_call.h). */
#include "bin/queue_call.h"
#include <stdio.h>

#define ID_COLUMNS 12
#define STATE_COLUMNS 11 /* "quarantine" and a blank */

const char *queue_size_text(struct arena *a, uint64_t bytes)
{
    static const char units[] = " KMGT";
    double n = (double)bytes;
    size_t u = 0;
    for (; n >= 1000 && u + 1 < sizeof units - 1; u++)
        n /= 1024;
    return u ? arena_printf(a, "%.1f%c", n, units[u]) : arena_printf(a, "%llu", (unsigned long long)bytes);
}

static void put(struct buf *b, const char *before, struct str s)
{
    if (!s.n)
        return;
    buf_addz(b, before);
    text_escape(b, s);
}

static void put_sender(struct buf *b, const struct message *m)
{
    if (!m->sender_known)
        buf_addz(b, "?");
    else if (!m->sender.n)
        buf_addz(b, "<>");
    else
        text_escape(b, m->sender);
}

static const char *condition_text(enum message_condition c)
{
    static const char *const texts[] = {[MESSAGE_SOUND] = "", [MESSAGE_WRITING] = N_("it is still being written"), [MESSAGE_DAMAGED] = N_("it is damaged: what is shown is all that can be read of it")};
    return c == MESSAGE_SOUND ? "" : _(texts[c]);
}

static void put_who(struct buf *b, const struct message *m)
{
    put(b, _("  account "), m->account);
    put(b, _("  from "), m->client);
    put(b, _("  script "), m->script);
    put(b, _("  site "), m->site);
    put(b, _("  subject: "), m->subject);
}

static void put_first_recipient(struct buf *b, struct arena *a, const struct message *m)
{
    buf_addz(b, " -> ");
    if (m->to.n)
        text_escape(b, m->to.v[0]);
    if (m->recipients > 1 || (!m->to.n && m->recipients))
        buf_printf(b, " +%s", queue_number(a, m->recipients - (m->to.n ? 1 : 0)));
}

void queue_row(const struct queue_call *q, const struct spool_instance *s, const struct message *m, struct buf *b)
{
    _cleanup_(buf_free) struct buf who = BUF(65536), id = BUF(256);
    text_escape(&id, str_of(m->id));
    term_colour(&q->term, b, COLOUR_BOLD);
    text_pad(b, buf_str(&id), id.n > ID_COLUMNS ? id.n : ID_COLUMNS);
    term_colour(&q->term, b, COLOUR_NONE);
    buf_addc(b, ' ');
    text_pad(b, str_of(spool_state(s, m->state)), STATE_COLUMNS);
    buf_printf(b, "%s %7s  ", m->arrival ? clock_text(q->row, m->arrival, "%m-%d %H:%M") : "           ", queue_size_text(q->row, m->size));
    put_sender(b, m);
    put_first_recipient(b, q->row, m);
    buf_addc(b, '\n');
    put_who(&who, m);
    if (who.n)
        buf_printf(b, "            %s\n", who.p);
    if (m->condition != MESSAGE_SOUND)
        buf_printf(b, "              %s\n", condition_text(m->condition));
    if (m->error.n) {
        term_colour(&q->term, b, COLOUR_DIM);
        put(b, "              ", m->error);
        term_colour(&q->term, b, COLOUR_NONE);
        buf_addc(b, '\n');
    }
}

static void text_or_null(struct emit *j, const char *key, struct str s)
{
    if (s.n)
        emit_str(j, key, s);
    else
        emit_null(j, key);
}

static void whole_json(struct emit *j, const struct message *m)
{
    text_or_null(j, "client_name", m->client_name);
    emit_int(j, "inode", (int64_t)m->inode);
    emit_int(j, "done", m->done);
    emit_list(j, "to");
    for (size_t i = 0; i < m->to.n; i++)
        emit_str(j, NULL, m->to.v[i]);
    emit_end(j);
}

void queue_row_json(const struct queue_call *q, const struct spool_instance *s, const struct message *m, bool whole)
{
    static const char *const conditions[] = {[MESSAGE_SOUND] = "sound", [MESSAGE_WRITING] = "writing", [MESSAGE_DAMAGED] = "damaged"};
    struct emit j = emit_to(stdout);
    j.one_line = true;
    emit_object(&j, NULL);
    emit_text(&j, "id", m->id);
    emit_text(&j, "state", spool_state(s, m->state));
    emit_time(&j, "arrival", m->arrival);
    emit_int(&j, "size", m->size > INT64_MAX ? INT64_MAX : (int64_t)m->size);
    if (m->sender_known)
        emit_str(&j, "sender", m->sender.p ? m->sender : STR(""));
    else
        emit_null(&j, "sender");
    text_or_null(&j, "account", m->account);
    text_or_null(&j, "client", m->client);
    text_or_null(&j, "script", m->script);
    text_or_null(&j, "site", m->site);
    emit_int(&j, "recipients", m->recipients);
    text_or_null(&j, "first_recipient", m->to.n ? m->to.v[0] : (struct str){0});
    text_or_null(&j, "subject", m->subject);
    text_or_null(&j, "error", m->error);
    emit_time(&j, "next_try", m->next_try);
    emit_text(&j, "condition", conditions[m->condition]);
    emit_text(&j, "spool", queue_name(q, s));
    if (whole)
        whole_json(&j, m);
    emit_end(&j);
    emit_done(&j);
}

static void line(struct buf *b, const char *name, struct str value)
{
    if (!value.n)
        return;
    text_pad(b, str_of(name), 14);
    text_escape(b, value);
    buf_addc(b, '\n');
}

#define SHEET_RECIPIENTS 100

static void sheet_recipients(const struct queue_call *q, const struct message *m, struct buf *b)
{
    size_t n = m->to.n > SHEET_RECIPIENTS && q->per ? SHEET_RECIPIENTS : m->to.n;
    line(b, _("waiting for"), str_of(arena_printf(q->row, ngettext("%s recipient", "%s recipients", m->recipients), queue_number(q->row, m->recipients))));
    for (size_t i = 0; i < n; i++) {
        put(b, "  ", m->to.v[i]);
        buf_addc(b, '\n');
    }
    if (n < m->recipients)
        buf_printf(b, _("  and %s more%s\n"), queue_number(q->row, m->recipients - n), n < m->to.n ? "  (--per all)" : "");
    if (m->done)
        line(b, _("done for"), str_of(queue_number(q->row, m->done)));
}

void queue_sheet(const struct queue_call *q, const struct spool_instance *s, const struct message *m, struct buf *b)
{
    line(b, _("message"), str_of(m->id));
    line(b, _("state"), str_of(spool_state(s, m->state)));
    line(b, _("queue"), str_of(queue_name(q, s)));
    line(b, _("condition"), str_of(condition_text(m->condition)));
    line(b, _("arrived"), str_of(m->arrival ? clock_text(q->row, m->arrival, CLOCK_SECOND) : ""));
    line(b, _("size"), str_of(queue_size_text(q->row, m->size)));
    line(b, _("sender"), m->sender_known && !m->sender.n ? STR("<>") : m->sender);
    line(b, _("account"), m->account);
    line(b, _("client"), m->client);
    line(b, _("client's name"), m->client_name);
    line(b, _("script"), m->script);
    line(b, _("site"), m->site);
    line(b, _("subject"), m->subject);
    line(b, _("last failure"), m->error);
    line(b, _("next try"), str_of(m->next_try ? clock_text(q->row, m->next_try, CLOCK_SECOND) : ""));
    sheet_recipients(q, m, b);
}
