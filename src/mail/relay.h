/* relay.h: mail.relay (G4.1 G4.4): does a stranger get mail for other servers taken here without a password? Asked in every form of address that has
   opened servers before, as a client that ends each attempt after RCPT. No mail is sent. */
#pragma once
#include "dialogue/dialogue.h"
#include "server/probe.h"

probe_fn relay_probe;
plan_fn relay_plan_fix;

/* How a form would get out, and so what a 2xx means. */
enum relay_class {
    RELAY_FOREIGN,  /* the address is another server's: taken = relays */
    RELAY_LOCAL,    /* ...@a domain of this server: relays only where any other unknown name of that domain is refused */
    RELAY_LITERAL,  /* ...@[an address of this server]: likewise */
    RELAY_BARE,     /* no domain: likewise */
    RELAY_CLASSES,
};

/* Four refusals in one connection, each connection from an address of its own: from five on fail2ban shuts an address out (its usual maxretry), and
   Postfix answers slowly after ten in one connection. */
#define RELAY_SESSIONS 4
#define RELAY_FORMS 24

struct relay_form {
    unsigned session;
    enum relay_class class;
    bool control;         /* an ordinary name that nobody has: is everything of this class taken? */
    const char *from, *to;
};

/* What one port answered in one family. */
enum relay_verdict { RELAY_NOT_ASKED, RELAY_CLOSED, RELAY_OPEN, RELAY_UNCLEAR, RELAY_SILENT };
struct relay_answer {
    enum relay_verdict verdict;
    enum trouble trouble;       /* RELAY_SILENT */
    unsigned refused, asked;    /* forms */
    char from[200], to[200];    /* the form that decided */
    unsigned session;           /* its session */
    int code;
    char text[80];
};

/* The forms with their names filled in: RUN makes the names of nobody; `own` is an address of this server, `domain` one of its domains. */
size_t relay_forms(struct arena *a, const char *run, const char *domain, const struct addr *own, struct relay_form ret[static RELAY_FORMS]);
void relay_plan(const struct relay_form *forms, size_t n, unsigned session, const char *helo, struct smtp_plan *ret);
/* seen[session] */
void relay_judge(const struct relay_form *forms, size_t n, const struct smtp_seen *seen, struct relay_answer *ret);
