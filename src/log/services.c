#include "log/services.h"
#include <string.h>

/* With socket activation each connection is a unit of its own: by program, root's processes only, since anybody may run the program. A process that ended before journald came
   to look at it has neither there: by the name that it gave itself, root's only. */
static const char *const ssh[] = {"_UID=0", "_SYSTEMD_UNIT=ssh.service", "_SYSTEMD_UNIT=sshd.service", "+", "_UID=0", "_EXE=/usr/sbin/sshd", "_EXE=/usr/lib/openssh/sshd-session",
                                  "_EXE=/usr/libexec/openssh/sshd-session", "+", "_UID=0", "SYSLOG_IDENTIFIER=sshd", "SYSLOG_IDENTIFIER=sshd-session", NULL};
static const char *const postfix[] = {"_SYSTEMD_UNIT=postfix.service", "+", "_SYSTEMD_SLICE=system-postfix.slice", NULL}; /* the slice: all instances, postfix@NAME.service */
static const char *const exim[] = {"_SYSTEMD_UNIT=exim4.service", "_SYSTEMD_UNIT=exim.service", NULL};
static const char *const qmail[] = {"_SYSTEMD_UNIT=qmail.service", "_SYSTEMD_UNIT=qmail-send.service", "_SYSTEMD_UNIT=xinetd.service", NULL};
static const char *const dovecot[] = {"_SYSTEMD_UNIT=dovecot.service", NULL};
static const char *const courier[] = {"_SYSTEMD_UNIT=courier-imap.service", "_SYSTEMD_UNIT=courier-imap-ssl.service", "_SYSTEMD_UNIT=courier-imaps.service", "_SYSTEMD_UNIT=courier-pop.service",
                                      "_SYSTEMD_UNIT=courier-pop-ssl.service", "_SYSTEMD_UNIT=courier-pop3s.service", "_SYSTEMD_UNIT=courier-authdaemon.service", NULL};
static const char *const proftpd[] = {"_SYSTEMD_UNIT=proftpd.service", "_SYSTEMD_UNIT=xinetd.service", NULL};
static const char *const vsftpd[] = {"_SYSTEMD_UNIT=vsftpd.service", NULL};
static const char *const pureftpd[] = {"_SYSTEMD_UNIT=pure-ftpd.service", "+", "_UID=0", "SYSLOG_IDENTIFIER=pure-ftpd", NULL};
static const char *const apache[] = {"_SYSTEMD_UNIT=apache2.service", "_SYSTEMD_UNIT=httpd.service", NULL};
static const char *const nginx[] = {"_SYSTEMD_UNIT=nginx.service", NULL};

const struct log_service log_services[] = {
    {"openssh", "ssh", {"ssh.service", "sshd.service"}, {"/var/log/auth.log", "/var/log/secure"}, {NULL}, false, false, {"sshd"}, {NULL}, {"sshd"}, {NULL}, ssh},
    {"postfix", "smtp", {"postfix@-.service", "postfix.service"}, {"/var/log/mail.log", "/var/log/maillog", "/usr/local/psa/var/log/maillog"}, {"maillog_file"}, false, false, {"postfix", "postfix-sasl"}, {NULL}, {"postfix"}, {"smtpd"}, postfix},
    {"exim", "smtp", {NULL}, {"/var/log/exim4/mainlog", "/var/log/exim/main.log"}, {NULL}, true, true, {"exim", "exim-spam"}, {NULL}, {"exim"}, {NULL}, exim},
    {"qmail", "smtp", {"qmail.service", "qmail-send.service"}, {"/usr/local/psa/var/log/maillog", "/var/log/maillog", "/var/log/mail.log", "/var/log/qmail/current"}, {NULL}, false, false, {"qmail", "plesk-qmail", "vchkpw"}, {NULL}, {"qmail", "smtp_auth", "relaylock", "vchkpw"}, {"smtp_auth", "relaylock", "vchkpw"}, qmail},
    {"dovecot", "imap", {"dovecot.service"}, {"/var/log/mail.log", "/var/log/maillog", "/var/log/dovecot.log", "/usr/local/psa/var/log/maillog"}, {"log_path", "info_log_path"}, false, false, {"dovecot"}, {NULL}, {"dovecot"}, {NULL}, dovecot},
    {"courier", "imap", {"courier-imap.service", "courier-pop.service", "courier-imaps.service"}, {"/var/log/mail.log", "/var/log/maillog", "/usr/local/psa/var/log/maillog"}, {NULL}, false, false, {"courier", "courier-auth", "courier-smtp", "plesk-courierimap"}, {NULL}, {"courier", "imap", "pop3"}, {NULL}, courier},
    {"proftpd", "ftp", {NULL}, {"/var/log/proftpd/proftpd.log", "/var/log/proftpd.log", "/usr/local/psa/var/log/xferlog"}, {"SystemLog", "TransferLog"}, true, true, {"proftpd"}, {"xferlog"}, {"proftpd"}, {NULL}, proftpd},
    {"vsftpd", "ftp", {NULL}, {"/var/log/vsftpd.log", "/var/log/xferlog"}, {"vsftpd_log_file", "xferlog_file"}, true, false, {"vsftpd"}, {"xferlog"}, {"vsftpd"}, {NULL}, vsftpd},
    {"pure-ftpd", "ftp", {"pure-ftpd.service"}, {"/var/log/pure-ftpd/transfer.log", "/var/log/messages", "/var/log/syslog"}, {"AltLog"}, false, false, {"pure-ftpd"}, {NULL}, {"pure-ftpd"}, {NULL}, pureftpd},
    {"apache", "web apache", {NULL}, {"/var/log/apache2/*access*.log", "/var/log/httpd/*access_log", "/var/www/vhosts/system/*/logs/*access*log"}, {"CustomLog", "TransferLog"}, true, true, {"apache-auth", "apache-error"}, {"web-access"}, {"apache", "httpd"}, {NULL}, apache},
    {"nginx", "web nginx", {NULL}, {"/var/log/nginx/*access*.log", "/var/www/vhosts/system/*/logs/proxy_access*log"}, {"access_log"}, true, true, {"nginx-http-auth", "nginx-error"}, {"web-access"}, {"nginx"}, {NULL}, nginx},
};
const size_t log_services_n = ARRAY_SIZE(log_services);

const struct log_service *log_service_of_filter(const char *filter)
{
    for (size_t i = 0; i < log_services_n; i++)
        for (size_t k = 0; k < ARRAY_SIZE(log_services[i].filters) && log_services[i].filters[k]; k++)
            if (strcmp(log_services[i].filters[k], filter) == 0)
                return &log_services[i];
    return NULL;
}

bool log_service_has_program(const struct log_service *s, struct str ident)
{
    for (size_t i = 0; i < ARRAY_SIZE(s->programs) && s->programs[i]; i++)
        if (str_starts(ident, str_of(s->programs[i])))
            return true;
    return false;
}

const struct log_service *log_service_of_program(struct str ident)
{
    for (size_t i = 0; i < log_services_n; i++)
        if (log_service_has_program(&log_services[i], ident))
            return &log_services[i];
    return NULL;
}

bool log_service_lets_in(const struct log_service *s, struct str ident)
{
    for (size_t i = 0; i < ARRAY_SIZE(s->gates) && s->gates[i]; i++)
        if (str_search(ident, str_of(s->gates[i])) >= 0)
            return true;
    return !s->gates[0];
}

static bool matches(const struct log_service *s, struct str field, struct str value)
{
    for (size_t i = 0; s->matches[i]; i++)
        if (str_starts(str_of(s->matches[i]), field) && str_eq(str_from(str_of(s->matches[i]), field.n), value))
            return true;
    return false;
}

bool log_service_wrote(const struct log_service *s, struct str unit, struct str identifier)
{
    static const struct str of_unit = {"_SYSTEMD_UNIT=", 14}, named = {"SYSLOG_IDENTIFIER=", 18};
    char name[64];
    if (!unit.n)
        return matches(s, named, identifier);
    if (matches(s, of_unit, unit))
        return true;
    ptrdiff_t at = str_find(unit, '@');
    if (at <= 0 || (size_t)at > sizeof name - sizeof ".service")
        return false;
    memcpy(name, unit.p, (size_t)at);
    memcpy(name + at, ".service", sizeof ".service");
    return matches(s, of_unit, str_of(name));
}
