#include "data/csv_numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ROOM_FIRST 1024
#define NUMBER_MAX 64 /* characters */

/* --- numbers --- */

bool csv_numbers_grow(struct csv_numbers *numbers) {
    if (numbers->count < numbers->room)
        return true;
    if (!numbers->rounding.items && !rounding_init(&numbers->rounding, numbers->width))
        return false;
    const size_t room = numbers->room > 0 ? numbers->room * 2 : ROOM_FIRST;
    const size_t size = numbers->values ? sizeof *numbers->values : 1;
    size_t bytes;
    if (__builtin_mul_overflow(room, numbers->width * size, &bytes))
        return false;
    void *larger = realloc(numbers->values ? (void *)numbers->values : numbers->bytes, bytes);
    if (!larger)
        return false;
    if (numbers->values)
        numbers->values = larger;
    else
        numbers->bytes = larger;
    numbers->room = room;
    return true;
}

/* What is there so far, and the row that is begun, as floats. */
static bool widen(struct csv_numbers *numbers) {
    const size_t count = (numbers->count + 1) * numbers->width;
    float *values = calloc(numbers->room * numbers->width, sizeof *values);
    if (!values)
        return false;
    for (size_t i = 0; i < count; i++)
        values[i] = (float)numbers->bytes[i];
    free(numbers->bytes);
    numbers->bytes = NULL;
    numbers->values = values;
    return true;
}

bool csv_numbers_put(struct csv_numbers *numbers, size_t column, double number) {
    const size_t at = numbers->count * numbers->width + column;
    const bool byte = number >= 0 && number <= UINT8_MAX && number == floor(number);
    if (numbers->bytes && !byte && !widen(numbers))
        return false;
    if (numbers->bytes)
        numbers->bytes[at] = (uint8_t)number;
    else
        numbers->values[at] = (float)number;
    if (column < numbers->rounding.columns)
        rounding_add(&numbers->rounding, column, number);
    return true;
}

double csv_numbers_at(const struct csv_numbers *numbers, size_t row, size_t column) {
    const size_t at = row * numbers->width + column;
    return numbers->bytes ? (double)numbers->bytes[at] : (double)numbers->values[at];
}

void csv_numbers_release(struct csv_numbers *numbers) {
    free(numbers->bytes);
    free(numbers->values);
    rounding_release(&numbers->rounding);
    *numbers = (struct csv_numbers){0};
}

static bool is_short_integer(const struct csv_field *field) {
    for (size_t i = 0; i < field->length; i++)
        if (field->text[i] < '0' || field->text[i] > '9')
            return false;
    return field->length > 0 && field->length <= 9;
}

bool csv_read_number(const struct csv_field *field, char separator, double *number, bool *real) {
    static const char allowed[] = "0123456789+-.eE";
    char text[NUMBER_MAX + 1], *end;
    *real = false; /* also of words such as "e" and "1.a" */
    if (is_short_integer(field)) {
        unsigned value = 0;
        for (size_t i = 0; i < field->length; i++)
            value = 10 * value + (unsigned)(field->text[i] - '0');
        *number = value;
        return true;
    }
    if (field->length == 0 || field->length > NUMBER_MAX)
        return false;
    memcpy(text, field->text, field->length + 1);
    for (char *c = text; *c && separator != ','; c++)
        *c = *c == ',' ? '.' : *c;
    if (strspn(text, allowed) != field->length)
        return false;
    *number = strtod(text, &end);
    if (*end != '\0' || end == text || !isfinite(*number))
        return false;
    *real = strpbrk(text, ".eE") != NULL;
    return true;
}

bool csv_is_fraction(double number) {
    return number < floor(number) || number > floor(number);
}

bool csv_is_missing(const char *text, bool among_numbers) {
    static const struct {
        const char *text;
        bool may_be_class;
    } words[] = {{"nan", false},  {"na", false},  {"n/a", false},  {"#n/a", false},
                 {"null", false}, {"nil", false}, {"-nan", false}, {"missing", false},
                 {"?", false},    {"none", true}, {"-", true},     {".", true},
                 {"inf", true},   {"+inf", true}, {"-inf", true},  {"infinity", true}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if ((among_numbers || !words[i].may_be_class) && strcasecmp(text, words[i].text) == 0)
            return true;
    return false;
}

/* --- labels --- */

/* The text's code; SIZE_MAX when out of memory. */
static size_t code_of(struct csv_texts *texts, const struct csv_field *field, struct arena *arena) {
    for (size_t i = 0; i < texts->count; i++)
        if (strcmp(texts->items[i], field->text) == 0)
            return i;
    texts->many |= texts->count == DATASET_CLASSES_MAX;
    if (texts->many)
        return 0;
    texts->items[texts->count] = arena_copy(arena, field->text);
    return texts->items[texts->count] ? texts->count++ : SIZE_MAX;
}

/* The first one; false when out of memory. */
static bool keep_word(struct csv_word *first, const struct csv_word *word, struct arena *arena) {
    if (first->text)
        return true;
    *first = *word;
    first->text = arena_copy(arena, word->text);
    return first->text != NULL;
}

bool csv_labels_add(struct csv_labels *labels, struct csv_texts *texts, const struct csv_rows *row,
                    const struct csv_field *field, const char *path, struct arena *arena) {
    double number = 0;
    bool real = false;
    const bool is_number = csv_read_number(field, row->separator, &number, &real);
    const size_t code = code_of(texts, field, arena);
    labels->numbers.width = labels->codes.width = 1;
    if (code == SIZE_MAX || !csv_numbers_grow(&labels->numbers) ||
        !csv_numbers_grow(&labels->codes) ||
        !csv_numbers_put(&labels->numbers, 0, is_number ? number : 0) ||
        !csv_numbers_put(&labels->codes, 0, (double)code))
        return false;
    if (labels->numbers.values && labels->odd == 0)
        labels->odd = row->line;
    const struct csv_word word = {field->text, path, row->line};
    if (!is_number &&
        !(keep_word(&texts->first_word, &word, arena) &&
          (!csv_is_missing(word.text, false) || keep_word(&texts->missing, &word, arena))))
        return false;
    texts->numbers |= is_number;
    texts->fractions |= is_number && csv_is_fraction(number);
    labels->numbers.reals |= real;
    labels->numbers.count++;
    labels->codes.count++;
    return true;
}

void csv_labels_release(struct csv_labels *labels) {
    csv_numbers_release(&labels->numbers);
    csv_numbers_release(&labels->codes);
}

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void csv_texts_sort(struct csv_texts *texts, struct csv_labels *const labels[], size_t count) {
    const char *before[DATASET_CLASSES_MAX];
    uint8_t place[DATASET_CLASSES_MAX] = {0};
    memcpy(before, texts->items, sizeof before);
    qsort(texts->items, texts->count, sizeof *texts->items, by_bytes);
    for (size_t i = 0; i < texts->count; i++)
        for (size_t j = 0; j < texts->count; j++)
            if (before[i] == texts->items[j])
                place[i] = (uint8_t)j;
    for (size_t i = 0; i < count; i++)
        for (size_t row = 0; row < labels[i]->codes.count; row++)
            labels[i]->codes.bytes[row] = place[labels[i]->codes.bytes[row]];
}
