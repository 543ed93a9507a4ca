#include "nft/talk.h"
#include <errno.h>
#include <libmnl/libmnl.h>
#include <sys/socket.h>

#define ANSWER (64u << 10)

static int end_of(const struct nlmsghdr *h)
{
    if (h->nlmsg_type == NLMSG_ERROR)
        return ((const struct nlmsgerr *)mnl_nlmsg_get_payload(h))->error;
    const int *code = mnl_nlmsg_get_payload(h);
    return mnl_nlmsg_get_payload_len(h) >= sizeof *code && *code < 0 ? *code : 0;
}

int talk(struct mnl_socket *s, struct nlmsghdr *h, uint32_t *seq, talk_answer *cb, void *arg)
{
    char bytes[ANSWER] __attribute__((aligned(8)));
    h->nlmsg_seq = ++*seq;
    if (mnl_socket_sendto(s, h, h->nlmsg_len) < 0)
        return -errno;
    for (;;) {
        ssize_t n = recv(mnl_socket_get_fd(s), bytes, sizeof bytes, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        int left = (int)n;
        for (const struct nlmsghdr *a = (const void *)bytes; mnl_nlmsg_ok(a, left); a = mnl_nlmsg_next(a, &left)) {
            if (a->nlmsg_seq != *seq)
                continue;
            if (a->nlmsg_type == NLMSG_ERROR || a->nlmsg_type == NLMSG_DONE)
                return end_of(a);
            cb(a, arg);
        }
    }
}
