#include "filter/regex.h"
#include "base/confine.h"
#include "base/module.h"
#include "filter/pcre_module.h"
#include <errno.h>

/* Steps that a search may take: a good expression takes a few for each byte. */
#define STEPS_BASE 50000u
#define STEPS_A_BYTE 4u

static const struct pcre_module *module;

static int load(struct err *err)
{
    if (!module)
        module = module_load(PCRE_MODULE, err);
    return module ? 0 : -ENOENT;
}

static struct pcre_code *compile(const struct regex *r, unsigned more, bool *ret_jit, struct err *err)
{
    char why[256] = "";
    size_t at = 0;
    struct pcre_code *c = module->compile(r->text.pattern, r->flags | more, why, sizeof why, &at, ret_jit);
    if (!c)
        err_set(err, -EINVAL, "%s", why);
    return c;
}

static int compile_as(struct arena *a, struct str python, unsigned more, bool multiline, struct regex *ret, struct err *err)
{
    struct regex r = {0};
    int code = load(err);
    if (code == 0)
        code = regex_translate(a, python, &r.text, err);
    if (code < 0)
        return code;
    r.flags = (r.text.caseless ? PCRE_CASELESS : 0) | (r.text.multiline || multiline ? PCRE_MULTILINE : 0) | (r.text.dotall ? PCRE_DOTALL : 0) | more;
    if (r.text.wide)
        r.utf = compile(&r, PCRE_UTF | (r.text.ascii ? 0 : PCRE_UNICODE), &r.jit, err);
    else
        r.plain = compile(&r, 0, &r.jit, err);
    if (!r.utf && !r.plain)
        return -EINVAL;
    *ret = r;
    return 0;
}

int regex_compile(struct arena *a, struct str python, bool multiline, struct regex *ret, struct err *err) { return compile_as(a, python, 0, multiline, ret, err); }

int regex_compile_sure(struct arena *a, struct str python, struct regex *ret, struct err *err) { return compile_as(a, python, PCRE_SURE, false, ret, err); }

void regex_done(struct regex *r)
{
    if (!module)
        return;
    module->free(r->plain);
    module->free(r->utf);
    r->plain = r->utf = NULL;
}

static void make_utf(struct regex *r)
{
    bool jit;
    r->utf = compile(r, PCRE_UTF | (r->text.ascii ? 0 : PCRE_UNICODE), &jit, NULL);
}

void regex_ready(struct regex *r)
{
    if (!r->utf)
        make_utf(r);
}

int regex_seal(struct err *err)
{
    int e = load(err);
    if (e < 0)
        return e;
    module->seal(); /* first: of code that only part of is protected, nobody knows which part */
    return confine_code_readonly(err);
}

bool regex_search(struct regex *r, struct str subject, bool ascii, size_t from, struct regex_found *ret)
{
    bool plain = ascii && r->plain;
    if (!plain && !r->utf)
        make_utf(r);
    struct pcre_code *c = plain ? r->plain : r->utf;
    if (from > subject.n)
        return false;
    uint64_t steps = STEPS_BASE + STEPS_A_BYTE * (uint64_t)subject.n;
    int found = c ? module->search(c, subject.p ? subject : STR(""), from, steps > UINT32_MAX ? UINT32_MAX : (unsigned)steps, &ret->spans) : -EINVAL;
    r->limits += found < 0;
    ret->subject = subject;
    return found > 0;
}

bool regex_search_sure(struct regex *r, struct str subject, size_t *ret_start, size_t *ret_end)
{
    return r->plain && module->search_sure(r->plain, subject, STEPS_BASE, ret_start, ret_end) > 0;
}

bool regex_fails_sure(struct regex *r, struct str subject)
{
    size_t start, end;
    return r->plain && module->search_sure(r->plain, subject, STEPS_BASE, &start, &end) == -ENOENT;
}

struct str regex_group(const struct regex_found *f, unsigned number)
{
    const size_t *span = f->spans + 2 * (size_t)number;
    if (number == 0 || span[0] == SIZE_MAX)
        return (struct str){0};
    return str_span((f->subject.p ? f->subject.p : "") + span[0], span[1] - span[0]);
}
