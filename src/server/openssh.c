/* openssh.c: sshd. Files: /etc/ssh/sshd_config and what it includes (sshd_config(5): the first value counts, except for keys that gather).
   On a running machine `sshd -T` gives the values that hold for a connection that no Match block fits, defaults too; the files then say where
   each was set. Match blocks are kept in sections "Match ...", as they are written. */
#include "server/conf_files.h"
#include "server/lines.h"
#include "server/products.h"
#include "base/child.h"
#include "base/i18n.h"
#include "server/sites.h"
#include <errno.h>
#include <strings.h>

#define LINES_MAX 2000

struct sshd {
    struct server *s;
    struct instance *i;
    struct conf_files files;
    const char *section;
    LIST(struct setting) set; /* what the files say, in their order */
};

/* Keys of which every line counts (servconf.c gathers them). */
static bool gathers(struct str key)
{
    static const char *const keys[] = {"port", "listenaddress", "hostkey", "hostcertificate", "acceptenv", "allowusers", "denyusers", "allowgroups", "denygroups", "subsystem", "setenv", "permitopen", "permitlisten", "authorizedkeysfile"};
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (str_ieq(key, str_of(keys[i])))
            return true;
    return false;
}

static const struct setting *first(const struct sshd *c, const char *section, struct str key)
{
    for (size_t i = 0; i < c->set.n; i++)
        if (strcmp(c->set.v[i].section, section) == 0 && str_ieq(str_of(c->set.v[i].key), key))
            return &c->set.v[i];
    return NULL;
}

static int read_file(void *arg, const char *path, struct str text);

static void include(struct sshd *c, struct str patterns)
{
    struct str pattern;
    while (str_word(&patterns, " \t", &pattern)) {
        const char *name = arena_dup(c->s->arena, pattern);
        if (conf_include(&c->files, "/etc/ssh", name, true, false, read_file, c) < 0)
            return;
    }
}

static void take(struct sshd *c, const char *path, const struct line_item *l)
{
    if (str_ieq(l->key, STR("Match"))) {
        c->section = str_ieq(l->value, STR("all")) ? "" : arena_printf(c->s->arena, "Match %.*s", (int)l->value.n, l->value.p);
        return;
    }
    if (str_ieq(l->key, STR("Include"))) {
        include(c, l->value);
        return;
    }
    if (!gathers(l->key) && first(c, c->section, l->key))
        return;
    if (c->set.n >= LINES_MAX) {
        conf_trouble(&c->files, -E2BIG, path, l->line, _("too many settings; the rest was not read"));
        return;
    }
    struct arena *a = c->s->arena;
    *list_push(a, &c->set) = (struct setting){.section = c->section, .key = arena_dup(a, l->key), .value = arena_dup(a, l->value), .file = path, .line = l->line};
}

static int read_file(void *arg, const char *path, struct str text)
{
    struct sshd *c = arg;
    const char *outer = c->section; /* a Match block ends with the file that it began in */
    struct line_reader r = lines_of(c->s->arena, text, &lines_words);
    for (struct line_item l; lines_next(&r, &l);)
        if (l.value.p)
            take(c, path, &l);
    c->section = outer;
    return 0;
}

/* `sshd -T`: lower-case keys, one a line. Each gets the place where the files set it. */
static bool ask(struct sshd *c)
{
    static const char *const argv[] = {"sshd", "-T", NULL};
    struct child_result r;
    if (!c->s->host->live || !c->s->host->privileged || child_run(argv, &(struct child_options){.timeout_ms = 3000, .max_output = 256 << 10}, &r, NULL) < 0)
        return false;
    bool told = r.status == 0 && r.out.n;
    struct line_reader lines = lines_of(c->s->arena, buf_str(&r.out), &lines_words);
    for (struct line_item l; told && lines_next(&lines, &l);) {
        const struct setting *from = first(c, "", l.key);
        setting_add(c->s, c->i, from ? FROM_PROGRAM : FROM_DEFAULT, "", l.key, l.value.p ? l.value : STR(""), from ? from->file : NULL, from ? from->line : 0);
    }
    child_result_free(&r);
    return told;
}

static void endpoints(struct sshd *c)
{
    size_t ports = 0, addresses = 0;
    uint16_t port[8];
    for (size_t k = 0; k < c->i->settings.n; k++) {
        const struct setting *t = &c->i->settings.v[k];
        uint64_t n;
        if (!*t->section && strcasecmp(t->key, "port") == 0 && ports < ARRAY_SIZE(port) && str_u64(str_of(t->value), 65535, &n))
            port[ports++] = (uint16_t)n;
    }
    if (!ports)
        port[ports++] = 22;
    for (size_t k = 0; k < c->i->settings.n; k++) {
        const struct setting *t = &c->i->settings.v[k];
        struct str value = str_of(t->value), word, address;
        uint16_t own;
        if (*t->section || strcasecmp(t->key, "listenaddress") != 0 || !str_word(&value, " \t", &word) || !listen_split(word, &address, &own))
            continue;
        addresses++;
        for (size_t p = 0; p < (own ? 1 : ports); p++)
            endpoint_add(c->s, c->i, "ssh", "sshd", arena_dup(c->s->arena, address), own ? own : port[p], false, t->file, t->line);
    }
    for (size_t p = 0; !addresses && p < ports; p++) {
        const struct setting *t = setting_get(c->i, "", "port");
        endpoint_add(c->s, c->i, "ssh", "sshd", "", port[p], false, t ? t->file : NULL, t ? t->line : 0);
    }
}

static int load(const struct product *self, struct server *s, struct err *err)
{
    (void)err;
    static const char config[] = "/etc/ssh/sshd_config";
    struct sshd c = {.s = s, .i = instance_add(s, self, ""), .section = ""};
    if (!instance_detect(s, c.i) && !root_exists(s->host->root, config)) {
        instance_drop(s, c.i);
        return 0;
    }
    c.i->config = config;
    c.files = conf_files_of(s, &c.i->seen);
    conf_file(&c.files, config, false, read_file, &c);
    bool told = ask(&c);
    for (size_t k = 0; k < c.set.n; k++)
        if (!told || *c.set.v[k].section)
            setting_add(s, c.i, FROM_FILE, c.set.v[k].section, str_of(c.set.v[k].key), str_of(c.set.v[k].value), c.set.v[k].file, c.set.v[k].line);
    if (told)
        c.i->seen = (struct seen){0};
    endpoints(&c);
    return 0;
}

const struct product product_openssh = {
    .id = "openssh", .title = "OpenSSH", .kinds = KIND_SSH,
    .packages = (const char *const[]){"openssh-server", NULL},
    .units = (const char *const[]){"ssh", "sshd", NULL},
    .programs = (const char *const[]){"sshd", NULL},
    .load = load,
};
