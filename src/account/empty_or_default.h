/* empty_or_default.h: account.empty-or-default: accounts of the system, of mail and FTP files, and of the database, that anybody can enter. */
#pragma once
#include "account/shadow.h"
#include "server/probe.h"

int account_empty_or_default(const struct probe_ctx *ctx, struct findings *out, struct err *err);
/* The judgement of accounts that were read; budget in microseconds of CPU. memos: sorted for memo_find; how many guesses each hash has withstood by now, or
   (negative) which one fits it, is left in out->memos. */
void empty_or_default_judge(const struct credentials *c, int64_t budget_us, const struct memo *memos, size_t memos_n, struct findings *out);
/* Accounts besides root that are root. */
void extra_root_judge(const struct host *h, struct findings *out);
