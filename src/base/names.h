/* Look-up in the project's constant tables, whose entries start with a name and its aliases. */
#ifndef SWEEP_BASE_NAMES_H
#define SWEEP_BASE_NAMES_H

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static inline bool name_matches(const char *wanted, const char *name, const char *const *aliases,
                                size_t alias_count) {
    if (strcmp(wanted, name) == 0)
        return true;
    for (size_t i = 0; i < alias_count && aliases[i]; i++)
        if (strcmp(wanted, aliases[i]) == 0)
            return true;
    return false;
}

/* The first of `count` entries of `table` whose `name` or one of whose `aliases` is `wanted`, or
 * NULL. (A statement expression, so that one piece of code serves every type of table.) */
#define NAMES_FIND(table, count, wanted) NAMES_SEARCH(table, count, wanted, name_matches)
#define NAMES_SEARCH(table, count, wanted, matches)                                                \
    (__extension__({                                                                               \
        __typeof__(&(table)[0]) names_found = NULL;                                                \
        for (size_t names_i = 0; names_i < (count) && !names_found; names_i++)                     \
            if (matches((wanted), (table)[names_i].name, (table)[names_i].aliases,                 \
                        sizeof(table)[names_i].aliases / sizeof *(table)[names_i].aliases))        \
                names_found = &(table)[names_i];                                                   \
        names_found;                                                                               \
    }))

/* Whether it is one of the names, which end with NULL. */
static inline bool name_is_among(const char *wanted, const char *const *names) {
    while (*names && strcmp(wanted, *names) != 0)
        names++;
    return *names != NULL;
}

/* Whether two names are spellings of one: case, underscores and hyphens don't matter, as in
 * BinaryCrossentropy and binary_crossentropy. */
static inline bool name_resembles(const char *a, const char *b) {
    for (;; a++, b++) {
        a += strspn(a, "_-");
        b += strspn(b, "_-");
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (*a == '\0')
            return true;
    }
}

static inline bool name_resembles_any(const char *wanted, const char *name,
                                      const char *const *aliases, size_t alias_count) {
    bool found = name_resembles(wanted, name);
    for (size_t i = 0; i < alias_count && aliases[i]; i++)
        found = found || name_resembles(wanted, aliases[i]);
    return found;
}

/* NAMES_FIND for names in any spelling. */
#define NAMES_FIND_LIKE(table, count, wanted) NAMES_SEARCH(table, count, wanted, name_resembles_any)

/* Define NAME_add, NAME_row and a static NAME_find_row of a table of struct NAME that grows by
 * rows of plug-ins and outputs: of its own there are COUNT, of which OWN is the i-th. */
#define NAMES_EXTENSIBLE(NAME, COUNT, OWN)                                                         \
    static const struct NAME **NAME##_added;                                                       \
    static size_t NAME##_added_count;                                                              \
    bool NAME##_add(const struct NAME *row) {                                                      \
        const struct NAME **added =                                                                \
            reallocarray(NAME##_added, NAME##_added_count + 1, sizeof *added);                     \
        if (!added)                                                                                \
            return false;                                                                          \
        NAME##_added = added;                                                                      \
        added[NAME##_added_count++] = row;                                                         \
        return true;                                                                               \
    }                                                                                              \
    const struct NAME *NAME##_row(size_t i) {                                                      \
        return i < COUNT                        ? (OWN)                                            \
               : i - COUNT < NAME##_added_count ? NAME##_added[i - COUNT]                          \
                                                : NULL;                                            \
    }                                                                                              \
    static const struct NAME *NAME##_find_row(const char *name) {                                  \
        const struct NAME *row;                                                                    \
        for (size_t i = 0; (row = NAME##_row(i)); i++)                                             \
            if (name_resembles_any(name, row->name, row->aliases,                                  \
                                   sizeof row->aliases / sizeof *row->aliases))                    \
                break;                                                                             \
        return row;                                                                                \
    }

#endif
