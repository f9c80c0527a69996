/* Numbers for strings of bytes: equal ones have the same number, counted from 0 in the order in
 * which they are first met. */
#ifndef SWEEP_BASE_INTERN_H
#define SWEEP_BASE_INTERN_H

#include <stdbool.h>
#include <stddef.h>

struct intern {
    size_t count;  /* different strings */
    size_t *slots; /* open addressing: a string's number + 1, or 0; owned */
    size_t slot_count;
    struct intern_key *keys; /* by number; owned */
    size_t key_capacity;
    bool failed; /* out of memory: further strings get the number 0 */
};

void intern_init(struct intern *intern);
void intern_release(struct intern *intern);

/* The string's number; *is_new (which may be NULL) tells whether it is met for the first time. */
size_t intern_number(struct intern *intern, const void *bytes, size_t length, bool *is_new);

#endif
