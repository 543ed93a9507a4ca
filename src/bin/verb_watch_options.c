#include "bin/watch_options.h"

const struct verb_option watch_options[] = {
    {"state", 0, ARGUMENT_FILE, "FILE", NULL, N_("what it remembers (default: /var/lib/bansho-watch/watch.db)")},
    {"wall", 0, ARGUMENT_FILE, "SOCKET", NULL, N_("where bansho-wall listens (default: /run/bansho/wall); none: nobody is asked, and what would be shut out waits")},
    {"socket", 0, ARGUMENT_FILE, "PATH", NULL, N_("where it answers, where systemd hands over no socket")},
    {"tell", 0, ARGUMENT_FILE, "SOCKET", NULL, N_("where bansho-tell is woken (default: /run/bansho/tell) when there is something to tell the owner; none: nobody is woken")},
    {"print", 0, ARGUMENT_NONE, NULL, NULL, N_("each verdict as a line on the standard output, too")},
    {"version", 0, ARGUMENT_NONE, NULL, NULL, N_("tells the version")},
    {"help", 0, ARGUMENT_NONE, NULL, NULL, N_("tells the options")},
    {0},
};

const char *const watch_summary = N_("follows the logs of this server's services and has those shut out who fail to log in again and again");
const char *const watch_about =
    N_("Each service's lines come from where it really writes them: the journal, or its files, also when they are rotated. bansho's own filters find logins and failures in them; "
       "the section guard of bansho.conf says which filters there are and when an address is shut out. Own addresses, the networks of sources, trusted proxies, and addresses from which an administrator (root, or a member of sudo, wheel or admin) is logged in at that moment never are.\n\n"
       "bansho-wall is asked to shut them out, until it answers. With mode = observe, which is the default, nobody is asked: what would have been done is kept.\n\n"
       "How far the logs were read, every login and failure (for eight days), every verdict, and what bansho-wall still has to be asked for are kept together: killed at any moment, it goes "
       "on where it was. Where the disk is full it says so once and goes on in memory.\n\n"
       "On SIGHUP (systemctl reload bansho-watch) it begins anew with bansho.conf as it is now; where that has errors, it goes on with what was in force. On SIGTERM it keeps what "
       "it has seen, and ends.");
