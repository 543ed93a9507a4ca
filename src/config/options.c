#include "base/i18n.h"
#include "config/report.h"

#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

const struct option options[] = {
    {"", "mode", OPTION_CHOICE, .fallback = "observe", .choices = "observe|act", .reload = true,
     .help = N_("What bansho may do by itself. observe: every act is only recorded as what would have been done; act: it is done. "
                "Where it is not written, what an administrator orders (bansho fix) is done; where observe is written, that too is only recorded.")},

    {"source", "prefixes", OPTION_PREFIXES, .named = true, .reload = true, .example = "203.0.113.0/28, 2001:db8:1::/48",
     .help = N_("The networks of this source, for example 203.0.113.0/28, 2001:db8:1::/48. A single address stands for itself.")},
    {"source", "host", OPTION_HOST, .named = true, .reload = true, .example = "home.example.net",
     .help = N_("Instead of fixed networks: a host name that is resolved again and again (a connection whose address changes).")},

    {"service", "allow", OPTION_SOURCES, .named = true, .reload = true, .example = "office",
     .help = N_("Who is meant to reach this service: names of sources, any (everybody) or nobody (opened when it is needed). "
                "A service that is declared here is also expected to answer.")},

    {"mail", "relay", OPTION_CHOICE, .fallback = "authenticated", .choices = "authenticated|closed", .reload = true,
     .help = N_("authenticated: whoever logs in may send to other servers, on every mail port. closed: nobody logs in on port 25; "
                "mail is sent through the submission ports alone.")},
    {"mail", "full-names", OPTION_BOOL, .fallback = "yes", .reload = true,
     .help = N_("Mail accounts log in with their full address only (user@domain).")},
    {"mail", "pop-before-smtp", OPTION_CHOICE, .fallback = "no", .choices = "no|and|or", .reload = true,
     .help = N_("Whether receiving mail (POP3, IMAP) permits sending for a while: no; and: together with a password; or: instead of a password.")},
    {"mail", "pop-lock", OPTION_DURATION, .fallback = "20m", .min = MINUTE, .max = DAY, .reload = true,
     .help = N_("How long sending stays permitted after mail was received.")},
    {"mail", "recipients-per-hour", OPTION_NUMBER, .fallback = "200", .min = 1, .max = 1000000, .reload = true,
     .help = N_("How many recipients one account may send to within an hour.")},

    {"account", "password-age", OPTION_DURATION, .fallback = "180d", .min = DAY, .max = 3650LL * DAY, .reload = true,
     .help = N_("Passwords older than this are reported.")},
    {"account", "unused-after", OPTION_DURATION, .fallback = "90d", .min = DAY, .max = 3650LL * DAY, .reload = true,
     .help = N_("Accounts without a login for this long are reported as unused.")},

    {"probe", "account", OPTION_MAILBOX, .reload = true, .example = "probe@example.jp",
     .help = N_("A mail account of this server that only bansho uses, for checks that need a login that works.")},
    {"probe", "password-file", OPTION_PATH, .reload = true, .example = "/etc/bansho/probe",
     .help = N_("The file with that account's password in its first line, readable by root only.")},

    {"provider", "name", OPTION_TEXT, .reload = true, .example = "\"Example Hosting\"",
     .help = N_("Who provides this server; named in reports.")},
    {"provider", "contact", OPTION_TEXT, .reload = true, .example = "support@example.net",
     .help = N_("How the provider is reached: an address, a page, a telephone number.")},
    {"provider", "contract", OPTION_TEXT, .reload = true, .example = "A-12345",
     .help = N_("The number of your contract; the provider asks for it.")},

    {"guard", "filters", OPTION_WORDS, .fallback = "sshd, postfix, dovecot, courier, exim, proftpd, vsftpd, pure-ftpd, web-access", .reload = true,
     .help = N_("Whose logins are watched: names of filters (bansho filter list).")},
    {"guard", "find-time", OPTION_DURATION, .fallback = "10m", .min = 1, .max = 7LL * DAY, .reload = true,
     .help = N_("Failures of one address are counted within this time.")},
    {"guard", "max-retry", OPTION_NUMBER, .fallback = "5", .min = 1, .max = 1000, .reload = true,
     .help = N_("At so many failures within find-time the address is shut out.")},
    {"guard", "ban-time", OPTION_DURATION, .fallback = "1h", .min = 1, .max = 3650LL * DAY, .reload = true,
     .help = N_("How long an address is shut out the first time. It grows with each time.")},
    {"guard", "ban-time-max", OPTION_DURATION, .fallback = "4w", .min = 1, .max = 3650LL * DAY, .reload = true,
     .help = N_("No address is shut out for longer than this.")},
    {"guard", "bans-per-hour", OPTION_NUMBER, .fallback = "10000", .min = 1, .max = 1000000, .reload = true,
     .help = N_("So many addresses and networks at most are shut out within an hour for what one filter finds. What is beyond waits until the hour allows, and is shown by bansho status: whoever can write "
                "into a log must not be able to shut out everybody, and what he does to one log leaves the others' filters as they are.")},
    {"guard", "trusted-proxies", OPTION_PREFIXES, .reload = true, .example = "203.0.113.80, 2001:db8:1::/64",
     .help = N_("Proxies and load balancers in front of this server's web servers. They are never shut out. What comes through them counts for the client that they name: where the web server's log has "
                "X-Forwarded-For in quotes right behind the agent, its last address that is no trusted proxy; without it, for nobody. No other field may stand there: clients choose most of what is logged. Web servers that log the client's address themselves (Apache's "
                "mod_remoteip, nginx's real_ip) need nothing of this. Name 127.0.0.1 only where no customer can run programs: whoever connects from there writes into that header what he likes.")},

    {"notify", "mail", OPTION_MAILBOX, .reload = true, .example = "admin@example.jp",
     .help = N_("Where alerts are sent. Best a mailbox on another server.")},
    {"notify", "command", OPTION_PATH, .reload = true, .example = "/usr/local/bin/pager",
     .help = N_("A program that is started with each alert on its standard input.")},
    {"notify", "webhook", OPTION_URL, .reload = true, .example = "https://hooks.example.net/x",
     .help = N_("An address (https) to which each alert is sent as JSON.")},
    {"notify", "digest", OPTION_DURATION, .fallback = "1d", .min = 60, .max = 31LL * DAY, .reload = true,
     .help = N_("Who was shut out is told as one message, at most one within this time. What cannot wait is told at once.")},
};
const size_t options_n = ARRAY_SIZE(options);

const struct option_section option_sections[] = {
    {"source", "office", N_("A name for networks that people come from. The names are used at the services.")},
    {"service", "panel", N_("A service that this server is meant to offer, and to whom.")},
    {"mail", NULL, N_("How mail is sent through this server.")},
    {"account", NULL, N_("When an account is worth a look.")},
    {"probe", NULL, N_("A login for the checks.")},
    {"provider", NULL, N_("Whom to turn to.")},
    {"guard", NULL, N_("Who fails to log in again and again is shut out.")},
    {"notify", NULL, N_("Who is told when something happens.")},
};
const size_t option_sections_n = ARRAY_SIZE(option_sections);

const struct option *option_find(const char *section, struct str name)
{
    for (size_t i = 0; i < options_n; i++)
        if (strcmp(options[i].section, section) == 0 && str_eq(str_of(options[i].name), name))
            return &options[i];
    return NULL;
}

const struct option *option_section(struct str section)
{
    for (size_t i = 0; i < options_n; i++)
        if (str_eq(str_of(options[i].section), section))
            return &options[i];
    return NULL;
}
