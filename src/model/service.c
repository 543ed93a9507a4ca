#include "model/service.h"

const struct service services[] = {
    {"smtp", N_("mail transfer"), 25, false, false, false, "smtp"},
    {"submissions", N_("mail submission (TLS)"), 465, false, true, true, "smtp"},
    {"submission", N_("mail submission"), 587, false, false, true, "smtp"},
    {"imap", N_("IMAP"), 143, false, false, true, "imap"},
    {"imaps", N_("IMAP (TLS)"), 993, false, true, true, "imap"},
    {"pop3", N_("POP3"), 110, false, false, true, "pop3"},
    {"pop3s", N_("POP3 (TLS)"), 995, false, true, true, "pop3"},
    {"ftp", N_("FTP"), 21, false, false, true, "ftp"},
    {"ftps", N_("FTP (TLS)"), 990, false, true, true, "ftp"},
    {"ssh", N_("SSH"), 22, false, false, true, "ssh"},
    {"http", N_("web"), 80, false, false, false, "http"},
    {"https", N_("web (TLS)"), 443, false, true, false, "http"},
    {"panel", N_("control panel"), 8443, false, true, true, "http"},
    {"panel-http", N_("control panel without TLS"), 8880, false, false, true, "http"},
    {"dns", N_("DNS"), 53, true, false, false, "dns"},
    {"dns-tcp", N_("DNS over TCP"), 53, false, false, false, "dns"},
    {"mysql", N_("MySQL/MariaDB"), 3306, false, false, true, "mysql"},
    {"postgresql", N_("PostgreSQL"), 5432, false, false, true, "postgresql"},
    {"poppassd", N_("mail password change"), 106, false, false, true, ""},
};
const size_t services_n = ARRAY_SIZE(services);

const struct service *service_by_port(uint16_t port, bool udp)
{
    for (size_t i = 0; i < services_n; i++)
        if (services[i].port == port && services[i].udp == udp)
            return &services[i];
    return NULL;
}

const struct service *service_by_name(struct str name)
{
    for (size_t i = 0; i < services_n; i++)
        if (str_eq(str_of(services[i].name), name))
            return &services[i];
    return NULL;
}
