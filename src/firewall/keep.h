/* keep.h: the plan of firewall.present: what is loaded now is to be loaded at the next start too. It makes no policy. */
#pragma once
#include "change/plan.h"
#include "server/probe.h"

/* The text of `nft -s list ruleset` without what others put in themselves when they start (fail2ban's tables), and without comments of the tool.
   *ret_owner: a tool that keeps its rules itself, with the command that makes them last, or NULL. */
struct keep_owner {
    const char *title, *command;
};
void keep_ruleset_parse(struct str listed, struct buf *out, struct keep_owner *ret_owner) PARSER(keep);

int firewall_present_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err);
