/* replay_health.h: does a log hold lines of a service that should tell a login, while no filter understands any of them? Nobody is seen then, and that is not the same as nobody
   being there. By service, because several write into one log. Counted where lines pass by that no filter took; once a service is understood, its lines are looked at no more. No I/O. */
#pragma once
#include "log/services.h"

#define REPLAY_SERVICES 32 /* of log/services.h, as bits by their place there */

struct replay_health {
    uint32_t asked;      /* services whose filters are tried */
    uint32_t understood; /* of which a filter knew a line */
    const struct log_service *own; /* the only one that writes into this log, whose lines need no name; NULL: their names tell */
    uint64_t looked;     /* bytes */
    unsigned blocks;     /* behind that */
    uint8_t telling[REPLAY_SERVICES]; /* lines that speak of how a login ended, up to HEALTH_TELLING */
};

/* The service whose logins that filter finds; 0: none that is known. */
uint32_t replay_health_of(const char *filter);
/* The service that is the only one to write into a file of that name. NULL: none that is known, or a web server, whose lines need not speak of logins. */
const struct log_service *replay_health_own(const char *path);
/* A line that no filter took. */
void replay_health_line(struct replay_health *h, struct str line);
/* Lines that were read, some of which a filter may have taken: of a long log the beginning, and samples of the rest. */
void replay_health_block(struct replay_health *h, struct str block);
/* Services of whose lines not one is understood. */
uint32_t replay_health_unparsed(const struct replay_health *h);
