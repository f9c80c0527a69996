#include "data/npy.h"

#include "base/memory.h"
#include "data/idx.h"
#include "data/mapping.h"

#include <endian.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEADER_MAX ((size_t)64 * 1024)
#define TYPE_NAME_MAX 15
#define PREFIX_BYTES 8 /* magic and version */

struct header {
    char type[TYPE_NAME_MAX + 1];
    bool fortran_order;
    size_t dimensions, size[ARRAY_DIMENSIONS_MAX];
    unsigned seen; /* bit i: keys[i] was there */
};

/* The unread part of the header's text. */
struct cursor {
    const char *at, *end;
};

static void skip_blanks(struct cursor *cursor) {
    while (cursor->at < cursor->end && strchr(" \t\r\n", *cursor->at) && *cursor->at)
        cursor->at++;
}

/* Whether `token` comes next, after blanks; steps over it if so. */
static bool take(struct cursor *cursor, const char *token) {
    skip_blanks(cursor);
    size_t length = strlen(token);
    if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, token, length) != 0)
        return false;
    cursor->at += length;
    return true;
}

/* A quoted string without escapes, at most `room` - 1 characters long. */
static bool take_string(struct cursor *cursor, char *string, size_t room) {
    const char *quote = take(cursor, "'") ? "'" : take(cursor, "\"") ? "\"" : NULL;
    if (!quote)
        return false;
    size_t length = 0;
    while (cursor->at < cursor->end && *cursor->at != *quote) {
        if (length + 1 >= room || *cursor->at == '\\' || *cursor->at == '\0')
            return false;
        string[length++] = *cursor->at++;
    }
    string[length] = '\0';
    return take(cursor, quote);
}

static bool take_size(struct cursor *cursor, size_t *size) {
    skip_blanks(cursor);
    const char *start = cursor->at;
    *size = 0;
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++)
        if (__builtin_mul_overflow(*size, (size_t)10, size) ||
            __builtin_add_overflow(*size, (size_t)(*cursor->at - '0'), size))
            return false;
    bool some = cursor->at > start;
    /* Python 2 wrote its long numbers as 60000L. */
    if (some && cursor->at < cursor->end && *cursor->at == 'L')
        cursor->at++;
    return some;
}

static enum status parse_type(struct cursor *cursor, struct header *header, struct error *error) {
    skip_blanks(cursor);
    if (cursor->at < cursor->end && *cursor->at == '[')
        return error_set(error, STATUS_INPUT,
                         "the array is made of records; save a plain array of numbers");
    if (!take_string(cursor, header->type, sizeof header->type))
        return error_set(error, STATUS_INPUT, "the array's header has no readable 'descr'");
    return STATUS_OK;
}

static enum status parse_order(struct cursor *cursor, struct header *header, struct error *error) {
    header->fortran_order = take(cursor, "True");
    if (!header->fortran_order && !take(cursor, "False"))
        return error_set(error, STATUS_INPUT,
                         "the array's header has a 'fortran_order' that is neither True nor False");
    return STATUS_OK;
}

static enum status parse_shape(struct cursor *cursor, struct header *header, struct error *error) {
    bool good = take(cursor, "("), open = true;
    header->dimensions = 0;
    while (good && open && !take(cursor, ")")) {
        size_t size = 0;
        good = header->dimensions < ARRAY_DIMENSIONS_MAX && take_size(cursor, &size);
        if (good)
            header->size[header->dimensions++] = size;
        open = good && take(cursor, ",");
        if (good && !open)
            good = take(cursor, ")");
    }
    if (good)
        return STATUS_OK;
    return error_set(error, STATUS_INPUT, "the array's header has a 'shape' that is not read");
}

static const struct key {
    const char *name;
    enum status (*parse)(struct cursor *cursor, struct header *header, struct error *error);
} keys[] = {
    {"descr", parse_type},
    {"fortran_order", parse_order},
    {"shape", parse_shape},
};

#define KEY_COUNT (sizeof keys / sizeof *keys)

static enum status bad_header(struct error *error) {
    return error_set(error, STATUS_INPUT,
                     "the array's header is not a dictionary with exactly the keys 'descr', "
                     "'fortran_order' and 'shape'; the file is damaged: download it again");
}

static enum status parse_entry(struct cursor *cursor, struct header *header, struct error *error) {
    char name[32];
    if (!take_string(cursor, name, sizeof name) || !take(cursor, ":"))
        return bad_header(error);
    for (unsigned i = 0; i < KEY_COUNT; i++)
        if (strcmp(keys[i].name, name) == 0 && !(header->seen & 1u << i)) {
            header->seen |= 1u << i;
            return keys[i].parse(cursor, header, error);
        }
    return bad_header(error);
}

static enum status parse_header(const char *text, size_t length, struct header *header,
                                struct error *error) {
    struct cursor cursor = {text, text + length};
    if (!take(&cursor, "{"))
        return bad_header(error);
    bool open = true;
    while (open && !take(&cursor, "}")) {
        enum status status = parse_entry(&cursor, header, error);
        if (status != STATUS_OK)
            return status;
        open = take(&cursor, ",");
        if (!open && !take(&cursor, "}"))
            return bad_header(error);
    }
    skip_blanks(&cursor);
    bool complete = header->seen == (1u << KEY_COUNT) - 1 && cursor.at == cursor.end;
    return complete ? STATUS_OK : bad_header(error);
}

static enum status cut_header(struct error *error) {
    return error_set(error, STATUS_INPUT,
                     "the array ends inside its header; the file is damaged: download it again");
}

static enum status read_length(struct input input, size_t *length, struct error *error) {
    uint8_t prefix[PREFIX_BYTES], size[4] = {0};
    size_t got;
    enum status status = input_read(input, prefix, sizeof prefix, &got, error);
    if (status != STATUS_OK)
        return status;
    if (got < sizeof prefix)
        return cut_header(error);
    if (memcmp(prefix, NPY_MAGIC, strlen(NPY_MAGIC)) != 0)
        return error_set(error, STATUS_INPUT,
                         "is not a NumPy array (.npy): its first bytes differ");
    unsigned version = prefix[6];
    if (version < 1 || version > 3)
        return error_set(error, STATUS_INPUT,
                         "the array is of .npy version %u.%u; versions 1 to 3 are read", version,
                         prefix[7]);
    size_t bytes = version == 1 ? 2 : 4;
    status = input_read(input, size, bytes, &got, error);
    if (status != STATUS_OK)
        return status;
    *length = (size_t)size[3] << 24 | (size_t)size[2] << 16 | (size_t)size[1] << 8 | size[0];
    return got == bytes ? STATUS_OK : cut_header(error);
}

static enum status read_header(struct input input, struct header *header, struct error *error) {
    size_t length = 0;
    enum status status = read_length(input, &length, error);
    if (status != STATUS_OK)
        return status;
    if (length > HEADER_MAX)
        return error_set(error, STATUS_INPUT,
                         "the array's header is %zu bytes long; at most %zu are read", length,
                         HEADER_MAX);
    struct input_bytes text;
    size_t got = 0;
    text.data = malloc(length + 1);
    if (!text.data)
        return error_memory(error);
    status = input_read(input, text.data, length, &got, error);
    if (status == STATUS_OK)
        status = got < length ? cut_header(error)
                              : parse_header((const char *)text.data, length, header, error);
    free(text.data);
    return status;
}

/* The type of an element: '<f8' is a little-endian real number of 8 bytes. */
struct element_type {
    bool big_endian;
    char kind;   /* b: truth values, i: signed, u: unsigned, f: real */
    size_t size; /* bytes */
};

static enum status find_type(const struct header *header, struct element_type *type,
                             struct error *error) {
    static const char *const known[] = {"b1", "i1", "i2", "i4", "i8", "u1",
                                        "u2", "u4", "u8", "f2", "f4", "f8"};
    const char *name = header->type;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (name[0] && strchr("<>|", name[0]) && strcmp(name + 1, known[i]) == 0) {
            *type = (struct element_type){name[0] == '>', name[1], (size_t)(name[2] - '0')};
            return STATUS_OK;
        }
    if (strchr(name, 'O'))
        return error_set(error, STATUS_INPUT,
                         "the array holds Python objects (type '%s'), which are never loaded; save "
                         "a plain array of numbers",
                         name);
    if (strchr(name, 'U') || strchr(name, 'S'))
        return error_set(error, STATUS_INPUT,
                         "the array holds text (type '%s'); number the classes: "
                         "np.unique(y, return_inverse=True)[1] does",
                         name);
    return error_set(error, STATUS_INPUT,
                     "the array is of type '%s'; bool, int8 to int64, uint8 to uint64 and float16 "
                     "to float64 are read: save it as one of them",
                     name);
}

/* Bytes are kept as they are, all other types as floats. */
static bool is_bytes(const struct element_type *type) {
    return type->size == 1 && type->kind != 'i';
}

static enum status set_shape(const struct header *header, struct array *array,
                             struct error *error) {
    size_t elements = 1;
    bool fits = true;
    array->dimensions = header->dimensions;
    for (size_t i = 0; i < header->dimensions; i++) {
        array->size[i] = header->size[i];
        fits &= !__builtin_mul_overflow(elements, header->size[i], &elements);
    }
    if (!fits || elements > IDX_BYTES_MAX)
        return error_set(
            error, STATUS_INPUT,
            "the array's header announces more than the %zu numbers that are read; the "
            "file is damaged, or has to be split",
            IDX_BYTES_MAX);
    return STATUS_OK;
}

/* An input of bytes in front of an input of other elements, which it hands out as floats. */
struct converter {
    struct input input;
    struct element_type type;
    bool whole, fractions; /* as an array's, of what was handed out */
    bool fortran_order;
    size_t rows, count; /* the array's, and elements that were handed out */
    struct rounding rounding;
};

static uint64_t assemble(const uint8_t *bytes, const struct element_type *type) {
    uint64_t value = 0;
    for (size_t i = 0; i < type->size; i++)
        value = value << 8 | bytes[type->big_endian ? i : type->size - 1 - i];
    return value;
}

static double real_of_half(uint64_t bits) {
    const int exponent = bits >> 10 & 31;
    const double fraction = (double)(bits & 1023), sign = bits >> 15 ? -1 : 1;
    if (exponent == 31)
        return fraction != 0 ? (double)NAN : sign * (double)INFINITY;
    return sign * (exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25));
}

static double real_of(uint64_t bits, size_t size) {
    if (size == 2)
        return real_of_half(bits);
    const uint32_t low = (uint32_t)bits;
    float single;
    double wide;
    memcpy(&single, &low, sizeof single);
    memcpy(&wide, &bits, sizeof wide);
    return size == 4 ? (double)single : wide;
}

static double number_of(uint64_t bits, const struct element_type *type) {
    const unsigned unused = 64 - 8 * (unsigned)type->size;
    if (type->kind == 'f')
        return real_of(bits, type->size);
    return type->kind == 'i' ? (double)((int64_t)(bits << unused) >> unused) : (double)bits;
}

static void look(struct converter *converter, double number) {
    const bool in_range = number >= 0 && number <= UINT8_MAX;
    const double level = in_range ? floor(number * UINT8_MAX + 0.5) : 0;
    const double fraction = level / UINT8_MAX;
    converter->whole &= in_range && number == floor(number);
    converter->fractions &=
        converter->type.kind == 'f' && in_range && number <= 1 &&
        (number == fraction || (converter->type.size == 4 && number == (double)(float)fraction));
}

/* In Fortran order a column comes after another. */
static void watch(struct converter *converter, double number) {
    const size_t at = converter->count++, columns = converter->rounding.columns;
    const size_t column = converter->fortran_order ? at / converter->rows : at % columns;
    if (column < columns)
        rounding_add(&converter->rounding, column, number);
}

/* A table's columns; of what is no table all numbers are one. None where floats hold them all. */
static bool begin_watching(struct converter *converter, const struct header *header) {
    const struct element_type *type = &converter->type;
    const bool wide = type->size == 8 || (type->size == 4 && type->kind != 'f');
    const bool table = header->dimensions == 2;
    converter->fortran_order = header->fortran_order && table;
    converter->rows = table && header->size[0] > 0 ? header->size[0] : 1;
    return rounding_init(&converter->rounding, !wide ? 0 : table ? header->size[1] : 1);
}

/* Hands out whole floats: `wanted` is a multiple of their size. */
static enum status convert(void *context, uint8_t *to, size_t wanted, size_t *got,
                           struct error *error) {
    struct converter *converter = context;
    const size_t size = converter->type.size;
    uint8_t chunk[8192];
    while (*got < wanted) {
        const size_t most = sizeof chunk / size, rest = (wanted - *got) / sizeof(float);
        const size_t count = rest < most ? rest : most;
        size_t bytes;
        enum status status = input_read(converter->input, chunk, count * size, &bytes, error);
        if (status != STATUS_OK)
            return status;
        for (size_t i = 0; i < bytes / size; i++, *got += sizeof(float)) {
            const double number =
                number_of(assemble(chunk + i * size, &converter->type), &converter->type);
            const float single = (float)number;
            if (converter->whole || converter->fractions)
                look(converter, number);
            if (converter->rounding.columns > 0)
                watch(converter, number);
            memcpy(to + *got, &single, sizeof single);
        }
        if (bytes < count * size || count == 0)
            return STATUS_OK;
    }
    return STATUS_OK;
}

/* Whether so much is there to be read and more than there is memory for. */
static enum status check_memory(size_t bytes, size_t on_disk, struct error *error) {
    const size_t available = memory_available();
    if (bytes <= available || on_disk < bytes / 200)
        return STATUS_OK;
    return error_set(
        error, STATUS_INPUT,
        "the array takes %.1f GB of memory, and %.1f GB are available: save it as "
        "uint8 in a .npy file of its own, which is not read into memory, or fewer rows "
        "of it",
        (double)bytes / 1e9, (double)available / 1e9);
}

static enum status read_elements(struct input input, size_t size, size_t hint, struct array *array,
                                 struct error *error) {
    const size_t count = array_elements(array);
    struct input_bytes bytes;
    enum status status = check_memory(count * size, hint, error);
    if (status == STATUS_OK)
        status =
            input_read_all(input, count * size, (hint + size - 1) / size * size, &bytes, error);
    if (status != STATUS_OK)
        return status;
    if (bytes.count == count * size && !bytes.more) {
        array->bytes = size == 1 ? bytes.data : NULL;
        array->values = size == 1 ? NULL : (void *)bytes.data;
        return STATUS_OK;
    }
    free(bytes.data);
    if (bytes.more)
        return error_set(error, STATUS_INPUT,
                         "the array has more than the %zu elements that its header announces; "
                         "the file is damaged: download it again",
                         count);
    return error_set(error, STATUS_INPUT,
                     "the array ends too early: %zu elements expected, %zu found; "
                     "the file is damaged: download it again",
                     count, bytes.count / size);
}

/* From Fortran order, in which the first dimension runs fastest, to C order. */
static enum status turn(struct array *array, struct error *error) {
    const size_t count = array_elements(array), size = array->bytes ? 1 : sizeof(float);
    const char *from = array->bytes ? (const char *)array->bytes : (const char *)array->values;
    char *made = malloc(count * size + 1), *at = made;
    size_t place[ARRAY_DIMENSIONS_MAX] = {0}, step[ARRAY_DIMENSIONS_MAX] = {1}, first = 0;
    if (!made)
        return error_memory(error);
    for (size_t d = 1; d < array->dimensions; d++)
        step[d] = step[d - 1] * array->size[d - 1];
    for (size_t i = 0; i < count; i++, at += size) {
        memcpy(at, from + first * size, size);
        for (size_t d = array->dimensions; d-- > 0;) {
            first += step[d];
            if (++place[d] < array->size[d])
                break;
            first -= step[d] * array->size[d];
            place[d] = 0;
        }
    }
    free(array->bytes);
    free(array->values);
    array->bytes = size == 1 ? (uint8_t *)made : NULL;
    array->values = size == 1 ? NULL : (float *)(void *)made;
    return STATUS_OK;
}

static enum status single_value(struct error *error) {
    return error_set(error, STATUS_INPUT,
                     "the array is a single value; save an array with one for each example");
}

/* The header, and what it says of the elements. */
static enum status begin(struct input input, struct header *header, struct element_type *type,
                         struct array *array, struct error *error) {
    array->bytes = NULL;
    array->values = NULL;
    enum status status = read_header(input, header, error);
    const bool single = status == STATUS_OK && header->dimensions == 0;
    if (status == STATUS_OK)
        status = single ? single_value(error) : find_type(header, type, error);
    array->no_numbers = status == STATUS_INPUT && (single || strpbrk(header->type, "OSU"));
    array->reals = status == STATUS_OK && type->kind == 'f';
    return status == STATUS_OK ? set_shape(header, array, error) : status;
}

static enum status finish(struct input input, size_t hint, const struct header *header,
                          const struct element_type *type, struct array *array,
                          struct error *error) {
    struct converter converter = {.input = input, .type = *type, .whole = true, .fractions = true};
    const bool bytes = is_bytes(type);
    if (!begin_watching(&converter, header))
        return error_memory(error);
    enum status status = read_elements(bytes ? input : (struct input){convert, &converter},
                                       bytes ? 1 : sizeof(float), hint, array, error);
    array->rounded = rounding_worst(&converter.rounding);
    rounding_release(&converter.rounding);
    array->whole = converter.whole;
    array->fractions = !bytes && converter.fractions;
    return status == STATUS_OK && header->fortran_order ? turn(array, error) : status;
}

enum status npy_read(struct input input, size_t hint, struct array *array, struct error *error) {
    struct header header = {0};
    struct element_type type = {0};
    enum status status = begin(input, &header, &type, array, error);
    return status == STATUS_OK ? finish(input, hint, &header, &type, array, error) : status;
}

/* --- files --- */

bool npy_name_array(const char *file, char name[DATASET_NAME_MAX]) {
    const size_t length = strlen(file);
    if (length <= 4 || length - 4 >= DATASET_NAME_MAX || strcmp(file + length - 4, ".npy") != 0)
        return false;
    memcpy(name, file, length - 4);
    name[length - 4] = '\0';
    return true;
}

struct file {
    int descriptor;
    size_t size, at;
};

static enum status file_read(void *context, uint8_t *to, size_t wanted, size_t *got,
                             struct error *error) {
    struct file *file = context;
    while (*got < wanted) {
        const ssize_t count = read(file->descriptor, to + *got, wanted - *got);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return error_set(error, STATUS_IO, "cannot be read: %s", strerror(errno));
        if (count == 0)
            break;
        *got += (size_t)count;
        file->at += (size_t)count;
    }
    return STATUS_OK;
}

/* Map the elements where they stand in the file as they are kept in memory. */
static bool map(const struct file *file, const char *path, const struct header *header,
                const struct element_type *type, struct array *array) {
    const bool little = !type->big_endian && BYTE_ORDER == LITTLE_ENDIAN;
    const bool floats = type->kind == 'f' && type->size == sizeof(float) && little;
    const size_t bytes = array_elements(array) * type->size;
    if (header->fortran_order || !(is_bytes(type) || floats) || file->at % sizeof(float) != 0 ||
        bytes == 0 || file->size - file->at != bytes)
        return false;
    char *mapping = mapping_make(file->descriptor, file->size, path);
    if (!mapping)
        return false;
    array->mapping = mapping;
    array->bytes = floats ? NULL : (uint8_t *)mapping + file->at;
    array->values = floats ? (float *)(void *)(mapping + file->at) : NULL;
    array->whole = true;
    if (floats)
        array_look(array);
    return true;
}

enum status npy_read_file(const char *path, struct array *array, struct error *error) {
    struct header header = {0};
    struct element_type type = {0};
    struct file file = {0};
    enum status status = input_open_file(path, &file.descriptor, &file.size, error);
    if (status != STATUS_OK)
        return status;
    const struct input input = {file_read, &file};
    status = begin(input, &header, &type, array, error);
    if (status == STATUS_OK && !map(&file, path, &header, &type, array))
        status = finish(input, file.size, &header, &type, array, error);
    close(file.descriptor);
    return status == STATUS_OK ? status : error_place(error, path, 0, 0);
}

#define ALIGNMENT 64 /* of the elements */
#define PREFIX 10    /* magic, version and the header's length */

void npy_append(const float *values, size_t rank, const size_t *dims, struct text *text) {
    struct text header;
    size_t count = 1;
    text_init(&header);
    text_append(&header, "{'descr': '<f4', 'fortran_order': False, 'shape': (");
    for (size_t i = 0; i < rank; i++) {
        text_printf(&header, rank == 1 ? "%zu," : i > 0 ? ", %zu" : "%zu", dims[i]);
        count *= dims[i];
    }
    text_append(&header, "), }");
    while ((PREFIX + header.length + 1) % ALIGNMENT != 0 && !header.failed)
        text_append(&header, " ");
    text_append(&header, "\n");
    const char length[2] = {(char)(header.length & 0xff), (char)(header.length >> 8)};
    text_append_bytes(text, NPY_MAGIC "\x01\x00", 8);
    text_append_bytes(text, length, sizeof length);
    text_append_bytes(text, header.data, header.length);
    for (size_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, &values[i], sizeof word);
        word = htole32(word);
        text_append_bytes(text, (const char *)&word, sizeof word);
    }
    text->failed |= header.failed;
    text_release(&header);
}
