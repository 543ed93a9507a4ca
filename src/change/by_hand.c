#include "change/by_hand.h"
#include "base/shell.h"

static void command(struct buf *out, const char *const *argv)
{
    for (size_t i = 0; argv[i]; i++) {
        buf_addz(out, i ? " " : "");
        shell_quote(out, str_of(argv[i]));
    }
    buf_addc(out, '\n');
}

static void path_step(struct buf *out, const struct step *s, size_t at)
{
    struct str path = str_of(s->path);
    switch (s->before.type) {
    case NODE_ABSENT:
        buf_addz(out, s->after.type == NODE_DIRECTORY ? "rmdir -- " : "rm -f -- ");
        shell_quote(out, path);
        buf_addz(out, s->after.type == NODE_DIRECTORY ? " || true" : "");
        break;
    case NODE_FILE:
    case NODE_LINK:
        buf_printf(out, "cp -a --remove-destination -- before/%zu ", at);
        shell_quote(out, path);
        if (s->before.type == NODE_LINK)
            break;
        buf_printf(out, "\nchown %u:%u -- ", s->before.uid, s->before.gid);
        shell_quote(out, path);
        buf_printf(out, "\nchmod %04o -- ", s->before.mode);
        shell_quote(out, path);
        break;
    default:
        buf_printf(out, "chown %u:%u -- ", s->before.uid, s->before.gid);
        shell_quote(out, path);
        buf_printf(out, "\nchmod %04o -- ", s->before.mode);
        shell_quote(out, path);
    }
    buf_addc(out, '\n');
}

static void unit_step(struct buf *out, const struct step *s)
{
    if (s->type == STEP_UNIT && s->verb == UNIT_RESTART)
        return; /* nothing to take back */
    static const char *const settling[UNIT_VERB_COUNT] = {[UNIT_START] = "start", [UNIT_RELOAD] = "reload-or-restart", [UNIT_RESTART] = "try-restart"};
    const char *verb = s->type == STEP_UNIT ? unit_verb_name(unit_verb_inverse(s->verb)) : settling[s->verb];
    if (!verb)
        return;
    command(out, (const char *const[]){"systemctl", verb, s->unit, NULL});
}

void by_hand_script(const struct step *steps, size_t n, struct buf *out)
{
    buf_addz(out, "#!/bin/sh\n# Takes this change back without bansho. Read it first: it overwrites what was edited since. As root.\nset -eu\ncd -- \"$(dirname -- \"$0\")\"\n");
    for (size_t i = n; i-- > 0;) {
        const struct step *s = &steps[i];
        if (s->path)
            path_step(out, s, i);
        else if (s->type == STEP_COMMAND && s->inverse)
            command(out, s->inverse);
        else if (s->type == STEP_COMMAND)
            buf_addz(out, "# one step cannot be taken back: see change.json\n");
        else if (s->type == STEP_UNIT)
            unit_step(out, s);
    }
    for (size_t i = 0; i < n; i++)
        if (steps[i].type == STEP_TEST)
            command(out, steps[i].argv);
        else if (steps[i].type == STEP_SETTLE)
            unit_step(out, &steps[i]);
        else if (steps[i].type == STEP_MANAGER)
            buf_addz(out, "systemctl daemon-reload\n");
}
