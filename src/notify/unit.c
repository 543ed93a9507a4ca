/* unit.c: programs that tell run in a unit of their own: systemd starts them as a user that exists only meanwhile, with nothing to write but its own
   state directory. The message comes on standard input; neither it nor an address stands in an argument that others can read. */
#include "base/child.h"
#include "base/i18n.h"
#include "notify/mime.h"
#include "notify/notify.h"
#include "notify/unit.h"
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHILD_MS 45000 /* RuntimeMaxSec= and the start around it */
#define ARGV_MAX 48
#define WEBHOOK_TEXT_MAX (16u << 10)
#define CURL "/usr/bin/curl"

#define P "--property="
static const char *const confinement[] = {
    P "DynamicUser=yes", P "StateDirectory=bansho-notify", P "StateDirectoryMode=0700", P "UMask=0077", P "NoNewPrivileges=yes", P "CapabilityBoundingSet=",
    P "ProtectSystem=strict", P "ProtectHome=yes", P "PrivateTmp=yes", P "PrivateDevices=yes", P "ProtectProc=invisible", P "ProtectKernelTunables=yes",
    P "ProtectKernelModules=yes", P "ProtectKernelLogs=yes", P "ProtectControlGroups=yes", P "ProtectClock=yes", P "ProtectHostname=yes", P "RestrictNamespaces=yes",
    P "RestrictRealtime=yes", P "RestrictSUIDSGID=yes", P "LockPersonality=yes", P "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6", P "SystemCallArchitectures=native",
    P "SystemCallFilter=@system-service", P "InaccessiblePaths=-/etc/bansho -/var/lib/bansho", P "MemoryMax=256M", P "TasksMax=64", P "RuntimeMaxSec=30",
};

/* The program's own last words. */
static const char *last_line(const struct child_result *c)
{
    static char line[200];
    struct str rest = buf_str(c->err.n ? &c->err : &c->out), one;
    line[0] = 0;
    while (str_line(&rest, &one))
        if (str_trim(one).n)
            snprintf(line, sizeof line, "%.*s", (int)(one.n < 190 ? one.n : 190), one.p);
    return line;
}

int unit_tell(const char *const words[], struct str input, const char *what, char ret_answer[static 256], struct err *err)
{
    static const char *const start[] = {"systemd-run", "--quiet", "--wait", "--collect", "--pipe", "--service-type=exec"};
    const char *argv[ARGV_MAX + 1] = {0};
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_SIZE(start); i++)
        argv[n++] = start[i];
    for (size_t i = 0; i < ARRAY_SIZE(confinement); i++)
        argv[n++] = confinement[i];
    argv[n++] = "--";
    for (size_t i = 0; words[i] && n < ARGV_MAX; i++)
        argv[n++] = words[i];
    struct child_options o = {.timeout_ms = CHILD_MS, .max_output = 65536, .input = input};
    struct child_result c = {0};
    if (geteuid() != 0)
        return err_set(err, -EPERM, _("%s: starting it in a unit of its own needs root"), what);
    int r = child_run(argv, &o, &c, err);
    if (r == -ENOENT)
        return err_set(err, r, _("%s: systemd-run is missing; it is part of systemd, which must be running here"), what);
    if (r < 0)
        return r;
    if (c.status == 0)
        snprintf(ret_answer, 256, "%s", last_line(&c));
    else if (c.status == -ETIME)
        r = err_set(err, -ETIME, _("%s: did not end in time"), what);
    else
        r = err_set(err, -EIO, _("%s: ended with status %d. %s"), what, c.status, last_line(&c));
    child_result_free(&c);
    return r;
}

int command_send(const struct sender *from, const char *target, const struct message *m, char ret_answer[static 256], struct err *err)
{
    struct stat st;
    if (stat(target, &st) < 0)
        return err_set(err, -errno, "%s: %s", target, err_name(errno));
    if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111))
        return err_set(err, -EACCES, _("%s: not a program that can be run (chmod +x)"), target);
    _cleanup_(buf_free) struct buf input = BUF(NOTIFY_TEXT_MAX);
    buf_printf(&input, "%s: ", from->host);
    utf8_clean(str_of(m->subject), &input);
    buf_addz(&input, "\n\n");
    utf8_clean(str_of(m->text), &input);
    const char *const words[] = {target, NULL};
    return unit_tell(words, buf_str(&input), target, ret_answer, err);
}

/* UTF-8 of at most `max` bytes; what is cut says so. */
static void webhook_text(struct buf *out, const char *text)
{
    static const char more[] = "\n[...]";
    utf8_clean(str_of(text), out);
    if (!out->full)
        return;
    size_t n = out->max - sizeof more;
    while (n && ((unsigned char)out->p[n] & 0xc0) == 0x80) /* no half character */
        n--;
    *out = (struct buf){.p = out->p, .n = n, .cap = out->cap, .max = out->max};
    buf_addz(out, more);
}

/* One line of curl's configuration (curl(1), --config). */
static void curl_line(struct buf *out, const char *key, struct str value)
{
    buf_printf(out, "%s = \"", key);
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '"' || value.p[i] == '\\')
            buf_addc(out, '\\');
        buf_addc(out, (unsigned char)value.p[i] < 32 ? ' ' : value.p[i]);
    }
    buf_addz(out, "\"\n");
}

void webhook_config(const struct sender *from, const char *url, const struct message *m, struct buf *out)
{
    _cleanup_(buf_free) struct buf subject = BUF(WEBHOOK_TEXT_MAX), text = BUF(WEBHOOK_TEXT_MAX), host = BUF(1024);
    webhook_text(&host, from->host);
    webhook_text(&subject, m->subject);
    webhook_text(&text, m->text);
    json_t *j = json_pack("{s:s%, s:s%, s:s%}", "host", host.p ? host.p : "", host.n, "subject", subject.p ? subject.p : "", subject.n, "text", text.p ? text.p : "", text.n);
    char *json = json_dumps(j, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(j);
    curl_line(out, "url", str_of(url));
    curl_line(out, "data-raw", str_of(json));
    free(json);
    buf_addz(out, "header = \"Content-Type: application/json\"\nuser-agent = \"bansho/" BANSHO_VERSION "\"\nproto = \"=https\"\nfail\nsilent\nshow-error\ngloboff\n"
                  "max-time = 20\noutput = \"/dev/null\"\nwrite-out = \"HTTP %{http_code}\\n\"\n");
}

int webhook_send(const struct sender *from, const char *target, const struct message *m, char ret_answer[static 256], struct err *err)
{
    if (access(CURL, X_OK) < 0)
        return err_set(err, -ENOENT, "%s", _("webhook: /usr/bin/curl is missing. Install it: apt install curl (or: dnf install curl)"));
    _cleanup_(buf_free) struct buf input = BUF(NOTIFY_TEXT_MAX);
    webhook_config(from, target, m, &input);
    const char *const words[] = {CURL, "--disable", "--config", "-", NULL};
    return unit_tell(words, buf_str(&input), "webhook", ret_answer, err);
}
