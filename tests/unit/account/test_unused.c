/* test_unused.c: which system accounts account.unused judges: whoever can log in, with a password, a key, or with neither being asked for. */
#include "../server/tree.h"
#include "account/unused.h"
#include "config/config.h"
#include "model/check.h"

#define NOW 1795500000 /* 2026-11-24 */

static const struct check check = {.id = "account.unused", .severity = SEVERITY_NORMAL};

static void judges_who_can_log_in(void **state)
{
    (void)state;
    static const struct { const char *name, *shadow, *shell, *key, *object, *how; } table[] = {
        {"password", "old:$y$x:20000::::::\n", "/bin/bash", NULL, "old", "can log in: password, shell /bin/bash"},
        {"locked", "old:!$y$x:20000::::::\n", "/bin/bash", NULL, "", NULL},
        {"locked, with a key", "old:!$y$x:20000::::::\n", "/bin/bash", "home/old/.ssh/authorized_keys", "old", "can log in: key, shell /bin/bash"},
        /* The field is empty: nothing is asked for. That is not "nobody can log in". */
        {"no password", "old::20000::::::\n", "/bin/bash", NULL, "old", "can log in: without a password, shell /bin/bash"},
        {"no password, with a key", "old::20000::::::\n", "/bin/bash", "home/old/.ssh/authorized_keys", "old", "can log in: without a password or with a key, shell /bin/bash"},
        {"expired, with a key", "old:$y$x:20000:::::1:\n", "/bin/bash", "home/old/.ssh/authorized_keys", "", NULL},
        {"no password, no shell", "old::20000::::::\n", "/usr/sbin/nologin", NULL, "", NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct tree t;
        struct err err = {0};
        tree_make(&t);
        tree_write(&t, "etc/shadow", table[i].shadow);
        tree_write(&t, "etc/passwd", "old:x:1000:1000::/home/old:/bin/bash\n");
        if (table[i].key)
            tree_write(&t, table[i].key, "ssh-ed25519 AAAA old\n");
        tree_load(&t);
        t.host.now = NOW;
        *list_push(t.host.arena, &t.host.users) = (struct user){"old", "", "/home/old", table[i].shell, 1000, 1000, 1};
        struct config *config = config_new();
        struct probe_ctx ctx = {.server = t.server, .config = config, .now = NOW};
        struct findings out = {.arena = t.host.arena, .check = &check};
        assert_int_equal(account_unused(&ctx, &out, &err), 0);
        assert_int_equal(out.list.n, 1);
        const struct finding *f = &out.list.v[0];
        if (strcmp(f->object, table[i].object) != 0)
            print_message("%s: %s\n", table[i].name, f->title);
        assert_string_equal(f->object, table[i].object);
        if (table[i].how)
            assert_string_equal(f->evidence.v[f->evidence.n - 1].text, table[i].how);
        config_free(config);
        tree_drop(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(judges_who_can_log_in)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
