/* arena.h: a fresh arena for each test. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/arena.h"

static struct arena *arena;

static int make(void **state)
{
    (void)state;
    arena = arena_new(64u << 20);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}
