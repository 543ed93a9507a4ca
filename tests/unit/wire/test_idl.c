/* Interface files: what is read, what is refused and where, and which values are as declared. */
#include "wire/idl.h"
#include "wire/interfaces.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const char all_types[] = "# first\ninterface org.example.all-types\n"
                                "type Colour (red, green, blue)\n"
                                "type Inner (a: int, # behind\n b: ?Inner)\n"
                                "method M(flag: bool, whole: int, half: float, text: string, any: object, colour: Colour, one: (x, y), inner: Inner,\n"
                                "  list: []int, lists: [][]string, map: [string]Inner, set: [string](), maybe: ?string, maybes: ?[]?int) -> ()\n"
                                "error Bare\nerror Full (why: string)";

static void reads(void **state)
{
    (void)state;
    struct arena *a = arena_new(IDL_ARENA);
    struct idl idl;
    struct err err = {0};
    if (idl_parse(str_of(all_types), a, &idl, &err) < 0)
        fail_msg("%u:%u: %s", err.line, err.column, err.text);
    assert_true(str_eq(idl.name, STR("org.example.all-types")));
    const struct idl_member *m = idl_find(&idl, IDL_METHOD, STR("M"));
    assert_non_null(m);
    assert_int_equal(m->in->fields.n, 14);
    assert_int_equal(m->out->fields.n, 0);
    assert_int_equal(m->in->fields.v[13].type->of->maybe, true);
    assert_non_null(idl_find(&idl, IDL_ERROR, STR("Bare")));
    assert_null(idl_find(&idl, IDL_TYPE, STR("Bare")));
    assert_int_equal(idl_parse(interface_wall(), a, &idl, NULL), 0);
    assert_int_equal(idl_find(&idl, IDL_METHOD, STR("Ban"))->in->fields.n, 5);
    arena_free(a);
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int code;
        unsigned line, column;
    } rows[] = {
        {"", -EINVAL, 1, 1},
        {"interface org", -EINVAL, 1, 11},
        {"interface -a.b", -EINVAL, 1, 11},
        {"interface a..b", -EINVAL, 1, 11},
        {"interface a.b\nmethod m() -> ()", -EINVAL, 2, 8},
        {"interface a.b\nmethod M()", -EINVAL, 2, 11},
        {"interface a.b\nmethod M() -> (x)", -EINVAL, 2, 18},
        {"interface a.b\nmethod M(a: int, b) -> ()", -EINVAL, 2, 19},
        {"interface a.b\nmethod M(a: int, a: int) -> ()", -EINVAL, 2, 24},
        {"interface a.b\nmethod M(a: ??int) -> ()", -EINVAL, 2, 14},
        {"interface a.b\nmethod M(a: int,) -> ()", -EINVAL, 2, 17},
        {"interface a.b\nmethod M(_a: int) -> ()", -EINVAL, 2, 10},
        {"interface a.b\nmethod M(a__b: int) -> ()", -EINVAL, 2, 10},
        {"interface a.b\nmethod M(a: Missing) -> ()", -EINVAL, 0, 0},
        {"interface a.b\ntype A (x)\nerror A ()", -EINVAL, 3, 7},
        {"interface a.b\nconst A (x)", -EINVAL, 2, 1},
        {"interface a.b\nmethod M(a: [int]string) -> ()", -EINVAL, 2, 14},
        {"interface a.b\ntype A (x: [][][][][][][][][][][][][][][][][][]int)", -E2BIG, 2, 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct arena *a = arena_new(IDL_ARENA);
        struct idl idl;
        struct err err = {0};
        if (idl_parse(str_of(rows[i].text), a, &idl, &err) != rows[i].code || err.line != rows[i].line || (rows[i].column && err.column != rows[i].column))
            fail_msg("row %zu: %s at %u:%u", i, err.text, err.line, err.column);
        arena_free(a);
    }
}

static void checks(void **state)
{
    (void)state;
    static const char text[] = "interface a.b type C (red, blue) type T (a: int, n: ?T)\n"
                               "method M(i: ?int, f: ?float, s: ?string, b: ?bool, o: ?object, c: ?C, t: ?T, l: ?[]C, m: ?[string]int) -> ()";
    static const struct {
        const char *json, *where; /* NULL: good */
    } rows[] = {
        {"{}", NULL},
        {"[]", ""},
        {"{\"i\": 9223372036854775807, \"f\": 1, \"s\": \"\", \"b\": false, \"o\": {\"x\": []}, \"c\": \"red\"}", NULL},
        {"{\"i\": null, \"t\": null}", NULL},
        {"{\"i\": 1.0}", "i"},
        {"{\"i\": \"1\"}", "i"},
        {"{\"f\": true}", "f"},
        {"{\"s\": 1}", "s"},
        {"{\"b\": 0}", "b"},
        {"{\"o\": []}", "o"},
        {"{\"c\": \"RED\"}", "c"},
        {"{\"c\": \"\"}", "c"},
        {"{\"t\": {\"a\": 1, \"n\": {\"a\": 2}}}", NULL},
        {"{\"t\": {\"a\": 1, \"n\": {}}}", "t.n.a"},
        {"{\"t\": {\"a\": null}}", "t.a"},
        {"{\"t\": {\"a\": 1, \"z\": 1}}", "t.z"},
        {"{\"l\": []}", NULL},
        {"{\"l\": [\"red\", \"green\"]}", "l[1]"},
        {"{\"l\": {}}", "l"},
        {"{\"m\": {\"x\": 1, \"y\": null}}", "m.y"},
        {"{\"unknown\": 1}", "unknown"},
        {"{\"i\\n\": 1}", "i\n"},
        {"{\"番番番番番番番番番番\": 1}", "番番番番番"}, /* cut between characters */
    };
    struct arena *a = arena_new(IDL_ARENA);
    struct idl idl;
    assert_int_equal(idl_parse(str_of(text), a, &idl, NULL), 0);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct buf where = BUF(16);
        json_t *v = json_loads(rows[i].json, 0, NULL);
        int code = idl_check(idl_find(&idl, IDL_METHOD, STR("M"))->in, v, &where);
        if (code != (rows[i].where ? -EINVAL : 0) || (rows[i].where && !str_eq(buf_str(&where), str_of(rows[i].where))))
            fail_msg("row %zu: %d at %s", i, code, where.p ? where.p : "");
        json_decref(v);
        buf_free(&where);
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads), cmocka_unit_test(refuses), cmocka_unit_test(checks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
