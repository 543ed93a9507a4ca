/* idl.c: reads Varlink interface files: words and marks, then one function for each piece of the grammar. */
#include "wire/idl.h"
#include <errno.h>

struct reader {
    struct str text, token; /* token: the one that comes next; empty at the end */
    size_t at;              /* behind the token */
    unsigned line, column;  /* of the token */
    unsigned end_line, end_column;
    struct arena *arena;
    struct err *err;
    int code; /* the first error; then everything is the end */
};

static int wrong(struct reader *r, int code, const char *what)
{
    if (!r->code)
        r->code = err_at(r->err, code, NULL, r->line, r->column, "%s, not \"%.*s\"", what, (int)(r->token.n > 40 ? 40 : r->token.n), r->token.n ? r->token.p : "");
    r->token = (struct str){0};
    r->at = r->text.n;
    return r->code;
}

static bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static bool digit(char c) { return c >= '0' && c <= '9'; }
static bool in_word(char c) { return letter(c) || digit(c) || c == '_' || c == '.'; }

static void step(struct reader *r)
{
    r->end_column++;
    if (r->text.p[r->at++] == '\n') {
        r->end_line++;
        r->end_column = 1;
    }
}

static void skip(struct reader *r)
{
    bool comment = false;
    for (; r->at < r->text.n; step(r)) {
        char c = r->text.p[r->at];
        comment = c == '#' || (comment && c != '\n');
        if (!comment && c != ' ' && c != '\t' && c != '\n' && c != '\r')
            return;
    }
}

/* A word, "->" or one character. A hyphen belongs to a word only before a letter or digit (names of interfaces). */
static void next(struct reader *r)
{
    if (r->code)
        return;
    skip(r);
    r->line = r->end_line;
    r->column = r->end_column;
    size_t from = r->at;
    while (r->at < r->text.n && (in_word(r->text.p[r->at]) || (r->at > from && r->text.p[r->at] == '-' && r->at + 1 < r->text.n && in_word(r->text.p[r->at + 1]))))
        step(r);
    if (r->at == from && r->at < r->text.n) {
        step(r);
        if (r->text.p[from] == '-' && r->at < r->text.n && r->text.p[r->at] == '>')
            step(r);
    }
    r->token = str_span(r->text.p + from, r->at - from);
}

static bool is(const struct reader *r, const char *token) { return str_eq(r->token, str_of(token)); }

static bool take(struct reader *r, const char *token)
{
    if (r->code || !is(r, token))
        return false;
    next(r);
    return true;
}

static void want(struct reader *r, const char *token, const char *what)
{
    if (!take(r, token))
        wrong(r, -EINVAL, what);
}

/* Letters and digits, with single underscores between them where they are allowed. */
static bool is_name(struct str s, bool type)
{
    if (!s.n || s.n > 100 || !letter(s.p[0]) || (type && s.p[0] >= 'a'))
        return false;
    for (size_t i = 1; i < s.n; i++)
        if (!letter(s.p[i]) && !digit(s.p[i]) && (type || s.p[i] != '_' || s.p[i - 1] == '_' || i + 1 == s.n))
            return false;
    return true;
}

bool idl_is_interface(struct str name)
{
    struct str rest = name, part;
    size_t parts = 0;
    if (name.n > 255 || !name.n || !letter(name.p[0]))
        return false;
    while (str_field(&rest, '.', &part)) {
        if (!part.n || part.p[0] == '-' || part.p[part.n - 1] == '-')
            return false;
        for (size_t i = 0; i < part.n; i++)
            if (!letter(part.p[i]) && !digit(part.p[i]) && part.p[i] != '-')
                return false;
        parts++;
    }
    return parts > 1;
}

static struct idl_type *type_of(struct reader *r, unsigned depth);

static void add_field(struct reader *r, struct idl_type *t, struct str name, struct idl_type *type)
{
    for (size_t i = 0; i < t->fields.n; i++)
        if (str_eq(t->fields.v[i].name, name)) {
            wrong(r, -EINVAL, "a name that is not there twice");
            return;
        }
    if (t->fields.n >= IDL_NAMES_MAX) {
        wrong(r, -E2BIG, "fewer names");
        return;
    }
    *list_push(r->arena, &t->fields) = (struct idl_field){name, type};
}

/* "( name: type, ... )" or "( name, ... )"; "()" is a struct. */
static struct idl_type *parentheses(struct reader *r, unsigned depth)
{
    struct idl_type *t = arena_zalloc(r->arena, sizeof *t);
    t->kind = IDL_STRUCT;
    want(r, "(", "an opening parenthesis");
    if (take(r, ")"))
        return t;
    do {
        struct str name = r->token;
        if (!is_name(name, false))
            wrong(r, -EINVAL, "a name of a field");
        next(r);
        bool typed = take(r, ":");
        if (!t->fields.n)
            t->kind = typed ? IDL_STRUCT : IDL_ENUM;
        if (typed != (t->kind == IDL_STRUCT))
            wrong(r, -EINVAL, "either fields with types or values of an enum");
        add_field(r, t, name, typed ? type_of(r, depth + 1) : NULL);
    } while (take(r, ","));
    want(r, ")", "a comma or the closing parenthesis");
    return t;
}

static const struct {
    const char *word;
    enum idl_kind kind;
} plain[] = {{"bool", IDL_BOOL}, {"int", IDL_INT}, {"float", IDL_FLOAT}, {"string", IDL_STRING}, {"object", IDL_OBJECT}};

static struct idl_type *plain_or_named(struct reader *r)
{
    struct idl_type *t = arena_zalloc(r->arena, sizeof *t);
    for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
        if (is(r, plain[i].word)) {
            t->kind = plain[i].kind;
            next(r);
            return t;
        }
    t->kind = IDL_NAMED;
    t->name = r->token;
    if (!is_name(t->name, true))
        wrong(r, -EINVAL, "a type");
    next(r);
    return t;
}

static struct idl_type *elements(struct reader *r, unsigned depth)
{
    struct idl_type *t = arena_zalloc(r->arena, sizeof *t);
    t->kind = take(r, "string") ? IDL_MAP : IDL_LIST;
    want(r, "]", "a closing bracket");
    t->of = type_of(r, depth + 1);
    return t;
}

static struct idl_type *type_of(struct reader *r, unsigned depth)
{
    if (depth > IDL_DEPTH)
        wrong(r, -E2BIG, "fewer types within each other");
    bool maybe = take(r, "?");
    struct idl_type *t = r->code       ? arena_zalloc(r->arena, sizeof *t)
                         : take(r, "[") ? elements(r, depth)
                         : is(r, "(")   ? parentheses(r, depth)
                                        : plain_or_named(r);
    t->maybe = maybe;
    return t;
}

static const struct {
    const char *word;
    enum idl_what what;
} keywords[] = {{"type", IDL_TYPE}, {"method", IDL_METHOD}, {"error", IDL_ERROR}};

static struct idl_type *record(struct reader *r)
{
    struct idl_type *t = parentheses(r, 0);
    if (!r->code && t->kind != IDL_STRUCT)
        wrong(r, -EINVAL, "parameters with types");
    return t;
}

static void member(struct reader *r, struct idl *idl)
{
    struct idl_member m = {0};
    size_t i = 0;
    while (i < ARRAY_SIZE(keywords) && !is(r, keywords[i].word))
        i++;
    if (i == ARRAY_SIZE(keywords)) {
        wrong(r, -EINVAL, "type, method or error");
        return;
    }
    m.what = keywords[i].what;
    next(r);
    m.name = r->token;
    if (!is_name(m.name, true))
        wrong(r, -EINVAL, "a name that begins with a capital letter");
    for (i = 0; i < idl->members.n; i++)
        if (str_eq(idl->members.v[i].name, m.name))
            wrong(r, -EINVAL, "a name that is not there twice");
    next(r);
    m.in = m.what == IDL_TYPE ? parentheses(r, 0) : m.what == IDL_ERROR && !is(r, "(") ? arena_zalloc(r->arena, sizeof *m.in) : record(r);
    if (m.what == IDL_ERROR)
        m.in->kind = IDL_STRUCT; /* parameters of an error may be left out */
    if (m.what == IDL_METHOD) {
        want(r, "->", "->");
        m.out = record(r);
    }
    if (idl->members.n >= IDL_NAMES_MAX)
        wrong(r, -E2BIG, "fewer members");
    if (!r->code)
        *list_push(r->arena, &idl->members) = m;
}

static int resolve(const struct idl *idl, struct idl_type *t, struct err *err)
{
    int code = 0;
    if (!t)
        return 0;
    if (t->kind == IDL_NAMED) {
        const struct idl_member *m = idl_find(idl, IDL_TYPE, t->name);
        t->of = m ? m->in : NULL;
        return m ? 0 : err_set(err, -EINVAL, "no type %.*s is declared", (int)t->name.n, t->name.p);
    }
    if (t->of)
        code = resolve(idl, t->of, err);
    for (size_t i = 0; !code && i < t->fields.n; i++)
        code = resolve(idl, t->fields.v[i].type, err);
    return code;
}

int idl_parse(struct str text, struct arena *a, struct idl *ret, struct err *err)
{
    struct reader r = {.text = text, .arena = a, .err = err, .end_line = 1, .end_column = 1};
    struct idl idl = {.text = text};
    if (text.n > IDL_TEXT_MAX)
        return err_set(err, -E2BIG, "an interface of more than %u bytes", IDL_TEXT_MAX);
    next(&r);
    want(&r, "interface", "the word interface");
    idl.name = r.token;
    if (!idl_is_interface(idl.name))
        wrong(&r, -EINVAL, "the name of an interface");
    next(&r);
    while (!r.code && r.token.n)
        member(&r, &idl);
    int code = r.code;
    for (size_t i = 0; !code && i < idl.members.n; i++) {
        code = resolve(&idl, idl.members.v[i].in, err);
        if (!code)
            code = resolve(&idl, idl.members.v[i].out, err);
    }
    if (!code)
        *ret = idl;
    return code;
}

const struct idl_member *idl_find(const struct idl *idl, enum idl_what what, struct str name)
{
    for (size_t i = 0; i < idl->members.n; i++)
        if (idl->members.v[i].what == what && str_eq(idl->members.v[i].name, name))
            return &idl->members.v[i];
    return NULL;
}
