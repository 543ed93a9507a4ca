/* grammars.c: the one table of grammars. */
#include "conftree/tree.h"

static void put_line(struct buf *b, const struct conf_grammar *g, struct str name, const char *assign, struct str value)
{
    (void)g;
    buf_adds(b, name);
    buf_addz(b, assign);
    buf_adds(b, value);
}

static void put_statement(struct buf *b, const struct conf_grammar *g, struct str name, const char *assign, struct str value)
{
    put_line(b, g, name, value.n ? assign : "", value);
    buf_addc(b, ';');
}

/* { } keeps a value with blanks together (Postfix 3.0 and later). */
static void put_override(struct buf *b, const struct conf_grammar *g, struct str name, const char *assign, struct str value)
{
    (void)assign;
    bool braces = value.n && value.p[0] == '{';
    for (size_t i = 0; i < value.n; i++)
        braces |= conf_blank(value.p[i]);
    buf_addz(b, braces ? "-o { " : "-o ");
    put_line(b, g, name, braces ? " = " : "=", value);
    buf_addz(b, braces ? " }" : "");
}

/* Each on its own lines; the caller gives indentation of the first and line end of the last. */
static void put_angle(struct buf *b, struct str name, struct str arg, const char *indent, const char *eol)
{
    buf_addc(b, '<');
    buf_adds(b, name);
    buf_addz(b, arg.n ? " " : "");
    buf_adds(b, arg);
    buf_printf(b, ">%s%s</", eol, indent);
    buf_adds(b, name);
    buf_addc(b, '>');
}

static void put_braces(struct buf *b, struct str name, struct str arg, const char *indent, const char *eol)
{
    buf_adds(b, name);
    buf_addz(b, arg.n ? " " : "");
    buf_adds(b, arg);
    buf_printf(b, " {%s%s}", eol, indent);
}

static void put_apt_braces(struct buf *b, struct str name, struct str arg, const char *indent, const char *eol)
{
    put_braces(b, name, arg, indent, eol);
    buf_addc(b, ';');
}

static void put_brackets(struct buf *b, struct str name, struct str arg, const char *indent, const char *eol)
{
    (void)arg, (void)indent, (void)eol;
    buf_addc(b, '[');
    buf_adds(b, name);
    buf_addc(b, ']');
}

static void put_words(struct buf *b, struct str name, struct str arg, const char *indent, const char *eol)
{
    (void)indent, (void)eol;
    buf_adds(b, name);
    buf_addc(b, ' ');
    buf_adds(b, arg);
}

/* Which occurrence counts: postconf(5), master(5): the last; sshd_config(5): the first; php.ini, systemd.syntax(7), apt.conf(5), dovecot.conf:
   the last; Apache: the last in one section. nginx refuses most repetitions and adds up the others; ProFTPD does either. */
static const struct conf_grammar grammars[] = {
    {.name = "postfix-main", .parse = conf_parse_lines, .statement = conf_line_plain, .comments = "#", .mark = "#", .join = " ", .assign = " = ", .unit = "",
     .put_entry = put_line, .wins = WINS_LAST, .indent = true, .inside = true, .equals = true},
    {.name = "postfix-master", .parse = conf_parse_lines, .statement = conf_line_master, .comments = "#", .mark = "#", .join = " ", .assign = "=", .unit = "  ",
     .put_entry = put_override, .put_section = put_words, .wins = WINS_LAST, .indent = true, .inside = true},
    {.name = "sshd", .parse = conf_parse_lines, .statement = conf_line_sshd, .comments = "#", .mark = "#", .join = " ", .assign = " ", .unit = "\t",
     .put_entry = put_line, .put_section = put_words, .wins = WINS_FIRST, .tail = true, .icase = true, .until_next = true},
    {.name = "ini", .parse = conf_parse_lines, .statement = conf_line_ini, .comments = "#;", .mark = "#", .join = " ", .assign = "=", .unit = "",
     .put_entry = put_line, .put_section = put_brackets, .wins = WINS_LAST, .backslash = true, .inside = true, .equals = true, .until_next = true},
    {.name = "php", .parse = conf_parse_lines, .statement = conf_line_ini, .comments = ";", .mark = ";", .join = " ", .assign = " = ", .unit = "",
     .put_entry = put_line, .put_section = put_brackets, .wins = WINS_LAST, .tail = true, .equals = true, .until_next = true, .flat = true},
    {.name = "apache", .parse = conf_parse_lines, .statement = conf_line_angle, .comments = "#", .mark = "#", .join = "", .assign = " ", .unit = "\t",
     .put_entry = put_line, .put_section = put_angle, .wins = WINS_LAST, .backslash = true, .comment_goes_on = true, .icase = true},
    {.name = "proftpd", .parse = conf_parse_lines, .statement = conf_line_angle, .comments = "#", .mark = "#", .join = "", .assign = " ", .unit = "  ",
     .put_entry = put_line, .put_section = put_angle, .wins = WINS_ONLY, .backslash = true, .comment_goes_on = true, .icase = true},
    {.name = "dovecot", .parse = conf_parse_lines, .statement = conf_line_dovecot, .comments = "#", .mark = "#", .join = " ", .assign = " = ", .unit = "  ",
     .put_entry = put_line, .put_section = put_braces, .wins = WINS_LAST, .backslash = true, .inside = true, .tail = true, .equals = true},
    {.name = "nginx", .parse = conf_parse_tokens, .comments = "#", .mark = "#", .join = " ", .assign = " ", .unit = "    ",
     .put_entry = put_statement, .put_section = put_braces, .wins = WINS_ONLY},
    {.name = "apt", .parse = conf_parse_tokens, .comments = "#", .mark = "//", .join = " ", .assign = " ", .unit = "  ",
     .put_entry = put_statement, .put_section = put_apt_braces, .wins = WINS_LAST, .icase = true},
};

const struct conf_grammar *conf_grammar(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(grammars); i++)
        if (!strcmp(grammars[i].name, name))
            return &grammars[i];
    return NULL;
}

const char *conf_grammar_name(size_t i)
{
    return i < ARRAY_SIZE(grammars) ? grammars[i].name : NULL;
}
