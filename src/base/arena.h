/* A region of memory whose pieces share one lifetime.
 *
 * Invariants: every piece is zeroed and aligned to ARENA_ALIGNMENT bytes (a cache
 * line, and the widest vector register); pieces never move; there is no free of a
 * single piece. An arena belongs to one thread at a time. */
#ifndef SWEEP_BASE_ARENA_H
#define SWEEP_BASE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define ARENA_ALIGNMENT 64

struct arena {
    struct arena_block *blocks; /* newest first */
    size_t used;                /* bytes handed out since the last reset, alignment included */
    bool counting;              /* hands out nothing, see arena_init_counting */
    bool failed;                /* since the last reset some piece could not be had */
};

void arena_init(struct arena *arena);

/* An arena that hands out NULL and counts: code that asks for memory and only then looks whether
 * the arena has failed, which this one never does, tells by it how much it takes. */
void arena_init_counting(struct arena *arena);

/* Have so many bytes in one block, so that pieces of that size in all leave no room unused; of an
 * arena without pieces. False when out of memory, also where the machine has less than that
 * available, whatever the system would promise. */
bool arena_reserve(struct arena *arena, size_t bytes);

/* `count` zeroed elements of `size` bytes; NULL when the product overflows or no memory is left,
 * which the arena remembers. */
void *arena_alloc(struct arena *arena, size_t count, size_t size);
#define ARENA_NEW(arena, type, count) ((type *)arena_alloc((arena), (count), sizeof(type)))

/* A copy of a string that lives as long as the arena; NULL when out of memory. */
char *arena_copy(struct arena *arena, const char *string);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Forget all pieces; keeps the largest block for reuse. */
void arena_reset(struct arena *arena);
void arena_release(struct arena *arena);

#endif
