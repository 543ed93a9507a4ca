/* answers.h: service.answers: does every service answer in its own protocol, from this machine and by its public address? */
#pragma once
#include "server/probe.h"

int service_answers(const struct probe_ctx *ctx, struct findings *out, struct err *err);
int service_answers_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err);
