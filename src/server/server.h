/* server.h: the products of a hosting server, one file for each (server/postfix.c ...): where its files are, its version, its effective settings.
   Every product is a row of `products`; loading it adds instances. Settings are rows {section, key, value, file, line}: as the program itself computes them
   where it can be asked (postconf, doveconf -n, sshd -T, apachectl -S, nginx -T), from the files otherwise (always below --root). */
#pragma once
#include "host/host.h"

enum product_kind { KIND_MTA = 1, KIND_MAILBOX = 2, KIND_FTP = 4, KIND_SSH = 8, KIND_WEB = 16, KIND_PHP = 32, KIND_DB = 64, KIND_DNS = 128, KIND_PANEL = 256, KIND_GUARD = 512, KIND_CONTAINER = 1024 };

enum setting_from { FROM_FILE, FROM_PROGRAM, FROM_DEFAULT };

struct setting {
    const char *section; /* "" ; Dovecot: "passdb", "service auth/unix_listener x"; Apache/nginx: the enclosing section; Postfix master.cf: "submission/inet" */
    const char *key;
    const char *value;
    const char *file;    /* NULL: not known */
    unsigned line;
    enum setting_from from;
};

/* A daemon of the product that listens, as configured: what a service's name means for this product. */
struct endpoint {
    const char *service;   /* model/service.h's name, or "" where the port is none of these */
    const char *label;     /* the product's own name for it: "submission/inet", "imap-login/imaps" */
    const char *address;   /* as configured; "" = all */
    uint16_t port;
    bool tls;              /* from the first byte */
    const char *file;
    unsigned line;
};

struct instance {
    const struct product *product;
    const char *name;       /* "" for the only or first one; Postfix: the multi-instance name */
    const char *version;    /* "" : not known */
    const char *package;    /* "" : not from a package */
    const char *config;     /* main configuration file or directory */
    const char *unit;       /* systemd unit, or "" */
    bool running;           /* live machine: its unit is active or one of its programs listens */
    bool wanted;            /* enabled at boot, or running */
    LIST(struct setting) settings;
    LIST(struct endpoint) endpoints;
    struct seen seen;       /* the settings; code < 0: judge nothing from what is missing */
    const unsigned *sorted; /* settings by section and key (server.c): looking one up in 900 must be cheap */
    size_t sorted_n;
};

struct server;
struct product {
    const char *id;     /* "postfix" */
    const char *title;  /* "Postfix" */
    unsigned kinds;
    const char *const *packages; /* names or shell patterns, NULL-terminated: Debian and RHEL */
    const char *const *units;    /* names or shell patterns, without suffix; a .socket of that name counts too */
    const char *const *programs; /* basenames or shell patterns of executables that listen or that are the main process */
    /* Adds an instance for each installation found; 0 also where there is none. */
    int (*load)(const struct product *self, struct server *s, struct err *err);
    const char *const *paths;    /* executables that prove an installation without a package; NULL: `programs` in the usual directories */
};
extern const struct product *const products[];
extern const size_t products_n;

struct mount {
    const char *url, *dir;
};

/* One virtual host of Apache or nginx. */
struct site {
    const struct instance *web;
    const char *name;            /* ServerName / first server_name; "" for a nameless default */
    LIST(const char *) aliases;
    const char *document_root;   /* path inside the root; "" where it only proxies or redirects */
    LIST(struct mount) mounts;   /* further directories mapped into it: Alias /blog /usr/share/wordpress, location/alias */
    unsigned owner;              /* uid of the document root; (unsigned)-1 unknown */
    bool tls;
    const char *certificate;     /* file, or "" */
    const char *address;         /* as configured, "*" or "" = all */
    unsigned families;           /* where address is "all": SITE_V4, SITE_V6, both, or 0: on whatever the server listens */
    uint16_t port;
    const char *file;
    unsigned line;
};
#define SITE_V4 1
#define SITE_V6 2

/* A program that xinetd or inetd starts for each connection. */
struct superserver {
    const char *service, *server, *args; /* "smtp", "/var/qmail/bin/tcp-env", "-Rt0 /var/qmail/bin/relaylock ..." (words joined by blanks) */
    const char *address;                 /* "" = all */
    uint16_t port;                       /* 0: not known */
    bool enabled;
    const char *file;
    unsigned line;
};

#define INSTANCES_MAX 256  /* so that pointers to instances stay valid; what comes behind is dropped and `instances_dropped` counts it */
#define SETTINGS_MAX 20000 /* of one instance */
#define TEXT_MAX (2u << 20) /* of one file */

struct server {
    struct arena *arena;
    const struct host *host;
    LIST(struct superserver) superservers;
    LIST(const char *) processes; /* executables that run in our own pid namespace; live machine only */
    size_t text_bytes;            /* read so far: all files together are capped as well */
    unsigned instances_dropped;
    LIST(struct instance) instances;
    LIST(struct site) sites;
    struct seen sites_seen;
};

int server_new(const struct host *host, struct server **ret, struct err *err) _must_check_;
/* Only products of these kinds, for who needs no others: each one asked costs a program. */
int server_new_of(const struct host *host, unsigned kinds, struct server **ret, struct err *err) _must_check_;
void server_free(struct server *s);

/* The n-th instance of a product (0, 1, ...); NULL: no more. */
const struct instance *server_instance(const struct server *s, const char *product, size_t n);
/* The first instance of any of these kinds that is wanted. */
const struct instance *server_kind(const struct server *s, unsigned kinds, size_t n);

/* The last value set for the key in that section (what counts in most formats); NULL: not set. */
const struct setting *setting_get(const struct instance *i, const char *section, const char *key);
/* Its value, or `otherwise`. */
const char *setting_value(const struct instance *i, const char *section, const char *key, const char *otherwise);
/* yes/no/true/false/on/off/1/0; `otherwise` where it is not set or not one of these. */
bool setting_bool(const struct instance *i, const char *section, const char *key, bool otherwise);

/* --- for the product files --- */
/* The pointer stays valid as long as the server. */
struct instance *instance_add(struct server *s, const struct product *p, const char *name);
/* Takes back the instance that was added last (nothing of it was found). */
void instance_drop(struct server *s, struct instance *i);
void setting_add(struct server *s, struct instance *i, enum setting_from from, const char *section, struct str key, struct str value, const char *file, unsigned line);
/* service NULL: the usual name of the port. */
void endpoint_add(struct server *s, struct instance *i, const char *service, const char *label, const char *address, uint16_t port, bool tls, const char *file, unsigned line);
/* Makes lookups fast while a product goes on loading; adding a setting makes them slow again. server_new does it at the end. */
void instance_sort(struct server *s, struct instance *i);
/* Installed by package, unit or executable, or running? Fills package, version, unit, running, wanted. false: not here. */
bool instance_detect(struct server *s, struct instance *i);
/* Remembers that the settings are not complete; the first reason stays. `why` is translated. */
void instance_unseen(struct instance *i, int code, const char *why);

/* Reads a regular file of at most TEXT_MAX into the server's arena. 0 or -errno (-EFBIG: larger, nothing is returned). */
int server_read(struct server *s, const char *path, struct str *ret) _must_check_;
/* The same for a file without which the instance cannot be judged: what fails is remembered in i->seen. */
int instance_read(struct server *s, struct instance *i, const char *path, struct str *ret) _must_check_;
struct line_style;
/* Adds every `key value` line of a file to the settings, below `section` (NULL: the file's own sections). -ENOENT is returned and is no reason to distrust. */
int instance_settings(struct server *s, struct instance *i, const char *path, const struct line_style *style, const char *section);
/* Runs a program of the live machine (-ENOTSUP below a foreign root) and keeps what it printed; it must end with status 0 within 10 s. */
int server_ask(struct server *s, const char *const argv[], struct str *ret) _must_check_;
/* A port's number from its number or its usual name ("smtps"); 0: not known. */
uint16_t server_port(struct str name);
/* Is a process with this executable's basename (a shell pattern) seen? */
bool server_process(const struct server *s, const char *program);
/* Fills s->superservers (xinetd.c). */
void superservers_load(struct server *s);
