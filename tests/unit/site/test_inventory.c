/* test_inventory.c: what site.inventory says when there is nothing, something, or more than it looks at. */
#include "../server/tree.h"
#include "model/check.h"
#include "server/probe.h"
#include "site/inventory.h"

#define LIMIT 4000 /* as inventory.c */

static const struct check check = {.id = "site.inventory", .severity = SEVERITY_INFO};

static void look(struct tree *t, unsigned n, struct findings *out)
{
    struct arena *a = t->host.arena;
    struct err err = {0};
    for (unsigned i = 0; i < n; i++)
        *list_push(a, &t->server->sites) = (struct site){.name = arena_printf(a, "s%u.example", i), .document_root = arena_printf(a, "/srv/s%u", i), .certificate = "", .address = "", .port = 80};
    struct probe_ctx ctx = {.server = t->server};
    *out = (struct findings){.arena = a, .check = &check};
    assert_int_equal(site_inventory(&ctx, out, &err), 0);
}

static void tells_what_it_left_out(void **state)
{
    (void)state;
    static const struct { const char *name; unsigned sites; const char *program; enum state want; size_t findings; } table[] = {
        {"no site", 0, NULL, STATE_OK, 0},
        {"nothing in it", 3, NULL, STATE_OK, 1},
        {"as many as are looked at", LIMIT, NULL, STATE_OK, 1},
        /* Not seen is never "nothing is installed". */
        {"one too many", LIMIT + 1, NULL, STATE_UNKNOWN, 1},
        {"one too many, and one of those looked at has a program", LIMIT + 1, "srv/s7/wp-includes/version.php", STATE_UNKNOWN, 2},
    };
    struct tree t;
    tree_make(&t);
    for (unsigned i = 0; i <= LIMIT; i++) {
        char dir[32];
        snprintf(dir, sizeof dir, "srv/s%u/", i);
        tree_parents(&t, dir);
    }
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct findings out;
        if (table[i].program)
            tree_write(&t, table[i].program, "<?php $wp_version = '6.8';");
        tree_load(&t);
        look(&t, table[i].sites, &out);
        if (out.list.n != table[i].findings || (table[i].findings && out.list.v[0].state != table[i].want))
            print_message("%s: %zu findings\n", table[i].name, out.list.n);
        assert_int_equal(out.list.n, table[i].findings);
        if (table[i].findings) {
            assert_int_equal(out.list.v[0].state, table[i].want);
            assert_string_equal(out.list.v[0].object, "");
        }
        if (table[i].want == STATE_UNKNOWN) /* the reason is the number, not a failure to see */
            assert_string_equal(out.list.v[0].title, "Only 4000 of the web directories of this server were looked at");
        tree_unload(&t);
    }
    tree_drop(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tells_what_it_left_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
