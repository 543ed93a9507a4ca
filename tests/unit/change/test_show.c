/* What people see of a plan: the difference, without the secrets in it. */
#include "tree.h"
#include "change/journal_parts.h"
#include "change/show.h"

static void no_secrets(void **state)
{
    static const struct {
        const char *before, *after, *gone, *stays; /* gone: it is a secret */
    } rows[] = {
        {"taro:$6$salt$abcdefghijklmnopqrstuvwxyz0123456789:19000\n", "taro:!$6$salt$abcdefghijklmnopqrstuvwxyz0123456789:19000\n", "abcdefghijkl", "/etc/x"},
        {"info@alpha:{PLAIN}Geheim-1:5000\n", "info@alpha:{PLAIN}!Geheim-1:5000\n", "Geheim", "/etc/x"},
        {"ftp:abJnggxhB/yWI:1000\n", "ftp:!abJnggxhB/yWI:1000\n", "abJnggxhB", "/etc/x"},
        {"mynetworks = $config_directory/x\n", "mynetworks = ${home}/y\n", NULL, "${home}/y"},
        {"price = 5$\n", "price = 6$\n", NULL, "6$"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct tree t = tree_make("/tmp");
        struct plan *p = plan_new(t.arena, &t.root, &a_check, 1);
        struct term term = {.columns = 80};
        struct buf b = BUF(1u << 20);
        put(&t, "etc/x", rows[i].before, 0600);
        assert_int_equal(plan_write(p, at(&t, "etc/x"), str_of(rows[i].after), 0, NULL), 0);
        if (rows[i].gone)
            plan_secret(p, at(&t, "etc/x"));
        plan_show(p, &term, true, &b);
        if (rows[i].gone)
            assert_null(strstr(b.p, rows[i].gone));
        if (!strstr(b.p, rows[i].stays))
            fail_msg("%s is not shown in\n%s", rows[i].stays, b.p);
        buf_free(&b);
        if (rows[i].gone) { /* nor to programs, nor after it was read back from the journal */
            struct step again;
            json_t *j = step_json(&p->steps.v[0]);
            assert_true(step_of_json(j, t.arena, &again) && again.secret);
            json_decref(j);
            FILE *f = tmpfile();
            struct emit e = emit_to(f);
            char text[4096] = "";
            plan_json(p, &e, NULL);
            emit_done(&e);
            rewind(f);
            assert_true(fread(text, 1, sizeof text - 1, f) > 0);
            fclose(f);
            assert_null(strstr(text, rows[i].gone));
        }
        tree_remove(&t);
    }
}

/* The line is what is to be typed: the objects that were named, as a shell needs them. */
static void to_be_typed(void **state)
{
    static const struct {
        const char *asked[3], *want;
        bool wait;
        const char *by;
    } rows[] = {
        {{NULL}, "bansho fix test.check\n", false},
        {{"port 25", NULL}, "bansho fix test.check 'port 25'\n", false},
        {{"imap", "it's", NULL}, "bansho fix test.check imap 'it'\\''s' --now\n", true},
        {{"imap", NULL}, "bansho setup\n", false, "bansho setup"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct tree t = tree_make("/tmp");
        struct plan *p = plan_new(t.arena, &t.root, &a_check, 1);
        struct term term = {.columns = 80};
        struct buf b = BUF(1u << 20);
        for (const char *const *o = rows[i].asked; *o; o++)
            *list_push(t.arena, &p->asked) = *o;
        p->asked_by = rows[i].by;
        if (rows[i].wait)
            plan_wait(p, "somebody still uses it");
        plan_show(p, &term, true, &b);
        if (!strstr(b.p, rows[i].want))
            fail_msg("%s is not in\n%s", rows[i].want, b.p);
        buf_free(&b);
        tree_remove(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_secrets), cmocka_unit_test(to_be_typed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
