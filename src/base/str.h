/* str.h: views of bytes. A view owns nothing and is not NUL-terminated; input is never handled as a C string. */
#pragma once
#include "base/macros.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *p;
    size_t n;
};

#define STR(lit) ((struct str){"" lit, sizeof(lit) - 1})
static inline struct str str_of(const char *s) { return (struct str){s, s ? strlen(s) : 0}; }
static inline struct str str_span(const char *p, size_t n) { return (struct str){p, n}; }

bool str_eq(struct str a, struct str b);
/* ASCII letters only, whatever the locale; other bytes stay what they are. */
static inline char str_lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c; }
bool str_ieq(struct str a, struct str b); /* ASCII case is ignored */
bool str_starts(struct str s, struct str prefix);
bool str_istarts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Index of the first byte c (or of needle); -1 if there is none. */
ptrdiff_t str_find(struct str s, char c);
ptrdiff_t str_search(struct str s, struct str needle);
struct str str_trim(struct str s); /* blanks, tabs, CR, LF at both ends */
struct str str_from(struct str s, size_t at); /* what follows the first `at` bytes; empty beyond the end */
struct str str_head(struct str s, size_t max); /* at most `max` bytes of it; not cut within a character of UTF-8 */

/* Takes the next line (without its LF or CRLF) off *rest. false: nothing is left. */
bool str_line(struct str *rest, struct str *ret);
/* Takes the next run of bytes that are in none of `separators` off *rest. false: nothing is left. */
bool str_word(struct str *rest, const char *separators, struct str *ret);
/* Takes what stands before `separator` off *rest (all of it, where there is none). false: nothing is left. Empty fields are returned. */
bool str_field(struct str *rest, char separator, struct str *ret);

/* Decimal digits only, whole view. false: not a number, or beyond max. */
bool str_u64(struct str s, uint64_t max, uint64_t *ret);
