#include "base/newfile.h"
#include "bin/check_page.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE_MODE 0600 /* evidence tells where a server is weak */

enum outcome page_place(const struct call *c, struct page_place *ret)
{
    struct page_place p = {.path = call_option(c, "html"), .pipe = -1};
    struct err err = {0};
    if (p.path && page_is_stdout(&p) && (call_option(c, "json") || call_option(c, "all")))
        return complainf(_("--html - needs the standard output for itself; name a file"));
    if (p.path && !page_is_stdout(&p) && newfile_try(p.path, &err) < 0)
        return complain(&err);
    *ret = p;
    return OUTCOME_FINE;
}

bool page_is_stdout(const struct page_place *p)
{
    return p->path && strcmp(p->path, "-") == 0;
}

static enum outcome put(const struct page_place *p, struct str page, enum outcome outcome)
{
    struct err err = {0};
    if (newfile_put(p->path, page, PAGE_MODE, &err) < 0)
        return complain(&err);
    (void)complainf(_("%s: the page is there. Only its owner can read it, because it tells about the inside of this server"), p->path);
    return outcome;
}

enum outcome page_deliver(const struct page_place *p, struct str page, enum outcome outcome)
{
    if (page_is_stdout(p)) {
        fwrite(page.p, 1, page.n, stdout);
        return outcome;
    }
    if (p->pipe < 0)
        return put(p, page, outcome);
    int r = fd_write_all(p->pipe, page);
    return r < 0 ? complainf("%s: %s", p->path, err_name(r)) : outcome;
}

/* How the child ended: its outcome, or none where it did not end by itself. */
static enum outcome wait_for(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return complainf("waitpid: %s", err_name(errno));
    if (!WIFEXITED(status))
        return complainf(_("the check ended by signal %d"), WTERMSIG(status));
    return (enum outcome)WEXITSTATUS(status);
}

enum outcome page_from_child(const struct call *c, const struct page_place *p, enum outcome (*look)(const struct call *c, const struct page_place *p))
{
    int ends[2];
    _cleanup_(buf_free) struct buf page = BUF(PAGE_MAX);
    if (pipe2(ends, O_CLOEXEC) < 0)
        return complainf("pipe: %s", err_name(errno));
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        struct page_place mine = {.path = p->path, .pipe = ends[1]};
        enum outcome o = look(c, &mine);
        _exit(fflush(stdout) != 0 || ferror(stdout) ? OUTCOME_USAGE : (int)o);
    }
    close(ends[1]);
    int r = pid < 0 ? -errno : buf_read_fd(&page, ends[0]);
    close(ends[0]);
    if (pid < 0)
        return complainf("fork: %s", err_name(r));
    enum outcome o = wait_for(pid);
    if (o == OUTCOME_USAGE)
        return o;
    if (r < 0 || page.full || !page.n)
        return complainf("%s: %s", p->path, err_name(r < 0 ? r : EIO));
    return put(p, buf_str(&page), o);
}
