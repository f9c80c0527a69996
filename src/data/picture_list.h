/* The pictures of a folder that has a folder for each class, as Keras'
 * image_dataset_from_directory takes it: CLASS/..., or train/CLASS/... and test/CLASS/... . */
#ifndef SWEEP_DATA_PICTURE_LIST_H
#define SWEEP_DATA_PICTURE_LIST_H

#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"
#include "data/dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct listed_picture {
    const char *path, *name; /* the name is the path's end */
    uint8_t part, class;     /* part 0: training, 1: test */
};

struct picture_list {
    struct arena *arena;
    size_t count, room, parts; /* one part, which has all, or two */
    struct listed_picture *items;
    size_t begins[3]; /* of each part, and the end */
    size_t class_count;
    const char *class_names[DATASET_CLASSES_MAX];
    size_t unknown; /* pictures of a format that is not read, .gif and the like */
    size_t loose;   /* pictures in no class's folder */
};

/* Whether a folder looks like that: a picture is found two folders down, or three below train/. */
bool picture_list_is(const char *path);

/* List them. Classes are numbered in the order of their names' bytes, as Keras sorts them, those of
 * all parts together. The pictures of a part are in the order of their file names, in which numbers
 * count as such, then of their classes: so 2.png is before 10.png, whatever their classes are, and
 * what was numbered through keeps its order. What is unexpected is added to the notes, separated by
 * "; ". Everything lives in the arena. */
enum status picture_list_read(const char *path, struct picture_list *list, struct text *notes,
                              struct error *error);

#endif
