/* check.h: what a check is and what it answers (GUIDE numbers: G1.1 ...). Rows are declared by the domains (mail/mail_checks.c ...), listed in
   check/registry.c, run by check/runner.c. No I/O here. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"

enum state { STATE_OK, STATE_WARN, STATE_FAIL, STATE_UNKNOWN, STATE_NA, STATE_COUNT };
enum severity { SEVERITY_INFO, SEVERITY_NORMAL, SEVERITY_SERIOUS, SEVERITY_COUNT };
/* What a judgement rests on, weakest first. What is judged from files alone says so and is never ok where only a dialogue could tell. */
enum basis { BASIS_FILES, BASIS_EFFECTIVE, BASIS_DIALOGUE, BASIS_COUNT };

const char *state_name(enum state s);       /* "ok" "warn" "fail" "unknown" "n/a": as in JSON and the store */
const char *severity_name(enum severity s); /* "info" "normal" "serious" */
const char *basis_name(enum basis b);       /* "files" "effective" "dialogue" */

struct evidence {
    const char *text;  /* what was seen: raw bytes of others are allowed, they are escaped where they leave */
    const char *file;  /* where, or NULL */
    unsigned line;     /* 0: not known */
};

/* One answer for one check and object. Strings live in the findings' arena; texts for people are already in the reader's language. */
struct finding {
    const struct check *check;
    const char *object;     /* "" : the whole server */
    enum state state;
    enum severity severity; /* the check's, unless the object deserves another */
    enum basis basis;
    const char *title;      /* one line: what is so, in the guide's words ("Port 465 relays for anybody without a password") */
    const char *impact;     /* what follows for people if it stays, or NULL */
    const char *next;       /* the exact command to type next, or NULL; never a verb that this build lacks */
    const char *next_note;  /* what that command does to whom, or NULL */
    const char *fix;        /* filled in by the runner: the command that puts it right ("bansho fix mail.relay"), or NULL: only a person can */
    const char *manual;     /* then: what `next` was, for whoever prefers to do it by hand; or NULL */
    bool by_hand;           /* bansho's own fix does not know this object (another product, a file that it must not touch) */
    LIST(struct evidence) evidence;
};

/* What a check wants to know the next time: a number by a name of its own. Stored with the run, and handed to its next probe (probe.h). */
struct memo {
    const char *check, *key;
    int64_t value;
};
#define MEMOS_MAX 5000 /* of one check; what is beyond is not remembered */

struct findings {
    struct arena *arena;
    const struct check *check; /* whose probe is running */
    LIST(struct finding) list;
    LIST(struct memo) memos;
};

struct probe_ctx; /* server/probe.h */

/* A probe adds one finding for each object it judged (ok ones too). It returns 0, or a negative -errno where it could not run at all: the runner
   then adds `unknown` with err's text. A probe that adds nothing is n/a. */
struct err;
struct plan; /* change/plan.h */
typedef int probe_fn(const struct probe_ctx *ctx, struct findings *out, struct err *err);

/* Fills a plan that puts right what `wrong` holds (the warn and fail findings of one fresh run, narrowed to the objects that were asked for). Where bansho cannot
   do it for an object it says so (plan_cannot). 0 or -errno. Runs as root, in the process that will apply the plan. */
typedef int plan_fn(const struct probe_ctx *ctx, const struct findings *wrong, struct plan *out, struct err *err);

struct check {
    const char *id;          /* "mail.relay" */
    const char *requirement; /* "G4.1 G4.4": the first one decides the chapter */
    enum severity severity;
    enum basis basis;        /* the usual one */
    const char *title;       /* N_(): the question, short ("Nobody relays without a password") */
    const char *why;         /* N_(): why it matters, 1-3 sentences */
    const char *advice;      /* N_(): what to do about it by hand, 1-4 sentences */
    probe_fn *probe;
    int timeout_ms;          /* 0: 15,000 */
    bool wants_dialogue;     /* without a live machine (--root) the runner answers unknown and does not call the probe */
    plan_fn *plan;           /* NULL: only a person can put it right */
    bool remembers;          /* it leaves memos */
    bool blind_tells;        /* that it cannot see is told like something wrong (check/news.h): whoever watches must not go blind silently */
    const char *beside;      /* ids of checks, blanks between them, that a fix of this one looks at too: nothing of theirs may become worse; or NULL */
};

struct check_table {
    const struct check *rows;
    size_t n;
};

/* Adds a finding with the check's own severity and basis; title by printf, already translated. Returns it for finding_* below;
   the pointer is valid until the next one is added. */
struct finding *finding_add(struct findings *out, enum state state, const char *object, const char *title, ...) _printf_(4, 5);
void finding_evidence(struct findings *out, struct finding *f, const char *file, unsigned line, const char *text, ...) _printf_(5, 6);
void finding_impact(struct findings *out, struct finding *f, const char *text, ...) _printf_(3, 4);
void finding_next(struct findings *out, struct finding *f, const char *command, ...) _printf_(3, 4);
void finding_by_hand(struct findings *out, struct finding *f);
void finding_next_note(struct findings *out, struct finding *f, const char *text, ...) _printf_(3, 4);

/* The memos of one run replace all that this check left before; a run that leaves none keeps them. */
void memo_leave(struct findings *out, const char *key, int64_t value);
/* sorted: by check, then by key (bytes). false: there is none. */
bool memo_find(const struct memo *sorted, size_t n, const char *check, const char *key, int64_t *ret);

/* Between a check's process and the runner. Decoding checks every enum and length; -EBADMSG otherwise. `check` is filled in by the caller. */
void findings_encode(const struct findings *f, struct buf *out);
int findings_decode(struct str bytes, struct findings *ret) PARSER(findings) _must_check_;
