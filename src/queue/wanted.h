/* wanted.h: which messages are meant: conditions as they are given on a command line. Those on one field: one must hold; those that begin with '!': none may; all fields together. */
#pragma once
#include "base/addr.h"
#include "base/err.h"
#include "queue/message.h"
#include "queue/spool.h"

enum wanted_field {
    WANTED_ACCOUNT, WANTED_SENDER, WANTED_TO, WANTED_CLIENT, WANTED_SCRIPT, WANTED_SITE, WANTED_SUBJECT, WANTED_SIZE, WANTED_OLDER, WANTED_YOUNGER, WANTED_STATE, WANTED_BOUNCE,
    WANTED_FIELDS,
};

/* How the text of a condition is compared. */
enum wanted_how { WANTED_EXACT, WANTED_PREFIX, WANTED_DOMAIN, WANTED_NETWORK, WANTED_NUMBER };

struct wanted_rule {
    enum wanted_field field;
    bool not;
    enum wanted_how how;
    struct str text;
    uint64_t number;
    struct prefix network;
};
struct wanted {
    LIST(struct wanted_rule) rules;
    bool everyone;   /* a condition on recipients: all of them must be known */
    bool any;        /* a condition that cannot be told from a message's place alone */
};

/* The option's name of a field: "account". NULL for none. */
const char *wanted_name(enum wanted_field field);
/* Takes one condition: taro@example.jp, @example.jp (anybody there), Buy* (a beginning), 203.0.113.0/24, 100K, 2h; "" for nobody. `state` by the names of a kind. */
int wanted_add(struct wanted *w, struct arena *a, enum wanted_field field, const char *text, struct err *err) _must_check_;
/* Could a message in this state be meant? */
bool wanted_state(const struct wanted *w, const char *state);
bool wanted_message(const struct wanted *w, const struct message *m, const char *state, int64_t now);
