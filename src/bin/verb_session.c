/* verb_session.c: what `check` and `fix` share. */
#include "base/once.h"
#include "base/worker.h"
#include "bin/session.h"
#include "bin/verbs.h"
#include "dialogue/dialogue.h"
#include "log/journal.h"
#include "term/progress.h"
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#define NO_CONFIG "/etc/bansho/none" /* a name that is not there: only the defaults */
#define REPORT_MAX (256u << 20)

void session_done(struct session *s)
{
    server_free(s->server);
    config_free(s->config);
    host_free(s->host);
    arena_free(s->run.arena);
    arena_free(s->report.arena);
    root_close(&s->root);
}

static void note(struct session *s, const char *text)
{
    *list_push(s->report.arena, &s->report.notes) = text;
}

/* Without a usable configuration nothing can be judged as its owner means it; the one below a foreign root must not stop us. */
static int configure(struct session *s, struct err *err)
{
    struct err mine = {0};
    int r = config_load(&s->root, CONFIG_PATH, &s->config, s->root.live ? err : &mine);
    if (r < 0 && !s->root.live) {
        config_free(s->config);
        s->config = NULL;
        note(s, _("its bansho.conf has errors; the defaults hold"));
        return config_load(&s->root, NO_CONFIG, &s->config, err);
    }
    if (r == -EINVAL && s->config && s->config->errors.n) {
        const struct config_error *e = &s->config->errors.v[0];
        return err_at(err, r, e->file, e->line, e->column, _("%s (all errors: bansho config check)"), e->text);
    }
    for (size_t i = 0; r == 0 && i < s->config->errors.n; i++) {
        const struct config_error *e = &s->config->errors.v[i];
        note(s, arena_printf(s->report.arena, "%s:%u: %s", e->file, e->line, e->text));
    }
    return r;
}

/* Opens the root and takes the snapshot. Below a foreign root everything is a stranger's: the process gives up its privileges before it reads any of it. */
static int look(struct session *s, const char *path, struct err *err)
{
    int r = worker_prepare(err);
    if (r == 0)
        r = root_open(path, &s->root, err);
    if (r == 0 && !s->root.live) {
        journal_prepare();
        r = worker_confine(WORKER_FILES, err);
    }
    struct clock clock = clock_system();
    if (r == 0)
        r = host_new(&s->root, &clock, &s->host, err);
    if (r == 0)
        r = configure(s, err);
    if (r == 0)
        r = server_new(s->host, &s->server, err);
    if (r == 0 && s->root.live)
        dialogue_prepare();
    return r;
}

static void tell_progress(void *arg, size_t done, size_t total)
{
    progress_show(arg, _("checking"), done, total);
}

struct probe_ctx session_ctx(struct session *s)
{
    return (struct probe_ctx){.server = s->server, .config = s->config, .now = s->host->now, .live = s->root.live, .unhurried = s->unhurried, .asked = s->asked, .run = s->id, .memos = s->memos.list.v, .memos_n = s->memos.list.n,
                             .state_dir = s->state_dir ? s->state_dir : ""};
}

int session_look(struct session *s, const char *path, const char *language, struct err *err)
{
    uint32_t bits = 0;
    s->report = (struct report){.arena = arena_new(REPORT_MAX), .run = &s->run, .root = path, .language = language};
    s->state_dir = check_store_dir(s->report.arena);
    if (getrandom(&bits, sizeof bits, 0) != sizeof bits)
        return err_set(err, -errno, "getrandom: %s", err_name(errno));
    snprintf(s->id, sizeof s->id, "%08x", (unsigned)bits);
    int r = look(s, path, err);
    if (r == 0) {
        s->report.host = s->host;
        s->report.time = s->host->now;
    }
    return r;
}

/* What cannot be read is as if it had never been left: the run itself tells what is wrong with the store. */
static void load_memos(struct session *s, const struct check *const *checks, size_t n)
{
    bool wanted = false;
    for (size_t i = 0; i < n; i++)
        wanted |= checks[i]->remembers;
    if (wanted && s->root.live && s->state_dir && !s->memos.list.n && check_store_memos(s->state_dir, s->report.arena, &s->memos, NULL) < 0)
        s->memos = (struct memos){0};
}

int session_run_more(struct session *s, const struct check *const *checks, size_t n, struct run *ret, struct err *err)
{
    load_memos(s, checks, n);
    struct probe_ctx ctx = session_ctx(s);
    struct progress progress = progress_begin();
    struct run_options o = {.ctx = &ctx, .checks = checks, .n = n, .progress = tell_progress, .arg = &progress};
    if (s->root.live)
        once_begin();
    int r = checks_run(&o, ret, err);
    once_end();
    progress_end(&progress);
    return r;
}

int session_run(struct session *s, const struct check *const *checks, size_t n, struct err *err)
{
    return session_run_more(s, checks, n, &s->run, err);
}

int session_config(struct config **ret, struct err *err)
{
    struct root root;
    int r = root_open("/", &root, err);
    if (r < 0)
        return r;
    r = config_load(&root, CONFIG_PATH, ret, err);
    root_close(&root);
    return r;
}

const char *session_who(struct arena *a)
{
    const char *sudo = secure_getenv("SUDO_USER");
    if (sudo && *sudo)
        return arena_dupz(a, sudo);
    struct passwd entry, *found = NULL;
    char buffer[4096];
    if (getpwuid_r(getuid(), &entry, buffer, sizeof buffer, &found) == 0 && found)
        return arena_dupz(a, entry.pw_name);
    return arena_printf(a, "uid %u", (unsigned)getuid());
}

const char *session_from(struct arena *a)
{
    char terminal[256];
    const char *ssh = secure_getenv("SSH_CONNECTION"); /* "address port address port" */
    struct str rest = str_of(ssh ? ssh : ""), address;
    if (str_word(&rest, " ", &address))
        return arena_dup(a, address);
    return ttyname_r(STDIN_FILENO, terminal, sizeof terminal) == 0 ? arena_dupz(a, terminal) : "";
}
