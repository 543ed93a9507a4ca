/* check_page.h: where the page of `bansho check --html FILE` goes. Below --root the process that looks has given up its privileges and cannot write files:
   it is a child then, and hands the page to its parent, which only puts the bytes in place. */
#pragma once
#include "base/buf.h"
#include "bin/verbs.h"

#define PAGE_MAX (64u << 20)

struct page_place {
    const char *path; /* NULL: no page is wanted; "-": the standard output */
    int pipe;         /* -1, or where the parent waits for the page */
};

/* The place that the call asks for. OUTCOME_FINE, or what was wrong with it (a complaint is made): told before the checks take their time. */
enum outcome page_place(const struct call *c, struct page_place *ret);
bool page_is_stdout(const struct page_place *p);
/* Delivers the page. `outcome` is returned, or OUTCOME_USAGE where that failed. */
enum outcome page_deliver(const struct page_place *p, struct str page, enum outcome outcome);
/* Runs `look` in a child and puts what it delivers in place. */
enum outcome page_from_child(const struct call *c, const struct page_place *p, enum outcome (*look)(const struct call *c, const struct page_place *p));
