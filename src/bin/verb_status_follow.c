/* verb_status_follow.c: `bansho status --follow`. Nothing of the terminal is changed that would have to be put back: each look is one write, which begins where the one before began, wipes the end
   of each line behind what it wrote, and leaves the last look standing when it is ended by Ctrl-C. */
#include "base/clock.h"
#include "bin/status.h"
#include <errno.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

struct screen {
    bool terminal;
    struct winsize size;
    size_t lines;      /* of the look before */
};

/* A line cut to the terminal's width, colours and all; a wider one would wrap, and the next look would begin at the wrong place. */
static void put_fitting(struct buf *b, struct str line, size_t columns)
{
    size_t width = 0;
    for (size_t i = 0; i < line.n;) {
        size_t n = 1, sequence = 0;
        if (line.p[i] == '\x1b')
            while (i + n < line.n && line.p[i + n - 1] != 'm')
                sequence = ++n;
        while (!sequence && i + n < line.n && ((unsigned char)line.p[i + n] & 0xc0) == 0x80)
            n++;
        size_t w = sequence ? 0 : text_width(str_span(line.p + i, n));
        if (width + w <= columns)
            buf_add(b, line.p + i, n);
        width += w;
        i += n;
    }
}

static void put_frame(struct screen *s, struct str page, struct buf *b)
{
    struct winsize now = {.ws_row = 24, .ws_col = 80};
    struct str line;
    size_t lines = 0;
    (void)!ioctl(STDOUT_FILENO, TIOCGWINSZ, &now);
    size_t columns = now.ws_col ? now.ws_col : 80, rows = now.ws_row > 2 ? now.ws_row : 24;
    if (s->lines && (now.ws_row != s->size.ws_row || now.ws_col != s->size.ws_col))
        buf_addz(b, "\x1b[H\x1b[2J"); /* lines were broken anew */
    else if (s->lines)
        buf_printf(b, "\x1b[%zuA\r", s->lines);
    while (lines + 1 < rows && str_line(&page, &line)) {
        put_fitting(b, line, columns);
        buf_addz(b, "\x1b[K\n");
        lines++;
    }
    buf_addz(b, "\x1b[J");
    s->lines = lines;
    s->size = now;
}

/* For where it is no terminal: what changes, in one line. */
static void put_line(struct buf *b, struct arena *a, const struct status_state states[STATUS_PARTS], struct queue_numbers *queue)
{
    buf_addz(b, clock_text(a, (int64_t)time(NULL), CLOCK_SECOND));
    for (size_t i = 0; i < STATUS_PARTS; i++) {
        const struct status_state *s = &states[i];
        int64_t rate = status_rate(s->answer.parameters, s->before, s->elapsed_ms);
        const json_t *lag = json_object_get(s->answer.parameters, "lag_ms");
        buf_printf(b, "  %s", status_parts[i].peer->program);
        if (!s->runs)
            buf_printf(b, " %s", s->absent ? _("does not run") : _("does not answer"));
        if (rate >= 0)
            buf_printf(b, _(" %lld.%lld lines/s"), (long long)rate / 10, (long long)rate % 10);
        if (json_is_integer(lag))
            buf_printf(b, _(", read after %lld ms"), (long long)json_integer_value(lag));
        for (const struct status_row *r = status_parts[i].rows; s->runs && r->key; r++) {
            const json_t *n = json_object_get(s->answer.parameters, r->key);
            if (json_is_integer(n) && (!r->rest || json_integer_value(n)))
                buf_printf(b, ", %s: %lld", _(r->text), (long long)json_integer_value(n));
        }
    }
    if (queue)
        queue_numbers_piece(queue, b);
    buf_addc(b, '\n');
}

static void put_page(struct screen *screen, struct arena *a, const struct status_state states[STATUS_PARTS], struct queue_numbers *queue, struct buf *b)
{
    _cleanup_(buf_free) struct buf page = BUF(1u << 20);
    buf_printf(&page, _("%s   every second; Ctrl-C ends it\n"), clock_text(a, (int64_t)time(NULL), CLOCK_SECOND));
    for (size_t i = 0; i < STATUS_PARTS; i++)
        status_page(&status_parts[i], &states[i], &page);
    if (queue)
        queue_numbers_page(queue, &page);
    put_frame(screen, buf_str(&page), b);
}

/* One look; `last` is what was said before and becomes what is said now. false: nobody reads any more. */
static bool look_once(const struct call *c, struct screen *screen, struct status_state last[STATUS_PARTS], struct queue_numbers *queue)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    _cleanup_(buf_free) struct buf b = BUF(2u << 20);
    struct status_state now[STATUS_PARTS] = {0};
    for (size_t i = 0; i < STATUS_PARTS; i++) {
        status_look(c, &status_parts[i], &now[i]);
        now[i].before = last[i].answer.parameters;
        now[i].elapsed_ms = now[i].at_ms - last[i].at_ms;
    }
    if (queue)
        queue_numbers_look(queue);
    if (call_option(c, "json"))
        status_json(c, now, queue, true);
    else if (screen->terminal)
        put_page(screen, a, now, queue, &b);
    else
        put_line(&b, a, now, queue);
    bool fine = fwrite(b.p ? b.p : "", 1, b.n, stdout) == b.n && fflush(stdout) == 0;
    for (size_t i = 0; i < STATUS_PARTS; i++) {
        wire_answer_done(&last[i].answer);
        now[i].before = NULL;
        last[i] = now[i];
    }
    return fine && !ferror(stdout);
}

enum outcome status_follow(const struct call *c)
{
    struct screen screen = {.terminal = isatty(STDOUT_FILENO) == 1};
    struct status_state last[STATUS_PARTS] = {0};
    struct timespec next;
    struct queue_numbers queue;
    bool here = !call_option(c, "sockets");
    if (here)
        queue_numbers_begin(&queue, true);
    static char block[1u << 16]; /* so that a look leaves as a whole */
    setvbuf(stdout, block, _IOFBF, sizeof block);
    clock_gettime(CLOCK_MONOTONIC, &next);
    while (look_once(c, &screen, last, here ? &queue : NULL)) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        next.tv_sec = now.tv_sec > next.tv_sec ? now.tv_sec + 1 : next.tv_sec + 1; /* a second that was missed is not made up for */
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) == EINTR)
            ;
    }
    for (size_t i = 0; i < STATUS_PARTS; i++)
        wire_answer_done(&last[i].answer);
    if (here)
        queue_numbers_done(&queue);
    return OUTCOME_USAGE;
}
