/* idl.h: Varlink interface files (varlink.org, "Interface Definition"): what they declare, and whether a JSON value is what they say. No I/O. A server reads
   the text that is compiled into its program. Everything lives in the caller's arena, which needs at most IDL_ARENA; views point into the text.
   Limits: IDL_TEXT_MAX bytes, IDL_NAMES_MAX names in one pair of parentheses or one file, IDL_DEPTH nested types. Beyond them: -E2BIG. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include <jansson.h>

#define IDL_TEXT_MAX (256u << 10)
#define IDL_ARENA (64u << 20)
#define IDL_NAMES_MAX 256
#define IDL_DEPTH 16

enum idl_kind { IDL_BOOL, IDL_INT, IDL_FLOAT, IDL_STRING, IDL_OBJECT, IDL_NAMED, IDL_STRUCT, IDL_ENUM, IDL_LIST, IDL_MAP };

struct idl_type {
    enum idl_kind kind;
    bool maybe;                /* "?": null, or not there at all */
    struct idl_type *of;       /* a list's or map's elements; what a name stands for */
    struct str name;           /* IDL_NAMED */
    LIST(struct idl_field) fields; /* IDL_STRUCT; IDL_ENUM: names only */
};

struct idl_field {
    struct str name;
    struct idl_type *type; /* NULL in an enum */
};

enum idl_what { IDL_TYPE, IDL_METHOD, IDL_ERROR };

struct idl_member {
    enum idl_what what;
    struct str name;
    struct idl_type *in;  /* a method's parameters, an error's, or the type */
    struct idl_type *out; /* a method's reply */
};

struct idl {
    struct str name, text;
    LIST(struct idl_member) members;
};

/* 0; -EINVAL with line and column in err; -E2BIG. Names that are used and not declared, or declared twice, are errors. */
int idl_parse(struct str text, struct arena *a, struct idl *ret, struct err *err) PARSER(wire_idl) _must_check_;
/* NULL: not declared. */
const struct idl_member *idl_find(const struct idl *idl, enum idl_what what, struct str name);
/* Whether a value is what the type says: nothing missing, nothing of another type, nothing that is not declared. 0; -EINVAL, and *ret_where names the place
   ("services[2]", "until"), cut where it is longer. A value may be NULL: not there. Depth is limited by what jansson parsed. */
int idl_check(const struct idl_type *type, const json_t *value, struct buf *ret_where) _must_check_;
/* "org.example.Name": segments of letters, digits and hyphens, at least two. */
bool idl_is_interface(struct str name);
