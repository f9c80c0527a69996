/* Options as rows of a table: a command line is read by it, --help and the shells' completions are
 * made of it, and the man page is checked against these. */
#ifndef SWEEP_CLI_OPTION_H
#define SWEEP_CLI_OPTION_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct command;

#define OPTION_LIST_MAX 4096 /* that a row may ask for; others take */
#define OPTION_LIST_USUAL 256

struct option_list {
    size_t count;
    const char *items[OPTION_LIST_MAX];
};

/* What a row's target is, and what is put there. */
enum option_kind {
    OPTION_FLAG,   /* bool: true */
    OPTION_CHOICE, /* int: `value`. Options with the same target exclude each other */
    OPTION_NUMBER, /* long, from `minimum` to `maximum` */
    OPTION_TEXT,   /* const char * */
    OPTION_LIST,   /* struct option_list: the one kind that may be given more than once */
    OPTION_PRINT,  /* none: `print` is called and the program ends */
};

/* A table ends with a row that has neither name nor argument. */
struct option {
    const char *name;     /* without dashes; NULL: an argument without a name, known by its place */
    char letter;          /* 0: none */
    const char *argument; /* the value as --help calls it; NULL: takes none. a|b: one of these */
    const char *help;
    enum option_kind kind;
    size_t target; /* offset in the command's struct of arguments */
    int value;
    long minimum, maximum; /* of a list, the most items; 0: OPTION_LIST_USUAL */
    bool required;         /* of an argument without a name */
    void (*print)(const struct command *command);
};

/* Rows that several commands have. TYPE is the command's struct, FIELD the target in it. */

#define DATABASE_PATH "results/sweep.db" /* where --db is not given */

#define OPTION_DB(TYPE, FIELD)                                                                     \
    {                                                                                              \
        .name = "db", .argument = "FILE", .help = "The database (default: " DATABASE_PATH ")",     \
        .kind = OPTION_TEXT, .target = offsetof(TYPE, FIELD)                                       \
    }
#define OPTION_OUTPUT(TYPE, FIELD, HELP)                                                           \
    {                                                                                              \
        .name = "output", .letter = 'o', .argument = "FILE", .help = HELP, .kind = OPTION_TEXT,    \
        .target = offsetof(TYPE, FIELD)                                                            \
    }
#define OPTION_FORCE(TYPE, FIELD)                                                                  \
    {                                                                                              \
        .name = "force", .letter = 'f', .help = "Replace FILE, whatever it is",                    \
        .kind = OPTION_FLAG, .target = offsetof(TYPE, FIELD)                                       \
    }
#define OPTION_SWEEP(TYPE, FIELD)                                                                  \
    {                                                                                              \
        .name = "sweep", .letter = 's', .argument = "SWEEP",                                       \
        .help = "A sweep by its number, or else its name, as `sweep list` prints them (default: "  \
                "the one started last)",                                                           \
        .kind = OPTION_TEXT, .target = offsetof(TYPE, FIELD)                                       \
    }
#define OPTION_WHERE(TYPE, FIELD)                                                                  \
    {                                                                                              \
        .name = "where", .letter = 'w', .argument = "CONDITION",                                   \
        .help =                                                                                    \
            "Look at these trials only: --where optimizer=adam, --where 'learning_rate<0.01', "    \
            "--where 'epochs in [5, 10]', --where 'momentum!=none', --where 'seed=1 or seed=2'; "  \
            "several have all to hold",                                                            \
        .kind = OPTION_LIST, .target = offsetof(TYPE, FIELD)                                       \
    }
#define OPTION_DATA_DIR(TYPE, FIELD)                                                               \
    {                                                                                              \
        .name = "data-dir", .letter = 'D', .argument = "DIR",                                      \
        .help = "Look for data sets in DIR first", .kind = OPTION_TEXT,                            \
        .target = offsetof(TYPE, FIELD)                                                            \
    }
#define OPTION_DATASET(TYPE, FIELD, HELP)                                                          \
    {                                                                                              \
        .name = "dataset", .letter = 'd', .argument = "NAME", .help = HELP, .kind = OPTION_TEXT,   \
        .target = offsetof(TYPE, FIELD)                                                            \
    }

/* -1 stands for what was not given. */
#define OPTION_CHECKPOINT_SECONDS(TYPE, FIELD, DEFAULTS)                                           \
    {                                                                                              \
        .name = "checkpoint-seconds", .letter = 'c', .argument = "N",                              \
        .help = "Keep the state of what takes long every N seconds, so that a crash costs no "     \
                "more than that (default: " DEFAULTS "; 0: after every epoch)",                    \
        .kind = OPTION_NUMBER, .target = offsetof(TYPE, FIELD), .maximum = 86400                   \
    }

#define OPTION_PLUGIN(TYPE, FIELD)                                                                 \
    {                                                                                              \
        .name = "plugin", .letter = 'p', .argument = "FILE",                                       \
        .help = "A plug-in that the trial was trained with, for its model", .kind = OPTION_LIST,   \
        .target = offsetof(TYPE, FIELD)                                                            \
    }

/* How to print results: the target is an enum option_form. */
enum option_form { FORM_TABLE, FORM_JSON, FORM_CSV };

#define OPTION_JSON(TYPE, FIELD)                                                                   \
    {                                                                                              \
        .name = "json", .letter = 'J', .help = "Print JSON", .kind = OPTION_CHOICE,                \
        .target = offsetof(TYPE, FIELD), .value = FORM_JSON                                        \
    }
#define OPTION_CSV(TYPE, FIELD)                                                                    \
    {                                                                                              \
        .name = "csv", .letter = 'C', .help = "Print comma-separated values",                      \
        .kind = OPTION_CHOICE, .target = offsetof(TYPE, FIELD), .value = FORM_CSV                  \
    }

#define OPTION_CONFIG(TYPE, FIELD, REQUIRED)                                                       \
    {                                                                                              \
        .argument = "CONFIG", .kind = OPTION_TEXT, .target = offsetof(TYPE, FIELD),                \
        .required = REQUIRED                                                                       \
    }

#endif
