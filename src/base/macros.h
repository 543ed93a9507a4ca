/* macros.h: attributes and small helpers that every room uses. */
#pragma once
#include <stddef.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _printf_(a, b) __attribute__((format(printf, a, b)))
#define _must_check_ __attribute__((warn_unused_result))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Marks the declaration of a parser of foreign input. tests/structure checks that tests/fuzz/fuzz_NAME.c and its seeds exist. */
#define PARSER(name)

/* A message that is translated later, where it is printed (tables). */
#define N_(s) s
