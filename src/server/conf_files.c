#include "server/conf_files.h"
#include "base/i18n.h"
#include <errno.h>

struct conf_files conf_files_of(struct server *s, struct seen *seen)
{
    return (struct conf_files){.root = s->host->root, .arena = s->arena, .seen = seen};
}

void conf_trouble(struct conf_files *f, int code, const char *file, unsigned line, const char *format, ...)
{
    if (f->seen->code < 0)
        return;
    va_list ap;
    va_start(ap, format);
    const char *text = arena_vprintf(f->arena, format, ap);
    va_end(ap);
    f->seen->code = code;
    f->seen->why = line ? arena_printf(f->arena, "%s:%u: %s", file, line, text) : arena_printf(f->arena, "%s: %s", file, text);
}

void conf_setting(struct conf_files *f, struct server *s, struct instance *i, const char *section, struct str key, struct str value, const char *file, unsigned line)
{
    if (f->items >= CONF_ITEMS_MAX) {
        conf_trouble(f, -E2BIG, file, line, _("too many settings; the rest was not read"));
        return;
    }
    f->items++;
    setting_add(s, i, FROM_FILE, section, key, value, file, line);
}

static int read_text(struct conf_files *f, const char *path, struct buf *b)
{
    for (size_t i = 0; i < f->given.n; i++)
        if (strcmp(f->given.v[i].path, path) == 0) {
            buf_adds(b, f->given.v[i].text);
            return 0;
        }
    return root_read(f->root, path, b);
}

static bool is_open(const struct conf_files *f, const char *path)
{
    for (unsigned i = 0; i < f->depth; i++)
        if (strcmp(f->stack[i], path) == 0)
            return true;
    return false;
}

int conf_file(struct conf_files *f, const char *path, bool optional, conf_file_fn *fn, void *arg)
{
    if (is_open(f, path) || f->depth >= CONF_DEPTH_MAX) {
        conf_trouble(f, -ELOOP, path, 0, _("the file includes itself"));
        return -ELOOP;
    }
    if (f->files >= CONF_FILES_MAX || f->bytes >= CONF_BYTES_MAX) {
        conf_trouble(f, -E2BIG, path, 0, _("too many files; the rest was not read"));
        return -E2BIG;
    }
    _cleanup_(buf_free) struct buf b = BUF(CONF_FILE_MAX);
    int r = read_text(f, path, &b);
    if (r < 0) {
        if (!(optional && r == -ENOENT))
            conf_trouble(f, r, path, 0, "%s", r == -EFBIG ? _("too large to be a configuration file") : r == -EINVAL ? _("not a regular file") : err_name(-r));
        return r;
    }
    f->files++;
    f->bytes += b.n;
    f->stack[f->depth++] = path;
    r = fn(arg, path, buf_str(&b));
    f->depth--;
    return r;
}

/* Only what fn itself answers stops the reading: an unreadable file has been noted. */
static int one(struct conf_files *f, const char *path, bool optional, conf_file_fn *fn, void *arg)
{
    size_t before = f->files;
    int r = conf_file(f, path, optional, fn, arg);
    return f->files > before ? r : 0;
}

static int directory(struct conf_files *f, const char *dir, conf_file_fn *fn, void *arg)
{
    struct names names = {0};
    int r = root_list(f->root, dir, CONF_FILES_MAX, f->arena, &names);
    if (r < 0)
        conf_trouble(f, r, dir, 0, "%s", err_name(-r));
    r = 0;
    for (size_t i = 0; r == 0 && i < names.list.n; i++) {
        const char *path = arena_printf(f->arena, "%s/%s", dir, names.list.v[i]);
        struct stat st;
        if (root_stat(f->root, path, &st) == 0 && S_ISREG(st.st_mode))
            r = one(f, path, true, fn, arg);
    }
    return r;
}

int conf_include(struct conf_files *f, const char *base, const char *pattern, bool optional, bool directories, conf_file_fn *fn, void *arg)
{
    const char *full = *pattern == '/' ? pattern : arena_printf(f->arena, "%s/%s", base, pattern);
    struct stat st;
    if (!strpbrk(full, "*?[")) {
        if (directories && root_stat(f->root, full, &st) == 0 && S_ISDIR(st.st_mode))
            return directory(f, full, fn, arg);
        return one(f, full, optional, fn, arg);
    }
    struct names names = {0};
    int r = root_glob(f->root, full, CONF_FILES_MAX, f->arena, &names);
    if (r < 0)
        conf_trouble(f, r, full, 0, "%s", err_name(-r));
    r = 0;
    for (size_t i = 0; r == 0 && i < names.list.n; i++) {
        if (root_stat(f->root, names.list.v[i], &st) == 0 && S_ISDIR(st.st_mode))
            r = directories ? directory(f, names.list.v[i], fn, arg) : 0;
        else
            r = one(f, names.list.v[i], true, fn, arg);
    }
    return r;
}

const char *conf_dir(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    return !slash ? "." : slash == path ? "/" : arena_dup(a, str_span(path, (size_t)(slash - path)));
}

const char *conf_first(const struct root *root, const char *const *paths)
{
    for (; *paths; paths++)
        if (root_exists(root, *paths))
            return *paths;
    return NULL;
}

bool instance_configured(struct server *s, struct instance *i, const char *const *paths)
{
    const char *config = conf_first(s->host->root, paths);
    bool there = instance_detect(s, i) || config;
    if (there)
        i->config = config ? config : paths[0];
    else
        instance_drop(s, i);
    return there;
}
