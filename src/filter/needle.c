#include "filter/needle.h"
#include "filter/syntax.h"
#include <string.h>

#define CHARS_OF_CLASS 4  /* a class of more characters ends a text */
#define REPEATS 4
#define ENOUGH 160        /* a text's worth does not grow beyond */

/* What a part of the expression says: all texts that it can match, where they are few, and the best needles in it. */
struct part {
    bool exact;
    struct needles texts;  /* of exact */
    struct needles best;   /* .n 0: none */
};

/* How telling a byte is: letters are everywhere in a log, capitals and punctuation less. */
static int worth(unsigned char c)
{
    return c == ' ' ? 4 : (c >= '0' && c <= '9') ? 6 : (c >= 'a' && c <= 'z') ? 10 : (c >= 'A' && c <= 'Z') ? 12 : 11;
}

/* Words that stand in most lines of some log: what contains nothing else tells little. */
static int common(struct str text)
{
    static const char *const words[] = {"sshd", "postfix", "dovecot", "user", "from", "http", "HTTP", "GET ", "POST", "client", "server", "login", "log", "connect", "error", "imap",
                                        "smtp", "auth", "session", "pam_unix", "host", "for ", "port", "mail", "daemon", "tcp", "ssh"};
    int taken = 0;
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (str_search(text, str_of(words[i])) >= 0)
            taken += 5 * (int)strlen(words[i]);
    return taken;
}

static int worth_of(const struct needle *n)
{
    int sum = 0;
    if (n->n < NEEDLE_SHORTEST)
        return 0;
    for (unsigned i = 0; i < n->n; i++)
        sum += worth((unsigned char)n->text[i]);
    sum -= common(str_span(n->text, n->n));
    if (n->n == NEEDLE_SHORTEST)
        sum /= 2;
    return sum < 1 ? 1 : sum > ENOUGH ? ENOUGH : sum;
}

static void judge(struct needles *s)
{
    int least = ENOUGH;
    for (unsigned i = 0; i < s->n; i++) {
        int w = worth_of(&s->v[i]);
        least = w < least ? w : least;
    }
    s->score = !s->n || !least ? 0 : least * 8 - (int)s->n + 1 > 1 ? least * 8 - (int)s->n + 1 : 1;
}

static void consider(struct part *p, const struct needles *s)
{
    struct needles judged = *s;
    judge(&judged);
    if (judged.score > p->best.score)
        p->best = judged;
}

static const struct needles nothing = {.n = 1};

/* The text goes on no further: what was gathered is a needle of its own. */
static void end_text(struct part *p)
{
    consider(p, &p->texts);
    p->texts = nothing;
    p->exact = false;
}

static bool add_text(struct needles *s, const struct needle *one)
{
    for (unsigned i = 0; i < s->n; i++)
        if (s->v[i].n == one->n && memcmp(s->v[i].text, one->text, one->n) == 0)
            return true;
    if (s->n == NEEDLES_MAX)
        return false;
    s->v[s->n++] = *one;
    return true;
}

static bool add_texts(struct needles *s, const struct needles *more)
{
    s->caseless |= more->caseless;
    for (unsigned i = 0; i < more->n; i++)
        if (!add_text(s, &more->v[i]))
            return false;
    return true;
}

/* Every text of a with every one of b behind it. false: they are too many, or too long. */
static bool cross(const struct needles *a, const struct needles *b, struct needles *ret)
{
    struct needles made = {.caseless = a->caseless || b->caseless};
    for (unsigned i = 0; i < a->n; i++)
        for (unsigned k = 0; k < b->n; k++) {
            struct needle one = a->v[i];
            if (one.n + b->v[k].n > NEEDLE_LONGEST)
                return false;
            memcpy(one.text + one.n, b->v[k].text, b->v[k].n);
            one.n = (unsigned char)(one.n + b->v[k].n);
            if (!add_text(&made, &one))
                return false;
        }
    *ret = made;
    return true;
}

static void append(struct part *p, const struct needles *texts)
{
    if (texts->n > 1)
        consider(p, &p->texts); /* as it is, it may be worth more */
    if (cross(&p->texts, texts, &p->texts))
        return;
    end_text(p);
    p->texts = *texts;
}

static struct part of(const struct syntax *s);

/* The first character of the set from c on; 128: there is none. */
static unsigned next_of(const struct syntax_set *s, unsigned c)
{
    for (; c < 128; c = (c | 63) + 1) {
        uint64_t bits = s->ascii[c >> 6] >> (c & 63);
        if (bits)
            return c + (unsigned)__builtin_ctzll(bits);
    }
    return 128;
}

static struct part of_class(const struct syntax *s)
{
    struct part p = {.texts = nothing};
    struct needles made = {0};
    if (__builtin_popcountll(s->set.ascii[0]) + __builtin_popcountll(s->set.ascii[1]) > 2 * CHARS_OF_CLASS) /* in both cases */
        return p;
    for (unsigned c = next_of(&s->set, 1); c < 128; c = next_of(&s->set, c + 1)) {
        bool letter = (c | 32) >= 'a' && (c | 32) <= 'z', upper = letter && c < 'a';
        if (upper && syntax_has(&s->set, (unsigned char)(c + 32)))
            continue;
        struct needle one = {.text = {(char)c}, .n = 1};
        made.caseless |= letter && !upper && syntax_has(&s->set, (unsigned char)(c - 32));
        if (c == '\n' || made.n == CHARS_OF_CLASS || !add_text(&made, &one))
            return p;
    }
    if (s->set.beyond || !made.n || syntax_has(&s->set, 0))
        return p;
    for (unsigned i = 0; made.caseless && i < made.n; i++) /* all of it is then in small letters */
        if (made.v[i].text[0] >= 'A' && made.v[i].text[0] <= 'Z')
            made.v[i].text[0] += 32;
    p.exact = true;
    p.texts = made;
    return p;
}

static void lower(struct needles *s)
{
    for (unsigned i = 0; i < s->n; i++)
        for (unsigned k = 0; k < s->v[i].n; k++)
            if (s->v[i].text[k] >= 'A' && s->v[i].text[k] <= 'Z')
                s->v[i].text[k] += 32;
}

static void add_part(struct part *p, const struct part *item, unsigned min, unsigned max)
{
    if (item->best.score > p->best.score && min)
        p->best = item->best;
    if (!item->exact || (min == 0 && max > 1)) {
        end_text(p);
        return;
    }
    if (min == 0) {
        struct needles either = item->texts;
        if (add_text(&either, &nothing.v[0]))
            append(p, &either);
        else
            end_text(p);
        return;
    }
    for (unsigned i = 0; i < min && i < REPEATS; i++)
        append(p, &item->texts);
    if (max == min && min <= REPEATS)
        return;
    end_text(p);
    p->texts = item->texts; /* the last of them stands before what follows */
}

static struct part of_sequence(const struct syntax *s)
{
    struct part p = {.exact = true, .texts = nothing};
    for (const struct syntax *i = s->child; i; i = i->next) {
        bool repeated = i->kind == SYNTAX_REPEAT;
        struct part item = of(repeated ? i->child : i);
        add_part(&p, &item, repeated ? i->min : 1, repeated ? i->max : 1);
    }
    consider(&p, &p.texts);
    return p;
}

static struct part of_choice(const struct syntax *s)
{
    struct part p = {.exact = true};
    bool all = true;
    for (const struct syntax *i = s->child; i; i = i->next) {
        struct part branch = of(i);
        p.exact = p.exact && branch.exact && add_texts(&p.texts, &branch.texts);
        all = all && branch.best.n && add_texts(&p.best, &branch.best);
    }
    if (!all)
        p.best = (struct needles){0};
    judge(&p.best);
    if (p.exact)
        consider(&p, &p.texts);
    else
        p.texts = nothing;
    return p;
}

static struct part of(const struct syntax *s)
{
    switch (s->kind) {
    case SYNTAX_NOTHING: case SYNTAX_BEGIN: return (struct part){.exact = true, .texts = nothing};
    case SYNTAX_CLASS: return of_class(s);
    case SYNTAX_CHOICE: return of_choice(s);
    case SYNTAX_SEQUENCE: return of_sequence(s);
    default: return (struct part){.texts = nothing};
    }
}

/* Nothing else stands in the line. */
static void ascii_only(struct syntax *s)
{
    s->set.beyond = false;
    for (struct syntax *i = s->kind == SYNTAX_AGAIN ? NULL : s->child; i; i = i->next)
        ascii_only(i);
}

struct needles needles_of(const struct regex_text *t, bool ascii)
{
    struct arena *a = arena_new(64u << 20);
    struct syntax *s = syntax_of(a, t);
    if (s && ascii)
        ascii_only(s);
    struct needles found = s ? of(s).best : (struct needles){0};
    if (found.caseless)
        lower(&found);
    arena_free(a);
    return found;
}
