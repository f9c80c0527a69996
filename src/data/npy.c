#include "data/npy.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_MAX ((size_t)64 * 1024)
#define TYPE_NAME_MAX 15
#define DIMENSIONS_MAX 8
#define PREFIX_BYTES 8 /* magic and version */

static const struct element_type {
    const char *name;
    size_t size; /* bytes */
    bool is_signed, big_endian;
} element_types[] = {
    {"|u1", 1, false, false}, {"<u1", 1, false, false}, {"|i1", 1, true, false},
    {"<i1", 1, true, false},  {"<u2", 2, false, false}, {"<i2", 2, true, false},
    {"<u4", 4, false, false}, {"<i4", 4, true, false},  {"<u8", 8, false, false},
    {"<i8", 8, true, false},  {">u2", 2, false, true},  {">i2", 2, true, true},
    {">u4", 4, false, true},  {">i4", 4, true, true},   {">u8", 8, false, true},
    {">i8", 8, true, true},
};

struct header {
    char type[TYPE_NAME_MAX + 1];
    bool fortran_order;
    size_t dimensions, size[DIMENSIONS_MAX];
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
                         "the array is made of records; save a plain array of uint8");
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
        good = header->dimensions < DIMENSIONS_MAX && take_size(cursor, &size);
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
    static const uint8_t magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
    uint8_t prefix[PREFIX_BYTES], size[4] = {0};
    size_t got;
    enum status status = input_read(input, prefix, sizeof prefix, &got, error);
    if (status != STATUS_OK)
        return status;
    if (got < sizeof prefix)
        return cut_header(error);
    if (memcmp(prefix, magic, sizeof magic) != 0)
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

static enum status find_type(const struct header *header, const struct element_type **type,
                             struct error *error) {
    for (size_t i = 0; i < sizeof element_types / sizeof *element_types; i++)
        if (strcmp(element_types[i].name, header->type) == 0) {
            *type = &element_types[i];
            return STATUS_OK;
        }
    if (strchr(header->type, 'O'))
        return error_set(error, STATUS_INPUT,
                         "the array holds Python objects (type '%s'), which are never loaded; save "
                         "a plain array of uint8",
                         header->type);
    return error_set(error, STATUS_INPUT,
                     "the array is of type '%s'; only whole numbers from 0 to 255 are read: save "
                     "it as uint8",
                     header->type);
}

static enum status check_shape(const struct header *header, enum idx_kind kind,
                               struct idx_array *array, struct error *error) {
    if (header->fortran_order)
        return error_set(error, STATUS_INPUT,
                         "the array is in Fortran order; save numpy.ascontiguousarray of it");
    if (header->dimensions != (size_t)kind)
        return error_set(error, STATUS_INPUT,
                         "the array has %zu dimensions where %u are expected: %s",
                         header->dimensions, (unsigned)kind,
                         kind == IDX_IMAGES ? "(images, rows, columns)" : "(labels,)");
    return idx_shape(kind, header->size, array, error);
}

/* An input of bytes in front of an input of wider integers. */
struct converter {
    struct input input;
    const struct element_type *type;
    size_t position; /* elements handed out */
};

static uint64_t assemble(const uint8_t *bytes, const struct element_type *type) {
    uint64_t value = 0;
    for (size_t i = 0; i < type->size; i++)
        value = value << 8 | bytes[type->big_endian ? i : type->size - 1 - i];
    return value;
}

static enum status out_of_range(const struct converter *converter, uint64_t value,
                                struct error *error) {
    size_t bits = 8 * converter->type->size;
    bool negative = converter->type->is_signed && value >> (bits - 1) & 1;
    /* The magnitude of a negative number: its two's complement, cut to its width. */
    uint64_t magnitude = negative ? (0 - value) & (UINT64_MAX >> (64 - bits)) : value;
    return error_set(error, STATUS_INPUT,
                     "element %zu of the array is %s%llu; only 0 to 255 can be read",
                     converter->position, negative ? "-" : "", (unsigned long long)magnitude);
}

static enum status convert(void *context, uint8_t *to, size_t wanted, size_t *got,
                           struct error *error) {
    struct converter *converter = context;
    const struct element_type *type = converter->type;
    uint8_t chunk[8192];
    while (*got < wanted) {
        size_t most = sizeof chunk / type->size, rest = wanted - *got, bytes;
        size_t count = rest < most ? rest : most;
        enum status status = input_read(converter->input, chunk, count * type->size, &bytes, error);
        if (status != STATUS_OK)
            return status;
        for (size_t i = 0; i < bytes / type->size; i++, converter->position++) {
            uint64_t value = assemble(chunk + i * type->size, type);
            if (value > (type->is_signed && type->size == 1 ? INT8_MAX : UINT8_MAX))
                return out_of_range(converter, value, error);
            to[(*got)++] = (uint8_t)value;
        }
        if (bytes < count * type->size)
            return STATUS_OK;
    }
    return STATUS_OK;
}

static enum status read_elements(struct input input, size_t hint, struct idx_array *array,
                                 struct error *error) {
    struct input_bytes bytes;
    enum status status = input_read_all(input, array->bytes, hint, &bytes, error);
    if (status != STATUS_OK)
        return status;
    if (bytes.count == array->bytes && !bytes.more) {
        array->data = bytes.data;
        return STATUS_OK;
    }
    free(bytes.data);
    if (bytes.more)
        return error_set(error, STATUS_INPUT,
                         "the array has more than the %zu elements that its header announces; "
                         "the file is damaged: download it again",
                         array->bytes);
    return error_set(error, STATUS_INPUT,
                     "the array ends too early: %zu elements expected, %zu found; "
                     "the file is damaged: download it again",
                     array->bytes, bytes.count);
}

enum status npy_read(struct input input, enum idx_kind kind, size_t hint, struct idx_array *array,
                     struct error *error) {
    *array = (struct idx_array){0};
    struct header header = {0};
    struct converter converter = {.input = input};
    enum status status = read_header(input, &header, error);
    if (status == STATUS_OK)
        status = find_type(&header, &converter.type, error);
    if (status == STATUS_OK)
        status = check_shape(&header, kind, array, error);
    if (status == STATUS_OK) {
        bool bytes = converter.type->size == 1 && !converter.type->is_signed;
        struct input elements = bytes ? input : (struct input){convert, &converter};
        status = read_elements(elements, hint, array, error);
    }
    if (status != STATUS_OK)
        *array = (struct idx_array){0};
    return status;
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
    text_append_bytes(text, "\x93NUMPY\x01\x00", 8);
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
