#include "dialogue/reply.h"

bool reply_line_parse(struct str line, int *ret_code, bool *ret_more, struct str *ret_text)
{
    uint64_t code;
    if (line.n < 3 || !str_u64(str_span(line.p, 3), 599, &code) || code < 100)
        return false;
    if (line.n > 3 && line.p[3] != ' ' && line.p[3] != '-')
        return false;
    *ret_code = (int)code;
    *ret_more = line.n > 3 && line.p[3] == '-';
    *ret_text = str_from(line, 4);
    return true;
}

bool reply_read(struct stream *s, bool ftp, reply_each *each, void *ctx, struct reply *ret)
{
    struct str line, text;
    int code;
    bool more;
    *ret = (struct reply){0};
    if (!stream_line(s, &line))
        return false;
    if (!reply_line_parse(line, &code, &more, &text))
        return stream_fail(s, TROUBLE_GARBAGE);
    text_set(ret->text, text);
    while (more) {
        int again = 0;
        bool goes_on = true;
        if (!stream_line(s, &line))
            return false;
        bool right = reply_line_parse(line, &again, &goes_on, &text) && again == code;
        if (!right && !ftp)
            return stream_fail(s, TROUBLE_GARBAGE);
        more = !right || goes_on;
        if (each)
            each(ctx, right ? text : line);
    }
    ret->code = code;
    return true;
}

void reply_quit(struct stream *s)
{
    struct reply r;
    enum trouble so_far = s->trouble;
    if (stream_say(s, "QUIT"))
        reply_read(s, false, NULL, NULL, &r);
    s->trouble = so_far;
}
