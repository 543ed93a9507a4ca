/* verb_help.c: `bansho help [VERB]` and `bansho version`. */
#include "bin/verbs.h"

static void print_option(struct buf *b, const struct verb_option *o)
{
    _cleanup_(buf_free) struct buf name = BUF(256);
    if (o->letter)
        buf_printf(&name, "-%c, ", o->letter);
    else
        buf_addz(&name, "    ");
    buf_printf(&name, "--%s", o->name);
    if (o->value)
        buf_printf(&name, " %s", o->value);
    buf_addz(b, "  ");
    text_pad(b, buf_str(&name), 22);
    buf_addz(b, "  ");
    text_wrap(b, str_of(_(o->help)), 96 - 26, 26);
    buf_addc(b, '\n');
}

static void print_verb(struct buf *b, const struct verb *v)
{
    buf_printf(b, "bansho %s%s%s\n\n", v->name, *v->usage ? " " : "", v->usage);
    struct str rest = str_of(_(v->help)), line;
    while (str_line(&rest, &line)) {
        text_wrap(b, line, 96, 0);
        buf_addc(b, '\n');
    }
    buf_printf(b, "\n%s\n", _("Options"));
    for (const struct verb_option *o = v->options; o && o->name; o++)
        print_option(b, o);
    for (const struct verb_option *o = common_options; o->name; o++)
        print_option(b, o);
}

static void print_all(struct buf *b)
{
    buf_printf(b, "bansho %s  %s\n\n", BANSHO_VERSION, _("looks after the safety of a hosting server"));
    for (size_t i = 0; i < verbs_n; i++) {
        buf_addz(b, "  ");
        text_pad(b, str_of(verbs[i]->name), 10);
        text_wrap(b, str_of(_(verbs[i]->summary)), 84, 12);
        buf_addc(b, '\n');
    }
    buf_printf(b, "\n%s\n", _("More on one of them: bansho help VERB"));
}

static enum outcome help(const struct call *c)
{
    _cleanup_(buf_free) struct buf b = BUF(1u << 20);
    if (c->args_n == 0) {
        print_all(&b);
    } else {
        const struct verb *v = verb_by_name(str_of(c->args[0]));
        if (!v)
            return complainf(_("there is no verb \"%s\". All verbs: bansho help"), c->args[0]);
        print_verb(&b, v);
    }
    fwrite(b.p, 1, b.n, stdout);
    return OUTCOME_FINE;
}

static enum outcome version(const struct call *c)
{
    (void)c;
    printf("bansho %s\n", BANSHO_VERSION);
    return OUTCOME_FINE;
}

const struct verb verb_help = {
    .name = "help",
    .usage = "[VERB]",
    .summary = N_("lists the verbs, or tells all about one"),
    .help = N_("Without an argument: every verb with one line. With a verb: what it does and its options."),
    .argument = ARGUMENT_VERB,
    .max = 1,
    .run = help,
};

const struct verb verb_version = {
    .name = "version",
    .usage = "",
    .summary = N_("prints the version"),
    .help = N_("Prints the name and version of this program on one line."),
    .run = version,
};
