#include "base/arena.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
    struct arena_block *next;
    size_t capacity,
        used; /* bytes of the payload, which starts ARENA_ALIGNMENT bytes into the block */
};

#define SMALLEST_BLOCK ((size_t)64 * 1024)

/* Blocks from this size on are asked for only where the machine has that much. */
#define LARGE_BLOCK ((size_t)64 << 20)

void arena_init(struct arena *arena) {
    *arena = (struct arena){0};
}

void arena_init_counting(struct arena *arena) {
    *arena = (struct arena){.counting = true};
}

static unsigned char *payload(struct arena_block *block) {
    return (unsigned char *)block + ARENA_ALIGNMENT;
}

static struct arena_block *add_block(struct arena *arena, size_t bytes) {
    size_t capacity = bytes > SMALLEST_BLOCK ? bytes : SMALLEST_BLOCK;
    if (capacity > SIZE_MAX - 2 * ARENA_ALIGNMENT)
        return NULL;
    struct arena_block *block = aligned_alloc(ARENA_ALIGNMENT, capacity + ARENA_ALIGNMENT);
    if (!block)
        return NULL;
    *block = (struct arena_block){.next = arena->blocks, .capacity = capacity};
    arena->blocks = block;
    return block;
}

bool arena_reserve(struct arena *arena, size_t bytes) {
    if (arena->blocks && arena->blocks->capacity >= bytes)
        return true;
    arena_release(arena);
    return (bytes < LARGE_BLOCK || bytes <= memory_available()) && add_block(arena, bytes);
}

static void *fail(struct arena *arena) {
    arena->failed = true;
    return NULL;
}

void *arena_alloc(struct arena *arena, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - 2 * ARENA_ALIGNMENT)
        return fail(arena);
    bytes = bytes == 0 ? ARENA_ALIGNMENT
                       : (bytes + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
    struct arena_block *block = arena->blocks;
    if (!arena->counting && (!block || block->capacity - block->used < bytes)) {
        block = add_block(arena, bytes);
        if (!block)
            return fail(arena);
    }
    arena->used += bytes;
    if (arena->counting)
        return NULL;
    void *piece = payload(block) + block->used;
    block->used += bytes;
    return memset(piece, 0, bytes);
}

char *arena_copy(struct arena *arena, const char *string) {
    size_t length = strlen(string);
    char *copy = arena_alloc(arena, length + 1, 1);
    return copy ? memcpy(copy, string, length + 1) : NULL;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *string = length < 0 ? NULL : arena_alloc(arena, (size_t)length + 1, 1);
    if (string)
        vsnprintf(string, (size_t)length + 1, format, again);
    va_end(again);
    return string;
}

char *arena_printf(struct arena *arena, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *string = arena_vprintf(arena, format, arguments);
    va_end(arguments);
    return string;
}

void arena_reset(struct arena *arena) {
    struct arena_block *largest = NULL;
    for (struct arena_block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        if (!largest || block->capacity > largest->capacity) {
            free(largest);
            largest = block;
        } else {
            free(block);
        }
    }
    if (largest) {
        largest->next = NULL;
        largest->used = 0;
    }
    arena->blocks = largest;
    arena->used = 0;
    arena->failed = false;
}

void arena_release(struct arena *arena) {
    for (struct arena_block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    arena_init(arena);
}
