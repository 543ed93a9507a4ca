#include "base/shell.h"

#define LONGEST (1u << 20)

void shell_quote(struct buf *out, struct str s)
{
    buf_addc(out, '\'');
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\'')
            buf_addz(out, "'\\''");
        else
            buf_addc(out, s.p[i]);
    buf_addc(out, '\'');
}

void shell_argument(struct buf *out, struct str s)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";
    size_t n = 0;
    while (n < s.n && memchr(plain, s.p[n], sizeof plain - 1))
        n++;
    if (s.n && n == s.n && s.p[0] != '-') /* what looks like an option is seen to be none */
        buf_adds(out, s);
    else
        shell_quote(out, s);
}

const char *shell_word(struct arena *a, const char *word)
{
    _cleanup_(buf_free) struct buf b = BUF(LONGEST);
    shell_argument(&b, str_of(word));
    return arena_dup(a, buf_str(&b));
}
