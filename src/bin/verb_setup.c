/* verb_setup.c: `bansho setup`: the first questions: whose networks, whom to tell, who provides this server. The answers go into bansho.conf, and the nightly
   look is enabled, as one change that is shown, confirmed, journaled and can be taken back. */
#include "bin/conf_change.h"
#include "bin/queue_numbers.h"
#include <stdio.h>
#include <unistd.h>

/* What looks by itself. */
static const struct {
    const char *unit;
    bool queue; /* only where there is a mail queue */
} timers[] = {{"bansho-check.timer", false}, {"bansho-queue-size.timer", true}, {"bansho-expire.timer", true}};
#define ANSWER_MAX 1000

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

static int answer(struct conf_change *c, const struct question *q, const char *text, struct err *err)
{
    return conf_change_set(c, q->section, q->instance, q->name, text, err);
}

static const char *answered(const struct conf_change *c, const struct question *q)
{
    const struct value *v = conf_change_value(c, q->section, q->instance, q->name);
    return v ? v->text : NULL;
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
static enum outcome ask(struct conf_change *c, const struct question *q)
{
    char line[ANSWER_MAX + 2];
    for (;;) {
        struct err err = {0};
        const char *old = answered(c, q);
        printf("%s\n  [%s] ", _(q->ask), old ? old : "");
        fflush(stdout);
        if (!read_line(line, sizeof line))
            return OUTCOME_REFUSED;
        if (!*line || answer(c, q, line, &err) == 0)
            return OUTCOME_FINE;
        complainf("%s", err.text);
    }
}

static enum outcome ask_all(struct conf_change *c)
{
    printf("%s\n\n", _("A few questions. Enter keeps what stands in [ ], - takes it out. Nothing is changed before you have seen and confirmed all of it."));
    for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
        enum outcome o = ask(c, &questions[i]);
        if (o != OUTCOME_FINE)
            return o;
    }
    return OUTCOME_FINE;
}

static enum outcome take_all(struct conf_change *c)
{
    for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
        const char *text = call_option(c->call, questions[i].option);
        struct err err = {0};
        if (text && answer(c, &questions[i], text, &err) < 0)
            return complainf("--%s: %s", questions[i].option, err.text);
    }
    return OUTCOME_FINE;
}

/* What is set now; of a webhook, whose address is a secret, only that there is one. */
static void say_set(const struct conf_change *c, struct emit *j)
{
    emit_object(j, "set");
    for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
        const char *text = answered(c, &questions[i]);
        bool secret = strcmp(questions[i].option, "webhook") == 0;
        emit_text(j, questions[i].option, text && secret ? "(secret)" : text);
    }
    static const char *const keys[] = {"nightly", "queue"};
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        struct unit_state timer;
        if (unit_state(timers[i].unit, &timer, NULL) < 0)
            emit_null(j, keys[i]);
        else
            emit_bool(j, keys[i], strcmp(timer.file, "enabled") == 0);
    }
    emit_end(j);
}

/* 1: every night; 0: not; -1: as it is. -2: not understood. */
static int nightly(const struct conf_change *c, bool dialogue)
{
    const char *word = call_option(c->call, "nightly");
    char line[16] = "";
    if (word)
        return strcmp(word, "yes") == 0 ? 1 : strcmp(word, "no") == 0 ? 0 : -2;
    if (!dialogue)
        return -1;
    printf("%s\n  [Y/n] ", _("Look at this server every night, and at its mail queue every two minutes, and tell you what has changed?"));
    fflush(stdout);
    return read_line(line, sizeof line) && (line[0] == 'n' || line[0] == 'N') ? 0 : 1;
}

static bool has_queue(void)
{
    struct queue_numbers q;
    queue_numbers_begin(&q, false);
    bool has = q.spools.n > 0;
    queue_numbers_done(&q);
    return has;
}

static int plan(struct conf_change *c, int every_night, struct err *err)
{
    plan_title(c->plan, N_("bansho is set up: its configuration and the nightly look"));
    plan_unchanged(c->plan, "%s", _("every other service, and what else stands in bansho.conf"));
    if (config_text(c->config, "notify", "webhook", NULL))
        plan_note(c->plan, "%s", _("the address of a webhook is a secret: only root and bansho's services will be able to read bansho.conf"));
    int r = conf_change_plan(c, err);
    const enum unit_verb verbs_of[2][2] = {{UNIT_DISABLE, UNIT_STOP}, {UNIT_ENABLE, UNIT_START}};
    bool queue = every_night == 0 || (every_night > 0 && has_queue());
    for (size_t k = 0; r >= 0 && every_night >= 0 && k < ARRAY_SIZE(timers); k++)
        for (int i = 0; r >= 0 && i < 2 && (queue || !timers[k].queue); i++)
            r = plan_unit(c->plan, timers[k].unit, verbs_of[every_night][i], err);
    return r < 0 ? r : 0;
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
    _cleanup_(conf_change_done) struct conf_change s = {.call = c, .arena = arena_new(512u << 20), .json = call_option(c, "json"), .schema = "bansho.setup/1", .say = say_set,
                                                     .next = _("Does an alert really reach you? bansho notify test"), .root = {.fd = -1}, .term = term_of(stdout)};
    struct err err = {0};
    bool dialogue = !any_given(c);
    if (dialogue && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)))
        return complainf("%s", _("setup asks on a terminal; without one give the answers as options and -y (bansho help setup)"));
    enum outcome o = conf_change_begin(&s, "notify.arrives", "bansho setup");
    if (o != OUTCOME_FINE)
        return o;
    o = dialogue ? ask_all(&s) : take_all(&s);
    if (o != OUTCOME_FINE)
        return o;
    int every_night = nightly(&s, dialogue);
    if (every_night == -2)
        return complainf("%s", _("setup: --nightly takes yes or no"));
    return plan(&s, every_night, &err) < 0 ? complain(&err) : conf_change_decide(&s);
}

static const struct verb_option setup_options[] = {
    {"office", 0, ARGUMENT_TEXT, "NETWORKS", NULL, N_("the networks from which you work, parted by commas")},
    {"admin", 0, ARGUMENT_TEXT, "MAIL", NULL, N_("the mail address for alerts")},
    {"command", 0, ARGUMENT_FILE, "PROGRAM", NULL, N_("a program that tells you another way")},
    {"webhook", 0, ARGUMENT_TEXT, "URL", NULL, N_("an address (https) to which alerts are sent as JSON")},
    {"provider", 0, ARGUMENT_TEXT, "NAME", NULL, N_("who provides this server")},
    {"contact", 0, ARGUMENT_TEXT, "WHO", NULL, N_("how the provider is reached")},
    {"contract", 0, ARGUMENT_TEXT, "NO", NULL, N_("the number of your contract")},
    {"nightly", 0, ARGUMENT_WORDS, "yes|no", "yes|no", N_("whether this server is looked at every night, and its mail queue every two minutes")},
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
               "The looks are timers of systemd: bansho-check.timer every night, and where there is a mail queue bansho-queue-size.timer (too long, full, not to be seen) and bansho-expire.timer (empties the "
               "quarantine of deleted messages after 30 days).\n\n"
               "An existing bansho.conf is edited: comments and all other options stay. Every answer is judged by the rules of bansho.conf. What would be done is "
               "shown first, as a difference of the file, and is one change: bansho changes, bansho undo."),
    .options = setup_options,
    .run = setup,
};
