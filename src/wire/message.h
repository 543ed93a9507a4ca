/* message.h: Varlink's messages (varlink.org, "Method Call"): one JSON object each, followed by a NUL. No I/O. What a peer sent is untrusted.
   Refused as malformed: what is no JSON object of that form, a key twice, NUL in a text, integers beyond 64 bits, nesting beyond jansson's 2048, names that no
   interface can have, oneway together with more. Keys that hold a dot are extensions of others and are left unread. */
#pragma once
#include "base/err.h"
#include "base/str.h"
#include <jansson.h>

#define WIRE_NAME_MAX 256

struct wire_message {
    json_t *root;         /* owned: message_done */
    json_t *parameters;   /* an object of root's, never NULL */
    struct str method;    /* a call's: "org.example.Interface.Method" */
    struct str interface; /* what stands before the last dot of it */
    struct str member;    /* and behind */
    bool more, oneway, upgrade;
    const char *error;    /* a reply's; NULL: none */
    bool continues;
};

int message_parse_call(struct str text, struct wire_message *ret, struct err *err) PARSER(wire_message) _must_check_;
int message_parse_reply(struct str text, struct wire_message *ret, struct err *err) PARSER(wire_message) _must_check_;
void message_done(struct wire_message *m);

enum { MESSAGE_MORE = 1, MESSAGE_ONEWAY = 2, MESSAGE_CONTINUES = 4 };
/* The text with its NUL at the end (*ret_n counts it), to be freed. NULL: no memory, or texts that are not UTF-8. parameters may be NULL: none. */
char *message_call(const char *method, json_t *take_parameters, unsigned flags, size_t *ret_n);
char *message_reply(const char *error, json_t *take_parameters, unsigned flags, size_t *ret_n);
