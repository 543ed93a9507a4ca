#include "config/lexer.h"
#include "base/i18n.h"
#include "config/report.h"

static bool is_blank(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_control(unsigned char c)
{
    return c < 0x20 || c == 0x7f;
}

/* Length of the UTF-8 sequence at the beginning of s; 0 where it is not valid (RFC 3629). */
static size_t utf8_length(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;
    if (n > s.n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if (n == 3 && ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0)))
        return 0;
    if (n == 4 && ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90)))
        return 0;
    return n;
}

static void advance(struct lexer *lx, size_t bytes)
{
    lx->rest = str_from(lx->rest, bytes);
    lx->column++;
}

static void new_line(struct lexer *lx)
{
    lx->rest = str_from(lx->rest, 1);
    lx->line++;
    lx->column = 1;
}

/* A comment may hold any bytes (old files have old encodings). */
static void skip_blanks(struct lexer *lx)
{
    while (lx->rest.n && is_blank((unsigned char)lx->rest.p[0]))
        advance(lx, 1);
    if (lx->rest.n && lx->rest.p[0] == '#')
        while (lx->rest.n && lx->rest.p[0] != '\n')
            advance(lx, 1);
}

/* The character at the front of the rest is taken. false: it may not stand in a value; reported. */
static bool take_character(struct lexer *lx, struct buf *word)
{
    unsigned char c = (unsigned char)lx->rest.p[0];
    size_t n = utf8_length(lx->rest);
    if (n == 0 || is_control(c)) {
        if (n == 0)
            config_report(lx->config, lx->file, lx->line, lx->column, _("this byte (0x%02x) is not UTF-8 text"), c);
        else
            config_report(lx->config, lx->file, lx->line, lx->column, _("this control character (0x%02x) may not stand here"), c);
        advance(lx, 1);
        return false;
    }
    buf_add(word, lx->rest.p, n);
    advance(lx, n);
    return true;
}

static bool ends_word(const struct lexer *lx, unsigned char c)
{
    return is_blank(c) || c == '\n' || strchr("{};,\"", c) || (c == '=' && !lx->in_value);
}

static bool take_plain(struct lexer *lx, struct buf *word)
{
    bool good = true;
    while (lx->rest.n && !ends_word(lx, (unsigned char)lx->rest.p[0]))
        good &= take_character(lx, word);
    return good;
}

static bool take_quoted(struct lexer *lx, const struct token *t, struct buf *word)
{
    bool good = true;
    advance(lx, 1);
    while (lx->rest.n && lx->rest.p[0] != '\n') {
        if (lx->rest.p[0] == '"') {
            advance(lx, 1);
            return good;
        }
        if (lx->rest.p[0] == '\\' && lx->rest.n > 1) {
            if (lx->rest.p[1] != '"' && lx->rest.p[1] != '\\') {
                config_report(lx->config, lx->file, lx->line, lx->column, _("in quotes, \\ stands only before \" or \\"));
                good = false;
            }
            advance(lx, 1);
            if (lx->rest.p[0] == '\n')
                break;
        }
        good &= take_character(lx, word);
    }
    config_report(lx->config, lx->file, t->line, t->column, _("the quote that begins here is not closed on its line"));
    return false;
}

static struct token take_word(struct lexer *lx, struct token t)
{
    _cleanup_(buf_free) struct buf word = BUF(WORD_MAX);
    t.quoted = lx->rest.p[0] == '"';
    t.kind = (t.quoted ? take_quoted(lx, &t, &word) : take_plain(lx, &word)) ? TOKEN_WORD : TOKEN_BAD;
    if (word.full) {
        config_report(lx->config, lx->file, t.line, t.column, _("this is longer than %d bytes"), WORD_MAX);
        t.kind = TOKEN_BAD;
    }
    t.text = str_of(arena_dup(lx->config->arena, buf_str(&word)));
    return t;
}

struct token lexer_next(struct lexer *lx)
{
    static const struct { char c; enum token_kind kind; } marks[] = {
        {';', TOKEN_SEMICOLON}, {'{', TOKEN_OPEN}, {'}', TOKEN_CLOSE}, {'=', TOKEN_EQUALS}, {',', TOKEN_COMMA},
    };
    skip_blanks(lx);
    struct token t = {.kind = TOKEN_END, .line = lx->line, .column = lx->column};
    if (!lx->rest.n)
        return t;
    char c = lx->rest.p[0];
    if (c == '\n') {
        new_line(lx);
        t.kind = TOKEN_NEWLINE;
        return t;
    }
    for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
        if (c == marks[i].c && !(c == '=' && lx->in_value)) {
            t.kind = marks[i].kind;
            t.text = str_span(lx->rest.p, 1);
            advance(lx, 1);
            return t;
        }
    return take_word(lx, t);
}

bool lexer_brace_follows(const struct lexer *lx)
{
    struct lexer ahead = *lx;
    for (;;) {
        skip_blanks(&ahead);
        if (!ahead.rest.n || ahead.rest.p[0] != '\n')
            return ahead.rest.n && ahead.rest.p[0] == '{';
        new_line(&ahead);
    }
}

static bool not_text(struct lexer *lx, ptrdiff_t nul)
{
    for (ptrdiff_t i = 0; i < nul; i++) {
        if (lx->rest.p[0] == '\n') {
            new_line(lx);
            continue;
        }
        /* Continuation bytes belong to the column of their first byte. */
        unsigned char next = (unsigned char)lx->rest.p[1];
        lx->rest = str_from(lx->rest, 1);
        lx->column += (next & 0xc0) != 0x80;
    }
    config_report(lx->config, lx->file, lx->line, lx->column, _("a NUL byte: this is not a text file"));
    return false;
}

bool lexer_begin(struct lexer *lx, struct config *c, const char *file, struct str bytes)
{
    *lx = (struct lexer){.rest = bytes, .line = 1, .column = 1, .config = c, .file = file};
    if (str_starts(bytes, STR("\xff\xfe")) || str_starts(bytes, STR("\xfe\xff"))) {
        config_report(c, file, 1, 1, _("the file is in UTF-16; save it as UTF-8"));
        return false;
    }
    if (str_starts(bytes, STR("\xef\xbb\xbf")))
        lx->rest = str_from(bytes, 3);
    ptrdiff_t nul = str_find(lx->rest, '\0');
    return nul < 0 || not_text(lx, nul);
}

const char *token_name(struct arena *a, const struct token *t)
{
    switch (t->kind) {
    case TOKEN_END: return _("the end of the file");
    case TOKEN_NEWLINE: return _("the end of the line");
    default: return arena_dup(a, t->text);
    }
}
