#include "dialogue/stream.h"
#include "base/clock.h"
#include "dialogue/side.h"
#include "dialogue/tls.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define NOTE_LINE 200 /* bytes of one line in the transcript */

bool stream_fail(struct stream *s, enum trouble t)
{
    if (s->trouble == TROUBLE_NONE)
        s->trouble = t;
    return false;
}

static enum trouble trouble_of(int e)
{
    switch (e) {
    case ECONNREFUSED: return TROUBLE_REFUSED;
    case ETIMEDOUT: return TROUBLE_TIMEOUT;
    case ECONNRESET: case EPIPE: case ECONNABORTED: return TROUBLE_CLOSED;
    case EPROTO: return TROUBLE_TLS;
    default: return TROUBLE_UNREACHABLE;
    }
}

static bool wait_for(struct stream *s, short events)
{
    for (;;) {
        int64_t left = s->deadline - clock_monotonic_ms();
        if (left <= 0)
            return stream_fail(s, TROUBLE_TIMEOUT);
        int n = side_poll(s->fd, events, left);
        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return stream_fail(s, TROUBLE_UNREACHABLE);
    }
}

static void begin(struct stream *s, int fd, const char *name, int timeout_ms)
{
    memset(s, 0, sizeof *s);
    s->fd = fd;
    s->name = name;
    s->deadline = clock_monotonic_ms() + (timeout_ms > 0 ? timeout_ms : 8000);
}

void stream_take(struct stream *s, int take_fd, int timeout_ms)
{
    begin(s, take_fd, NULL, timeout_ms);
    int flags = fcntl(take_fd, F_GETFL);
    if (flags < 0 || fcntl(take_fd, F_SETFL, flags | O_NONBLOCK) < 0)
        stream_fail(s, TROUBLE_UNREACHABLE);
}

static bool bind_from(struct stream *s, const struct addr *from)
{
    struct sockaddr_storage sa;
    socklen_t n = addr_to_sockaddr(from, 0, &sa);
    return bind(s->fd, (struct sockaddr *)&sa, n) == 0 || stream_fail(s, TROUBLE_UNREACHABLE);
}

static bool connect_to(struct stream *s, const struct endpoint_at *at)
{
    struct sockaddr_storage sa;
    socklen_t n = addr_to_sockaddr(&at->addr, at->port, &sa);
    if (connect(s->fd, (struct sockaddr *)&sa, n) == 0)
        return true;
    if (errno != EINPROGRESS && errno != EINTR)
        return stream_fail(s, trouble_of(errno));
    int e = 0;
    socklen_t size = sizeof e;
    int64_t whole = s->deadline, first = clock_monotonic_ms() + at->connect_ms;
    if (at->connect_ms > 0 && first < whole)
        s->deadline = first;
    if (!wait_for(s, POLLOUT))
        return false;
    s->deadline = whole;
    if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &e, &size) < 0)
        e = errno;
    return e == 0 || stream_fail(s, trouble_of(e));
}

static int new_socket(const struct endpoint_at *at)
{
    return socket(at->addr.v6 ? AF_INET6 : AF_INET, (at->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static bool call(struct stream *s)
{
    const struct endpoint_at *at = s->to;
    if (s->fd < 0)
        return stream_fail(s, TROUBLE_UNREACHABLE);
    if (at->from_set && !bind_from(s, &at->from))
        return false;
    return connect_to(s, at) && (!at->tls || stream_tls(s));
}

bool stream_open(struct stream *s, const struct endpoint_at *at)
{
    begin(s, new_socket(at), at->name, at->timeout_ms);
    s->to = at;
    return call(s);
}

bool stream_renew(struct stream *s)
{
    if (!s->to)
        return stream_fail(s, TROUBLE_CLOSED);
    stream_close(s);
    s->at = s->end = 0;
    s->fd = new_socket(s->to);
    return call(s);
}

bool stream_again(struct stream *s)
{
    if (s->trouble != TROUBLE_CLOSED || !s->to)
        return false;
    s->trouble = TROUBLE_NONE;
    stream_note(s, "! ", STR("called again"));
    return stream_renew(s);
}

void stream_close(struct stream *s)
{
    if (s->ssl)
        tls_end(s);
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
    explicit_bzero(s->secret, sizeof s->secret);
    s->secrets = 0;
}

bool stream_tls(struct stream *s)
{
    if (s->trouble != TROUBLE_NONE)
        return false;
    if (s->at != s->end) {
        stream_note(s, "! ", STR("answers were sent ahead of the TLS handshake"));
        return stream_fail(s, TROUBLE_GARBAGE);
    }
    return tls_start(s);
}

/* Moves bytes one way. 0: the peer has ended; -1: trouble. */
static ssize_t transfer(struct stream *s, bool out, void *p, size_t n)
{
    while (s->trouble == TROUBLE_NONE) {
        short wait = out ? POLLOUT : POLLIN;
        ssize_t r = s->ssl ? tls_transfer(s, out, p, n, &wait) : out ? send(s->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT) : recv(s->fd, p, n, MSG_DONTWAIT);
        if (r >= 0)
            return r;
        int e = s->ssl ? (int)-r : errno;
        if (e == EAGAIN)
            wait_for(s, wait);
        else if (e != EINTR)
            stream_fail(s, trouble_of(e));
    }
    return -1;
}

bool stream_send(struct stream *s, struct str bytes)
{
    s->said++;
    while (bytes.n) {
        ssize_t n = transfer(s, true, (void *)(uintptr_t)bytes.p, bytes.n);
        if (n == 0)
            stream_fail(s, TROUBLE_CLOSED);
        if (n <= 0)
            return false;
        bytes = str_from(bytes, (size_t)n);
    }
    return s->trouble == TROUBLE_NONE;
}

/* Receives more behind what is unread. */
static bool fill(struct stream *s)
{
    if (s->at) {
        memmove(s->in, s->in + s->at, s->end - s->at);
        s->end -= s->at;
        s->at = 0;
    }
    size_t room = sizeof s->in - s->end, left = STREAM_BYTES - s->received;
    if (!room || !left)
        return stream_fail(s, TROUBLE_GARBAGE);
    ssize_t n = transfer(s, false, s->in + s->end, room < left ? room : left);
    if (n == 0)
        stream_fail(s, TROUBLE_CLOSED);
    if (n <= 0)
        return false;
    s->end += (size_t)n;
    s->received += (size_t)n;
    return true;
}

static void blot(struct stream *s, char *p, size_t n)
{
    for (size_t i = 0; i < s->secrets; i++) {
        size_t secret = strlen(s->secret[i]);
        char *from = p;
        char *hit;
        while ((hit = memmem(from, n - (size_t)(from - p), s->secret[i], secret))) {
            memset(hit, '*', secret);
            from = hit + secret;
        }
    }
}

bool stream_line(struct stream *s, struct str *ret)
{
    if (s->trouble != TROUBLE_NONE)
        return false;
    char *lf;
    while (!(lf = memchr(s->in + s->at, '\n', s->end - s->at)))
        if (!fill(s))
            return false;
    char *line = s->in + s->at;
    size_t n = (size_t)(lf - line);
    s->at += n + 1;
    if (n && line[n - 1] == '\r')
        n--;
    blot(s, line, n);
    *ret = str_span(line, n);
    stream_note(s, "< ", *ret);
    return true;
}

bool stream_bytes(struct stream *s, size_t n, struct str *ret)
{
    if (n > sizeof s->in)
        return stream_fail(s, TROUBLE_GARBAGE);
    while (s->trouble == TROUBLE_NONE && s->end - s->at < n)
        if (!fill(s))
            return false;
    if (s->trouble != TROUBLE_NONE)
        return false;
    *ret = str_span(s->in + s->at, n);
    s->at += n;
    return true;
}

bool stream_some(struct stream *s, size_t max, struct str *ret)
{
    if (s->trouble != TROUBLE_NONE || (s->at == s->end && !fill(s)))
        return false;
    size_t n = s->end - s->at;
    return stream_bytes(s, n < max ? n : max, ret);
}

bool stream_say(struct stream *s, const char *format, ...)
{
    _cleanup_(buf_free) struct buf b = BUF(2048);
    va_list ap;
    va_start(ap, format);
    buf_vprintf(&b, format, ap);
    va_end(ap);
    if (str_find(buf_str(&b), '\n') >= 0 || str_find(buf_str(&b), '\r') >= 0) /* one line is one command */
        return stream_fail(s, TROUBLE_WORKER);
    stream_note(s, "> ", buf_str(&b));
    buf_addz(&b, "\r\n");
    return b.full ? stream_fail(s, TROUBLE_WORKER) : stream_send(s, buf_str(&b));
}

bool stream_whisper(struct stream *s, struct str line, const char *shown)
{
    stream_note(s, "> ", str_of(shown));
    return stream_send(s, line) && stream_send(s, STR("\r\n"));
}

void stream_hide(struct stream *s, struct str secret)
{
    if (secret.n < 4 || secret.n >= STREAM_SECRET || memchr(secret.p, 0, secret.n) || s->secrets == STREAM_SECRETS)
        return;
    text_copy(s->secret[s->secrets++], STREAM_SECRET, secret);
}

void stream_note(struct stream *s, const char *mark, struct str text)
{
    char line[NOTE_LINE + 8];
    char shown[NOTE_LINE];
    text_copy(shown, sizeof shown, text);
    size_t n = (size_t)snprintf(line, sizeof line, "%s%s%s\n", mark, shown, text.n >= sizeof shown ? "..." : "");
    size_t have = strlen(s->transcript);
    while (have + n >= sizeof s->transcript) { /* the oldest line goes */
        const char *lf = memchr(s->transcript, '\n', have);
        size_t gone = lf ? (size_t)(lf - s->transcript) + 1 : have;
        memmove(s->transcript, s->transcript + gone, have - gone + 1);
        have -= gone;
    }
    memcpy(s->transcript + have, line, n + 1);
}
