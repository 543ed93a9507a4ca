#include "notify/mail.h"
#include "base/cursor.h"
#include "base/i18n.h"
#include "base/worker.h"
#include "notify/mime.h"
#include "notify/notify.h"
#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

#define MAIL_MAX (16u << 20) /* with a page in base64 */
#define TALK_MS 60000
#define WORKER_MS 65000

static const char *const step_names[] = {"greeting", "EHLO", "MAIL FROM", "RCPT TO", "DATA", "end of DATA"};

static bool answered(struct stream *s, struct letter_seen *seen, int want)
{
    return reply_read(s, false, NULL, NULL, &seen->answer) && seen->answer.code / 100 == want;
}

static bool hello(struct stream *s, const struct letter *l, struct letter_seen *seen)
{
    seen->step = 1;
    if (!stream_say(s, "EHLO %s", l->helo))
        return false;
    if (answered(s, seen, 2))
        return true;
    return s->trouble == TROUBLE_NONE && stream_say(s, "HELO %s", l->helo) && answered(s, seen, 2);
}

static bool hand_over(struct stream *s, const struct letter *l, struct letter_seen *seen)
{
    if (!answered(s, seen, 2) || !hello(s, l, seen))
        return false;
    seen->step = 2;
    if (!stream_say(s, "MAIL FROM:<%s>", l->from) || !answered(s, seen, 2))
        return false;
    seen->step = 3;
    if (!stream_say(s, "RCPT TO:<%s>", l->to) || !answered(s, seen, 2))
        return false;
    seen->step = 4;
    if (!stream_say(s, "DATA") || !answered(s, seen, 3))
        return false;
    seen->step = 5;
    return stream_send(s, l->data) && answered(s, seen, 2);
}

void letter_talk(struct stream *s, const struct letter *l, struct letter_seen *seen)
{
    *seen = (struct letter_seen){0};
    seen->taken = s->trouble == TROUBLE_NONE && hand_over(s, l, seen);
    seen->trouble = s->trouble;
    if (s->trouble == TROUBLE_NONE)
        reply_quit(s);
}

/* In the confined worker. */
static int talk(void *arg, struct buf *out)
{
    static struct stream s;
    struct letter_seen seen;
    struct endpoint_at at = {.port = 25, .timeout_ms = TALK_MS, .connect_ms = 5000};
    if (!addr_parse(STR("127.0.0.1"), &at.addr))
        return -EINVAL;
    stream_open(&s, &at);
    letter_talk(&s, arg, &seen);
    stream_close(&s);
    buf_put_u32(out, seen.trouble);
    buf_put_u32(out, seen.taken);
    buf_put_u32(out, seen.step);
    buf_put_u32(out, (uint32_t)seen.answer.code);
    buf_put_z(out, seen.answer.text);
    return 0;
}

static int decode(struct str bytes, struct letter_seen *ret)
{
    struct cursor c = cursor_of(bytes);
    ret->trouble = (enum trouble)cursor_below(&c, TROUBLE_COUNT);
    ret->taken = cursor_below(&c, 2);
    ret->step = cursor_below(&c, ARRAY_SIZE(step_names));
    ret->answer.code = (int)cursor_below(&c, 600);
    text_set(ret->answer.text, cursor_str(&c));
    return c.bad ? -EBADMSG : 0;
}

static int judge(const struct letter_seen *seen, char ret_answer[static 256], struct err *err)
{
    const char *step = step_names[seen->step];
    if (seen->taken) {
        snprintf(ret_answer, 256, "%d %.200s", seen->answer.code, seen->answer.text);
        return 0;
    }
    if (seen->trouble != TROUBLE_NONE)
        return err_set(err, -EIO, _("this server's mail server at 127.0.0.1, port 25: %s (at %s). Is it running? bansho check service.answers"), trouble_text(seen->trouble), step);
    return err_set(err, -EIO, _("this server's mail server refused it at %s: %d %.200s"), step, seen->answer.code, seen->answer.text);
}

static int deliver(const struct letter *l, char ret_answer[static 256], struct err *err)
{
    struct worker_options o = {.kind = WORKER_DIALOGUE, .timeout_ms = WORKER_MS, .max_output = 4096};
    _cleanup_(buf_free) struct buf out = BUF(4096);
    struct letter_seen seen = {0};
    union { const void *in; void *out; } arg = {.in = l};
    int r = worker_run(&o, talk, arg.out, &out, err);
    if (r == 0)
        r = decode(buf_str(&out), &seen);
    return r < 0 ? err_set(err, r, "%s", err_name(r)) : judge(&seen, ret_answer, err);
}

/* A name that may stand behind EHLO and in an address. */
static bool host_safe(const char *host)
{
    return *host && strlen(host) < 200 && !host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")];
}

static bool mailbox_safe(const char *to)
{
    for (const unsigned char *p = (const unsigned char *)to; *p; p++)
        if (*p <= ' ' || *p >= 127 || *p == '<' || *p == '>' || *p == ',')
            return false;
    return strlen(to) < 255;
}

int mail_send(const struct sender *from, const char *target, const struct message *m, char ret_answer[static 256], struct err *err)
{
    const char *host = host_safe(from->host) ? from->host : "localhost";
    char address[256], id[64];
    uint32_t bits[2] = {0};
    if (!mailbox_safe(target))
        return err_set(err, -EINVAL, _("%s: not an address that a mail can be sent to"), target);
    if (getrandom(bits, sizeof bits, 0) != sizeof bits)
        return err_set(err, -errno, "getrandom: %s", err_name(errno));
    snprintf(address, sizeof address, "root@%s", host);
    snprintf(id, sizeof id, "%lld.%08x%08x", (long long)from->now, (unsigned)bits[0], (unsigned)bits[1]);
    struct mime mime = {.from = address, .to = target, .host = host, .id = id, .now = from->now, .subject = m->subject, .text = m->text, .html = m->html};
    _cleanup_(buf_free) struct buf mail = BUF(MAIL_MAX), data = BUF(MAIL_MAX + 4096);
    mime_build(&mime, &mail);
    mime_dots(buf_str(&mail), &data);
    if (mail.full || data.full)
        return err_set(err, -E2BIG, "%s", _("the mail became too large"));
    struct letter l = {host, address, target, buf_str(&data)};
    return deliver(&l, ret_answer, err);
}
