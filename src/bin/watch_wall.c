/* watch_wall.c: how acts travel to bansho-wall, and answers back: org.bansho.Wall.Ban over one connection, made when there is something to ask. */
#include "base/i18n.h"
#include "bin/watch_loop.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define ANSWER_MS 5000

/* One call without an answer. */
struct asked {
    struct working *w;
    char id[DIARY_ID];
};

static void trouble(struct working *w, const char *why)
{
    char text[512];
    if (w->wall_down)
        return;
    w->wall_down = true;
    snprintf(text, sizeof text, _("bansho-wall cannot be asked: %s. What is to be shut out waits, and is asked for again"), why);
    watch_say(text);
}

static void gone(void *arg, int code)
{
    struct working *w = arg;
    w->link = NULL;
    if (!w->unanswered)
        return; /* it ends connections of which nothing comes for long */
    w->unanswered = false;
    trouble(w, err_name(code));
    watch_lost(w->watch);
    watch_go(w);
}

static void answered(void *arg, int code, const char *error, json_t *parameters)
{
    struct asked *a = arg;
    struct working *w = a->w;
    const char *reason = json_string_value(json_object_get(parameters, "reason"));
    if (code == 0 || (code == -EREMOTEIO && strcmp(error, "org.bansho.Wall.Refused") == 0)) {
        if (w->wall_down)
            watch_say(_("bansho-wall answers again"));
        w->wall_down = false;
        watch_answer(w->watch, a->id, code == 0 ? NULL : reason ? reason : "");
    } else if (code == -EREMOTEIO) {
        trouble(w, reason ? reason : error);
        watch_failed(w->watch, a->id);
    } else {
        w->unanswered = true; /* the link is gone, and says so itself */
    }
    free(a);
    if (!w->unanswered)
        watch_go(w);
}

int watch_ask_wall(void *arg, const struct post *p)
{
    struct working *w = arg;
    struct err err = {0};
    char who[ADDR_TEXT + 4];
    int r = w->link ? 0 : wire_link_new(&w->loop, w->c->wall, ANSWER_MS, gone, w, &w->link, &err);
    if (r < 0) {
        trouble(w, err.text[0] ? err.text : err_name(r));
        return r;
    }
    struct asked *a = calloc(1, sizeof *a);
    json_t *in = json_pack("{s:s, s:s, s:I, s:s}", "id", p->id, "network", prefix_text(&p->who, who), "until", (json_int_t)p->until, "why", p->why);
    if (!a || !in) {
        free(a);
        json_decref(in);
        return -ENOMEM;
    }
    a->w = w;
    memcpy(a->id, p->id, sizeof a->id);
    r = wire_link_call(w->link, "org.bansho.Wall.Ban", in, answered, a);
    if (r < 0)
        free(a);
    return r;
}
