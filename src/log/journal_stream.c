#include "log/journal_stream.h"
#include "log/journal_module.h"
#include <errno.h>
#include <stdlib.h>

struct journal_stream {
    const struct journal_module *module;
    struct journal_reader *reader;
};

int journal_stream_open(const struct journal_want *w, struct journal_stream **ret, struct err *err)
{
    const struct journal_module *module = journal_reader(err);
    struct journal_reader *reader = NULL;
    if (!module)
        return -ENOENT;
    int r = module->open(w, &reader, err);
    struct journal_stream *s = r < 0 ? NULL : calloc(1, sizeof *s);
    if (r == 0 && !s) {
        module->close(reader);
        r = err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    }
    if (r < 0)
        return r;
    *s = (struct journal_stream){module, reader};
    *ret = s;
    return 0;
}

void journal_stream_close(struct journal_stream *s)
{
    if (s)
        s->module->close(s->reader);
    free(s);
}

void journal_stream_closep(struct journal_stream **s) { journal_stream_close(*s); }

int journal_stream_next(struct journal_stream *s, struct journal_entry *ret, struct err *err) { return s->module->next(s->reader, ret, err); }
int journal_stream_again(struct journal_stream *s, const char *const *matches, struct err *err) { return s->module->again(s->reader, matches, err); }
void journal_stream_position(const struct journal_stream *s, struct journal_position *ret) { s->module->position(s->reader, ret); }
int journal_stream_wait_fds(struct journal_stream *s, int ret[2]) { return s->module->wait_fds(s->reader, ret); }
void journal_stream_woken(struct journal_stream *s) { s->module->woken(s->reader); }

void journal_line(const struct journal_entry *e, struct buf *out)
{
    struct str rest = e->message, part;
    if (e->host.n)
        buf_printf(out, "%.*s ", (int)e->host.n, e->host.p);
    if (e->identifier.n) {
        buf_adds(out, e->identifier);
        if (e->pid)
            buf_printf(out, "[%llu]", (unsigned long long)e->pid);
        buf_addz(out, ": ");
    }
    for (bool first = true; str_field(&rest, '\n', &part); first = false) {
        if (!first)
            buf_addz(out, "\\n");
        buf_adds(out, part);
    }
}
