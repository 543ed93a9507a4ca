#include "site/exposed_kinds.h"
#include "base/pattern.h"
#include <ctype.h>

const struct exposed_kind exposed_kinds[EXPOSED_COUNT] = {
    [EXPOSED_HISTORY] = {STATE_FAIL, SEVERITY_SERIOUS, PROOF_CONTENT, false, N_("Anybody can download the version history %s"), N_("It holds the whole source of the site, old versions too, and often passwords.")},
    [EXPOSED_SECRET] = {STATE_FAIL, SEVERITY_SERIOUS, PROOF_CONTENT, false, N_("Anybody can read %s, which holds passwords or keys"), N_("Whoever reads it can log in where these passwords and keys are valid.")},
    [EXPOSED_CONFIG] = {STATE_FAIL, SEVERITY_SERIOUS, PROOF_CONTENT, true, N_("Anybody can read %s, a copy of a configuration file"), N_("Under this name the server sends the file as text, with the database password in it.")},
    [EXPOSED_DUMP] = {STATE_FAIL, SEVERITY_SERIOUS, PROOF_CONTENT, true, N_("Anybody can download the database copy %s"), N_("It holds customers' data and the password hashes of the accounts.")},
    [EXPOSED_COPY] = {STATE_FAIL, SEVERITY_SERIOUS, PROOF_CONTENT, true, N_("Anybody can download %s, which looks like a copy of the site"), N_("Such archives hold the configuration with its passwords, and often the database.")},
    [EXPOSED_INSTALLER] = {STATE_FAIL, SEVERITY_SERIOUS, PROOF_PAGE, false, N_("Anybody can open the installer %s"), N_("Whoever opens it first can set up the program with a database of their own and take over the site.")},
    [EXPOSED_PHPINFO] = {STATE_FAIL, SEVERITY_NORMAL, PROOF_PHPINFO, true, N_("Anybody can open %s, which shows how PHP is set up"), N_("Attackers read versions, paths and environment variables from it.")},
    [EXPOSED_LOG] = {STATE_FAIL, SEVERITY_NORMAL, PROOF_CONTENT, false, N_("Anybody can read the log file %s"), N_("Logs show paths, addresses of visitors and sometimes passwords.")},
    [EXPOSED_SOURCE] = {STATE_FAIL, SEVERITY_NORMAL, PROOF_CONTENT, true, N_("Anybody can read %s, a copy of program source"), N_("Under this name the server sends the program as text, with all that is written in it.")},
    [EXPOSED_LISTING] = {STATE_FAIL, SEVERITY_NORMAL, PROOF_LISTING, false, N_("Anybody sees the list of all files in %s"), N_("Forgotten files are found by reading the list.")},
    [EXPOSED_ARCHIVE] = {STATE_WARN, SEVERITY_NORMAL, PROOF_CONTENT, true, N_("Anybody can download the archive %s"), N_("If it is not meant for visitors, it gives away what is in it.")},
};

struct name_row {
    const char *pattern;
    size_t n; /* its length */
    enum exposed_id id;
    bool look;
    unsigned depth; /* down to which it counts */
};

#define DEEP 9
#define ROW(pattern) pattern, sizeof pattern - 1
static const struct name_row rows[] = {
    /* samples without secrets */
    {ROW(".env.example"), EXPOSED_COUNT, false, DEEP}, {ROW(".env.sample"), EXPOSED_COUNT, false, DEEP}, {ROW(".env.dist"), EXPOSED_COUNT, false, DEEP}, {ROW(".env.template"), EXPOSED_COUNT, false, DEEP},
    {ROW(".env"), EXPOSED_SECRET, false, DEEP}, {ROW(".env.*"), EXPOSED_SECRET, false, DEEP}, {ROW(".env[-_~]*"), EXPOSED_SECRET, false, DEEP}, {ROW("*.env"), EXPOSED_SECRET, true, 1},
    {ROW("*.htpasswd*"), EXPOSED_SECRET, false, DEEP}, {ROW(".my.cnf"), EXPOSED_SECRET, false, DEEP}, {ROW(".pgpass"), EXPOSED_SECRET, false, DEEP}, {ROW(".netrc"), EXPOSED_SECRET, false, DEEP},
    {ROW("id_rsa"), EXPOSED_SECRET, false, DEEP}, {ROW("id_ed25519"), EXPOSED_SECRET, false, DEEP}, {ROW("*.pem"), EXPOSED_SECRET, true, DEEP}, {ROW("*.key"), EXPOSED_SECRET, true, DEEP},
    {ROW(".bash_history"), EXPOSED_SECRET, false, DEEP}, {ROW(".mysql_history"), EXPOSED_SECRET, false, DEEP}, {ROW("sftp-config.json"), EXPOSED_SECRET, false, DEEP}, {ROW("sftp.json"), EXPOSED_SECRET, false, DEEP},
    {ROW(".ftpconfig"), EXPOSED_SECRET, false, DEEP}, {ROW("database.yml"), EXPOSED_SECRET, false, DEEP}, {ROW("parameters.yml"), EXPOSED_SECRET, false, DEEP}, {ROW("secrets.yml"), EXPOSED_SECRET, false, DEEP},
    {ROW("wp-config.txt"), EXPOSED_CONFIG, false, DEEP}, {ROW("wp-config-backup*.txt"), EXPOSED_CONFIG, false, DEEP},
    {ROW("*.sql"), EXPOSED_DUMP, true, DEEP}, {ROW("*.sql.gz"), EXPOSED_DUMP, false, DEEP}, {ROW("*.sql.zip"), EXPOSED_DUMP, false, DEEP}, {ROW("*.sql.bz2"), EXPOSED_DUMP, false, DEEP},
    {ROW("*.sql.xz"), EXPOSED_DUMP, false, DEEP}, {ROW("*.sql.zst"), EXPOSED_DUMP, false, DEEP}, {ROW("*.sql.7z"), EXPOSED_DUMP, false, DEEP}, {ROW("*.dump"), EXPOSED_DUMP, true, DEEP},
    {ROW("*.sqlite"), EXPOSED_DUMP, true, DEEP}, {ROW("*.sqlite3"), EXPOSED_DUMP, true, DEEP}, {ROW("*.db"), EXPOSED_DUMP, true, DEEP},
    {ROW("*.wpress"), EXPOSED_COPY, false, DEEP}, {ROW("*.jpa"), EXPOSED_COPY, false, DEEP}, {ROW("*.zip"), EXPOSED_ARCHIVE, true, DEEP}, {ROW("*.tar"), EXPOSED_ARCHIVE, true, DEEP}, {ROW("*.tar.gz"), EXPOSED_ARCHIVE, true, DEEP},
    {ROW("*.tgz"), EXPOSED_ARCHIVE, true, DEEP}, {ROW("*.tar.bz2"), EXPOSED_ARCHIVE, true, DEEP}, {ROW("*.tar.xz"), EXPOSED_ARCHIVE, true, DEEP}, {ROW("*.tar.zst"), EXPOSED_ARCHIVE, true, DEEP},
    {ROW("*.7z"), EXPOSED_ARCHIVE, true, DEEP}, {ROW("*.rar"), EXPOSED_ARCHIVE, true, DEEP},
    {ROW("*.log"), EXPOSED_LOG, false, DEEP}, {ROW("*.log.[0-9]*"), EXPOSED_LOG, false, DEEP}, {ROW("error_log"), EXPOSED_LOG, false, DEEP}, {ROW("access_log"), EXPOSED_LOG, false, DEEP}, {ROW("php_errorlog"), EXPOSED_LOG, false, DEEP},
    {ROW("*.php"), EXPOSED_PHPINFO, true, 2},
};

/* "wp-config.php.bak", ".wp-config.php.swp", "config.inc.php~": what an editor or a careful person leaves. *ret: the name that it copies. */
static bool copied(const char *name, struct str *ret)
{
    static const char *const suffixes[] = {".bak", "~", ".save", ".old", ".orig", ".swp", ".swo", ".copy", ".backup", ".tmp", "_bak", "_old", ".dist", ".1", ".2", ".txt", "-bak", "-old"};
    struct str s = str_of(name);
    if (!s.n || !strchr("k~edgpoyt12", s.p[s.n - 1])) /* their last letters */
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
        if (str_ends(s, str_of(suffixes[i])) && s.n > strlen(suffixes[i])) {
            *ret = str_span(s.p, s.n - strlen(suffixes[i]));
            if (*ret->p == '.' && str_starts(str_of(suffixes[i]), STR(".sw")))
                *ret = str_from(*ret, 1);
            return ret->n > 0;
        }
    return false;
}

static enum exposed_id copy_of(struct str original)
{
    static const char *const configs[] = {"config", "settings", "configure", "database", "credentials", "secret", "passw"};
    static const char *const sources[] = {".php", ".inc", ".cgi", ".pl", ".py", ".rb", ".asp", ".aspx", ".jsp"};
    bool source = false;
    for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
        source |= str_ends(original, str_of(sources[i]));
    for (size_t i = 0; source && i < ARRAY_SIZE(configs); i++)
        if (str_search(original, str_of(configs[i])) >= 0)
            return EXPOSED_CONFIG;
    return source ? EXPOSED_SOURCE : EXPOSED_COUNT;
}

enum exposed_id exposed_name(const char *name, unsigned depth, bool *ret_look)
{
    struct str original;
    *ret_look = false;
    if (copied(name, &original)) {
        enum exposed_id id = copy_of(original);
        *ret_look = id != EXPOSED_COUNT; /* a ".txt" or ".dist" may be a sample */
        if (id != EXPOSED_COUNT)
            return id;
    }
    /* Every file of every site comes by here, and nearly all leave by their last letter. */
    size_t n = strlen(name);
    char last = n ? (char)tolower((unsigned char)name[n - 1]) : 0;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char end = rows[i].pattern[rows[i].n - 1];
        if ((end == last || end == '*' || end == ']') && depth <= rows[i].depth && pattern_fits(rows[i].pattern, name)) {
            *ret_look = rows[i].look;
            return rows[i].id;
        }
    }
    return EXPOSED_COUNT;
}

static bool any_in(struct str s, const char *const *needles, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_search(s, str_of(needles[i])) >= 0)
            return true;
    return false;
}
#define ANY_IN(s, list) any_in((s), (list), ARRAY_SIZE(list))

/* A program ships table definitions too, in directories of its own: there only what comes out of a database counts. At the top of a site, or under a name that
   tells, any SQL does. */
static bool is_dump(const char *name, unsigned depth, struct str head, uint64_t size)
{
    static const char *const names[] = {"*backup*", "*dump*", "*bak*", "*export*", "*20[0-9][0-9]*", "db.sql", "database.sql", "mysql.sql", "data.sql", "wordpress.sql", "all.sql"};
    static const char *const sql[] = {"CREATE TABLE", "create table", "INSERT INTO", "insert into", "COPY ", "DROP TABLE", "CREATE DATABASE"};
    static const char *const tools[] = {"MySQL dump", "MariaDB dump", "PostgreSQL database dump", "SQL Dump", "Dumping data", "Dump of", "mysqldump", "pg_dump", "PGDMP"};
    static const char *const rows_of[] = {"INSERT INTO", "COPY "};
    if (str_starts(head, STR("SQLite format 3")))
        return true;
    bool telling = depth == 0;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        telling |= pattern_fits(names[i], name);
    if (pattern_fits("*.sql", name) || pattern_fits("*.dump", name))
        return ANY_IN(head, tools) || (telling && ANY_IN(head, sql)) || (size > 100000 && ANY_IN(head, rows_of));
    return false;
}

static enum exposed_id archive(const char *name, unsigned depth, struct str tail)
{
    static const char *const inside[] = {"wp-config.php", "configuration.php", "config.inc.php", ".env", ".sql", ".htpasswd", "LocalSettings.php", "settings.php"};
    static const char *const hints[] = {"backup", "bak", "bkup", "site", "www", "html", "htdocs", "httpdocs", "public", "wordpress", "wp-content", "full", "dump", "mysql", "database", "old", "archive", "copy", "home"};
    char lower[256];
    size_t n = 0;
    for (; name[n] && n + 1 < sizeof lower; n++)
        lower[n] = str_lower(name[n]);
    lower[n] = 0;
    /* The central directory of a zip archive lists the names in clear. */
    if (ANY_IN(tail, inside) || (depth <= 2 && ANY_IN(str_of(lower), hints)))
        return EXPOSED_COPY;
    return depth == 0 ? EXPOSED_ARCHIVE : EXPOSED_COUNT;
}

enum exposed_id exposed_content(enum exposed_id by_name, const char *name, unsigned depth, struct str head, struct str tail, uint64_t size)
{
    static const char *const call[] = {"phpinfo()", "phpinfo ()", "phpinfo(INFO", "phpinfo(-1"};
    static const char *const keys[] = {"PRIVATE KEY", "PASSWORD", "SECRET"};
    static const char *const code[] = {"<?", "#!", "b0VIM", "use strict", "import ", "define("};
    switch (by_name) {
    case EXPOSED_PHPINFO:
        return size <= 4096 && ANY_IN(head, call) ? by_name : EXPOSED_COUNT;
    case EXPOSED_DUMP:
        return is_dump(name, depth, head, size) ? by_name : EXPOSED_COUNT;
    case EXPOSED_SECRET:
        return ANY_IN(head, keys) ? by_name : EXPOSED_COUNT;
    case EXPOSED_ARCHIVE:
        return archive(name, depth, tail);
    case EXPOSED_CONFIG:
    case EXPOSED_SOURCE:
        return ANY_IN(head, code) || (head.n > 5 && memcmp(head.p, "b0VIM", 5) == 0) ? by_name : EXPOSED_COUNT;
    default:
        return by_name;
    }
}

static bool html(struct str body)
{
    struct str s = str_trim(body);
    return str_istarts(s, STR("<!doctype html")) || str_istarts(s, STR("<html"));
}

static bool same_answer(const struct exposed_answer *a, const struct exposed_answer *b)
{
    return a->status == b->status && a->length == b->length && str_eq(a->body, b->body);
}

static bool begins_so(struct str body, struct str head)
{
    size_t n = body.n < head.n ? body.n : head.n;
    /* A few bytes prove nothing, unless they are all. */
    return n >= (head.n < 4 ? head.n : 4) && n > 0 && memcmp(body.p, head.p, n) == 0;
}

bool exposed_proved(enum exposed_proof proof, struct str head, uint64_t size, const struct exposed_answer *a, const struct exposed_answer *control)
{
    static const char *const phpinfo[] = {"phpinfo()", "a:link {color: #009;", "PHP Version"};
    static const char *const listing[] = {"<title>Index of ", "<title>Directory listing", "<h1>Index of "};
    if (a->status != 200 || (control->status == 200 && same_answer(a, control)))
        return false;
    switch (proof) {
    case PROOF_CONTENT:
        return begins_so(a->body, head) && (a->length < 0 || (uint64_t)a->length == size || head.n >= 16);
    case PROOF_PHPINFO:
        return ANY_IN(a->body, phpinfo);
    case PROOF_LISTING:
        return ANY_IN(a->body, listing);
    case PROOF_PAGE:
        /* A site that answers 200 to everything: its page for this name must be another one. */
        return html(a->body) && str_search(a->body, STR("disabled")) < 0 && !(control->status == 200 && str_eq(a->body, control->body));
    }
    return false;
}
