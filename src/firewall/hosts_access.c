#include "firewall/hosts_access.h"
#include "base/buf.h"

/* n.n.n.n/m.m.m.m */
static bool masked(struct str network, struct str mask, const struct addr *of)
{
    struct addr n, m;
    if (!addr_parse(network, &n) || !addr_parse(mask, &m) || n.v6 || m.v6 || of->v6)
        return false;
    for (size_t i = 0; i < 4; i++)
        if ((of->bytes[i] & m.bytes[i]) != n.bytes[i])
            return false;
    return true;
}

/* "192.0.2." begins the address as it is written. */
static bool begins(struct str start, const struct addr *of)
{
    char text[ADDR_TEXT];
    return !of->v6 && str_starts(str_of(addr_text(of, text)), start);
}

static bool in_network(struct str token, const struct addr *of)
{
    struct str rest = token, network = {0}, mask;
    struct prefix p;
    (void)str_field(&rest, '/', &network);
    if (network.n > 2 && network.p[0] == '[' && network.p[network.n - 1] == ']') { /* [2001:db8::]/32 */
        _cleanup_(buf_free) struct buf b = BUF(256);
        buf_adds(&b, str_span(network.p + 1, network.n - 2));
        if (rest.n)
            buf_addc(&b, '/');
        buf_adds(&b, rest);
        return prefix_parse(buf_str(&b), false, &p) && prefix_has(&p, of);
    }
    mask = rest;
    return str_find(mask, '.') >= 0 ? masked(network, mask, of) : prefix_parse(token, false, &p) && prefix_has(&p, of);
}

static enum hosts_match client(struct str t, const struct addr *of)
{
    static const char *const names[] = {"KNOWN", "UNKNOWN", "PARANOID"};
    if (str_ieq(t, STR("ALL")))
        return HOSTS_YES;
    if (str_ieq(t, STR("LOCAL")))
        return HOSTS_MAYBE;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (str_ieq(t, str_of(names[i])))
            return HOSTS_MAYBE;
    if (t.p[0] == '.' || t.p[0] == '@' || t.p[0] == '/' || str_find(t, '*') >= 0 || str_find(t, '?') >= 0)
        return HOSTS_MAYBE;
    if (t.p[t.n - 1] == '.')
        return begins(t, of) ? HOSTS_YES : HOSTS_NO;
    if (in_network(t, of))
        return HOSTS_YES;
    bool digits = t.p[0] == '[';
    for (size_t i = 0; i < t.n && !digits; i++)
        if (t.p[i] != '.' && t.p[i] != '/' && (t.p[i] < '0' || t.p[i] > '9'))
            return HOSTS_MAYBE; /* a host name */
    return HOSTS_NO;
}

/* What stands before the next EXCEPT, and then not what stands behind it (which may have an EXCEPT of its own: A EXCEPT (B EXCEPT C)). */
enum hosts_match hosts_clients(struct str list, const struct addr *of)
{
    enum hosts_match levels[8], best = HOSTS_NO;
    size_t n = 0;
    struct str token;
    while (str_word(&list, " \t,", &token)) {
        if (str_ieq(token, STR("EXCEPT")) && n < ARRAY_SIZE(levels) - 1) {
            levels[n++] = best;
            best = HOSTS_NO;
            continue;
        }
        enum hosts_match one = client(token, of);
        best = one == HOSTS_YES || best == HOSTS_YES ? HOSTS_YES : one == HOSTS_MAYBE ? HOSTS_MAYBE : best;
    }
    while (n-- > 0) /* the last exception first */
        best = levels[n] == HOSTS_NO || best == HOSTS_YES ? HOSTS_NO : best == HOSTS_NO ? levels[n] : HOSTS_MAYBE;
    return best;
}

/* The next part before a colon that stands in no brackets. */
static struct str part(struct str *rest)
{
    size_t i = 0, depth = 0;
    for (; i < rest->n && (rest->p[i] != ':' || depth); i++)
        depth = rest->p[i] == '[' ? 1 : rest->p[i] == ']' ? 0 : depth;
    struct str one = str_span(rest->p, i);
    *rest = str_from(*rest, i < rest->n ? i + 1 : i);
    return str_trim(one);
}

static void one_line(struct str line, unsigned number, bool allow_file, const struct addr *of, struct arena *a, struct hosts_lines *ret)
{
    struct str daemons = part(&line), clients = part(&line), option;
    enum hosts_match match = daemons.n && clients.n ? hosts_clients(clients, of) : HOSTS_NO;
    bool allows = allow_file;
    while (line.n) {
        option = part(&line);
        allows = str_ieq(option, STR("ALLOW")) || (allows && !str_ieq(option, STR("DENY")));
    }
    if (match != HOSTS_NO && ret->list.n < HOSTS_LINES_MAX)
        *list_push(a, &ret->list) = (struct hosts_line){arena_dup(a, daemons), arena_dup(a, clients), allows, match, number};
}

void hosts_access(struct str text, bool allow_file, const struct addr *of, struct arena *a, struct hosts_lines *ret)
{
    struct str line;
    *ret = (struct hosts_lines){0};
    for (unsigned number = 1; str_line(&text, &line); number++) {
        unsigned first = number;
        _cleanup_(buf_free) struct buf whole = BUF(65536);
        for (;;) { /* a backslash before the end goes on with the next line */
            bool more = line.n && line.p[line.n - 1] == '\\';
            buf_adds(&whole, more ? str_span(line.p, line.n - 1) : line);
            if (!more || !str_line(&text, &line))
                break;
            number++;
        }
        struct str s = str_trim(buf_str(&whole));
        if (s.n && s.p[0] != '#')
            one_line(s, first, allow_file, of, a, ret);
    }
}
