/* why_account.h: all that is known of an account; verb_why_account.c finds it out and judges, verb_why_account_page.c shows it. */
#pragma once
#include "account/standing.h"
#include "bin/why.h"
#include "mail/account_known.h"

struct account_story {
    const struct call *call;
    const char *account, *word; /* word: as an argument */
    struct arena *arena;
    int64_t now, since;
    struct standings places;
    struct account_knowns known;
    struct why_seen seen;
    LIST(const char *) not_seen;
};

/* The sentence at the top. OUTCOME_UNKNOWN: nothing was found, but not everything could be seen. */
enum outcome account_judge(const struct account_story *s, const char **ret, enum colour *ret_colour);

/* Puts together what its parts say that they could not see. */
void account_not_seen(struct account_story *s);
bool account_exists(const struct account_story *s);
const char *account_place(const struct account_story *s, const struct standing *x); /* "/etc/shadow:12", "/run/nologin" */
void account_text(const struct account_story *s, const char *verdict, enum colour colour);
void account_json(const struct account_story *s, const char *verdict, enum outcome o);
