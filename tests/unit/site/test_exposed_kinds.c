#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "site/exposed_kinds.h"

#define NONE EXPOSED_COUNT

static void names(void **state)
{
    (void)state;
    static const struct { const char *name; unsigned depth; enum exposed_id want; } table[] = {
        {".env", 0, EXPOSED_SECRET}, {".env.production", 3, EXPOSED_SECRET}, {".env.example", 0, NONE}, {"env", 0, NONE},
        {"wp-config.php", 0, EXPOSED_PHPINFO /* only if it calls phpinfo */}, {"wp-config.php.bak", 0, EXPOSED_CONFIG}, {"wp-config.php~", 2, EXPOSED_CONFIG}, {".wp-config.php.swp", 0, EXPOSED_CONFIG},
        {"wp-config.php.save", 0, EXPOSED_CONFIG}, {"configuration.php.old", 0, EXPOSED_CONFIG}, {"settings.php.orig", 0, EXPOSED_CONFIG}, {"index.php.bak", 0, EXPOSED_SOURCE}, {"notes.bak", 0, NONE},
        {"dump.sql", 0, EXPOSED_DUMP}, {"x.SQL.GZ", 4, EXPOSED_DUMP}, {"backup.zip", 0, EXPOSED_ARCHIVE}, {"a.tar.gz", 0, EXPOSED_ARCHIVE}, {"debug.log", 1, EXPOSED_LOG}, {"error_log", 0, EXPOSED_LOG},
        {"info.php", 1, EXPOSED_PHPINFO}, {"info.php", 3, NONE}, {"style.css", 0, NONE}, {"", 0, NONE}, {"~", 0, NONE}, {".swp", 0, NONE}, {".htpasswd", 0, EXPOSED_SECRET}, {"server.key", 0, EXPOSED_SECRET},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        bool look;
        if (exposed_name(table[i].name, table[i].depth, &look) != table[i].want)
            fail_msg("%s", table[i].name);
    }
}

static void contents(void **state)
{
    (void)state;
    static const struct { enum exposed_id id; const char *name; unsigned depth; const char *head, *tail; uint64_t size; enum exposed_id want; } table[] = {
        {EXPOSED_PHPINFO, "i.php", 0, "<?php phpinfo(); ?>", "", 20, EXPOSED_PHPINFO},
        {EXPOSED_PHPINFO, "i.php", 0, "<?php echo 1;", "", 20, NONE},
        {EXPOSED_DUMP, "a.sql", 0, "-- MySQL dump 10.19", "", 900, EXPOSED_DUMP},
        {EXPOSED_DUMP, "schema.sql", 2, "CREATE TABLE x (a int); INSERT INTO x VALUES (1);", "", 900, NONE}, {EXPOSED_DUMP, "users.sql", 0, "CREATE TABLE x (a int);", "", 24, EXPOSED_DUMP},
        {EXPOSED_DUMP, "db-backup.sql", 3, "INSERT INTO x VALUES (1);", "", 30, EXPOSED_DUMP}, {EXPOSED_DUMP, "notes.sql", 0, "nothing of the kind", "", 19, NONE},
        {EXPOSED_DUMP, "data.sql", 0, "INSERT INTO x VALUES (1);", "", 900000, EXPOSED_DUMP},
        {EXPOSED_DUMP, "x.db", 0, "SQLite format 3", "", 900, EXPOSED_DUMP},
        {EXPOSED_DUMP, "Thumbs.db", 0, "\320\317", "", 900, NONE},
        {EXPOSED_SECRET, "server.key", 0, "-----BEGIN PRIVATE KEY-----", "", 900, EXPOSED_SECRET},
        {EXPOSED_SECRET, "chain.pem", 0, "-----BEGIN CERTIFICATE-----", "", 900, NONE},
        {EXPOSED_ARCHIVE, "site-20240101.zip", 0, "PK", "", 900, EXPOSED_COPY},
        {EXPOSED_ARCHIVE, "catalogue.zip", 0, "PK", "", 900, EXPOSED_ARCHIVE},
        {EXPOSED_ARCHIVE, "catalogue.zip", 1, "PK", "", 900, NONE},
        {EXPOSED_ARCHIVE, "catalogue.zip", 4, "PK", "PK\001\002 shop/wp-config.php PK", 900, EXPOSED_COPY},
        {EXPOSED_CONFIG, "wp-config.php.txt", 0, "<?php define('DB_PASSWORD', 'x');", "", 900, EXPOSED_CONFIG},
        {EXPOSED_CONFIG, "wp-config.php.txt", 0, "see the manual", "", 900, NONE},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (exposed_content(table[i].id, table[i].name, table[i].depth, str_of(table[i].head), str_of(table[i].tail), table[i].size) != table[i].want)
            fail_msg("%s %s", table[i].name, table[i].head);
}

static void proofs(void **state)
{
    (void)state;
    static const struct exposed_answer missing = {404, 20, {"text/html", 9}, {"<html>not found", 15}}, shell = {200, 30, {"text/html", 9}, {"<!DOCTYPE html><title>App", 25}};
    static const struct { enum exposed_proof proof; const char *head; uint64_t size; int status; int64_t length; const char *body; const struct exposed_answer *control; bool want; } table[] = {
        {PROOF_CONTENT, "ref: refs/heads/main\n", 21, 200, 21, "ref: refs/heads/main\n", &missing, true},
        {PROOF_CONTENT, "ref: refs/heads/main\n", 21, 403, 21, "ref: refs/heads/main\n", &missing, false},
        {PROOF_CONTENT, "ref: refs/heads/main\n", 21, 200, 30, "<!DOCTYPE html><title>App", &shell, false},
        {PROOF_CONTENT, "ref: refs/heads/main\n", 21, 200, 21, "ref: refs/heads/main\n", &shell, true},
        {PROOF_CONTENT, "ref: refs/heads/main\n", 21, 200, -1, "", &missing, false},
        {PROOF_CONTENT, "<!DOCTYPE html><title>App", 25, 200, 30, "<!DOCTYPE html><title>App", &shell, false},
        {PROOF_CONTENT, "A=1\n", 4, 200, 4, "A=1\n", &missing, true},
        {PROOF_CONTENT, "A=1\n", 4, 200, 400, "A=1\n more", &missing, false},
        {PROOF_PHPINFO, "<?php", 20, 200, -1, "<html><style>a:link {color: #009; text-", &missing, true},
        {PROOF_PHPINFO, "<?php", 20, 200, -1, "<?php phpinfo", &missing, false},
        {PROOF_LISTING, "", 0, 200, -1, "<html><head><title>Index of /up</title>", &missing, true},
        {PROOF_LISTING, "", 0, 200, -1, "<html><title>Welcome", &missing, false},
        {PROOF_PAGE, "", 9, 200, 30, "<!DOCTYPE html><title>App", &shell, false},
        {PROOF_PAGE, "", 9, 200, 40, "<!DOCTYPE html><title>Setup", &shell, true},
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct exposed_answer a = {table[i].status, table[i].length, {"", 0}, str_of(table[i].body)};
        if (exposed_proved(table[i].proof, str_of(table[i].head), table[i].size, &a, table[i].control) != table[i].want)
            fail_msg("row %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names), cmocka_unit_test(contents), cmocka_unit_test(proofs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
