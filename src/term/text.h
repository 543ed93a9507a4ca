/* text.h: what people read: the language, escaping of untrusted text, widths of Japanese, colour, wrapping. */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include <stdarg.h>
#include <stdio.h>

/* setlocale, catalogue and language: --lang wins, then the environment; TERM=linux cannot show Japanese and gives English. Returns "ja" or "en".
   Called once by main. lang NULL: not given; something else than ja/en: -EINVAL. */
int text_language(const char *lang, const char **ret, struct err *err) _must_check_;

/* Appends s with control characters, escape sequences, invalid UTF-8 and bidi controls made visible (\x1b, \n as \\n). Printable UTF-8 passes. */
void text_escape(struct buf *b, struct str s) PARSER(text);
/* A line on stderr: "NAME: TEXT", escaped. */
void text_complain(const char *name, const char *format, va_list ap) __attribute__((format(printf, 2, 0)));
/* Format and control characters, separators of lines and what is not assigned: all that could move the cursor, reorder or hide text. */
bool text_is_hidden(uint32_t character);
/* Columns on a terminal; ambiguous characters count 1 (bansho prints none of its own). Input must be valid UTF-8 (text_escape gives that). */
size_t text_width(struct str s);
/* Appends s padded with blanks to `columns` (cut with "..." where it is wider). */
void text_pad(struct buf *b, struct str s, size_t columns);
/* Appends s broken to lines of `columns`, each but the first preceded by `indent` blanks. Japanese breaks between characters, except before 、。）」 and the like. */
void text_wrap(struct buf *b, struct str s, size_t columns, size_t indent);

enum colour { COLOUR_NONE, COLOUR_BAD, COLOUR_WARN, COLOUR_GOOD, COLOUR_DIM, COLOUR_BOLD };
struct term {
    FILE *out;
    bool colour;      /* a terminal, NO_COLOR not set, TERM not dumb */
    size_t columns;   /* 80 where it is not a terminal or not known; at most 120 */
};
struct term term_of(FILE *out);
/* Appends the sequence for a colour, or nothing where colour is off. */
void term_colour(const struct term *t, struct buf *b, enum colour c);
