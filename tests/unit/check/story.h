/* story.h: one run as it could be on a hosting server in trouble, hostile names included; the texts are ready in either language, as probes give them. */
#pragma once
#include "check/report.h"
#include <stdlib.h>

#define STORY_NOW 1795475520 /* 2026-11-24 08:12 in Japan */

static const struct check story_checks[] = {
    {.id = "account.unused", .requirement = "G1.3", .severity = SEVERITY_NORMAL, .title = "Accounts nobody uses", .why = "w", .advice = "lock them"},
    {.id = "site.exposed", .requirement = "G3.3", .severity = SEVERITY_SERIOUS, .title = "Nothing private is public", .why = "w", .advice = "deny"},
    {.id = "firewall.reach.mysql", .requirement = "G3.1", .severity = SEVERITY_SERIOUS, .title = "The database is not reachable", .why = "w", .advice = "Bind it to 127.0.0.1."},
    {.id = "mail.relay", .requirement = "G4.4", .severity = SEVERITY_SERIOUS, .basis = BASIS_DIALOGUE, .title = "Nobody relays", .why = "w", .advice = "close it"},
    {.id = "mail.tls", .requirement = "G4.1", .severity = SEVERITY_NORMAL, .title = "Mail is encrypted", .why = "w", .advice = "renew"},
    {.id = "queue.abuse", .requirement = "G5.3", .severity = SEVERITY_SERIOUS, .title = "Nobody fills the queue", .why = "w", .advice = "freeze"},
    {.id = "update.pending", .requirement = "G6.1", .severity = SEVERITY_SERIOUS, .title = "Nothing is pending", .why = "w", .advice = "apt upgrade"},
    {.id = "service.answers", .requirement = "G9.1", .severity = SEVERITY_SERIOUS, .title = "Services answer", .why = "w", .advice = "restart"},
};
enum { UNUSED, EXPOSED, MYSQL, RELAY, TLS, ABUSE, PENDING, ANSWERS };

struct story {
    struct arena *arena;
    struct run run;
    struct host host;
    struct report report;
    struct findings f;
};

/* The result for the finding that was added last. */
static void told(struct story *s, bool is_new, int64_t since)
{
    *list_push(s->arena, &s->report.results) = (struct result){.is_new = is_new, .since = since};
}

static struct finding *found(struct story *s, int check, enum state state, const char *object, const char *title)
{
    s->f.check = &story_checks[check];
    return finding_add(&s->f, state, object, "%s", title);
}

static void story_trouble(struct story *s, bool ja)
{
    struct finding *f = found(s, UNUSED, STATE_WARN, "ftp-old", ja ? "3か月使われていないアカウント ftp-old" : "account ftp-old was not used for three months");
    finding_evidence(&s->f, f, "/etc/passwd", 31, ja ? "最後のログイン 2026-07-01" : "last login 2026-07-01");
    told(s, false, STORY_NOW - 40 * DAY);
    f = found(s, EXPOSED, STATE_FAIL, "evil\x1b[2J\xe2\x80\xae.example", ja ? "evil\x1b[2J\xe2\x80\xae.example の /.git が公開されています" : "evil\x1b[2J\xe2\x80\xae.example shows its /.git to everybody");
    finding_evidence(&s->f, f, "/var/www/a\nb/.git", 0, "GET /.git/HEAD: 200 \xff\xfe \x9b""31m");
    finding_evidence(&s->f, f, NULL, 0, "%0300d", 0);
    for (int i = 0; i < 5; i++)
        finding_evidence(&s->f, f, NULL, 0, "GET /%d: 200", i);
    told(s, false, STORY_NOW - 3 * DAY);
    static const char *const others[] = {"b.example", "c.example", "d.example", "e.example", "f.example", "g.example"};
    for (size_t i = 0; i < 6; i++) {
        found(s, EXPOSED, STATE_FAIL, others[i], arena_printf(s->arena, ja ? "%s の dump.sql が公開されています" : "%s shows dump.sql to everybody", others[i]));
        told(s, false, STORY_NOW - DAY);
    }
    f = found(s, MYSQL, STATE_FAIL, "", ja ? "データベース (3306) に世界中から接続できます" : "the database (3306) can be reached from everywhere");
    finding_evidence(&s->f, f, NULL, 0, "mariadbd *:3306");
    told(s, false, 0);
    f = found(s, RELAY, STATE_FAIL, "465", ja ? "465番から、パスワードなしで誰でも外へ送信できます" : "port 465 relays for anybody without a password");
    finding_evidence(&s->f, f, "/etc/postfix/master.cf", 31, ja ? "外部の 192.0.2.1 として RCPT TO:<probe@relay-test.invalid> に 250" : "as 192.0.2.1: RCPT TO:<probe@relay-test.invalid> got 250");
    finding_impact(&s->f, f, "%s", ja ? "続くと受信拒否リストに載り、全員のメールが届かなくなります" : "receivers will refuse the mail of everybody on this server");
    finding_next(&s->f, f, "postconf -P 'submissions/inet/smtpd_relay_restrictions=permit_sasl_authenticated,reject' && postfix reload");
    finding_next_note(&s->f, f, "%s", ja ? "受信は今までどおりです" : "receiving goes on");
    told(s, true, STORY_NOW);
    f = found(s, ABUSE, STATE_FAIL, "leak@alpha.example", ja ? "leak@alpha.example から大量に送信されています" : "leak@alpha.example is sending in bulk");
    finding_evidence(&s->f, f, NULL, 0, ja ? "未配送 4,812通のうち 4,430通" : "4,430 of 4,812 queued");
    told(s, true, STORY_NOW);
}

static void story_rest(struct story *s, bool ja)
{
    found(s, TLS, STATE_OK, "mail.alpha.example", ja ? "証明書は60日有効" : "certificate good for 60 days");
    told(s, false, 0);
    found(s, TLS, STATE_WARN, "mail.beta.example", ja ? "証明書あと6日" : "certificate ends in 6 days");
    told(s, true, STORY_NOW);
    found(s, TLS, STATE_WARN, "mail.gamma.example", ja ? "自己署名の証明書" : "self-signed certificate");
    told(s, false, STORY_NOW - 90 * DAY);
    s->report.results.v[s->report.results.n - 1].accepted_why = ja ? "社内だけで使う" : "used in the office only";
    s->report.results.v[s->report.results.n - 1].accepted_until = STORY_NOW + 30 * DAY;
    struct finding *f = found(s, PENDING, STATE_UNKNOWN, "", "Nothing is pending");
    finding_evidence(&s->f, f, NULL, 0, ja ? "DNS応答なし" : "DNS silent");
    told(s, false, 0);
    s->report.results.v[s->report.results.n - 1].decided = STORY_NOW - 9 * 3600;
    s->report.results.v[s->report.results.n - 1].decided_state = STATE_OK;
    f = found(s, ANSWERS, STATE_UNKNOWN, "imap", "Services answer");
    finding_evidence(&s->f, f, NULL, 0, ja ? "読み取り権限なし" : "no permission");
    told(s, false, 0);
    f = found(s, ANSWERS, STATE_UNKNOWN, "pop3", "Services answer");
    finding_evidence(&s->f, f, NULL, 0, ja ? "読み取り権限なし" : "no permission");
    told(s, false, 0);
    found(s, ANSWERS, STATE_NA, "ftp", ja ? "対象になるものがありません" : "there is nothing of this kind here");
    told(s, false, 0);
}

/* In place: the report points into it. */
static void story_init(struct story *s, bool ja)
{
    *s = (struct story){.arena = arena_new(8u << 20)};
    s->f = (struct findings){.arena = s->arena};
    s->host = (struct host){.name = "lab.example", .os = {.pretty = "Debian 12"}, .privileged = true};
    s->report = (struct report){.arena = s->arena, .run = &s->run, .host = &s->host, .root = "/", .language = ja ? "ja" : "en", .whole = true,
                                .time = STORY_NOW, .before = STORY_NOW - DAY};
    s->run.wall_us = 1934000;
    story_trouble(s, ja);
    story_rest(s, ja);
    for (size_t i = 0; i < s->f.list.n; i++) /* only now: the list has moved while it grew */
        s->report.results.v[i].finding = &s->f.list.v[i];
    *list_push(s->arena, &s->report.solved) = (struct solved){"update.pending", "", ja ? "更新待ち 5" : "5 updates pending", STORY_NOW - 2 * DAY};
    *list_push(s->arena, &s->report.notes) = ja ? "今回の結果は保存できませんでした: \x1b[31m/x" : "this result was not stored: \x1b[31m/x";
    *list_push(s->arena, &s->run.costs) = (struct check_cost){&story_checks[RELAY], 1500, 700, 300};
}

static void story_done(struct story *s)
{
    arena_free(s->arena);
}
