/* verb_setup.c: `bansho setup`: the first questions: whose networks, whom to tell, who provides this server. The answers go into bansho.conf, and the nightly
   look is enabled, as one change that is shown, confirmed, journaled and can be taken back. */
#include "bin/desk.h"
#include "bin/session.h"
#include "bin/verbs.h"
#include "change/show.h"
#include "config/report.h"
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define TIMER "bansho-check.timer"
#define ANSWER_MAX 1000
#define FILE_MAX_BYTES (4u << 20)

struct question {
    const char *option;                   /* of the command line */
    const char *section, *instance, *name; /* of bansho.conf */
    const char *ask;
};
static const struct question questions[] = {
    {"office", "source", "office", "prefixes", N_("The networks from which you work, for example 203.0.113.0/28, 2001:db8:1::/48")},
    {"admin", "notify", "", "mail", N_("Your mail address for alerts, best on another server")},
    {"command", "notify", "", "command", N_("A second way to be told: the path of a program that gets the alert on its standard input")},
    {"webhook", "notify", "", "webhook", N_("Or an address (https) to which the alert is sent as JSON")},
    {"provider", "provider", "", "name", N_("Who provides this server")},
    {"contact", "provider", "", "contact", N_("How the provider is reached: an address, a page, a telephone number")},
    {"contract", "provider", "", "contract", N_("The number of your contract")},
};

struct setup {
    const struct call *call;
    struct arena *arena;
    struct root root;
    struct config *config;  /* as the file stands with the answers so far */
    struct buf bytes;
    struct plan *plan;
    struct term term;
    bool dialogue, json;
};

static void setup_done(struct setup *s)
{
    config_free(s->config);
    root_close(&s->root);
    buf_free(&s->bytes);
    arena_free(s->arena);
}

/* Reads the bytes as they are now. */
static int reread(struct str bytes, struct config **ret, struct err *err)
{
    struct config *c = config_new();
    int r = config_parse(bytes, CONFIG_PATH, c);
    if (r < 0) {
        const struct config_error *e = c->errors.n ? &c->errors.v[0] : NULL;
        err_at(err, r, CONFIG_PATH, e ? e->line : 0, e ? e->column : 0, "%s", e ? e->text : err_name(r));
        config_free(c);
        return r;
    }
    config_free(*ret);
    *ret = c;
    return 0;
}

/* "-" takes what stands there out again. The parser of bansho.conf judges it; what it refuses changes nothing. */
static int answer(struct setup *s, const struct question *q, const char *text, struct err *err)
{
    const struct option *o = option_find(q->section, str_of(q->name));
    bool list = o->type == OPTION_PREFIXES;
    struct buf out = BUF(FILE_MAX_BYTES);
    if (strlen(text) > ANSWER_MAX || strpbrk(text, "\r\n") || (list && strpbrk(text, "{};#\"\\=")))
        return err_set(err, -EINVAL, _("\"%s\" cannot be written into bansho.conf"), text);
    const struct value *old = config_value(s->config, q->section, q->instance, q->name);
    if (old && old->file && strcmp(old->text, text) == 0)
        return 0;
    if (strcmp(text, "-") == 0)
        config_unset(buf_str(&s->bytes), s->config, o, q->instance, &out);
    else
        config_set(buf_str(&s->bytes), s->config, o, q->instance, text, &out);
    int r = out.full ? err_set(err, -E2BIG, "%s", err_name(E2BIG)) : reread(buf_str(&out), &s->config, err);
    if (r < 0) {
        buf_free(&out);
        return r;
    }
    buf_free(&s->bytes);
    s->bytes = out;
    return 0;
}

static bool read_line(char *line, size_t size)
{
    if (!fgets(line, (int)size, stdin))
        return false;
    struct str t = str_trim(str_of(line));
    memmove(line, t.p, t.n);
    line[t.n] = 0;
    return true;
}

/* Asks until the answer is good; an empty one leaves what is there. */
static enum outcome ask(struct setup *s, const struct question *q)
{
    char line[ANSWER_MAX + 2];
    for (;;) {
        const struct value *old = config_value(s->config, q->section, q->instance, q->name);
        struct err err = {0};
        printf("%s\n  [%s] ", _(q->ask), old && old->text ? old->text : "");
        fflush(stdout);
        if (!read_line(line, sizeof line))
            return OUTCOME_REFUSED;
        if (!*line || answer(s, q, line, &err) == 0)
            return OUTCOME_FINE;
        complainf("%s", err.text);
    }
}

static enum outcome ask_all(struct setup *s)
{
    printf("%s\n\n", _("A few questions. Enter keeps what stands in [ ], - takes it out. Nothing is changed before you have seen and confirmed all of it."));
    for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
        enum outcome o = ask(s, &questions[i]);
        if (o != OUTCOME_FINE)
            return o;
    }
    return OUTCOME_FINE;
}

static enum outcome take_all(struct setup *s)
{
    for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
        const char *text = call_option(s->call, questions[i].option);
        struct err err = {0};
        if (text && answer(s, &questions[i], text, &err) < 0)
            return complainf("--%s: %s", questions[i].option, err.text);
    }
    return OUTCOME_FINE;
}

/* What is set now; of a webhook, whose address is a secret, only that there is one. */
static void say_set(const struct setup *s, struct emit *j)
{
    emit_object(j, "set");
    for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
        const struct question *q = &questions[i];
        const struct value *v = config_value(s->config, q->section, q->instance, q->name);
        bool secret = strcmp(q->option, "webhook") == 0;
        emit_text(j, q->option, v && v->file && v->text ? secret ? "(secret)" : v->text : NULL);
    }
    struct unit_state timer;
    if (unit_state(TIMER, &timer, NULL) < 0)
        emit_null(j, "nightly");
    else
        emit_bool(j, "nightly", strcmp(timer.file, "enabled") == 0);
    emit_end(j);
}

static void say_json(const struct setup *s, const char *result, unsigned id, const struct err *err)
{
    struct emit j = emit_to(stdout);
    emit_object(&j, NULL);
    emit_text(&j, "schema", "bansho.setup/1");
    emit_text(&j, "file", CONFIG_PATH);
    say_set(s, &j);
    desk_json_end(&j, s->plan, result, id, err);
}

/* 1: every night; 0: not; -1: as it is. -2: not understood. */
static int nightly(const struct setup *s)
{
    const char *word = call_option(s->call, "nightly");
    char line[16] = "";
    if (word)
        return strcmp(word, "yes") == 0 ? 1 : strcmp(word, "no") == 0 ? 0 : -2;
    if (!s->dialogue)
        return -1;
    printf("%s\n  [Y/n] ", _("Look at this server every night and tell you what has changed?"));
    fflush(stdout);
    return read_line(line, sizeof line) && (line[0] == 'n' || line[0] == 'N') ? 0 : 1;
}

static int plan(struct setup *s, struct str before, int every_night, struct err *err)
{
    struct str now = buf_str(&s->bytes);
    int r = 0;
    plan_title(s->plan, N_("bansho is set up: its configuration and the nightly look"));
    plan_unchanged(s->plan, "%s", _("every other service, and what else stands in bansho.conf"));
    if (config_text(s->config, "notify", "webhook", NULL))
        plan_note(s->plan, "%s", _("the address of a webhook is a secret: only root should be able to read bansho.conf (chmod 600 /etc/bansho/bansho.conf)"));
    if (!str_eq(before, now)) {
        r = plan_directory(s->plan, "/etc/bansho", 0755, 0, 0, err);
        if (r >= 0)
            r = plan_write(s->plan, CONFIG_PATH, now, config_text(s->config, "notify", "webhook", NULL) ? 0600 : 0644, err);
    }
    if (s->json && (str_search(before, STR("webhook")) >= 0 || str_search(now, STR("webhook")) >= 0))
        plan_secret(s->plan, CONFIG_PATH); /* its difference may be logged by whoever asked */
    const enum unit_verb verbs_of[2][2] = {{UNIT_DISABLE, UNIT_STOP}, {UNIT_ENABLE, UNIT_START}};
    for (int i = 0; r >= 0 && every_night >= 0 && i < 2; i++)
        r = plan_unit(s->plan, TIMER, verbs_of[every_night][i], err);
    return r < 0 ? r : 0;
}

/* After the change: bansho.conf must be what was meant. */
static int verify(void *arg, struct err *err)
{
    struct setup *s = arg;
    struct config *c = NULL;
    int r = config_load(&s->root, CONFIG_PATH, &c, err);
    config_free(c);
    return r;
}

static enum outcome apply(struct setup *s)
{
    struct err err = {0};
    struct desk desk = {.term = &s->term, .quiet = s->json};
    unsigned id = 0;
    int r = desk_open(&desk, s->config, s->arena, &err);
    if (r == 0) {
        desk.change.verify = verify;
        desk.change.arg = s;
        r = change_apply(&desk.journal, s->plan, &desk.change, &id, &err);
    }
    desk_close(&desk);
    if (s->json)
        say_json(s, r == 0 ? "applied" : r == -ECANCELED ? "rolled-back" : desk_outcome(r) == OUTCOME_REFUSED ? "refused" : "failed", id, &err);
    if (r < 0) {
        if (!s->json)
            complain(&err);
        return desk_outcome(r);
    }
    if (!s->json)
        printf(_("Done. This is change %u. To take it back: bansho undo %u\nDoes an alert really reach you? bansho notify test\n"), id, id);
    return OUTCOME_FINE;
}

static enum outcome decide(struct setup *s)
{
    _cleanup_(buf_free) struct buf b = BUF(16u << 20);
    struct err err = {0};
    if (plan_empty(s->plan)) {
        if (s->json)
            say_json(s, "nothing-to-do", 0, NULL);
        else
            printf("%s\n", _("Nothing to do: all of it is so already."));
        return OUTCOME_FINE;
    }
    if (s->json && !call_option(s->call, "yes")) {
        err_set(&err, -EPERM, "%s", _("not confirmed; nothing was changed. To do it without being asked: -y"));
        say_json(s, "refused", 0, &err);
        return OUTCOME_REFUSED;
    }
    if (s->json)
        return apply(s);
    plan_show(s->plan, &s->term, false, &b);
    fwrite(b.p, 1, b.n, stdout);
    fflush(stdout);
    if (!call_option(s->call, "yes") && !desk_confirm(false))
        return complainf("%s", _("not confirmed; nothing was changed. To do it without being asked: -y")), OUTCOME_REFUSED;
    return apply(s);
}

static enum outcome begin(struct setup *s)
{
    struct err err = {0};
    struct str bytes = {0};
    if (geteuid() != 0)
        return complainf("%s", _("setup writes the configuration; that needs root: sudo bansho setup"));
    enum outcome o = desk_recover(&s->term, s->json);
    if (o != OUTCOME_FINE)
        return o;
    if (root_open("/", &s->root, &err) < 0)
        return complain(&err);
    s->plan = plan_new(s->arena, &s->root, check_by_id(STR("notify.arrives")), (int64_t)time(NULL));
    s->plan->asked_by = "bansho setup";
    int r = plan_read(s->plan, CONFIG_PATH, &bytes, &err);
    if (r < 0 && r != -ENOENT)
        return complain(&err);
    err = (struct err){0};
    s->bytes = BUF(FILE_MAX_BYTES);
    buf_adds(&s->bytes, r == 0 ? bytes : STR(""));
    return reread(buf_str(&s->bytes), &s->config, &err) < 0 ? complain(&err) : OUTCOME_FINE;
}

static bool any_given(const struct call *c)
{
    bool given = call_option(c, "yes") || call_option(c, "json") || call_option(c, "nightly");
    for (size_t i = 0; i < ARRAY_SIZE(questions); i++)
        given |= call_option(c, questions[i].option) != NULL;
    return given;
}

static enum outcome setup(const struct call *c)
{
    _cleanup_(setup_done) struct setup s = {.call = c, .arena = arena_new(512u << 20), .root = {.fd = -1}, .term = term_of(stdout), .json = call_option(c, "json")};
    struct err err = {0};
    s.dialogue = !any_given(c);
    if (s.dialogue && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)))
        return complainf("%s", _("setup asks on a terminal; without one give the answers as options and -y (bansho help setup)"));
    enum outcome o = begin(&s);
    if (o != OUTCOME_FINE)
        return o;
    struct str before = str_span(arena_dup(s.arena, buf_str(&s.bytes)), s.bytes.n);
    o = s.dialogue ? ask_all(&s) : take_all(&s);
    if (o != OUTCOME_FINE)
        return o;
    int every_night = nightly(&s);
    if (every_night == -2)
        return complainf("%s", _("setup: --nightly takes yes or no"));
    return plan(&s, before, every_night, &err) < 0 ? complain(&err) : decide(&s);
}

static const struct verb_option setup_options[] = {
    {"office", 0, ARGUMENT_TEXT, "NETWORKS", NULL, N_("the networks from which you work, parted by commas")},
    {"admin", 0, ARGUMENT_TEXT, "MAIL", NULL, N_("the mail address for alerts")},
    {"command", 0, ARGUMENT_FILE, "PROGRAM", NULL, N_("a program that tells you another way")},
    {"webhook", 0, ARGUMENT_TEXT, "URL", NULL, N_("an address (https) to which alerts are sent as JSON")},
    {"provider", 0, ARGUMENT_TEXT, "NAME", NULL, N_("who provides this server")},
    {"contact", 0, ARGUMENT_TEXT, "WHO", NULL, N_("how the provider is reached")},
    {"contract", 0, ARGUMENT_TEXT, "NO", NULL, N_("the number of your contract")},
    {"nightly", 0, ARGUMENT_WORDS, "yes|no", "yes|no", N_("whether this server is looked at every night")},
    {"yes", 'y', ARGUMENT_NONE, NULL, NULL, N_("do it without asking")},
    {"json", 0, ARGUMENT_NONE, NULL, NULL, N_("what is set, the plan and what came of it as JSON (schema bansho.setup/1); asks nothing")},
    {0},
};

const struct verb verb_setup = {
    .name = "setup",
    .usage = "[--office NETWORKS] [--admin MAIL] [--command PROGRAM] [--webhook URL] [--provider NAME] [--contact WHO] [--contract NO] [--nightly yes|no] [-y] [--json]",
    .summary = N_("asks whom to tell and who you are, writes bansho.conf and enables the nightly look; can be taken back"),
    .help = N_("On a terminal and without options it asks one question after the other; what bansho.conf says already is the default. With options nothing is asked but "
               "whether to do it, and with -y not even that. The answer - takes out what bansho.conf says: --webhook -\n\n"
               "An existing bansho.conf is edited: comments and all other options stay. Every answer is judged by the rules of bansho.conf. What would be done is "
               "shown first, as a difference of the file, and is one change: bansho changes, bansho undo."),
    .options = setup_options,
    .run = setup,
};
