/* verb_log_page.c: what `bansho log search` finds (log_page.h). */
#include "base/clock.h"
#include "base/i18n.h"
#include "bin/log_page.h"

#define WRITE_AT (32u << 10)
#define TIME_COLUMNS 21

void log_page_begin(struct log_page *p, const struct search_options *o, struct arena *a, const char *json_language, bool lines, struct str again)
{
    *p = (struct log_page){.o = o, .a = a, .again = again, .stories = o->selection->account.n && !lines, .term = term_of(stdout), .progress = progress_begin(), .text = BUF(1u << 20), .as_json = json_language != NULL, .json = emit_to(stdout)};
    if (!p->as_json)
        return;
    emit_object(&p->json, NULL);
    emit_text(&p->json, "schema", "bansho.log/1");
    emit_text(&p->json, "language", json_language);
    emit_list(&p->json, "lines");
}

void log_page_follow(struct log_page *p, const struct search_options *o, struct arena *a, bool json, bool lines)
{
    log_page_begin(p, o, a, NULL, lines, STR(""));
    p->as_json = p->each = json;
    p->live = true;
}

static void flush(struct log_page *p)
{
    progress_end(&p->progress);
    if (p->text.n)
        fwrite(p->text.p, 1, p->text.n, stdout);
    fflush(stdout);
    buf_reset(&p->text);
}

bool log_page_flush(struct log_page *p)
{
    flush(p);
    return !ferror(stdout);
}

/* "mail.log" for /var/log/mail.log: the directory that all know needs no room. */
static struct str short_name(const char *name)
{
    struct str s = str_of(name), usual = STR("/var/log/");
    return str_starts(s, usual) ? str_from(s, usual.n) : s;
}

/* A date that begins the line is told in our form before it. */
static struct str without_date(const struct search_line *l)
{
    if (l->date_end <= l->date_start || l->date_start > 1)
        return l->text;
    struct str rest = str_from(l->text, l->date_end);
    while (rest.n && (rest.p[0] == ' ' || rest.p[0] == ']' || rest.p[0] == ':'))
        rest = str_from(rest, 1);
    return rest;
}

static void put_time(struct log_page *p, const struct search_line *l)
{
    struct arena *a = arena_new(65536);
    term_colour(&p->term, &p->text, COLOUR_DIM);
    text_pad(&p->text, str_of(l->timed ? clock_text(a, l->time_us / 1000000, CLOCK_SECOND) : "-"), TIME_COLUMNS);
    arena_free(a);
}

static void text_line(struct log_page *p, const struct search_line *l)
{
    put_time(p, l);
    text_escape(&p->text, short_name(p->o->files.v[l->file].log));
    term_colour(&p->term, &p->text, COLOUR_NONE);
    buf_addz(&p->text, "  ");
    text_escape(&p->text, without_date(l));
    buf_addz(&p->text, l->cut ? "...\n" : "\n");
}

static void story_text(struct log_page *p, const struct search_line *l)
{
    size_t before = p->text.n;
    put_time(p, l);
    term_colour(&p->term, &p->text, COLOUR_NONE);
    if (story_line(l, &p->term, &p->text)) {
        buf_addc(&p->text, '\n');
        return;
    }
    p->text.n = before;
    if (p->live && story_unparsed(&p->story) && story_line_unparsed(l))
        text_line(p, l);
}

static void json_line(struct log_page *p, const struct search_line *l)
{
    struct emit *j = &p->json;
    const struct search_file *f = &p->o->files.v[l->file];
    if (p->each) {
        *j = emit_to(stdout);
        j->one_line = true;
    }
    emit_object(j, NULL);
    (l->timed ? emit_us(j, "time", l->time_us) : emit_null(j, "time"));
    emit_text(j, "file", f->name);
    if (!p->each)
        emit_int(j, "offset", (int64_t)l->offset);
    emit_text(j, "service", f->service);
    emit_str(j, "text", l->text);
    emit_bool(j, "cut", l->cut);
    story_event_json(&l->event, j);
    (p->each ? emit_done(j) : emit_end(j));
}

void log_page_progress(void *arg, size_t done, size_t total)
{
    struct log_page *p = arg;
    if (p->text.n && !p->as_json)
        flush(p); /* what is known need not wait for more */
    progress_show(&p->progress, _("reading logs"), done, total);
}

bool log_page_line(void *arg, const struct search_line *l)
{
    struct log_page *p = arg;
    p->told++;
    if (p->o->selection->account.n)
        story_count(&p->story, p->a, l, p->o->selection->account);
    if (p->as_json)
        json_line(p, l);
    else if (p->stories)
        story_text(p, l);
    else
        text_line(p, l);
    if (p->text.n >= WRITE_AT || p->term.colour)
        flush(p);
    return !ferror(stdout);
}

struct sums {
    uint64_t read, bytes, cut, timeless, copies;
    bool faults;
};

static struct sums sums_of(const struct search_options *o, const struct search_seen *seen)
{
    struct sums s = {0};
    for (size_t i = 0; i < o->files.n; i++) {
        s.read += !seen[i].unread;
        s.bytes += seen[i].bytes;
        s.cut += seen[i].cut;
        s.timeless += seen[i].timeless;
        s.copies += seen[i].copies;
        s.faults |= seen[i].fault != NULL;
    }
    return s;
}

static void json_end(struct log_page *p, const struct search_seen *seen, const struct sums *s, const char *cut, const char *note)
{
    struct emit *j = &p->json;
    emit_end(j);
    emit_list(j, "files");
    for (size_t i = 0; i < p->o->files.n; i++) {
        if (seen[i].unread || (!seen[i].found && !seen[i].fault))
            continue;
        emit_object(j, NULL);
        emit_text(j, "name", p->o->files.v[i].name);
        emit_int(j, "found", (int64_t)seen[i].found);
        emit_text(j, "fault", seen[i].fault);
        emit_end(j);
    }
    emit_end(j);
    emit_object(j, "summary");
    emit_int(j, "lines", (int64_t)p->told);
    emit_int(j, "files", (int64_t)s->read);
    emit_int(j, "bytes", (int64_t)s->bytes);
    emit_int(j, "cut", (int64_t)s->cut);
    emit_int(j, "timeless", (int64_t)s->timeless);
    emit_int(j, "copies", (int64_t)s->copies);
    emit_text(j, "not_all_of", cut);
    emit_text(j, "note", note);
    emit_end(j);
    if (p->o->selection->account.n)
        story_json(&p->story, j);
    emit_done(j);
}

static void text_end(struct log_page *p, const struct search_seen *seen, const struct sums *s, const char *cut, const char *note)
{
    struct buf *b = &p->text;
    for (size_t i = 0; i < p->o->files.n; i++)
        if (seen[i].fault) {
            text_escape(b, str_of(seen[i].fault));
            buf_addc(b, '\n');
        }
    if (note)
        buf_printf(b, "%s\n", note);
    if (cut)
        buf_printf(b, _("Not all files of %s were looked at: there are too many.\n"), cut);
    if (s->cut)
        buf_printf(b, ngettext("%llu line was longer than a megabyte; its end was not looked at\n", "%llu lines were longer than a megabyte; their ends were not looked at\n", s->cut), (unsigned long long)s->cut);
    if (s->timeless)
        buf_printf(b, ngettext("%llu line was left out: nobody knows when it was written\n", "%llu lines were left out: nobody knows when they were written\n", s->timeless), (unsigned long long)s->timeless);
    if (p->stories)
        story_end(&p->story, p->again, b);
    if (s->copies)
        buf_printf(b, ngettext("%llu line stands in a second log too, and is told once\n", "%llu lines stand in a second log too, and are told once\n", s->copies), (unsigned long long)s->copies);
    buf_printf(b, ngettext("%llu line", "%llu lines", p->told), (unsigned long long)p->told);
    buf_printf(b, ngettext(" in %llu file, %llu MB read\n", " in %llu files, %llu MB read\n", s->read), (unsigned long long)s->read, (unsigned long long)(s->bytes >> 20));
    flush(p);
}

bool log_page_end(struct log_page *p, const struct search_seen *seen, const char *cut, const char *note)
{
    struct sums s = sums_of(p->o, seen);
    progress_end(&p->progress);
    if (p->as_json)
        json_end(p, seen, &s, cut, note);
    else
        text_end(p, seen, &s, cut, note);
    buf_free(&p->text);
    return !s.faults && !cut && !((p->stories || p->as_json) && story_unparsed(&p->story));
}
