/* listen.h: what a service does towards its surroundings: the socket that it listens on, inherited from systemd (sd_listen_fds(3): LISTEN_PID, LISTEN_FDS) or
   its own, and telling systemd how it is (sd_notify(3): a datagram to NOTIFY_SOCKET). Without libsystemd. No state, no I/O beyond that. */
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <sys/types.h>

#define LISTEN_BACKLOG 1024

/* The one stream socket that systemd handed over, marked close-on-exec; the variables are removed from the environment. -ENOENT: none; -EINVAL with err: not
   one listening Unix stream socket. */
int listen_inherited(struct err *err) _must_check_;
/* A listening socket at path, which is replaced where nobody answers there any more. -EADDRINUSE with err: somebody does. mode and group (-1: as it comes)
   are set before anybody can connect. The descriptor, or -errno with err. */
int listen_own(const char *path, mode_t mode, gid_t group, struct err *err) _must_check_;
/* "READY=1", "STOPPING=1", "STATUS=..." to systemd. 0, also where nobody waits for it; -errno. */
int notify_systemd(const char *state);

/* Fills a sockaddr_un for a path; -ENAMETOOLONG with err. Connects a stream socket, nonblocking or not: the descriptor or -errno without a text. */
int wire_socket(const char *path, bool nonblocking, struct err *err) _must_check_;
