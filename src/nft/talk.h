/* talk.h: one netlink request and its answers, to their end. For the files of this room only. */
#pragma once
#include <stdint.h>

struct mnl_socket;
struct nlmsghdr;

/* Sends h under the next number of *seq and hands every message that answers it to cb. 0, or -errno: of the way there, or the kernel's answer (also at the end of a list). A list
   that was changed meanwhile is read to its end (NLM_F_DUMP_INTR), which libmnl's loop would not do. */
typedef void talk_answer(const struct nlmsghdr *h, void *arg);
int talk(struct mnl_socket *s, struct nlmsghdr *h, uint32_t *seq, talk_answer *cb, void *arg);
