/* apache.h: what the two halves of the Apache reader share: apache.c reads files, variables and conditions as httpd does at its start;
   apache_sites.c turns the directives that hold into virtual hosts, mounts and endpoints. */
#pragma once
#include "server/conf_files.h"
#include "server/section_config.h"

#define APACHE_DEPTH 64

struct apache_host { /* one <VirtualHost>, or the main server (index 0) */
    const char *name;            /* NULL: none */
    LIST(const char *) aliases;
    const char *document_root;   /* NULL: inherited */
    LIST(struct mount) mounts;
    int tls;                     /* -1: inherited */
    const char *certificate;     /* NULL: inherited */
    const char *addresses;       /* as written in <VirtualHost ...> */
    const char *file;
    unsigned line;
};

struct apache_listen {
    const char *address, *file;
    uint16_t port;
    bool https;
    unsigned line;
};

struct apache {
    struct server *s;
    struct instance *i;
    struct conf_files files;
    const char *server_root;
    const char *file;                 /* that is being read */
    LIST(struct setting) vars;        /* key, value: Define, and the environment that the start script sets */
    LIST(const char *) modules;       /* loaded, without "mod_" and "_module" */
    unsigned skipped;                 /* sections open whose condition does not hold */
    struct { const char *name, *path, *arg; } open[APACHE_DEPTH];
    unsigned depth;
    LIST(struct apache_host) hosts;
    size_t host;                      /* whose directives are being read */
    LIST(struct apache_listen) listens;
};

/* A path as httpd takes it: relative ones begin at ServerRoot. */
const char *apache_path(struct apache *c, const char *path);
/* One directive that holds; `words` are its arguments, at most `n`. */
void apache_take(struct apache *c, struct str name, char *const *words, size_t n, unsigned line);
void apache_host_begin(struct apache *c, const char *addresses, unsigned line);
/* At the end: sites and endpoints. */
void apache_sites(struct apache *c);
