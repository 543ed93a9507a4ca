/* lexer.h: bansho.conf as tokens with their line and column (both from 1; a column is a character, not a byte). Wrong bytes are reported where they stand
   and come out as TOKEN_BAD, so that the parser can go on behind them. */
#pragma once
#include "config/config.h"

enum token_kind { TOKEN_END, TOKEN_NEWLINE, TOKEN_SEMICOLON, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_EQUALS, TOKEN_COMMA, TOKEN_WORD, TOKEN_BAD };

struct token {
    enum token_kind kind;
    struct str text; /* a word's bytes, without its quotes */
    bool quoted;
    unsigned line, column;
};

struct lexer {
    struct str rest;
    unsigned line, column;
    bool in_value; /* after a name's `=`: there `=` is an ordinary character */
    struct config *config;
    const char *file;
};

#define WORD_MAX 4096

/* After the checks of the whole file (byte order mark, NUL): false where it is not a text file; the error is then reported. */
bool lexer_begin(struct lexer *lx, struct config *c, const char *file, struct str bytes);
struct token lexer_next(struct lexer *lx);
/* Nothing but blanks, line ends and comments stands before the next `{`. */
bool lexer_brace_follows(const struct lexer *lx);
/* The name of a token for messages: "the end of the line", or its text. */
const char *token_name(struct arena *a, const struct token *t);
