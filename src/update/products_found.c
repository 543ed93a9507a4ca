#include "update/end_of_life.h"
#include "update/lifetimes.h"
#include <ctype.h>
#include <fnmatch.h>

/* A package that is a product's server: pattern of its name, and where the release stands. */
static const struct kind {
    const char *pattern, *product, *title;
    unsigned parts;
    bool own_possible; /* also packaged by distributions */
} kinds[] = {
    {"php[578].[0-9]-common", "php", "PHP", 2, true},
    {"php5-common", "php", "PHP", 2, true},
    {"php-common", "php", "PHP", 2, true}, /* RHEL; Debian's has a version of its own and is skipped */
    {"php[578][0-9]-php-common", "php", "PHP", 2, false},
    {"plesk-php[578][0-9]", "php", "PHP (Plesk)", 2, false},
    {"mariadb-server", "mariadb", "MariaDB", 2, true},
    {"mariadb-server-1[0-9]*.[0-9]*", "mariadb", "MariaDB", 2, true},
    {"MariaDB-server", "mariadb", "MariaDB", 2, false},
    {"mysql-server", "mysql", "MySQL", 2, true},
    {"mysql-server-[5-9].[0-9]", "mysql", "MySQL", 2, true},
    {"mysql-community-server", "mysql", "MySQL", 2, false},
    {"postgresql-[0-9]*", "postgresql", "PostgreSQL", 1, true},
    {"postgresql-server", "postgresql", "PostgreSQL", 1, true},
    {"postgresql[0-9]*-server", "postgresql", "PostgreSQL", 1, false},
};

/* How packages of other archives mark their versions. */
static const char *const foreign_marks[] = {"+0~2", ".sury", "deb.sury.org", "+maria~", ".remi", "pgdg", "PGDG", "percona", "+ubuntu2"};

char *release_of(struct arena *a, const char *version, unsigned parts)
{
    const char *colon = strchr(version, ':'), *p = colon ? colon + 1 : version;
    size_t n = 0;
    for (unsigned i = 0; i < parts; i++) {
        if (i && p[n] == '.')
            n++;
        else if (i)
            break;
        if (!isdigit((unsigned char)p[n]))
            return NULL;
        while (isdigit((unsigned char)p[n]))
            n++;
    }
    return arena_dup(a, str_span(p, n));
}

static bool foreign(const char *version)
{
    for (size_t i = 0; i < ARRAY_SIZE(foreign_marks); i++)
        if (strstr(version, foreign_marks[i]))
            return true;
    return false;
}

/* Debian and Ubuntu ship one release of PHP each; another one came from elsewhere whatever its version looks like. */
static bool another_release(const struct host *h, const char *product, const char *release)
{
    for (size_t i = 0; i < own_releases_n; i++) {
        const struct own_release *o = &own_releases[i];
        if (strcmp(o->os, h->os.id) == 0 && strcmp(o->version, h->os.version_id) == 0 && strcmp(o->product, product) == 0)
            return strcmp(o->release, release) != 0;
    }
    return false;
}

static void add(const struct host *h, struct arena *a, const struct kind *k, const struct package *p, struct founds *ret)
{
    const char *release = release_of(a, p->version, k->parts);
    if (release && strcmp(k->product, "postgresql") == 0 && release[0] == '9' && !release[1])
        release = release_of(a, p->version, 2); /* before 10 a release had two numbers */
    bool debian_meta = strcmp(p->name, "php-common") == 0 && strstr(p->version, ":");
    if (!release || (debian_meta && !strstr(p->version, ".el")))
        return;
    for (size_t i = 0; i < ret->list.n; i++)
        if (strcmp(ret->list.v[i].product, k->product) == 0 && strcmp(ret->list.v[i].release, release) == 0 && strcmp(ret->list.v[i].title, arena_printf(a, "%s %s", k->title, release)) == 0)
            return;
    bool own = k->own_possible && !foreign(p->version) && !another_release(h, k->product, release);
    *list_push(a, &ret->list) = (struct found){.product = k->product, .title = arena_printf(a, "%s %s", k->title, release), .release = release,
                                               .package = p->name, .version = p->version, .own = own};
}

void end_of_life_find(const struct host *h, struct arena *a, struct founds *ret)
{
    for (size_t i = 0; i < h->packages.n; i++)
        for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
            const char *name = h->packages.v[i].name;
            /* postgresql-15-pgvector and the like are no servers */
            if (fnmatch(kinds[k].pattern, name, 0) == 0 && (strncmp(kinds[k].pattern, "postgresql-[", 12) != 0 || strspn(name + 11, "0123456789.") == strlen(name + 11))) {
                add(h, a, &kinds[k], &h->packages.v[i], ret);
                break;
            }
        }
}

const char *os_product(const struct os *os)
{
    static const struct { const char *id, *product; } table[] = {
        {"debian", "debian"}, {"ubuntu", "ubuntu"}, {"almalinux", "almalinux"}, {"rocky", "rocky"}, {"rhel", "rhel"}, {"cloudlinux", "cloudlinux"},
    };
    if (strcmp(os->id, "centos") == 0)
        return strcasestr(os->pretty, "stream") ? "centos-stream" : "centos";
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (strcmp(os->id, table[i].id) == 0)
            return table[i].product;
    return "";
}

char *os_release_of(struct arena *a, const struct os *os)
{
    /* "9.4" is a state of release 9; Ubuntu's "24.04" is a release. */
    if (strcmp(os->id, "ubuntu") == 0)
        return arena_dupz(a, os->version_id);
    return arena_dup(a, str_span(os->version_id, strcspn(os->version_id, ".")));
}
