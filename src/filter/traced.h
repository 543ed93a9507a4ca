/* traced.h: text in which every byte knows the file and line that it came from, however often it was put into other text since (a failregex is made of
   pieces of three files). Used inside this room while a filter or a jail is loaded. Everything lives in one arena with a budget: where a load would need
   more than that, `spent` is set, nothing is added any more and the load ends with an error (load_spent). */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

#define LOAD_MEMORY (64u << 20) /* what one load may take for its texts */
#define LOAD_WORK (256u << 20)  /* bytes that one load may copy to put tags in */
#define VALUE_MAX (256u << 10)  /* one value with its tags put in */
#define NAME_LENGTH_MAX 256     /* of what is between %( and )s or < and >; what is longer names nothing */
#define LOAD_STEPS 50000       /* values that one filter or jail may put into other values */

struct origin {
    const char *file;
    unsigned line;
};

struct traced {
    char *p; /* not NUL-terminated */
    uint32_t *from; /* origin's index << 8 | how deep in other text this byte was put */
    size_t n, cap;
};

struct load {
    struct arena *a;
    size_t left;  /* bytes of the budget */
    size_t work;  /* what is left of LOAD_WORK */
    size_t steps; /* taken so far */
    bool spent;
    LIST(struct origin) origins;
    struct traced spare; /* storage of a text that is no longer needed */
};

/* A load begins; its arena is freed by load_end, which the results were copied out of. */
void load_begin(struct load *l);
void load_end(struct load *l);
/* One value more is put into another one. 0, or -EINVAL with the place of `from`: there is no end to it. */
int load_step(struct load *l, uint32_t from, struct err *err) _must_check_;
/* n bytes of the budget are needed for something else than texts. */
void load_take(struct load *l, size_t n);
int load_spent(struct load *l, const char *file, struct err *err) _must_check_; /* 0, or -EINVAL: the budget is spent */

/* Bytes that came from one place; the place is new when it differs from the last one. */
uint32_t load_origin(struct load *l, const char *file, unsigned line);
void traced_add(struct load *l, struct traced *t, struct str s, uint32_t from);
/* n bytes of s from `at` on, put `deeper` levels down. */
void traced_put(struct load *l, struct traced *t, const struct traced *s, size_t at, size_t n, unsigned deeper);
static inline struct str traced_str(const struct traced *t) { return str_span(t->p ? t->p : "", t->n); }
/* The place of the least deep byte among n bytes from `at` on: what somebody would edit. An empty text has no place: {NULL, 0}. */
struct origin traced_place(const struct load *l, const struct traced *t, size_t at, size_t n);
/* err_at with the place of one byte. */
int traced_wrong(const struct load *l, const struct traced *t, size_t at, struct err *err, const char *format, ...) _printf_(5, 6);

/* Named texts in order, as Python's dict: a name that is set again keeps its place. */
struct named {
    const char *key;
    struct traced text;
};
struct names_of {
    LIST(struct named) list;
};
struct named *named_find(const struct names_of *n, const char *key);
/* The last one whose name is the same but for capital letters. */
struct named *named_find_any_case(const struct names_of *n, const char *key);
void named_set(struct load *l, struct names_of *n, const char *key, struct traced text);
