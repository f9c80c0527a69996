/* All that is wrong with a config, each with its place, and the notes on what is right but ignored.
 */
#ifndef SWEEP_SEARCH_PROBLEMS_H
#define SWEEP_SEARCH_PROBLEMS_H

#include "base/arena.h"
#include "base/status.h"

#include <stddef.h>

#define PROBLEMS_MAX 20

/* A piece of a text that was meant to be another. */
struct edit {
    const char *text;        /* the text it is in; NULL: nobody knows what was meant */
    const char *before;      /* what is shown before the text: "--set epochs=" */
    size_t begin, end;       /* bytes */
    const char *replacement; /* may be several lines */
};

struct problem {
    struct error error;
    struct edit edit;
    const char *corrected; /* the line as it was meant (or lines, indented like the first), with all
                              edits that are in it; NULL where that is not known, or is shown with a
                              later problem */
};

struct problems {
    const char *file; /* the config's: its problems come before those of --set; NULL: none */
    size_t count;     /* of all; the first PROBLEMS_MAX are kept */
    struct problem items[PROBLEMS_MAX];
    size_t note_count;
    struct error notes[PROBLEMS_MAX]; /* places and words */
};

/* NULL when out of memory. */
struct problems *problems_new(struct arena *arena);

/* `problems` may be NULL, and then nothing is kept. */
void problems_add(struct problems *problems, const struct error *error);
void problems_note(struct problems *problems, const struct error *note);

/* Sort problems and notes by their places, each --set's after the file's, those without a place
 * last, and write down the corrected lines. STATUS_INPUT with the first problem, if there is
 * one. */
enum status problems_end(struct problems *problems, struct arena *arena, struct error *error);

#endif
