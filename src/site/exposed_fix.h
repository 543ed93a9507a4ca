/* exposed_fix.h: the plan of site.exposed: the web server refuses what was found, by its path; the files stay where they are. */
#pragma once
#include "change/plan.h"
#include "server/probe.h"

int site_exposed_plan(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err);

enum hidden_kind { HIDDEN_FILE, HIDDEN_DIRECTORY, HIDDEN_LISTING };
/* Apache's section that refuses a path of the file system. -EINVAL: the path has bytes that cannot be written there without a meaning of their own. */
int hidden_apache(enum hidden_kind kind, const char *path, struct buf *out) _must_check_;
/* The argument of nginx's location for a URL path, e.g. "= /backup.sql". -EINVAL as above. */
int hidden_nginx(enum hidden_kind kind, const char *url, struct buf *out) _must_check_;
/* The number of the server block that holds the line, from 1, at the top or within http; 0: none does. */
unsigned hidden_nginx_server(struct str text, unsigned line);
/* The text with the location in the nth server block: 1; 0: it was so. -ENOENT: there is no such block. */
int hidden_nginx_edit(const char *file, struct str text, unsigned n, enum hidden_kind kind, const char *location, struct buf *out, struct err *err) _must_check_;
