/* Which column of a CSV file is to be learned: the one that the key label or its name says, else a
 * candidate that looks most like it when all rows are read. */
#include "data/csv_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define COLUMNS_LISTED 12 /* in a message */

/* --- told --- */

static size_t find_exactly(const struct csv_columns *columns, const char *name, size_t *count) {
    size_t found = columns->count;
    *count = 0;
    for (size_t i = columns->count; i-- > 0;)
        if (strcmp(columns->names[i], name) == 0) {
            found = i;
            ++*count;
        }
    return found;
}

static size_t numbered(const struct csv_columns *columns, const char *number) {
    char *end;
    const unsigned long long from_one = strtoull(number, &end, 10);
    return *end == '\0' && from_one >= 1 && from_one <= columns->count ? (size_t)from_one - 1
                                                                       : columns->count;
}

/* What columns there are, of whose names one may have been meant. */
static void append_columns(const struct csv_columns *columns, const char *asked,
                           struct text *text) {
    char safe[CSV_SHOWN + 1];
    if (!columns->names) {
        text_printf(text,
                    "; it has no line of names, and a column is named by its number, from 1 to %zu",
                    columns->count);
        return;
    }
    const char *near = text_nearest(asked, columns->names, columns->count);
    if (near && strlen(near) < 2) /* anything is near that */
        near = NULL;
    if (near)
        text_printf(text, "; did you mean '%s'?", csv_shown(near, safe));
    for (size_t i = 0; i < columns->count && i < COLUMNS_LISTED; i++)
        text_printf(text, "%s%s",
                    i > 0  ? ", "
                    : near ? " Its columns are "
                           : "; its columns are ",
                    csv_shown(columns->names[i], safe));
    text_append(text, columns->count > COLUMNS_LISTED ? ", ..." : "");
}

/* The column that the key label says. */
static enum status find_asked(struct csv_table *table, const struct csv_part *part) {
    struct csv_columns *columns = &table->columns;
    const char *asked = table->options->label;
    size_t count = 0;
    struct text known;
    if (columns->names)
        columns->label = find_exactly(columns, asked, &count);
    else
        columns->label = numbered(columns, asked);
    if (columns->label < columns->count && count < 2)
        return STATUS_OK;
    text_init(&known);
    if (count == 0)
        append_columns(columns, asked, &known);
    csv_fail(table, part, 0, "label: %.200s has %s column '%.60s'%s", part->path,
             count > 0 ? "more than one" : "no", asked,
             count > 0 ? "; rename one, or leave it out" : known.data);
    text_release(&known);
    return error_from(table->error, &table->options->label_at);
}

/* How many columns are called one of the words, and the first two of them: the earlier the word,
 * the better. */
static size_t find_called(const struct csv_columns *columns, const char *const *words, size_t count,
                          size_t found[2]) {
    size_t called = 0;
    for (size_t word = 0; word < count; word++)
        for (size_t i = 0; i < columns->count; i++)
            if (strcasecmp(columns->names[i], words[word]) == 0) {
                if (called < 2)
                    found[called] = i;
                called++;
            }
    return called;
}

static const char *const label_words[] = {"label",  "class",   "target",
                                          "labels", "classes", "targets"};
#define LABEL_WORDS (sizeof label_words / sizeof *label_words)

bool csv_is_asked_for(const struct csv_table *table, const char *name) {
    return table->options && table->options->label && strcmp(table->options->label, name) == 0;
}

bool csv_is_label_name(const char *name) {
    for (size_t i = 0; i < LABEL_WORDS; i++)
        if (strcasecmp(label_words[i], name) == 0)
            return true;
    return false;
}

/* With two of them, one would be an input that tells the other; but beside another word y is a
 * coordinate. */
static enum status find_by_words(struct csv_table *table, const struct csv_part *part) {
    static const char *const letter = "y";
    struct csv_columns *columns = &table->columns;
    size_t found[2] = {columns->count};
    size_t called = find_called(columns, label_words, LABEL_WORDS, found);
    if (called == 0)
        called = find_called(columns, &letter, 1, found);
    columns->label = found[0];
    if (called < 2)
        return STATUS_OK;
    return csv_fail(
        table, part, 1,
        "columns %zu, %.60s, and %zu, %.60s, are both called as what is to be learned: "
        "leave one out, or rename it; or, if the other is an input, write label: %.60s beside "
        "the data set's name",
        found[0] + 1, columns->names[found[0]], found[1] + 1, columns->names[found[1]],
        columns->names[found[0]]);
}

enum status csv_find_label(struct csv_table *table, const struct csv_part *part) {
    table->columns.label = table->columns.count;
    if (table->options && table->options->label)
        return find_asked(table, part);
    return table->columns.names ? find_by_words(table, part) : STATUS_OK;
}

/* --- guessed --- */

static int targets_of(const struct csv_table *table) {
    return table->options ? (int)table->options->targets : TARGETS_BY_TYPE;
}

/* Whether a column that has words holds classes, not numbers or words of which some are missing or
 * wrong. */
static bool has_classes(const struct csv_table *table, size_t which) {
    const struct csv_texts *texts = &table->texts[which];
    const int targets = targets_of(table);
    return targets == TARGETS_CLASSES ||
           (targets == TARGETS_BY_TYPE && !texts->fractions && !texts->missing.text &&
            !(texts->numbers && csv_is_missing(texts->first_word.text, true)));
}

/* Whether a candidate has whole numbers from 0 or 1 without a hole, more than one. */
static bool counts_classes(const struct csv_table *table, size_t which) {
    bool seen[UINT8_MAX + 1] = {0};
    size_t most = 0, count = 0;
    for (size_t part = 0; part < table->part_count; part++) {
        const struct csv_numbers *numbers = &table->parts[part].labels[which].numbers;
        if (numbers->values)
            return false;
        for (size_t i = 0; i < numbers->count; i++) {
            const uint8_t label = numbers->bytes[i];
            most = label > most ? label : most;
            count += !seen[label];
            seen[label] = true;
        }
    }
    return count > 1 && count + !seen[0] == most + 1;
}

/* How much a candidate looks like what is to be learned: words most, then words among numbers, then
 * numbers that count classes; where values are asked for, any numbers. */
static int likeness(const struct csv_table *table, size_t which) {
    const bool values = targets_of(table) == TARGETS_VALUES;
    if (!table->texts[which].first_word.text)
        return values || counts_classes(table, which);
    if (!table->texts[which].numbers)
        return values ? 0 : 3;
    return has_classes(table, which) ? 2 : 0;
}

size_t csv_candidate(const struct csv_table *table, size_t which) {
    return which == 0 ? table->columns.label : table->columns.other;
}

/* Put the candidate that is none among the inputs: where it stood. */
static void put_back(struct csv_part *part, size_t which) {
    const size_t width = part->inputs.width;
    const struct csv_numbers *column = &part->labels[which].numbers;
    struct csv_numbers *inputs = &part->inputs;
    const size_t rows = inputs->count, place = which == 0 ? 0 : width - 1;
    for (size_t row = 0; row < rows; row++) {
        const size_t size = inputs->bytes ? 1 : sizeof *inputs->values;
        char *at = inputs->bytes ? (char *)(inputs->bytes + row * width)
                                 : (char *)(inputs->values + row * width);
        if (which == 0)
            memmove(at + size, at, (width - 1) * size);
        const double number = csv_numbers_at(column, row, 0);
        if (inputs->bytes)
            inputs->bytes[row * width + place] = (uint8_t)number;
        else
            inputs->values[row * width + place] = (float)number;
    }
    inputs->reals |= column->reals;
    if (inputs->rounding.columns == width && column->rounding.columns == 1) {
        struct rounding_column *items = inputs->rounding.items;
        if (which == 0)
            memmove(items + 1, items, (width - 1) * sizeof *items);
        items[place] = column->rounding.items[0];
    }
}

/* Have inputs as floats where the column that comes back is none of bytes. */
static bool make_room(struct csv_part *part, size_t which) {
    struct csv_numbers *inputs = &part->inputs;
    if (part->labels[which].numbers.bytes || inputs->values || inputs->count == 0)
        return true;
    inputs->count--; /* the last row is as one that is begun */
    const bool fits = csv_numbers_put(inputs, inputs->width - 1, -1);
    inputs->count++;
    return fits;
}

static enum status refuse_words(const struct csv_table *table, size_t which) {
    const struct csv_texts *texts = &table->texts[which];
    const struct csv_word *word = &texts->first_word;
    const struct csv_part part = {.path = word->path};
    if (texts->numbers || !table->texts[!which].first_word.text)
        return csv_bad_number(table, &part, word->line, csv_candidate(table, which), word->text);
    return csv_fail(table, &part, 1,
                    "the first and the last column hold words, and only one may, that of the "
                    "classes: name it beside the data set's name, as in label: %s, and number or "
                    "leave out the other",
                    table->columns.names ? "NAME" : "1");
}

enum status csv_choose_label(struct csv_table *table, bool images, size_t *label) {
    const int first = likeness(table, 0), last = likeness(table, 1);
    const size_t other = first > last || (first == last && images);
    char name[CSV_NAMED];
    *label = !other;
    if (table->texts[other].first_word.text)
        return refuse_words(table, other);
    csv_name_column(table, csv_candidate(table, *label), name);
    csv_note(table,
             "%s is taken for what is to be learned; label: %s beside the data set's name says "
             "otherwise",
             name, table->columns.names ? "NAME" : "NUMBER");
    for (size_t i = 0; i < table->part_count; i++) {
        if (!make_room(&table->parts[i], other))
            return error_memory(table->error);
        put_back(&table->parts[i], other);
    }
    return STATUS_OK;
}

/* Words are classes, unless numbers are asked for or they stand among numbers that are no classes:
 * as classes these would be known by their places in an order. */
enum status csv_check_words(const struct csv_table *table, size_t label) {
    const struct csv_texts *texts = &table->texts[label];
    const struct csv_word *word = texts->missing.text ? &texts->missing : &texts->first_word;
    const struct csv_part part = {.path = word->path};
    const bool values = targets_of(table) == TARGETS_VALUES;
    char safe[CSV_SHOWN + 1], name[CSV_NAMED];
    if (has_classes(table, label))
        return STATUS_OK;
    csv_name_column(table, csv_candidate(table, label), name);
    return csv_fail(table, &part, word->line,
                    "%s is '%s', and %s: fill one in, or leave the row out%s", name,
                    csv_shown(word->text, safe),
                    values || texts->numbers ? "what is to be predicted are numbers"
                                             : "no label may be missing",
                    values ? "" : "; if they are classes, write targets: classes");
}
