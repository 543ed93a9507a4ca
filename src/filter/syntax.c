#include "filter/syntax.h"

/* What regex_translate writes is a small language: letters and digits stand for themselves, other characters behind a backslash or as \x{..}. */
struct job {
    struct arena *a;
    struct str in;
    size_t at;
    bool caseless, dotall, multiline, bad;
    struct syntax **groups; /* by number; NULL: not closed yet */
    unsigned groups_n, seen;
};

static struct syntax *node(struct job *j, enum syntax_kind kind)
{
    struct syntax *s = arena_zalloc(j->a, sizeof *s);
    s->kind = kind;
    return s;
}

static struct syntax *failed(struct job *j)
{
    j->bad = true;
    return node(j, SYNTAX_NOTHING);
}

static bool more(const struct job *j) { return j->at < j->in.n && !j->bad; }
static char peek(const struct job *j) { return j->at < j->in.n ? j->in.p[j->at] : 0; }

static bool take(struct job *j, const char *s)
{
    if (!str_starts(str_from(j->in, j->at), str_of(s)))
        return false;
    j->at += strlen(s);
    return true;
}

static void put(struct syntax_set *s, uint32_t c)
{
    if (c < 128)
        s->ascii[c >> 6] |= 1ull << (c & 63);
    else
        s->beyond = true;
}

static void put_range(struct syntax_set *s, uint32_t low, uint32_t high)
{
    for (uint32_t c = low; c <= high && c <= 128; c++)
        put(s, c);
    s->beyond |= high >= 128;
}

/* Both cases of every letter. U+017F and U+212A are other cases of s and k; letters beyond ASCII may be those of what is in it. */
static void fold(struct syntax_set *s)
{
    bool beyond = s->beyond;
    for (uint32_t c = 'a'; c <= 'z'; c++) {
        uint32_t upper = c - 32;
        if (!syntax_has(s, (unsigned char)c) && !syntax_has(s, (unsigned char)upper) && !(beyond && (c == 's' || c == 'k')))
            continue;
        put(s, c);
        put(s, upper);
        s->beyond |= c == 's' || c == 'k';
    }
}

static void invert(struct syntax_set *s)
{
    s->ascii[0] = ~s->ascii[0];
    s->ascii[1] = ~s->ascii[1];
    s->beyond = true; /* more than it may be */
}

/* \d \w \s and their contraries. Unicode's members beyond ASCII count always. */
static bool named_class(char c, struct syntax_set *s)
{
    struct syntax_set own = {.beyond = true};
    switch (c) {
    case 'd': case 'D': put_range(&own, '0', '9'); break;
    case 'w': case 'W': put_range(&own, '0', '9'), put_range(&own, 'a', 'z'), put_range(&own, 'A', 'Z'), put(&own, '_'); break;
    case 's': case 'S': put_range(&own, '\t', '\r'), put(&own, ' '); break;
    default: return false;
    }
    if (c <= 'Z')
        invert(&own);
    s->ascii[0] |= own.ascii[0];
    s->ascii[1] |= own.ascii[1];
    s->beyond = true;
    return true;
}

static bool number(struct job *j, unsigned *ret)
{
    unsigned n = 0, digits = 0;
    for (; peek(j) >= '0' && peek(j) <= '9' && digits < 9; digits++)
        n = n * 10 + (unsigned)(j->in.p[j->at++] - '0');
    *ret = n;
    return digits > 0;
}

/* A character that may be escaped; the class letters are not for here. */
static bool character(struct job *j, uint32_t *ret)
{
    if (!take(j, "\\")) {
        *ret = (unsigned char)peek(j);
        j->at++;
        return *ret < 128;
    }
    if (take(j, "x{")) {
        uint32_t v = 0;
        for (; more(j) && peek(j) != '}'; j->at++) {
            char c = peek(j);
            v = v << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
        }
        *ret = v;
        return take(j, "}");
    }
    char c = peek(j);
    j->at++;
    *ret = (unsigned char)c;
    return c > 0x20 && c < 0x7f && !(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z');
}

static struct syntax *set(struct job *j)
{
    struct syntax *s = node(j, SYNTAX_CLASS);
    bool inverted = take(j, "^");
    while (more(j) && peek(j) != ']') {
        uint32_t low, high;
        if (peek(j) == '\\' && j->at + 1 < j->in.n && named_class(j->in.p[j->at + 1], &s->set)) {
            j->at += 2;
            continue;
        }
        if (!character(j, &low))
            return failed(j);
        high = low;
        if (take(j, "-") && !character(j, &high))
            return failed(j);
        put_range(&s->set, low, high);
    }
    if (!take(j, "]"))
        return failed(j);
    if (j->caseless)
        fold(&s->set);
    if (inverted) { /* what folding takes in may not be taken away by it */
        struct syntax_set all = s->set;
        invert(&s->set);
        if (j->caseless && all.beyond)
            s->set.ascii[0] = s->set.ascii[1] = ~0ull;
    }
    return s;
}

static struct syntax *choice(struct job *j);

static struct syntax *reference(struct job *j)
{
    unsigned n;
    if (!number(j, &n) || !take(j, "}") || !n || n > j->groups_n || !j->groups[n])
        return failed(j);
    struct syntax *s = node(j, SYNTAX_AGAIN);
    s->child = j->groups[n];
    return s;
}

static struct syntax *escape(struct job *j)
{
    static const char *const assertions[] = {"\\A", "\\z", "\\b", "\\B"};
    struct syntax_set named = {0};
    uint32_t c;
    for (size_t i = 0; i < ARRAY_SIZE(assertions); i++)
        if (take(j, assertions[i]))
            return node(j, i == 0 ? SYNTAX_BEGIN : SYNTAX_NOTHING);
    if (take(j, "\\g{"))
        return reference(j);
    struct syntax *s = node(j, SYNTAX_CLASS);
    if (peek(j) == '\\' && j->at + 1 < j->in.n && named_class(j->in.p[j->at + 1], &named)) {
        j->at += 2;
        s->set = named;
        return s;
    }
    if (!character(j, &c))
        return failed(j);
    put(&s->set, c);
    if (j->caseless)
        fold(&s->set);
    return s;
}

/* Flags of a group: i-s: */
static bool flags(struct job *j)
{
    for (bool on = true; more(j) && peek(j) != ':'; j->at++)
        switch (peek(j)) {
        case '-': on = false; break;
        case 'i': j->caseless = on; break;
        case 's': j->dotall = on; break;
        case 'm': j->multiline |= on; break; /* ^ may then be anywhere */
        default: return false;
        }
    return take(j, ":");
}

static struct syntax *group(struct job *j)
{
    static const char *const around[] = {"?=", "?!", "?<=", "?<!"};
    bool caseless = j->caseless, dotall = j->dotall, multiline = j->multiline, look = false, condition = false;
    unsigned capture = 0;
    for (size_t i = 0; i < ARRAY_SIZE(around) && !look; i++)
        look = take(j, around[i]);
    if (!look && take(j, "?(")) {
        unsigned n;
        condition = true;
        j->bad |= !number(j, &n) || !take(j, ")");
    } else if (!look && !take(j, "?:") && !take(j, "?>")) {
        if (take(j, "?"))
            j->bad |= !flags(j);
        else if ((capture = ++j->seen) > j->groups_n)
            return failed(j);
    }
    struct syntax *s = choice(j);
    j->bad |= !take(j, ")");
    j->caseless = caseless;
    j->dotall = dotall;
    j->multiline = multiline;
    if (capture) {
        j->groups[capture] = s;
        s->group = capture;
    }
    if (condition && s->kind != SYNTAX_CHOICE) { /* without an else it may be nothing */
        struct syntax *either = node(j, SYNTAX_CHOICE);
        either->child = s;
        s->next = node(j, SYNTAX_NOTHING);
        return either;
    }
    return look ? node(j, SYNTAX_NOTHING) : s;
}

static struct syntax *atom(struct job *j)
{
    if (take(j, "("))
        return group(j);
    if (take(j, "["))
        return set(j);
    if (take(j, "^"))
        return node(j, j->multiline ? SYNTAX_NOTHING : SYNTAX_BEGIN);
    if (take(j, "$"))
        return node(j, SYNTAX_NOTHING);
    if (take(j, ".")) {
        struct syntax *s = node(j, SYNTAX_CLASS);
        if (!j->dotall)
            put(&s->set, '\n');
        invert(&s->set);
        return s;
    }
    return escape(j);
}

static struct syntax *repeated(struct job *j, struct syntax *what)
{
    unsigned min = 1, max = 1;
    if (take(j, "*"))
        min = 0, max = SYNTAX_ENDLESS;
    else if (take(j, "+"))
        max = SYNTAX_ENDLESS;
    else if (take(j, "?"))
        min = 0;
    else if (!take(j, "{"))
        return what;
    else {
        j->bad |= !number(j, &min);
        max = min;
        if (take(j, ",") && !number(j, &max))
            max = SYNTAX_ENDLESS;
        j->bad |= !take(j, "}");
    }
    (void)(take(j, "?") || take(j, "+"));
    struct syntax *s = node(j, SYNTAX_REPEAT);
    s->child = what;
    s->min = min;
    s->max = max > SYNTAX_ENDLESS ? SYNTAX_ENDLESS : max;
    return s;
}

static struct syntax *sequence(struct job *j)
{
    struct syntax *s = node(j, SYNTAX_SEQUENCE), **end = &s->child;
    while (more(j) && peek(j) != '|' && peek(j) != ')') {
        *end = repeated(j, atom(j));
        end = &(*end)->next;
    }
    return s->child && !s->child->next && s->child->kind == SYNTAX_CLASS ? s->child : s;
}

static struct syntax *choice(struct job *j)
{
    struct syntax *first = sequence(j);
    if (peek(j) != '|')
        return first;
    struct syntax *s = node(j, SYNTAX_CHOICE), **end = &first->next;
    s->child = first;
    while (more(j) && take(j, "|")) {
        *end = sequence(j);
        end = &(*end)->next;
    }
    return s;
}

struct syntax *syntax_of(struct arena *a, const struct regex_text *t)
{
    struct job j = {.a = a, .in = t->pattern, .caseless = t->caseless, .dotall = t->dotall, .multiline = t->multiline, .groups_n = t->groups};
    j.groups = arena_zalloc(a, (t->groups + 1) * sizeof *j.groups);
    struct syntax *s = choice(&j);
    return j.bad || j.at < j.in.n ? NULL : s;
}
