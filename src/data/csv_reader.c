/* CSV files as data sets: one file, or a folder with train.csv and, if it has labels, test.csv. */
#include "base/text.h"
#include "data/csv_private.h"
#include "data/folder.h"
#include "data/gzip.h"
#include "data/reader.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- rows --- */

static enum status other_count(const struct csv_table *table, const struct csv_part *part,
                               const struct csv_rows *rows) {
    char quoted[64] = "";
    if (rows->lines > rows->line)
        snprintf(quoted, sizeof quoted, "; a quotation goes on until line %zu", rows->lines);
    return csv_fail(table, part, rows->line, "has %zu field%s, and the first line has %zu%s",
                    rows->count, text_plural(rows->count), table->columns.count, quoted);
}

static enum status add_row(struct csv_table *table, struct csv_part *part,
                           const struct csv_rows *rows) {
    const struct csv_columns *columns = &table->columns;
    size_t input = 0;
    bool fits = csv_numbers_grow(&part->inputs);
    if (rows->count != columns->count)
        return other_count(table, part, rows);
    for (size_t i = 0; i < rows->count && fits; i++) {
        const enum csv_role role = columns->roles[i];
        const struct csv_field *field = &rows->fields[i];
        double number;
        bool real;
        if (role == CSV_LEFT_OUT) {
            fits = csv_numbering_add(&columns->numbering[i], rows, field);
            continue;
        }
        if (role != CSV_INPUT) {
            if (field->length == 0)
                return csv_bad_number(table, part, rows->line, i, field->text);
            const size_t which = role == CSV_OTHER_LABEL;
            fits = csv_labels_add(&part->labels[which], &table->texts[which], rows, field,
                                  part->path, table->arena);
            continue;
        }
        if (!csv_read_number(field, rows->separator, &number, &real))
            return csv_bad_number(table, part, rows->line, i, field->text);
        part->inputs.reals |= real;
        fits = csv_numbers_put(&part->inputs, input++, number);
    }
    part->inputs.count++;
    return fits ? STATUS_OK : error_memory(table->error);
}

/* --- the first rows --- */

/* A row that outlives the next one. */
struct first_row {
    struct csv_rows rows; /* its fields; nothing else of it is meant */
    bool *numbers;
};

static enum status keep_row(const struct csv_table *table, const struct csv_rows *rows,
                            struct first_row *first) {
    first->rows = *rows;
    first->rows.fields = ARENA_NEW(table->arena, struct csv_field, rows->count);
    first->numbers = ARENA_NEW(table->arena, bool, rows->count);
    for (size_t i = 0; i < rows->count && first->rows.fields && first->numbers; i++) {
        first->rows.fields[i] = rows->fields[i];
        first->rows.fields[i].text = arena_copy(table->arena, rows->fields[i].text);
        first->numbers[i] =
            csv_is_number(rows, &rows->fields[i]) || csv_is_missing(rows->fields[i].text, true);
    }
    return table->arena->failed ? error_memory(table->error) : STATUS_OK;
}

static enum status take_names(struct csv_table *table, const struct first_row *first) {
    struct csv_columns *columns = &table->columns;
    columns->names = ARENA_NEW(table->arena, const char *, first->rows.count);
    for (size_t i = 0; i < first->rows.count && columns->names; i++)
        columns->names[i] = first->rows.fields[i].text;
    return columns->names ? STATUS_OK : error_memory(table->error);
}

static enum status other_columns(struct csv_table *table, const struct csv_part *part,
                                 const struct first_row *first) {
    const struct csv_columns *columns = &table->columns;
    char safe[CSV_SHOWN + 1], other[CSV_SHOWN + 1];
    for (size_t i = 0; i < columns->count && i < first->rows.count; i++)
        if (columns->names && strcmp(columns->names[i], first->rows.fields[i].text) != 0)
            return csv_fail(table, part, 1, "column %zu is called '%s', and in %.200s '%s'", i + 1,
                            csv_shown(first->rows.fields[i].text, safe), table->parts[0].path,
                            csv_shown(columns->names[i], other));
    return first->rows.count == columns->count
               ? STATUS_OK
               : csv_fail(table, part, 1, "has %zu columns, and %.200s has %zu", first->rows.count,
                          table->parts[0].path, columns->count);
}

/* Whether the test part's file has no labels, as Kaggle's don't. */
static bool lacks_labels(const struct csv_columns *columns, const struct first_row *first) {
    bool called = false;
    const bool named = columns->known && columns->names;
    for (size_t i = 0; i < first->rows.count && named; i++)
        called |= strcasecmp(first->rows.fields[i].text, columns->names[columns->label]) == 0;
    return named ? !called : first->rows.count + 1 == columns->count;
}

static enum status begin_part(struct csv_table *table, struct csv_part *part,
                              const struct first_row *first, bool names, bool *without) {
    enum status status = STATUS_OK;
    *without = false;
    if (table->part_count == 0) {
        table->columns.count = first->rows.count;
        status = names ? take_names(table, first) : STATUS_OK;
        if (status == STATUS_OK)
            status = csv_plan_columns(table, part);
    } else {
        *without = lacks_labels(&table->columns, first);
        if (!*without)
            status = other_columns(table, part, first);
    }
    part->inputs.width = table->columns.inputs + !table->columns.known;
    return status;
}

/* *without: it has no labels, and is not read. */
static enum status read_rows(struct csv_table *table, struct csv_part *part, struct csv_rows *rows,
                             bool *without) {
    struct first_row first;
    bool more, second, names = false;
    enum status status = csv_rows_next(rows, &more, table->error);
    if (status == STATUS_OK && !more)
        return csv_fail(table, part, 0, "is empty");
    if (status == STATUS_OK)
        status = keep_row(table, rows, &first);
    if (status == STATUS_OK)
        status = csv_rows_next(rows, &second, table->error);
    if (status != STATUS_OK)
        return status;
    names = table->part_count > 0
                ? table->columns.names != NULL
                : csv_has_names(table, &first.rows, second ? rows : NULL, first.numbers);
    status = begin_part(table, part, &first, names, without);
    if (status == STATUS_OK && !names && !*without)
        status = add_row(table, part, &first.rows);
    for (more = second; more && status == STATUS_OK && !*without;) {
        status = add_row(table, part, rows);
        if (status == STATUS_OK)
            status = csv_rows_next(rows, &more, table->error);
    }
    if (status == STATUS_OK && part->inputs.count == 0 && !*without)
        status = csv_fail(table, part, 0, "has a line of names, and no rows below it");
    if (status == STATUS_OK)
        csv_numbering_end(&table->columns);
    return status;
}

static enum status read_file(struct csv_table *table, const char *path) {
    struct csv_part *part = &table->parts[table->part_count];
    struct gzip gzip;
    struct csv_rows rows = {0};
    bool without = false;
    *part = (struct csv_part){.path = path};
    enum status status = gzip_open(path, &gzip, table->error);
    if (status != STATUS_OK)
        return status;
    status = csv_rows_init(&rows, gzip_input(&gzip), table->error);
    if (status == STATUS_OK)
        status = read_rows(table, part, &rows, &without);
    /* It is why the last row has too few fields, or is not closed. */
    if (status != STATUS_MEMORY && gzip.cut)
        status = csv_fail(table, part, rows.line,
                          "cannot be decompressed (unexpected end of file); the file is damaged: "
                          "download or copy it again");
    if (status != STATUS_OK && status != STATUS_MEMORY && table->error && !table->error->file[0])
        error_place(table->error, path, (int)rows.line, 0);
    csv_rows_release(&rows);
    gzip_close(&gzip);
    table->part_count += !without;
    if (status == STATUS_OK && without)
        csv_note(table, "%.200s has no labels and is left out", path);
    return status;
}

/* --- arrays --- */

static void add_array(struct arrays *arrays, const char *name, const struct array *shape,
                      struct csv_numbers *numbers) {
    struct array *array = &arrays->items[arrays->count++];
    *array = *shape;
    snprintf(array->name, sizeof array->name, "%s", name);
    array->size[0] = numbers->count;
    array->bytes = numbers->bytes;
    array->values = numbers->values;
    array->reals = numbers->reals;
    array->rounded = rounding_worst(&numbers->rounding);
    rounding_release(&numbers->rounding);
    *numbers = (struct csv_numbers){0};
    if (array->values)
        array_look(array);
}

static enum status fail_one_class(const struct csv_table *table, size_t label) {
    const struct csv_word *word = &table->texts[label].first_word;
    const struct csv_part part = {.path = word->path};
    char safe[CSV_SHOWN + 1], name[CSV_NAMED];
    csv_name_column(table, csv_candidate(table, label), name);
    return csv_fail(table, &part, word->line,
                    "%s is '%s' in all rows, so that there is nothing to tell apart; add rows of "
                    "another class, or write label: and the column that is to be learned beside "
                    "the data set's name",
                    name, csv_shown(word->text, safe));
}

static enum status take_words(struct csv_table *table, size_t label, struct arrays *arrays) {
    struct csv_texts *texts = &table->texts[label];
    struct csv_labels *labels[2];
    const enum status status = csv_check_words(table, label);
    if (status != STATUS_OK)
        return status;
    if (texts->many)
        return csv_fail(
            table, &table->parts[0], 0,
            "what is to be learned has more than %d different words; there may be so many "
            "classes, and anything else is to be numbers",
            DATASET_CLASSES_MAX);
    if (texts->count == 1)
        return fail_one_class(table, label);
    for (size_t i = 0; i < table->part_count; i++)
        labels[i] = &table->parts[i].labels[label];
    csv_texts_sort(texts, labels, table->part_count);
    const char **names = ARENA_NEW(table->arena, const char *, texts->count);
    if (!names)
        return error_memory(table->error);
    memcpy(names, texts->items, texts->count * sizeof *names);
    arrays->class_names = names;
    return STATUS_OK;
}

static enum status make_arrays(struct csv_table *table, struct arrays *arrays) {
    static const char *const names[2][2] = {{"x", "y"}, {"x_train", "x_test"}};
    struct array input = {0}, output = {.dimensions = 1};
    char name[CSV_NAMED];
    size_t label = 0;
    const bool images = csv_shape(table, &input);
    enum status status = table->columns.known ? STATUS_OK : csv_choose_label(table, images, &label);
    if (status == STATUS_OK && table->texts[label].first_word.text)
        status = take_words(table, label, arrays);
    if (status != STATUS_OK)
        return status;
    if (images && !(table->options && table->options->image_rows > 0))
        csv_note(table, "rows of %zu numbers are taken for images of %zu x %zu",
                 table->parts[0].inputs.width, input.size[1], input.size[2]);
    csv_name_column(table, csv_candidate(table, label), name);
    output.column = arena_copy(table->arena, name);
    for (size_t i = 0; i < table->part_count; i++) {
        struct csv_part *part = &table->parts[i];
        struct csv_labels *labels = &part->labels[label];
        const bool words = table->texts[label].first_word.text != NULL;
        output.odd = (struct origin){part->path, labels->odd > INT32_MAX ? 0 : (int)labels->odd, 0};
        add_array(arrays, table->part_count == 1 ? names[0][0] : names[1][i], &input,
                  &part->inputs);
        add_array(arrays,
                  table->part_count == 1 ? names[0][1]
                  : i == 0               ? "y_train"
                                         : "y_test",
                  &output, words ? &labels->codes : &labels->numbers);
    }
    return output.column ? STATUS_OK : error_memory(table->error);
}

/* --- the reader --- */

/* Where a name ends as a file is called, .gz or not; NULL: it does not. */
static const char *find_end(const char *name, const char *file) {
    static const char *const suffixes[] = {"", ".gz"};
    char whole[32];
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(whole, sizeof whole, "%s%s", file, suffixes[i]);
        if (text_ends_with(name, whole))
            return name + strlen(name) - strlen(whole);
    }
    return NULL;
}

/* The file of a part, and another one of which that is as true; NULL: none. */
struct candidates {
    const char *name, *other;
    bool exactly; /* its name is no longer */
};

/* After all of those whose names' bytes come before. Beside a file its packed copy is passed over.
 */
static void consider(struct candidates *candidates, const char *name, const char *file) {
    const char *end = find_end(name, file);
    const bool exactly = end == name;
    if (!end || (!exactly && isalnum((unsigned char)end[-1])) || (candidates->exactly && !exactly))
        return;
    if (!candidates->name || (exactly && !candidates->exactly))
        *candidates = (struct candidates){name, NULL, exactly};
    else if (strncmp(name, candidates->name, strlen(candidates->name)) != 0)
        candidates->other = name;
}

/* Files that are called alike up to the part, as mytrain.csv and mytest.csv. */
static void find_pair(const struct folder *folder, const char *const called[2],
                      struct candidates found[2]) {
    for (size_t i = 0; i < folder->count && !found[0].name; i++) {
        const char *name = folder->entries[i].name, *end = find_end(name, called[0]);
        for (size_t j = 0; end && j < folder->count; j++) {
            const char *other = folder->entries[j].name, *other_end = find_end(other, called[1]);
            if (other_end && other_end - other == end - name &&
                strncmp(name, other, (size_t)(end - name)) == 0) {
                found[0].name = name;
                found[1].name = other;
            }
        }
    }
}

/* The folder's files that are called train.csv and test.csv, or else set-train.csv and the like,
 * .gz or not; NULL: none. STATUS_INPUT where there are several, of which the first is given. */
static enum status find_parts(const char *path, struct arena *arena, const char *files[2],
                              struct error *error) {
    static const char *const called[2] = {"train.csv", "test.csv"};
    struct candidates found[2] = {0};
    struct folder folder;
    files[0] = files[1] = NULL;
    enum status status = folder_read(path, arena, &folder, error);
    for (size_t i = 0; status == STATUS_OK && i < folder.count; i++)
        for (size_t part = 0; part < 2; part++)
            if (!folder.entries[i].is_folder)
                consider(&found[part], folder.entries[i].name, called[part]);
    if (status == STATUS_OK && !found[0].name && !found[1].name)
        find_pair(&folder, called, found);
    for (size_t part = 0; part < 2; part++) {
        char name[CSV_SHOWN + 1], other[CSV_SHOWN + 1];
        if (found[part].name)
            files[part] = arena_printf(arena, "%s/%s", path, found[part].name);
        if (!found[part].other)
            continue;
        status = error_set(error, STATUS_INPUT,
                           "holds %s and %s, and each may be the %s part: call the one %s, or "
                           "leave the other out",
                           csv_shown(found[part].name, name), csv_shown(found[part].other, other),
                           part == 0 ? "training" : "test", called[part]);
        error_place(error, path, 0, 0);
    }
    return arena->failed ? error_memory(error) : status;
}

static bool is_text(const struct reader_place *place) {
    for (size_t i = 0; i < place->head_bytes; i++)
        if (place->head[i] < ' ' && !strchr("\t\r\n", place->head[i]))
            return false;
    return place->head_bytes > 0 &&
           csv_separator((const char *)place->head, place->head_bytes) != '\0';
}

static bool recognises(const struct reader_place *place) {
    const char *files[2];
    struct arena arena;
    if (place->kind == PLACE_FILE)
        return find_end(place->path, ".csv") || find_end(place->path, ".tsv") || is_text(place);
    arena_init(&arena);
    find_parts(place->path, &arena, files, NULL);
    const bool found = files[0] != NULL;
    arena_release(&arena);
    return found;
}

static void release_parts(struct csv_table *table) {
    csv_numbering_release(&table->columns);
    for (size_t i = 0; i < 2; i++) {
        csv_numbers_release(&table->parts[i].inputs);
        for (size_t j = 0; j < 2; j++)
            csv_labels_release(&table->parts[i].labels[j]);
        table->parts[i] = (struct csv_part){0};
    }
}

/* Read the files; and once more where a column that was left out ought to have been read, so that
 * it need not be kept in memory until that is known. */
static enum status read_files(struct csv_table *table, const char *const files[2]) {
    enum status status = STATUS_OK;
    for (bool again = true; again && status == STATUS_OK;) {
        release_parts(table);
        if (table->notes.length > 0)
            text_cut(&table->notes, 0);
        memset(table->texts, 0, sizeof table->texts);
        table->columns = (struct csv_columns){0};
        table->part_count = 0;
        for (size_t i = 0; i < 2 && status == STATUS_OK; i++)
            if (files[i])
                status = read_file(table, files[i]);
        again = status == STATUS_OK && csv_numbering_judge(table);
    }
    return status;
}

static void release(struct csv_table *table) {
    release_parts(table);
    text_release(&table->notes);
    free(table);
}

static enum status read_table(const struct reader_place *place,
                              const struct dataset_options *options, struct arrays *arrays,
                              struct error *error) {
    const char *files[2] = {place->path};
    struct csv_table *table = calloc(1, sizeof *table);
    if (!table)
        return error_memory(error);
    table->options = options;
    table->arena = arrays->arena;
    table->error = error;
    text_init(&table->notes);
    enum status status = STATUS_OK;
    if (place->kind == PLACE_FOLDER)
        status = find_parts(place->path, table->arena, files, error);
    if (status == STATUS_OK)
        status = read_files(table, files);
    if (status == STATUS_OK)
        status = make_arrays(table, arrays);
    if (status == STATUS_OK && table->notes.length > 0) {
        arrays->changes = arena_copy(table->arena, table->notes.data);
        status = arrays->changes ? STATUS_OK : error_memory(error);
    }
    release(table);
    return status;
}

const struct reader csv_reader = {"CSV", recognises, read_table};
