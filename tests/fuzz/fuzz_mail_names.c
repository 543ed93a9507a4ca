#include "mail/full_names.h"
#include "mail/names.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(16 << 20);
    struct str s = str_span((const char *)data, size);
    struct mail_names n = {0};
    struct found_names found;
    const char *names[20];
    mail_names_of_passwd(s, a, &n);
    mail_names_of_table(s, a, &n);
    doveadm_lookup_read(s, s, a, &found);
    size_t have = mail_short_names(&n, a, names, 20);
    for (size_t i = 0; i < have; i++) /* they become arguments */
        if (!names[i][0] || names[i][0] == '-' || strpbrk(names[i], " \t\n@*%$;'\""))
            abort();
    arena_free(a);
    return 0;
}
