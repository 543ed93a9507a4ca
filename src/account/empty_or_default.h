/* empty_or_default.h: account.empty-or-default: accounts of the system, of mail and FTP files, and of the database, that anybody can enter. */
#pragma once
#include "account/shadow.h"
#include "server/probe.h"

int account_empty_or_default(const struct probe_ctx *ctx, struct findings *out, struct err *err);
/* The judgement of accounts that were read; budget in microseconds of CPU. */
void empty_or_default_judge(const struct credentials *c, int64_t budget_us, struct findings *out);
/* Accounts besides root that are root. */
void extra_root_judge(const struct host *h, struct findings *out);
