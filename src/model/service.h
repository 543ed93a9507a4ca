/* service.h: the services of a hosting server by their usual ports (IANA registry; Plesk's own from its firewall module). No I/O. */
#pragma once
#include "base/str.h"

struct service {
    const char *name;    /* "submission": as in bansho.conf */
    const char *title;   /* N_() */
    uint16_t port;
    bool udp;
    bool tls;            /* TLS from the first byte */
    bool login;          /* people log in here with a password */
    const char *protocol;/* the dialogue that it answers: "smtp" "imap" "pop3" "ftp" "http" "ssh" "dns" "mysql" "postgresql" or "" */
};

extern const struct service services[];
extern const size_t services_n;
const struct service *service_by_port(uint16_t port, bool udp);
const struct service *service_by_name(struct str name);
