/* exim.h: Exim 4. Settings of section "" are the options of the main part: as `exim -bP` prints them on the live machine (FROM_PROGRAM, with file and line
   where the file sets them), from the configuration with its macros, conditions and includes otherwise (FROM_FILE). Named lists keep their kind in the key:
   "hostlist relay_from_hosts", "domainlist relay_to_domains". Each authenticator is a section "authenticator NAME" with its options. Section "debian": what
   update-exim4.conf.conf says (dc_relay_nets ...). What an ACL permits is not worked out. */
#pragma once
#include "server/server.h"

/* Adds the settings of a configuration; s with a host: includes are followed. */
void exim_read(struct server *s, struct instance *i, struct str text, const char *file) PARSER(exim_config);
/* An Exim list of interfaces ("<; 127.0.0.1 ; ::1.587"): one endpoint for each, on every port of `ports` where it has none of its own. */
void exim_interfaces(struct server *s, struct instance *i, const char *interfaces, const char *ports, const char *tls_ports, const char *file, unsigned line) PARSER(exim_config);
