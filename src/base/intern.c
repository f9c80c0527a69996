#include "base/intern.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct intern_key {
    uint64_t hash;
    size_t length;
    char *bytes; /* owned */
};

void intern_init(struct intern *intern) {
    *intern = (struct intern){0};
}

void intern_release(struct intern *intern) {
    for (size_t i = 0; i < intern->count; i++)
        free(intern->keys[i].bytes);
    free(intern->keys);
    free(intern->slots);
    intern_init(intern);
}

/* FNV-1a, with its high bits brought down, since slots are chosen by the low ones. */
static uint64_t hash_of(const unsigned char *bytes, size_t length) {
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * 1099511628211u;
    return hash ^ hash >> 32;
}

/* The slot of the string, or the empty one where it belongs. */
static size_t *find(const struct intern *intern, uint64_t hash, const void *bytes, size_t length) {
    for (size_t at = hash;; at++) {
        size_t *slot = &intern->slots[at & (intern->slot_count - 1)];
        if (*slot == 0)
            return slot;
        const struct intern_key *key = &intern->keys[*slot - 1];
        if (key->hash == hash && key->length == length &&
            (length == 0 || memcmp(key->bytes, bytes, length) == 0))
            return slot;
    }
}

/* Make room for one more; the slots stay at most half full. */
static bool grow(struct intern *intern) {
    if (intern->count == intern->key_capacity) {
        const size_t capacity = intern->key_capacity ? 2 * intern->key_capacity : 16;
        struct intern_key *keys = reallocarray(intern->keys, capacity, sizeof *keys);
        if (!keys)
            return false;
        intern->keys = keys;
        intern->key_capacity = capacity;
    }
    if (2 * (intern->count + 1) <= intern->slot_count)
        return true;
    const size_t slot_count = intern->slot_count ? 2 * intern->slot_count : 32;
    size_t *slots = calloc(slot_count, sizeof *slots);
    if (!slots)
        return false;
    free(intern->slots);
    intern->slots = slots;
    intern->slot_count = slot_count;
    for (size_t i = 0; i < intern->count; i++) {
        const struct intern_key *key = &intern->keys[i];
        *find(intern, key->hash, key->bytes, key->length) = i + 1;
    }
    return true;
}

size_t intern_number(struct intern *intern, const void *bytes, size_t length, bool *is_new) {
    const uint64_t hash = hash_of(bytes, length);
    if (is_new)
        *is_new = false;
    if (intern->failed || !grow(intern)) {
        intern->failed = true;
        return 0;
    }
    size_t *slot = find(intern, hash, bytes, length);
    if (*slot != 0)
        return *slot - 1;
    struct intern_key *key = &intern->keys[intern->count];
    *key = (struct intern_key){.hash = hash, .length = length};
    key->bytes = malloc(length > 0 ? length : 1);
    if (!key->bytes) {
        intern->failed = true;
        return 0;
    }
    memcpy(key->bytes, bytes, length);
    *slot = ++intern->count;
    if (is_new)
        *is_new = true;
    return intern->count - 1;
}
