#include "bin/wall_options.h"

const struct verb_option wall_options[] = {
    {"state", 0, ARGUMENT_FILE, "FILE", NULL, N_("the bans (default: /var/lib/bansho-wall/wall.db)")},
    {"socket", 0, ARGUMENT_FILE, "PATH", NULL, N_("where it answers, where systemd hands over no socket")},
    {"remove-table", 0, ARGUMENT_NONE, NULL, NULL, N_("takes its table out of the kernel, and ends: whoever was shut out is let in")},
    {"version", 0, ARGUMENT_NONE, NULL, NULL, N_("tells the version")},
    {"help", 0, ARGUMENT_NONE, NULL, NULL, N_("tells the options")},
    {0},
};

const char *const wall_summary = N_("keeps out whom it is told to: drops their packets in the kernel and ends their connections");
const char *const wall_about =
    N_("It is told by bansho-watch, and by the administrator with bansho ban and bansho unban. Bans are in the kernel (the table inet bansho_bans of nftables, in front of connection "
       "tracking) and in a file of its own, which is the truth. They end by themselves, also while bansho-wall does not run, and are in force again, with the time that remains, before the "
       "network is up.\n\n"
       "A ban is answered as done when the file is on disk; packets are dropped before that. Killed at any moment, and after a power loss, nothing that was answered is lost, and what is "
       "asked for again does nothing. Where the disk is full, packets are dropped all the same; who asked is told that it is not kept, and asks again.\n\n"
       "Never shut out, with the reason as the answer: this machine's own addresses, the networks of sources and the trusted proxies of bansho.conf, addresses from which an administrator (root, or a member of sudo, wheel or admin) is logged in, multicast and other "
       "addresses that no client has, and networks larger than /16 (IPv4) or /32 (IPv6). Where bansho.conf cannot be read, bans hold and nobody new is shut out. Who comes to be protected is let in.\n\n"
       "What other programs do to its table is seen at once, mended within a second, and told with the name of who did it: elements that were touched are compared with the file one by "
       "one, chains and rules are made anew, a table that is gone is put back as a whole, while bans go on being answered. At most 1,000,000 bans are kept: beyond them the one that would end "
       "first makes room, which bansho status counts. When the clock is set, what remains of each ban is counted anew.\n\n"
       "On SIGHUP (systemctl reload bansho-wall) it takes over bansho.conf as it is now; where that has errors, it goes on with what was in force. On SIGTERM it ends, and the bans stay in the kernel.");
