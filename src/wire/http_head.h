/* http_head.h: the head of an HTTP/1.x request (RFC 9112), as one who answers GET for a handful of names needs it. No I/O. */
#pragma once
#include "base/str.h"

#define HTTP_HEAD_MAX 8192

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_OTHER };
struct http_head {
    enum http_method method;
    struct str path; /* as it was sent, without a query; begins with "/" */
};
/* 1: a whole head; 0: not all of it is there yet; -1: it is none, or has more than HTTP_HEAD_MAX bytes. */
int http_head_parse(struct str bytes, struct http_head *ret) PARSER(http_head) _must_check_;
