/* services.h: the one table of services, what they log where, and which of fail2ban's filters read it. What a machine really has: found.h, sources.h. */
#pragma once
#include "base/str.h"

struct log_service {
    const char *product, *object; /* model/service.h: "openssh"; "ssh" as in the findings of log.found */
    const char *units[4];         /* whose entries in the journal are its log */
    const char *files[6];         /* patterns of where it logs, where its configuration does not say otherwise */
    const char *keys[4];          /* settings that name files */
    bool own;                     /* only this service writes in those files, so that a quiet file is a quiet service */
    bool files_only;              /* its logins never come into the journal */
    const char *filters[4];       /* of logins, as fail2ban names them */
    const char *more_filters[2];  /* of ours, that know what else it writes */
    const char *programs[4];      /* how the names of its programs begin in a file that others write, too */
    const char *gates[3];         /* what stands in the name of a program of them that lets people in; none: all do */
    /* Entries of the journal that the service itself wrote (journal_stream.h): by fields that nobody can forge; SYSLOG_IDENTIFIER only beside _UID=0, and for an entry without
       a unit: its process had ended before journald asked the kernel, which happens on a busy machine. Who else can write within its unit is a person, and
       known by the uid (journal_entry.by_user). NULL: it writes none. */
    const char *const *matches;
};
extern const struct log_service log_services[];
extern const size_t log_services_n;

/* The one whose logins this filter finds: "sshd". NULL: none that is known. */
const struct log_service *log_service_of_filter(const char *filter);
/* Whose program that is, by the name with which it begins its lines ("postfix/smtpd"). NULL: none that is known. */
const struct log_service *log_service_of_program(struct str ident);
bool log_service_has_program(const struct log_service *s, struct str ident);
/* It is a program of the service that lets people in: what others of it write (about deliveries) says nothing of logins. */
bool log_service_lets_in(const struct log_service *s, struct str ident);
/* Whether that service wrote an entry that its matches found: its unit, or an instance of it (postfix@-.service; ssh@7-....service, a connection that is a unit of its own);
   or none, and its name. */
bool log_service_wrote(const struct log_service *s, struct str unit, struct str identifier);
