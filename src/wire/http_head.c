#include "wire/http_head.h"

/* Visible ASCII alone: nothing else may stand in a request's line (RFC 9112, 3). */
static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 127)
            return false;
    return s.n > 0;
}

static bool request_line(struct str line, struct http_head *ret)
{
    ptrdiff_t first = str_find(line, ' ');
    if (first <= 0)
        return false;
    struct str method = str_span(line.p, (size_t)first), rest = str_from(line, (size_t)first + 1);
    ptrdiff_t second = str_find(rest, ' ');
    if (second <= 0)
        return false;
    struct str target = str_span(rest.p, (size_t)second), version = str_from(rest, (size_t)second + 1);
    if (!is_plain(method) || !is_plain(target) || target.p[0] != '/' || (!str_eq(version, STR("HTTP/1.1")) && !str_eq(version, STR("HTTP/1.0"))))
        return false;
    ptrdiff_t query = str_find(target, '?');
    ret->path = query < 0 ? target : str_span(target.p, (size_t)query);
    ret->method = str_eq(method, STR("GET")) ? HTTP_GET : str_eq(method, STR("HEAD")) ? HTTP_HEAD : HTTP_OTHER;
    return true;
}

int http_head_parse(struct str bytes, struct http_head *ret)
{
    struct http_head h = {0};
    ptrdiff_t end = str_search(str_head(bytes, HTTP_HEAD_MAX), STR("\r\n\r\n")), line;
    if (end < 0)
        return bytes.n >= HTTP_HEAD_MAX || (bytes.n && bytes.p[0] <= ' ') ? -1 : 0;
    line = str_search(bytes, STR("\r\n"));
    if (line <= 0 || !request_line(str_span(bytes.p, (size_t)line), &h))
        return -1;
    *ret = h;
    return 1;
}
