/* verb_metrics.c: `bansho metrics`: what the services say of themselves and how long the mail queues are, for Prometheus; --http: answers GET /metrics on the socket that systemd hands over. Nothing runs
   while nobody asks. Who asks is a stranger: root's process asks the services, and a child that has become nobody, confined, reads the request and hands out the text. */
#include "base/worker.h"
#include "bin/peer.h"
#include "bin/queue_numbers.h"
#include "term/exposition.h"
#include "wire/http_head.h"
#include "wire/listen.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT_BYTES (1u << 20)
#define LINGER_MS 5000   /* before it ends */
#define REQUEST_S 5      /* for one request and its answer */
#define CHILDREN 16      /* at once; more wait */

static const struct row {
    const char *key, *name, *help;
    bool counter;
} watch_rows[] = {
    {"lines", "bansho_watch_lines_total", "Lines of logs that were read.", true},
    {"events", "bansho_watch_events_total", "Logins and failures in them.", true},
    {"probes", "bansho_watch_probes_total", "Of them, those of bansho's own probes.", true},
    {"canaries", "bansho_watch_canaries_total", "Self-tests that ended in a ban.", true},
    {"unkept", "bansho_watch_unkept_total", "Events that had no room.", true},
    {"lost", "bansho_watch_lost_total", "Acts that had no room.", true},
    {"followed", "bansho_watch_followed_files", "Files that are followed.", false},
    {"beyond", "bansho_watch_acts_beyond_budget", "Acts that wait for the budget of their filter.", false},
    {"failures", "bansho_watch_send_failures", "How often in a row bansho-wall could not be asked.", false},
    {"failing", "bansho_watch_failing", "1: what is seen cannot be written.", false},
    {"since", "bansho_watch_start_time_seconds", "When it began.", false},
}, wall_rows[] = {
    {"bans", "bansho_wall_bans", "Bans of the ledger.", false},
    {"in_kernel", "bansho_wall_in_kernel", "Elements that the packet filter holds; -1: there is no table.", false},
    {"refused", "bansho_wall_refused_total", "Bans that were refused.", true},
    {"healed", "bansho_wall_healed_total", "How often others had removed what is ours.", true},
    {"ended", "bansho_wall_ended_connections_total", "Open connections that were ended.", true},
    {"dropped_for_room", "bansho_wall_dropped_for_room_total", "Bans that had to make room.", true},
}, source_rows[] = {
    {"lines", "bansho_watch_source_lines_total", "Lines of one service's log.", true},
    {"events", "bansho_watch_source_events_total", "Logins and failures in it.", true},
    {"undated", "bansho_watch_source_undated_total", "Of them, those whose line said no time.", true},
    {"last_line", "bansho_watch_source_last_line_timestamp_seconds", "When a line of it was read last.", false},
    {"lag_ms", "bansho_watch_source_lag_seconds", "From writing to reading, of its last event.", false},
    {"unparsed", "bansho_watch_source_unparsed", "1: lines speak of logins, and no filter understands them.", false},
    {"last_understood", "bansho_watch_source_last_understood_timestamp_seconds", "When a line of its logins was understood last.", false},
    {"silent", "bansho_watch_source_silent", "1: nothing comes any more, for much longer than ever before.", false},
};
static const char *const act_states[] = {"waiting", "done", "observed", "refused", "late"};

static bool value_of(const json_t *of, const char *key, int64_t *ret)
{
    const json_t *v = json_object_get(of, key);
    *ret = json_is_boolean(v) ? (json_is_true(v) ? 1000 : 0) : json_integer_value(v) * (strcmp(key, "lag_ms") == 0 ? 1 : 1000);
    return json_is_boolean(v) || json_is_integer(v);
}

static void put_rows(struct buf *b, const struct row *rows, size_t n, const json_t *of)
{
    int64_t v;
    for (size_t i = 0; i < n; i++)
        if (value_of(of, rows[i].key, &v)) {
            exposition_family(b, rows[i].name, rows[i].counter, rows[i].help);
            exposition_sample(b, rows[i].name, NULL, 0, v);
        }
}

static const char *text_of(const json_t *of, const char *key)
{
    const char *s = json_string_value(json_object_get(of, key));
    return s ? s : "";
}

static void put_sources(struct buf *b, const json_t *sources)
{
    for (size_t i = 0; i < ARRAY_SIZE(source_rows); i++) {
        const struct row *r = &source_rows[i];
        exposition_family(b, r->name, r->counter, r->help);
        for (size_t k = 0; k < json_array_size(sources); k++) {
            const json_t *s = json_array_get(sources, k);
            const struct exposition_label labels[] = {{"product", text_of(s, "product")}, {"service", text_of(s, "service")}, {"from", text_of(s, "kind")}};
            int64_t v;
            if (value_of(s, r->key, &v))
                exposition_sample(b, r->name, labels, ARRAY_SIZE(labels), v);
        }
    }
}

static void put_watch(struct buf *b, const json_t *all)
{
    const json_t *kinds = json_object_get(all, "kinds");
    int64_t v;
    put_rows(b, watch_rows, ARRAY_SIZE(watch_rows), all);
    exposition_family(b, "bansho_watch_verdicts_total", true, "What was concluded, by kind.");
    for (size_t i = 0; i < json_array_size(kinds); i++) {
        const json_t *k = json_array_get(kinds, i);
        if (value_of(k, "number", &v))
            exposition_sample(b, "bansho_watch_verdicts_total", &(struct exposition_label){"kind", text_of(k, "name")}, 1, v);
    }
    exposition_family(b, "bansho_watch_acts", false, "Acts of the outbox, by state.");
    for (size_t i = 0; i < ARRAY_SIZE(act_states); i++)
        if (value_of(all, act_states[i], &v))
            exposition_sample(b, "bansho_watch_acts", &(struct exposition_label){"state", act_states[i]}, 1, v);
    put_sources(b, json_object_get(all, "sources"));
}

/* --- the mail queues */

struct queue_row {
    const char *name, *help;
    int64_t (*value)(const struct spool_seen *s); /* -1: none */
};
static int64_t known(const struct spool_seen *s) { return s->code == 0; }
static int64_t oldest(const struct spool_seen *s) { return s->code == 0 && s->count.oldest && !s->count.oldest_sampled ? s->count.oldest : -1; }
static int64_t room(const struct spool_seen *s) { return s->count.room_total ? (int64_t)s->count.room : -1; }
static int64_t inodes(const struct spool_seen *s) { return s->count.inodes_total ? (int64_t)s->count.inodes : -1; }
static const struct queue_row queue_rows[] = {
    {"bansho_queue_known", "1: the whole mail queue could be seen; 0: it could not, and its numbers are not known.", known},
    {"bansho_queue_oldest_timestamp_seconds", "When the oldest message that could not be delivered so far arrived.", oldest},
    {"bansho_queue_free_bytes", "What may still be written to the queue's file system.", room},
    {"bansho_queue_free_inodes", "Files that may still be made there.", inodes},
};
#define QUEUE_LABELS 2

static void put_states(struct buf *b, const struct spool_seen *s, struct exposition_label labels[QUEUE_LABELS + 1])
{
    for (size_t k = 0; s->code == 0 && spool_dirs[s->kind][k].name; k++) {
        labels[QUEUE_LABELS] = (struct exposition_label){"state", spool_dirs[s->kind][k].name};
        exposition_sample(b, "bansho_queue_messages", labels, QUEUE_LABELS + 1, (int64_t)s->count.in[k] * 1000);
    }
}

/* What is not known has no sample, and is never 0. false: something is not known. */
static bool put_queues(struct buf *b, const struct queue_numbers *q)
{
    bool whole = !q->err.text[0];
    for (size_t r = 0; r <= ARRAY_SIZE(queue_rows) && q->list.n; r++) {
        if (r == ARRAY_SIZE(queue_rows))
            exposition_family(b, "bansho_queue_messages", false, "Messages in the mail queue.");
        else
            exposition_family(b, queue_rows[r].name, false, queue_rows[r].help);
        for (size_t i = 0; i < q->list.n; i++) {
            const struct spool_seen *s = &q->list.v[i];
            struct exposition_label labels[QUEUE_LABELS + 1] = {{"program", spool_kinds[s->kind]->name}, {"instance", s->object}};
            if (r == ARRAY_SIZE(queue_rows))
                put_states(b, s, labels);
            else if (queue_rows[r].value(s) >= 0)
                exposition_sample(b, queue_rows[r].name, labels, QUEUE_LABELS, queue_rows[r].value(s) * 1000);
            whole &= s->code == 0;
        }
    }
    return whole;
}

static bool gather_queues(const struct call *c, struct buf *b)
{
    struct queue_numbers q;
    if (call_option(c, "sockets"))
        return true;
    queue_numbers_begin(&q, false);
    queue_numbers_look(&q);
    exposition_family(b, "bansho_queues_found", false, "Mail queues of this server; -1: which there are is not known.");
    exposition_sample(b, "bansho_queues_found", NULL, 0, q.err.text[0] ? -1000 : (int64_t)q.list.n * 1000);
    bool whole = put_queues(b, &q);
    queue_numbers_done(&q);
    return whole;
}

/* The answer of one service; .parameters NULL: none. */
static bool ask(const struct call *c, const struct peer *p, struct wire_answer *ret, struct err *err)
{
    _cleanup_(wire_client_freep) struct wire_client *w = NULL;
    int r = peer_open(c, p, &w, err);
    if (r == 0)
        r = peer_ask(w, p, "Status", NULL, ret, err);
    return r == 0;
}

static bool gather(const struct call *c, struct buf *b)
{
    const struct peer *const peers[] = {&peer_watch, &peer_wall};
    struct wire_answer answers[2] = {0};
    struct err err = {0};
    bool up[2];
    exposition_family(b, "bansho_up", false, "1: this service of bansho answers.");
    for (size_t i = 0; i < 2; i++) {
        up[i] = ask(c, peers[i], &answers[i], &err);
        exposition_sample(b, "bansho_up", &(struct exposition_label){"service", peers[i]->program}, 1, up[i] ? 1000 : 0);
    }
    if (up[0])
        put_watch(b, answers[0].parameters);
    if (up[1])
        put_rows(b, wall_rows, ARRAY_SIZE(wall_rows), answers[1].parameters);
    wire_answer_done(&answers[0]);
    wire_answer_done(&answers[1]);
    bool queues = gather_queues(c, b);
    return up[0] && up[1] && queues;
}

/* --- HTTP, in the confined child */

static void send_all(int fd, struct str s)
{
    while (s.n) {
        ssize_t n = write(fd, s.p, s.n);
        if (n <= 0)
            return;
        s = str_from(s, (size_t)n);
    }
}

static void reply(int fd, const char *status, bool body, struct str text)
{
    _cleanup_(buf_free) struct buf head = BUF(1024);
    buf_printf(&head, "HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status, text.n);
    send_all(fd, buf_str(&head));
    if (body)
        send_all(fd, text);
    shutdown(fd, SHUT_WR);
}

static void serve(int fd, struct str text)
{
    static char bytes[HTTP_HEAD_MAX];
    struct http_head h;
    size_t n = 0;
    int r = 0;
    while (r == 0) {
        ssize_t got = read(fd, bytes + n, sizeof bytes - n);
        if (got <= 0)
            return;
        n += (size_t)got;
        r = http_head_parse(str_span(bytes, n), &h);
    }
    if (r < 0)
        reply(fd, "400 Bad Request", true, STR("400\n"));
    else if (!str_eq(h.path, STR("/metrics")))
        reply(fd, "404 Not Found", h.method != HTTP_HEAD, STR("404: /metrics\n"));
    else if (h.method == HTTP_OTHER)
        reply(fd, "405 Method Not Allowed", true, STR("405: GET\n"));
    else
        reply(fd, "200 OK", h.method == HTTP_GET, text);
}

static void answer(int fd, struct str text)
{
    struct err err = {0};
    alarm(REQUEST_S); /* ends it, whatever it waits for */
    if (worker_confine(WORKER_DIALOGUE, &err) == 0) /* it keeps no capability at all */
        serve(fd, text);
    else
        complain(&err);
    _exit(0);
}

static void reap(unsigned *children)
{
    while (*children && waitpid(-1, NULL, *children >= CHILDREN ? 0 : WNOHANG) > 0)
        (*children)--;
}

static enum outcome keep_on(const struct call *c, int fd)
{
    unsigned children = 0;
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, LINGER_MS) == 0)
            return OUTCOME_FINE;
        reap(&children);
        int one = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        if (one < 0)
            continue;
        _cleanup_(buf_free) struct buf b = BUF(TEXT_BYTES);
        gather(c, &b);
        pid_t pid = fork();
        if (pid == 0) {
            close(fd);
            answer(one, buf_str(&b));
        }
        children += pid > 0;
        close(one);
    }
}

static enum outcome metrics(const struct call *c)
{
    _cleanup_(buf_free) struct buf b = BUF(TEXT_BYTES);
    struct err err = {0};
    if (call_option(c, "http")) {
        int fd = listen_inherited(&err);
        if (fd < 0)
            return complainf("%s", err.text[0] ? err.text : _("no socket was handed over, and none was named (--socket)"));
        return worker_prepare(&err) < 0 ? complain(&err) : keep_on(c, fd);
    }
    bool all = gather(c, &b);
    fwrite(b.p, 1, b.n, stdout);
    return all ? OUTCOME_FINE : OUTCOME_UNKNOWN;
}

static const struct verb_option metrics_options[] = {
    {"http", 0, ARGUMENT_NONE, NULL, NULL, N_("as bansho-metrics.service runs it: answers GET /metrics on the socket that systemd hands over")},
    PEER_OPTION_SOCKETS,
    {0},
};

const struct verb verb_metrics = {
    .name = "metrics",
    .usage = "[--http]",
    .summary = N_("what bansho's services do, and how long the mail queues are, in numbers, for Prometheus"),
    .help = N_("Prints the numbers of bansho-watch, bansho-wall and of each mail queue in Prometheus' text format, for node_exporter's textfile collector for example. A service that does not answer is "
               "bansho_up 0, a queue that cannot be seen bansho_queue_known 0 without numbers, and it ends with 3. With --sockets no queue is looked at.\n\n"
               "The same by HTTP on a local socket, for the members of the group bansho-metrics: systemctl enable --now bansho-metrics.socket; curl --unix-socket /run/bansho/metrics "
               "http://localhost/metrics"),
    .options = metrics_options,
    .run = metrics,
};
