/* event.h: the one vocabulary of what a filter finds in a line: kinds of events and names of fields. fail2ban's filters know one kind, a failure; ours name the
   others by `event.KIND = expressions` and `failkind = KIND`, and fields by groups <F-NAME> (docs/filters.md). */
#pragma once
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

enum event_kind {
    EVENT_LOGIN_FAILED,
    EVENT_LOGIN_OK,
    EVENT_LOGIN_REFUSED,
    EVENT_METHOD_REFUSED,
    EVENT_LOGIN_GIVEN_UP,
    EVENT_LOGIN_TRIED,
    EVENT_LOGOUT,
    EVENT_PRIVILEGE,
    EVENT_PRIVILEGE_DENIED,
    EVENT_MAIL_ACCEPTED,
    EVENT_MAIL_QUEUED,
    EVENT_MAIL_TRIED,
    EVENT_MAIL_DELIVERED,
    EVENT_MAIL_DEFERRED,
    EVENT_MAIL_BOUNCED,
    EVENT_MAIL_REMOVED,
    EVENT_MAIL_REJECTED,
    EVENT_RELAY_DENIED,
    EVENT_TRANSFER,
    EVENT_REQUEST,
    EVENT_REQUEST_DENIED,
    EVENT_PROBE,
    EVENT_QUERY_DENIED,
    EVENT_CONNECTED,
    EVENT_KINDS,
};

struct event_kind_row {
    const char *name, *help;
    uint64_t needs; /* bits of enum event_field: each expression of the kind has them */
};
extern const struct event_kind_row event_kinds[EVENT_KINDS];
bool event_kind_of(struct str name, enum event_kind *ret);

enum event_field {
    EVENT_USER,
    EVENT_SERVICE,
    EVENT_METHOD,
    EVENT_SESSION,
    EVENT_TTY,
    EVENT_RUNAS,
    EVENT_COMMAND,
    EVENT_QUEUE,
    EVENT_MESSAGE,
    EVENT_SENDER,
    EVENT_RCPT,
    EVENT_RELAY,
    EVENT_SAID,
    EVENT_STATUS,
    EVENT_SIZE,
    EVENT_NRCPT,
    EVENT_HELO,
    EVENT_SITE,
    EVENT_PATH,
    EVENT_CODE,
    EVENT_AGENT,
    EVENT_FILE,
    EVENT_DIRECTION,
    EVENT_QUERY,
    EVENT_FORWARDED,
    EVENT_FIELDS,
};

struct event_field_row {
    const char *name, *help;
};
extern const struct event_field_row event_fields[EVENT_FIELDS];
bool event_field_of(struct str name, enum event_field *ret);
