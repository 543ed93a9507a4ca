/* apt_conf.h: apt.conf(5) as rows {key, value, file, line}. The files tell where a value stands; `apt-config dump` (the same syntax) tells what apt
   itself makes of all of them. Only these two; APT_CONFIG and the command line are other people's runs. */
#pragma once
#include "base/arena.h"
#include "base/rootfs.h"
#include "host/host.h"

struct apt_row {
    const char *key;   /* "APT::Periodic::Enable"; entries of a list end in "::" */
    const char *value; /* NULL: not set */
    const char *file;  /* NULL: not known */
    unsigned line;
};

struct apt_conf {
    LIST(struct apt_row) rows; /* in order: the last of a key counts */
};

/* Adds the rows of one file; `#clear KEY;` takes earlier ones away. Never fails: what is no statement is skipped. */
void apt_conf_parse(struct arena *a, struct str text, const char *file, struct apt_conf *into) PARSER(apt_conf);
/* /etc/apt/apt.conf.d and apt.conf, then on a live machine what apt-config says. 0; -EFBIG where a file was too large to be read. */
int apt_conf_load(const struct host *h, struct arena *a, struct apt_conf *ret) _must_check_;
/* The value in force; value NULL where it is not set. Keys are compared without case. */
struct apt_row apt_conf_get(const struct apt_conf *c, const char *key);
/* The n-th entry (0, 1, ...) of a list; value NULL: no more. */
struct apt_row apt_conf_entry(const struct apt_conf *c, const char *list, size_t n);

/* One value of an ini file (dnf's automatic.conf); value NULL where it is not set. */
struct apt_row ini_value(struct arena *a, struct str text, const char *file, const char *section, const char *key) PARSER(apt_conf);
