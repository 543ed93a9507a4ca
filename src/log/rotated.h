/* rotated.h: a log and what logrotate(8) made of it (its manual: compress, dateext, start): mail.log, mail.log.1, mail.log.2.gz, mail.log-20261101.xz,
   mail-20261101.log are one log in several files. */
#pragma once
#include "base/str.h"

/* The name of the live log that this file belongs to, in ret (PATH_MAX bytes); its own name where it is none of the above. */
void rotated_of(struct str name, char *ret, size_t size);
