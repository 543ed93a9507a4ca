#include "base/clock.h"
#include "base/i18n.h"
#include "change/show.h"
#include <time.h>

#define REASON_COLUMNS 100 /* the whole of it: --json */

const char *change_status_text(enum change_status s)
{
    static const char *const texts[CHANGE_STATUS_COUNT] = {
        N_("interrupted"), N_("applied"), N_("rolled back"), N_("half undone"), N_("undone"), N_("damaged"), N_("expired"),
    };
    return _(texts[s]);
}

static enum colour colour_of(enum change_status s)
{
    switch (s) {
    case CHANGE_APPLIED: return COLOUR_GOOD;
    case CHANGE_BEGUN:
    case CHANGE_UNDOING:
    case CHANGE_DAMAGED: return COLOUR_BAD;
    default: return COLOUR_DIM;
    }
}

static void cell(struct buf *out, const char *text, size_t columns)
{
    _cleanup_(buf_free) struct buf safe = BUF(8192);
    text_escape(&safe, str_of(text));
    text_pad(out, buf_str(&safe), columns);
    buf_addz(out, "  ");
}

static size_t widest(const struct changes *c, size_t least, size_t most, const char *(*of)(const struct change *))
{
    size_t w = least;
    for (size_t i = 0; i < c->list.n; i++) {
        size_t n = strlen(of(&c->list.v[i]));
        w = n > w ? n : w;
    }
    return w < most ? w : most;
}

static const char *check_of(const struct change *c) { return c->check; }
static const char *who_of(const struct change *c) { return c->who; }

void changes_show(const struct changes *c, const struct term *t, struct buf *out)
{
    _cleanup_(arena_freep) struct arena *times = arena_new(32u << 20);
    if (!c->list.n) {
        buf_printf(out, "%s\n", _("bansho has changed nothing here yet"));
        return;
    }
    size_t check = widest(c, 5, 28, check_of), who = widest(c, 4, 16, who_of), status = 12;
    term_colour(t, out, COLOUR_DIM);
    cell(out, _("no."), 6);
    cell(out, _("when"), 16);
    cell(out, _("state"), status);
    cell(out, _("who"), who);
    cell(out, _("check"), check);
    buf_addz(out, _("what"));
    term_colour(t, out, COLOUR_NONE);
    buf_addc(out, '\n');
    for (size_t i = 0; i < c->list.n; i++) {
        const struct change *x = &c->list.v[i];
        char id[16];
        snprintf(id, sizeof id, "%u", x->id);
        cell(out, id, 6);
        cell(out, clock_text(times, x->time, CLOCK_MINUTE), 16);
        term_colour(t, out, colour_of(x->status));
        cell(out, change_status_text(x->status), status);
        term_colour(t, out, COLOUR_NONE);
        cell(out, x->who, who);
        cell(out, x->check, check);
        text_escape(out, str_of(in_words(x->title)));
        if (*x->reason && x->status != CHANGE_APPLIED) {
            _cleanup_(buf_free) struct buf safe = BUF(8192);
            text_escape(&safe, str_of(x->reason));
            buf_addz(out, " (");
            if (text_width(buf_str(&safe)) > REASON_COLUMNS)
                text_pad(out, buf_str(&safe), REASON_COLUMNS);
            else
                buf_adds(out, buf_str(&safe));
            buf_addc(out, ')');
        }
        buf_addc(out, '\n');
    }
}

void changes_json(const struct changes *c, FILE *out)
{
    struct emit j = emit_to(out);
    emit_object(&j, NULL);
    emit_text(&j, "schema", "bansho.changes/1");
    emit_list(&j, "changes");
    for (size_t i = 0; i < c->list.n; i++) {
        const struct change *x = &c->list.v[i];
        emit_object(&j, NULL);
        emit_int(&j, "id", x->id);
        emit_time(&j, "time", x->time);
        emit_time(&j, "ended", x->ended);
        emit_text(&j, "status", change_status_name(x->status));
        emit_text(&j, "check", x->check);
        emit_list(&j, "objects");
        for (size_t k = 0; k < x->objects.n; k++)
            emit_text(&j, NULL, x->objects.v[k]);
        emit_end(&j);
        emit_text(&j, "title", in_words(x->title));
        emit_text(&j, "who", x->who);
        emit_text(&j, "from", x->from);
        emit_text(&j, "reason", *x->reason ? x->reason : NULL);
        emit_end(&j);
    }
    emit_end(&j);
    emit_end(&j);
    emit_done(&j);
}
