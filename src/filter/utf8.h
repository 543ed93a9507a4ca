/* utf8.h: what a log line is before expressions see it: valid UTF-8, as Python would have decoded it. */
#pragma once
#include "base/buf.h"

/* The character at the beginning of s and how many bytes it takes; 0: s is empty or begins with none (overlong forms and surrogates are none). */
size_t utf8_next(struct str s, uint32_t *ret) PARSER(utf8);
/* How many bytes at the beginning of s Python replaces by one U+FFFD: the longest part that could have begun a character, at least 1. */
size_t utf8_broken(struct str s) PARSER(utf8);
bool utf8_ascii(struct str s);
/* Appends s with every broken part replaced by U+FFFD. Returns how many were replaced. */
size_t utf8_repair(struct str s, struct buf *out) PARSER(utf8);
/* Appends ISO 8859-1 as UTF-8. */
void utf8_from_latin1(struct str s, struct buf *out);
/* Characters in s, which is valid; and the byte where character `index` begins (s.n where there are fewer). */
size_t utf8_count(struct str s);
size_t utf8_offset(struct str s, size_t index);
