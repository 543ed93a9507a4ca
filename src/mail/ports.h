/* ports.h: where this machine's mail services listen, and from where they are asked. */
#pragma once
#include "dialogue/dialogue.h"
#include "server/probe.h"

/* One TCP port on which a mail service listens. */
struct mail_port {
    const char *name;       /* "submission"; "port 2525" where the port is no usual one */
    const char *protocol;   /* "smtp" "imap" "pop3" */
    uint16_t port;
    bool tls;               /* from the first byte */
    bool local_only;        /* loopback addresses only: no stranger gets there */
    struct addr to[2];      /* [0] IPv4, [1] IPv6: an own address that reaches it */
    bool has[2];
    const struct instance *instance;  /* whose configuration names it, or NULL */
    const struct endpoint *endpoint;
};
struct mail_ports {
    LIST(struct mail_port) list;
};

/* The services of one protocol (NULL: all three), in the order of their ports. outside: `to` is an address by which others reach the machine; else the
   loopback where it listens there. */
void mail_ports(const struct server *s, const char *protocol, bool outside, struct arena *a, struct mail_ports *ret);

/* How it is asked from this machine: over IPv4 where that is possible, from an address of 127.0.0.0/8 that is chosen by the run and k. A server that is
   asked from the very address that is asked takes the line for safe and permits clear text (Dovecot); and whoever counts failures counts none twice. */
struct endpoint_at mail_port_at(const struct mail_port *p, const char *run, unsigned k);

/* The name that people write into their mail programs for this server, for its certificate: the configured host name, else the machine's own. */
const char *mail_server_name(const struct server *s);
/* A domain whose mail is delivered here, "" where none is known. */
const char *mail_local_domain(const struct server *s);
