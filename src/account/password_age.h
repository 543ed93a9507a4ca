/* password_age.h: account.password-age: system accounts with a password and a shell, by shadow(5)'s day of the last change. */
#pragma once
#include "account/shadow.h"
#include "server/probe.h"

int account_password_age(const struct probe_ctx *ctx, struct findings *out, struct err *err);
void password_age_judge(const struct credentials *c, int64_t limit, int64_t now, struct findings *out);
