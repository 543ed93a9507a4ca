/* database.h: account.empty-or-default asks the database itself: does its administrator get in over TCP with an empty password? */
#pragma once
#include "server/probe.h"

/* Adds nothing where there is no database that listens for TCP, or where it already is told that it asks nobody (skip-grant-tables). */
void database_judge(const struct probe_ctx *ctx, struct findings *out);
