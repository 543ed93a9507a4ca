/* gendoc.c: writes what people read out of the rows: the manual pages bansho(1), bansho.conf(5), bansho-checks(7), bansho-watch(8), bansho-wall(8) and the bash completion.
   Runs while bansho is built and is not installed:  gendoc KIND LANGUAGE > FILE  (BANSHO_LOCALE names the catalogues' directory). */
#include "bin/verbs.h"
#include "bin/wall_options.h"
#include "bin/watch_options.h"
#include "check/registry.h"
#include "config/config.h"
#include "filter/event.h"
#include "model/service.h"

#define PAGE_MAX (4u << 20)

/* Text for roff: no byte of it is a command. */
static void roff(struct buf *b, struct str s)
{
    bool begins_line = b->n == 0 || b->p[b->n - 1] == '\n';
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (begins_line && (c == '.' || c == '\''))
            buf_addz(b, "\\&");
        if (c == '\\')
            buf_addz(b, "\\e");
        else if (c == '-')
            buf_addz(b, "\\-");
        else if (c == '"')
            buf_addz(b, "\\(dq");
        else if (c == '~')
            buf_addz(b, "\\(ti");
        else if (c == '^')
            buf_addz(b, "\\(ha");
        else
            buf_addc(b, c);
        begins_line = c == '\n';
    }
}

static void roffz(struct buf *b, const char *s)
{
    roff(b, str_of(s));
}

static void bold(struct buf *b, const char *s)
{
    buf_addz(b, "\\fB");
    roffz(b, s);
    buf_addz(b, "\\fR");
}

/* Paragraphs parted by empty lines. */
static void paragraphs(struct buf *b, const char *text)
{
    struct str rest = str_of(text), line;
    while (str_line(&rest, &line)) {
        if (line.n == 0)
            buf_addz(b, ".PP\n");
        else {
            roff(b, line);
            buf_addc(b, '\n');
        }
    }
}

static void section(struct buf *b, const char *name)
{
    buf_addz(b, ".SH ");
    roffz(b, name);
    buf_addc(b, '\n');
}

static void code(struct buf *b, const char *text)
{
    buf_addz(b, ".PP\n.RS 4\n.nf\n");
    roffz(b, text);
    buf_addz(b, ".fi\n.RE\n");
}

/* Japanese has no blanks to break lines at: ja.tmac teaches groff where it may; what is set unjustified needs no stretching. */
static void head(struct buf *b, const char *title, const char *number, const char *language, const char *name, const char *summary)
{
    buf_addz(b, "'\\\" -*- coding: UTF-8 -*-\n");
    buf_printf(b, ".TH %s %s \"\" \"bansho %s\" \"bansho\"\n", title, number, BANSHO_VERSION);
    if (strcmp(language, "ja") == 0)
        buf_addz(b, ".if \\n(.g .mso ja.tmac\n");
    buf_addz(b, ".nh\n.ad l\n");
    section(b, _("NAME"));
    buf_printf(b, "%s \\- ", name);
    roffz(b, summary);
    buf_addc(b, '\n');
}

static void option_entry(struct buf *b, const struct verb_option *o)
{
    buf_addz(b, ".TP\n");
    if (o->letter) {
        char letter[3] = {'-', o->letter, 0};
        bold(b, letter);
        buf_addz(b, ", ");
    }
    buf_addz(b, "\\fB\\-\\-");
    roffz(b, o->name);
    buf_addz(b, "\\fR");
    if (o->value) {
        buf_addz(b, " \\fI");
        roffz(b, o->value);
        buf_addz(b, "\\fR");
    }
    buf_addc(b, '\n');
    roffz(b, _(o->help));
    buf_addc(b, '\n');
}

static void verb_entry(struct buf *b, const struct verb *v)
{
    buf_addz(b, ".SS bansho ");
    roffz(b, v->name);
    buf_addz(b, *v->usage ? " " : "");
    roffz(b, v->usage);
    buf_addc(b, '\n');
    paragraphs(b, _(v->help));
    for (const struct verb_option *o = v->options; o && o->name; o++)
        option_entry(b, o);
}

static const struct {
    const char *mark, *text;
} exits[] = {
    {"0", N_("everything was answered and nothing is wrong")},
    {"1", N_("something is wrong (warn or fail) and nobody accepted it")},
    {"2", N_("the command was not understood, or could not run")},
    {"3", N_("nothing is wrong, but something stayed unknown")},
    {"4", N_("refused: a confirmation is needed")},
};

static const struct {
    const char *mark, *text;
} files[] = {
    {"/etc/bansho/bansho.conf", N_("how this server is meant to be: bansho.conf(5). Without it the defaults hold.")},
    {"/var/lib/bansho", N_("what earlier checks found. Not root: $XDG_STATE_HOME/bansho")},
};

static void entry(struct buf *b, const char *mark, const char *text)
{
    buf_addz(b, ".TP\n");
    bold(b, mark);
    buf_addc(b, '\n');
    roffz(b, text);
    buf_addc(b, '\n');
}

static void see_also(struct buf *b, const char *pages)
{
    section(b, _("SEE ALSO"));
    buf_addz(b, pages);
}

static void page_bansho(struct buf *b, const char *language)
{
    head(b, "BANSHO", "1", language, "bansho", _("looks after the safety of a hosting server"));
    section(b, _("SYNOPSIS"));
    for (size_t i = 0; i < verbs_n; i++) {
        buf_printf(b, "%s\\fBbansho %s\\fR ", i ? ".br\n" : "", verbs[i]->name);
        roffz(b, verbs[i]->usage);
        buf_addc(b, '\n');
    }
    section(b, _("DESCRIPTION"));
    paragraphs(b, _("bansho goes through the points that a good hosting provider tells the owner of a server with mail, web, FTP and SSH, and looks whether they "
                    "hold on this one: it reads the real configuration, asks the real services, and shows what it saw. What could not be found out is unknown, "
                    "never ok.\n\nA check changes nothing on the server."));
    section(b, _("VERBS"));
    for (size_t i = 0; i < verbs_n; i++)
        verb_entry(b, verbs[i]);
    section(b, _("OPTIONS OF EVERY VERB"));
    for (const struct verb_option *o = common_options; o->name; o++)
        option_entry(b, o);
    section(b, _("EXIT STATUS"));
    for (size_t i = 0; i < ARRAY_SIZE(exits); i++)
        entry(b, exits[i].mark, _(exits[i].text));
    section(b, _("FILES"));
    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        entry(b, files[i].mark, _(files[i].text));
    section(b, _("ENVIRONMENT"));
    entry(b, "LANG, LC_MESSAGES, LANGUAGE", _("Japanese or English; --lang goes first."));
    entry(b, "NO_COLOR", _("no colour on the terminal"));
    see_also(b, "\\fBbansho.conf\\fR(5), \\fBbansho\\-checks\\fR(7), \\fBbansho\\-filters\\fR(7)\n");
}

static void conf_entry(struct buf *b, struct arena *a, const struct option *o)
{
    buf_addz(b, ".TP\n");
    bold(b, o->name);
    buf_addz(b, "\n");
    roffz(b, _(o->help));
    buf_addz(b, "\n.br\n");
    if (o->fallback)
        roffz(b, arena_printf(a, _("%s. Default: %s."), option_range(a, o), o->fallback));
    else
        roffz(b, arena_printf(a, _("%s. Example: %s."), option_range(a, o), o->example));
    buf_addc(b, '\n');
}

static void conf_section(struct buf *b, struct arena *a, const char *name)
{
    for (size_t i = 0; i < options_n; i++)
        if (strcmp(options[i].section, name) == 0)
            conf_entry(b, a, &options[i]);
}

static const char example[] = "source office { prefixes = 203.0.113.0/28, 2001:db8:1::/48 }\n"
                              "source home   { host = home.example.net }\n"
                              "service panel      { allow = office }\n"
                              "service ssh        { allow = nobody }\n"
                              "service submission { allow = any }\n"
                              "mail    { relay = closed; pop-before-smtp = no }\n"
                              "account { password-age = 180d; unused-after = 90d }\n"
                              "probe   { account = probe@example.jp; password-file = /etc/bansho/probe }\n";

static void page_conf(struct buf *b, const char *language)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(1u << 20);
    head(b, "BANSHO.CONF", "5", language, "bansho.conf", _("how this server is meant to be"));
    section(b, _("DESCRIPTION"));
    paragraphs(b, _("/etc/bansho/bansho.conf holds lines NAME = VALUE, and sections with such lines in braces. A line ends at its end or at a semicolon; values of a "
                    "list are parted by commas, and the list may go on in the next line after a comma. Text with blanks stands in \"quotes\"; in them \\\" is a quote "
                    "and \\\\ a backslash. What follows # is a comment. A time has a unit: 30s, 10m, 1h, 180d, 4w. The file is UTF-8, at most 1 MiB.\n\nEvery line may be "
                    "left out: its default then holds. An unknown name, a value out of its range, a line that stands twice and a contradiction are errors; bansho config "
                    "check tells all of them with line and column, and bansho does not work with a file that has one."));
    section(b, _("OPTIONS"));
    conf_section(b, a, "");
    for (size_t i = 0; i < option_sections_n; i++) {
        const struct option_section *s = &option_sections[i];
        buf_printf(b, ".SS %s%s { }\n", s->name, s->example ? " NAME" : "");
        roffz(b, _(s->help));
        buf_addc(b, '\n');
        conf_section(b, a, s->name);
    }
    section(b, _("EXAMPLE"));
    code(b, example);
    section(b, _("CONTRADICTIONS"));
    paragraphs(b, _("These are errors: relay = closed together with pop-before-smtp = or; one network in two sources; a service that allows a source which is not "
                    "declared, or any or nobody together with others; a probe account without its password file; ban-time longer than ban-time-max; a section or an "
                    "option that stands twice."));
    see_also(b, "\\fBbansho\\fR(1), \\fBbansho\\-checks\\fR(7)\n");
}

static const struct {
    unsigned number;
    const char *title;
} chapters[] = {
    {1, N_("Passwords and accounts")}, {2, N_("Programs of the sites")},  {3, N_("Who can reach what")},
    {4, N_("Mail")},                   {5, N_("Logs, queue and signs")},  {6, N_("Updates")},
    {7, N_("The computers of those who log in")}, {8, N_("When something has happened")}, {9, N_("Services")},
};

static const char *severity_text(enum severity s)
{
    switch (s) {
    case SEVERITY_SERIOUS: return _("Serious");
    case SEVERITY_INFO: return _("For information");
    default: return _("Normal");
    }
}

static void check_entry(struct buf *b, const struct check *c)
{
    buf_addz(b, ".TP\n");
    bold(b, c->id);
    buf_printf(b, "  (%s; %s)\n", severity_text(c->severity), c->requirement);
    roffz(b, _(c->title));
    buf_addz(b, "\n.br\n");
    roffz(b, _(c->why));
    buf_addz(b, "\n.br\n");
    roffz(b, _(c->advice));
    buf_addc(b, '\n');
}

/* Calls `each` for the checks of one chapter in the registry's order; how many there are. */
static size_t checks_of(unsigned chapter, struct buf *b, void (*each)(struct buf *, const struct check *))
{
    size_t n = 0;
    for (size_t t = 0; t < check_tables_n; t++)
        for (size_t i = 0; i < check_tables[t]->n; i++) {
            const struct check *c = &check_tables[t]->rows[i];
            if (check_chapter(c) != chapter)
                continue;
            n++;
            if (each)
                each(b, c);
        }
    return n;
}

static void page_checks(struct buf *b, const char *language)
{
    head(b, "BANSHO\\-CHECKS", "7", language, "bansho\\-checks", _("what bansho check asks of a server"));
    section(b, _("DESCRIPTION"));
    paragraphs(b, _("Each check asks one question of the server and answers ok, warn, fail, unknown (it could not look, with the reason) or n/a (what it asks about is "
                    "not installed), with what was seen and where. bansho explain ID shows one of them."));
    for (size_t i = 0; i < ARRAY_SIZE(chapters); i++)
        if (checks_of(chapters[i].number, b, NULL)) {
            section(b, _(chapters[i].title));
            checks_of(chapters[i].number, b, check_entry);
        }
    see_also(b, "\\fBbansho\\fR(1), \\fBbansho.conf\\fR(5)\n");
}

static void word_entry(struct buf *b, const char *name, const char *help)
{
    buf_addz(b, ".TP\n");
    bold(b, name);
    buf_addc(b, '\n');
    roffz(b, _(help));
    buf_addc(b, '\n');
}

static void page_filters(struct buf *b, const char *language)
{
    head(b, "BANSHO\\-FILTERS", "7", language, "bansho\\-filters", _("the language of log filters, and the kinds and fields of events"));
    section(b, _("DESCRIPTION"));
    paragraphs(b, _("A filter is a file NAME.conf in fail2ban's language (jail.conf(5)), with these additions in [Definition]; fail2ban itself passes over them.\n\n"
                    "failregex finds failures: login-failed, or what failkind names. event.KIND = has expressions for other kinds, one a line; they are tried in the order of the "
                    "file, behind all of failregex, and the first that matches has the line. A failregex needs a group that tells who it was (<HOST>, <ADDR> ...), "
                    "an expression of an event does not. What joins the lines of a connection (<F-MLFID>, <F-NOFAIL> ...) is for failures; each event stands for itself.\n\n"
                    "A group <F-NAME>...</F-NAME> gives the field NAME, in small letters, of the list below."));
    paragraphs(b, _("examples = has the filter's own tests: KIND host=ADDRESS field=value field=\"...\" | LINE, or none | LINE; examples.journal = the same for messages of the journal. "
                    "Just this must be found, with no field more. bansho filter lint tries them."));
    section(b, _("KINDS"));
    for (size_t i = 0; i < EVENT_KINDS; i++)
        word_entry(b, event_kinds[i].name, event_kinds[i].help);
    section(b, _("FIELDS"));
    for (size_t i = 0; i < EVENT_FIELDS; i++)
        word_entry(b, event_fields[i].name, event_fields[i].help);
    see_also(b, "\\fBbansho\\fR(1), \\fBjail.conf\\fR(5)\n");
}

static void service_page(struct buf *b, const char *name, const char *about, const struct verb_option *rows)
{
    section(b, _("SYNOPSIS"));
    buf_printf(b, "\\fB/usr/libexec/bansho/%s\\fR [\\fIoption\\fR...]\n", name);
    section(b, _("DESCRIPTION"));
    paragraphs(b, about);
    section(b, _("OPTIONS"));
    for (const struct verb_option *o = rows; o->name; o++)
        option_entry(b, o);
    section(b, _("FILES"));
    entry(b, "/etc/bansho/bansho.conf", _("how this server is meant to be: bansho.conf(5). Without it the defaults hold."));
}

static void page_wall(struct buf *b, const char *language)
{
    head(b, "BANSHO\\-WALL", "8", language, "bansho\\-wall", _(wall_summary));
    service_page(b, "bansho\\-wall", _(wall_about), wall_options);
    entry(b, "/var/lib/bansho-wall/wall.db", _("who is shut out, until when and why, and who was in the last 90 days; readable by bansho-wall and by root only"));
    entry(b, "/run/bansho/wall", _("where it answers (varlink.org): org.bansho.Wall, in /usr/share/bansho/varlink"));
    see_also(b, "\\fBbansho\\fR(1), \\fBbansho.conf\\fR(5), \\fBbansho\\-watch\\fR(8), \\fBnft\\fR(8)\n");
}

static void page_watch(struct buf *b, const char *language)
{
    head(b, "BANSHO\\-WATCH", "8", language, "bansho\\-watch", _(watch_summary));
    service_page(b, "bansho\\-watch", _(watch_about), watch_options);
    entry(b, "/var/lib/bansho-watch/watch.db", _("what bansho-watch remembers; readable by it and by root only"));
    entry(b, "/run/bansho/watch", _("where it answers (varlink.org): org.bansho.Watch, in /usr/share/bansho/varlink"));
    see_also(b, "\\fBbansho\\fR(1), \\fBbansho.conf\\fR(5), \\fBbansho\\-filters\\fR(7), \\fBbansho\\-wall\\fR(8)\n");
}

static void words(struct buf *b, const char *alternatives)
{
    struct str rest = str_of(alternatives), one;
    while (str_field(&rest, '|', &one))
        buf_printf(b, "%.*s ", (int)one.n, one.p);
}

static void check_word(struct buf *b, const struct check *c)
{
    buf_printf(b, "%s ", c->id);
}

/* What may stand at this place, as commands of the shell. */
static void candidates(struct buf *b, enum argument argument, const char *alternatives)
{
    switch (argument) {
    case ARGUMENT_FILE: buf_addz(b, "_bansho_files -f"); break;
    case ARGUMENT_DIR: buf_addz(b, "_bansho_files -d"); break;
    case ARGUMENT_CHECK: buf_addz(b, "_bansho_words \"$_bansho_checks\""); break;
    case ARGUMENT_VERB: buf_addz(b, "_bansho_words \"$_bansho_verbs\""); break;
    case ARGUMENT_SERVICES:
        buf_addz(b, "_bansho_list \"");
        for (size_t i = 0; i < services_n; i++)
            buf_printf(b, "%s ", services[i].name);
        buf_addz(b, "\"");
        break;
    case ARGUMENT_WORDS:
        buf_addz(b, "_bansho_words \"");
        words(b, alternatives);
        buf_addz(b, "\"");
        break;
    default: buf_addz(b, ":"); break;
    }
}

static void complete_options(struct buf *b, const struct verb_option *o)
{
    for (; o && o->name; o++)
        buf_printf(b, "--%s ", o->name);
}

static void complete_values(struct buf *b, const char *verb, const struct verb_option *o)
{
    for (; o && o->name; o++)
        if (o->value) {
            buf_printf(b, "        %s:--%s) ", verb, o->name);
            candidates(b, o->argument, o->words);
            buf_addz(b, "; return ;;\n");
        }
}

static const char completion_end[] =
    "    esac\n"
    "}\n"
    "complete -F _bansho bansho\n";

static void completion(struct buf *b, const char *language)
{
    (void)language;
    buf_addz(b, "# bash completion for bansho\n_bansho_verbs=\"");
    for (size_t i = 0; i < verbs_n; i++)
        buf_printf(b, "%s ", verbs[i]->name);
    buf_addz(b, "\"\n_bansho_checks=\"");
    for (size_t i = 0; i < ARRAY_SIZE(chapters); i++)
        if (checks_of(chapters[i].number, b, check_word))
            buf_printf(b, "%u ", chapters[i].number);
    buf_addz(b, "\"\n"
                "_bansho_words() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\"); }\n"
                "_bansho_list() { local done=; [[ $cur == *,* ]] && done=${cur%,*},; mapfile -t COMPREPLY < <(compgen -P \"$done\" -W \"$1\" -- \"${cur##*,}\"); }\n"
                "_bansho_files() { mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$cur\"); compopt -o filenames; }\n"
                "_bansho() {\n"
                "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]}\n"
                "    if [ \"$COMP_CWORD\" -eq 1 ]; then _bansho_words \"$_bansho_verbs --help --version\"; return; fi\n"
                "    case $verb:$prev in\n");
    complete_values(b, "*", common_options);
    for (size_t i = 0; i < verbs_n; i++)
        complete_values(b, verbs[i]->name, verbs[i]->options);
    buf_addz(b, "    esac\n    case $verb:$cur in\n");
    for (size_t i = 0; i < verbs_n; i++) {
        buf_printf(b, "        %s:-*) _bansho_words \"", verbs[i]->name);
        complete_options(b, verbs[i]->options);
        complete_options(b, common_options);
        buf_printf(b, "\" ;;\n        %s:*) ", verbs[i]->name);
        if (verbs[i]->argument == ARGUMENT_WORDS && verbs[i]->max > 1) {
            buf_addz(b, "if [ \"$COMP_CWORD\" -gt 2 ]; then _bansho_files -f; else ");
            candidates(b, verbs[i]->argument, verbs[i]->words);
            buf_addz(b, "; fi");
        } else
            candidates(b, verbs[i]->argument, verbs[i]->words);
        buf_addz(b, " ;;\n");
    }
    buf_addz(b, completion_end);
}

static const struct {
    const char *kind;
    void (*write)(struct buf *b, const char *language);
} kinds[] = {
    {"bansho.1", page_bansho}, {"bansho.conf.5", page_conf}, {"bansho-checks.7", page_checks}, {"bansho-filters.7", page_filters}, {"bansho-watch.8", page_watch}, {"bansho-wall.8", page_wall}, {"completion", completion},
};

int main(int argc, char **argv)
{
    const char *language = "en";
    struct err err = {0};
    _cleanup_(buf_free) struct buf b = BUF(PAGE_MAX);
    if (argc != 3)
        return OUTCOME_USAGE;
    if (text_language(argv[2], &language, &err) < 0)
        return complain(&err);
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (strcmp(argv[1], kinds[i].kind) == 0)
            kinds[i].write(&b, language);
    bool bad = b.n == 0 || b.full || fwrite(b.p, 1, b.n, stdout) != b.n || fflush(stdout) != 0;
    return bad ? OUTCOME_USAGE : OUTCOME_FINE;
}
