#include "cli/command.h"

#include "base/text.h"
#include "report/terminal.h"
#include "search/config.h"
#include "search/hyperparameter.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 80 /* bytes of a word in a message */

/* A command line as it is read. */
struct reading {
    const struct command *command;
    size_t count;
    const struct option *options[COMMAND_OPTIONS_MAX];
    const char *given[COMMAND_OPTIONS_MAX]; /* the value of each, "" without one; NULL: not yet */
    char *arguments;
};

size_t command_options(const struct command *command,
                       const struct option *options[COMMAND_OPTIONS_MAX]) {
    const struct option *const tables[] = {command->options, standard_options};
    size_t count = 0;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct option *option = tables[i]; option->name || option->argument; option++)
            if (count < COMMAND_OPTIONS_MAX)
                options[count++] = option;
    return count;
}

void command_misused(const struct command *command, const char *format, ...) {
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    terminal_print(stderr, 2, "sweep %s: %s", command->name, message);
    fprintf(stderr, "Try 'sweep %s --help'.\n", command->name);
    exit(STATUS_USAGE);
}

/* --- values --- */

/* Whether `word` is one of the alternatives of "a|b|c". */
static bool is_among(const char *word, const char *alternatives) {
    const size_t length = strlen(word);
    for (const char *one = alternatives; *one;) {
        const size_t end = strcspn(one, "|");
        if (end == length && memcmp(one, word, end) == 0)
            return true;
        one += end + (one[end] == '|');
    }
    return false;
}

static long number_of(const struct command *command, const struct option *option,
                      const char *value) {
    char *end;
    errno = 0;
    const long number = strtol(value, &end, 10);
    if (end == value || *end || errno || number < option->minimum || number > option->maximum)
        command_misused(command, "--%s takes a whole number from %ld to %ld, not '%.*s'",
                        option->name, option->minimum, option->maximum, SHOWN, value);
    return number;
}

static void take_item(const struct command *command, const struct option *option, const char *value,
                      struct option_list *list) {
    const size_t most = option->maximum > 0 ? (size_t)option->maximum : OPTION_LIST_USUAL;
    if (list->count == most)
        command_misused(command, "more than %zu %s%s", most, option->name ? "--" : "",
                        option->name ? option->name : option->argument);
    list->items[list->count++] = value;
}

/* An option of one value is given once, and of options with one target only one. */
static void check_given(struct reading *reading, size_t at, const char *value) {
    const struct option *option = reading->options[at];
    for (size_t i = 0; i < reading->count && option->kind != OPTION_FLAG; i++) {
        const struct option *other = reading->options[i];
        if (!reading->given[i] || other->kind != option->kind || other->target != option->target)
            continue;
        if (i != at)
            command_misused(reading->command, "either --%s or --%s, not both", other->name,
                            option->name);
        if (option->argument)
            command_misused(reading->command, "--%s is given twice: '%.*s' and '%.*s'",
                            option->name, SHOWN, reading->given[i], SHOWN, value);
    }
}

static void take(struct reading *reading, size_t at, const char *value) {
    const struct option *option = reading->options[at];
    const struct command *command = reading->command;
    void *target = reading->arguments + option->target;
    if (value && !*value && option->kind != OPTION_NUMBER)
        command_misused(command, "%s%s: the name is empty", option->name ? "--" : "",
                        option->name ? option->name : option->argument);
    if (value && strchr(option->argument, '|') && !is_among(value, option->argument))
        command_misused(command, "'%.*s' is not one of %s", SHOWN, value, option->argument);
    if (option->kind != OPTION_LIST && option->kind != OPTION_PRINT)
        check_given(reading, at, value);
    reading->given[at] = value ? value : "";
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)target = true;
        break;
    case OPTION_CHOICE:
        *(int *)target = option->value;
        break;
    case OPTION_NUMBER:
        *(long *)target = number_of(command, option, value);
        break;
    case OPTION_TEXT:
        *(const char **)target = value;
        break;
    case OPTION_LIST:
        take_item(command, option, value, target);
        break;
    case OPTION_PRINT:
        option->print(command);
        exit(0);
    }
}

/* --- options by name --- */

static bool has_option(const struct command *command, const char *name) {
    for (const struct option *option = command->options; option->name || option->argument; option++)
        if (option->name && strcmp(option->name, name) == 0)
            return true;
    return false;
}

/* What stands behind `-o` or `--output` where a file is read and none is written. */
static void fail_output(const struct command *command, const char *name, const char *value) {
    command_misused(command,
                    "%s names the file that `report` and `export` write, and this command writes "
                    "none; the database is --db: --db %.*s",
                    name, SHOWN, value && *value ? value : "FILE");
}

/* --epochs 3 means --set epochs=3. */
static void fail_setting(const struct command *command, const char *name, const char *value) {
    char key[SHOWN];
    snprintf(key, sizeof key, "%.*s", SHOWN - 1, name);
    for (char *c = key; *c; c++)
        *c = *c == '-' ? '_' : *c;
    if (hyperparameter_find(key) || config_has_key(key))
        command_misused(command, "'%s' is set with --set, as in the config: --set %s=%.*s", key,
                        key, SHOWN, value && *value ? value : "VALUE");
}

/* What others call an option. */
static const struct {
    const char *name, *ours;
} synonyms[] = {
    {"metric", "by"},    {"sort", "by"},       {"order-by", "by"},  {"by", "metric"},
    {"threads", "jobs"}, {"workers", "jobs"},  {"n-jobs", "jobs"},  {"limit", "number"},
    {"rows", "number"},  {"top", "number"},    {"filter", "where"}, {"database", "db"},
    {"file", "output"},  {"restart", "fresh"},
};

/* The option that is called nearly so, or that means the same; NULL: none. */
static const char *nearest_option(const struct reading *reading, const char *name) {
    const char *names[COMMAND_OPTIONS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++)
        if (strcmp(synonyms[i].name, name) == 0 && has_option(reading->command, synonyms[i].ours))
            return synonyms[i].ours;
    for (size_t i = 0; i < reading->count; i++)
        if (reading->options[i]->name)
            names[count++] = reading->options[i]->name;
    return text_nearest(name, names, count);
}

static void fail_unknown(const struct reading *reading, const char *name, const char *value) {
    const struct command *command = reading->command;
    if (strcmp(name, "output") == 0 && has_option(command, "db"))
        fail_output(command, "--output", value);
    if (has_option(command, "set"))
        fail_setting(command, name, value);
    const char *nearest = nearest_option(reading, name);
    command_misused(command, "there is no option '--%.*s'%s%s%s", SHOWN, name,
                    nearest ? "; did you mean '--" : "", nearest ? nearest : "",
                    nearest ? "'?" : "");
}

static void fail_unknown_letter(const struct reading *reading, char letter, const char *value) {
    if (letter == 'o' && has_option(reading->command, "db"))
        fail_output(reading->command, "-o", value);
    command_misused(reading->command, "there is no option '-%c'", letter);
}

/* The option of that name, or the only one whose name begins so. */
static size_t find(const struct reading *reading, const char *name, size_t length,
                   const char *value) {
    size_t found = reading->count;
    char whole[SHOWN + 1];
    snprintf(whole, sizeof whole, "%.*s", (int)length, name);
    for (size_t i = 0; i < reading->count; i++) {
        const char *known = reading->options[i]->name;
        if (!known || strncmp(known, name, length) != 0)
            continue;
        if (!known[length])
            return i;
        if (found < reading->count)
            command_misused(reading->command, "--%s may be --%s or --%s", whole,
                            reading->options[found]->name, known);
        found = i;
    }
    if (found == reading->count)
        fail_unknown(reading, whole, value);
    return found;
}

/* --name, --name=value or --name value. Returns how many words after it were taken. */
static int take_long(struct reading *reading, const char *name, const char *next) {
    const size_t length = strcspn(name, "=");
    const char *value = name[length] ? name + length + 1 : NULL;
    const size_t at = find(reading, name, length, value ? value : next);
    const struct option *option = reading->options[at];
    if (!option->argument && value)
        command_misused(reading->command, "--%s takes no value", option->name);
    const bool takes_next = option->argument && !value;
    if (takes_next && !next)
        command_misused(reading->command, "--%s takes a value: --%s=%s", option->name, option->name,
                        option->argument);
    take(reading, at, takes_next ? next : value);
    return takes_next;
}

static size_t find_letter(const struct reading *reading, char letter, const char *value) {
    for (size_t i = 0; i < reading->count; i++)
        if (reading->options[i]->letter == (letter == '?' ? 'h' : letter))
            return i;
    fail_unknown_letter(reading, letter, value);
    return 0;
}

/* -q, -qj2 or -qj 2. Returns how many words after it were taken. */
static int take_letters(struct reading *reading, const char *letters, const char *next) {
    for (; *letters; letters++) {
        const char *value = letters[1] ? letters + 1 : next;
        const size_t at = find_letter(reading, *letters, value);
        const struct option *option = reading->options[at];
        if (option->argument && !value)
            command_misused(reading->command, "-%c takes a value: -%c %s", *letters, *letters,
                            option->argument);
        take(reading, at, option->argument ? value : NULL);
        if (option->argument)
            return value == next;
    }
    return 0;
}

/* --- arguments without a name --- */

static void fail_too_many(const struct command *command, const char *word) {
    command_misused(command, "'%.*s' is too much%s%s", SHOWN, word,
                    has_option(command, "db") ? "; the database is named with --db FILE" : "",
                    has_option(command, "output") ? ", the file to write with -o FILE" : "");
}

static void take_argument(struct reading *reading, const char *word) {
    size_t last = reading->count;
    for (size_t i = 0; i < reading->count; i++) {
        const struct option *option = reading->options[i];
        if (option->name)
            continue;
        if (!reading->given[i] || option->kind == OPTION_LIST) {
            take(reading, i, word);
            return;
        }
        last = i;
    }
    if (last == reading->count)
        fail_too_many(reading->command, word);
    command_misused(reading->command, "one %s at a time: '%.*s' and '%.*s'",
                    reading->options[last]->argument, SHOWN, reading->given[last], SHOWN, word);
}

void command_append_arguments(const struct command *command, struct text *text) {
    for (const struct option *option = command->options; option->name || option->argument; option++)
        if (!option->name)
            text_printf(text, " %s%s%s%s", option->required ? "" : "[", option->argument,
                        option->kind == OPTION_LIST ? "..." : "", option->required ? "" : "]");
}

static void check_required(const struct reading *reading) {
    for (size_t i = 0; i < reading->count; i++) {
        const struct option *option = reading->options[i];
        if (!option->required || reading->given[i])
            continue;
        struct text usage;
        text_init(&usage);
        if (strcmp(option->argument, "CONFIG") == 0)
            text_printf(&usage, " %s", command_example());
        else
            command_append_arguments(reading->command, &usage);
        command_misused(reading->command, "%s is missing, as in: sweep %s%s", option->argument,
                        reading->command->name, usage.data);
    }
}

static void append_quoted(const char *word, struct text *text) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "%+,-./:=@_";
    if (*word && word[strspn(word, plain)] == '\0') {
        text_append(text, word);
        return;
    }
    text_append(text, "'");
    for (; *word; word++)
        text_append_bytes(text, *word == '\'' ? "'\\''" : word, *word == '\'' ? 4 : 1);
    text_append(text, "'");
}

void command_append_line(int argc, char **argv, struct text *text) {
    text_append(text, "sweep");
    for (int i = 0; i < argc; i++) {
        text_append(text, " ");
        append_quoted(argv[i], text);
    }
}

void command_parse(const struct command *command, int argc, char **argv, void *arguments) {
    struct reading reading = {.command = command, .arguments = arguments};
    bool options_end = false;
    reading.count = command_options(command, reading.options);
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (options_end || word[0] != '-' || !word[1])
            take_argument(&reading, word);
        else if (strcmp(word, "--") == 0)
            options_end = true;
        else if (word[1] == '-')
            i += take_long(&reading, word + 2, argv[i + 1]);
        else
            i += take_letters(&reading, word + 1, argv[i + 1]);
    }
    check_required(&reading);
}
