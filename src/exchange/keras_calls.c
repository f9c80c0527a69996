#include "exchange/keras_private.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void keras_note_unknown(struct keras_writer *writer, const char *what, const char *name) {
    text_printf(&writer->notes,
                "# The %s %s may have another name in Keras, or be none of its own.\n", what, name);
}

#define WIDTH 79

void keras_add_value(struct keras_writer *writer, const char *name) {
    text_printf(&writer->arguments, "%s%s", writer->arguments.length > 0 ? "\n" : "", name);
}

void keras_add_text(struct keras_writer *writer, const char *name, const char *value) {
    keras_add_value(writer, name);
    text_append(&writer->arguments, value);
}

void keras_add_name(struct keras_writer *writer, const char *name, const char *value) {
    keras_add_value(writer, name);
    text_printf(&writer->arguments, "\"%s\"", value);
}

void keras_add_number(struct keras_writer *writer, const char *name, double value) {
    keras_add_value(writer, name);
    text_append_double(&writer->arguments, value);
}

void keras_add_real(struct keras_writer *writer, const char *name, double value) {
    struct text *arguments = &writer->arguments;
    keras_add_value(writer, name);
    const size_t begin = arguments->length;
    text_append_double(arguments, value);
    if (!arguments->failed && !strpbrk(arguments->data + begin, ".en"))
        text_append(arguments, ".0");
}

static void append_joined(struct text *line, const struct text *arguments, const char *separator) {
    for (const char *at = arguments->data; *at; at++)
        if (*at == '\n')
            text_append(line, separator);
        else
            text_append_bytes(line, at, 1);
}

/* A call with the arguments that were added: in a line, or with a line for each of them. */
void keras_end_call(struct keras_writer *writer, const char *indent, const char *head,
                    const char *tail) {
    struct text *line = &writer->line;
    char separator[16];
    text_clear(line);
    text_printf(line, "%s%s(", indent, head);
    append_joined(line, &writer->arguments, ", ");
    text_printf(line, ")%s", tail);
    if (line->length > WIDTH && writer->arguments.length > 0) {
        snprintf(separator, sizeof separator, ",\n%s    ", indent);
        text_clear(line);
        text_printf(line, "%s%s(%s", indent, head, separator + 1);
        append_joined(line, &writer->arguments, separator);
        text_printf(line, ",\n%s)%s", indent, tail);
    }
    text_printf(&writer->body, "%s\n", line->data);
    text_clear(&writer->arguments);
}

/* "(3, 3)" */
void keras_add_tuple(struct keras_writer *writer, const char *name, const size_t *numbers,
                     size_t count) {
    keras_add_value(writer, name);
    for (size_t i = 0; i < count; i++)
        text_printf(&writer->arguments, "%s%zu", i > 0 ? ", " : "(", numbers[i]);
    text_append(&writer->arguments, count == 1 ? ",)" : ")");
}

static void add_pair(struct keras_writer *writer, const char *name, const uint16_t *pair) {
    keras_add_tuple(writer, name, (const size_t[]){pair[0], pair[1]}, 2);
}

/* "((1, 2), (3, 4))". */
static void add_margins(struct keras_writer *writer, const char *name, const uint16_t *margins) {
    keras_add_value(writer, name);
    text_printf(&writer->arguments, "((%u, %u), (%u, %u))", margins[0], margins[1], margins[2],
                margins[3]);
}

static void add_sizes(struct keras_writer *writer, const char *name, const struct sizes *sizes) {
    size_t count = 0;
    keras_add_value(writer, name);
    for (; count < SIZES_MAX && sizes->dims[count] > 0; count++)
        text_printf(&writer->arguments, "%s%" PRId64, count > 0 ? ", " : "(",
                    sizes->dims[count] == SIZE_INFERRED ? -1 : (int64_t)sizes->dims[count]);
    text_append(&writer->arguments, count == 1 ? ",)" : ")");
}

static void add_numbers(struct keras_writer *writer, const char *name,
                        const struct numbers *numbers) {
    keras_add_value(writer, name);
    for (size_t i = 0; i < numbers->count; i++) {
        text_append(&writer->arguments, i > 0 ? ", " : "[");
        text_append_double(&writer->arguments, numbers->items[i]);
    }
    text_append(&writer->arguments, "]");
}

/* "[1, 2]" */
static void add_axes(struct keras_writer *writer, const char *name, unsigned axes) {
    const char *separator = "[";
    keras_add_value(writer, name);
    for (unsigned axis = 1; axes; axis++, axes >>= 1)
        if (axes & 1) {
            text_printf(&writer->arguments, "%s%u", separator, axis);
            separator = ", ";
        }
    text_append(&writer->arguments, "]");
}

static void add_argument(struct keras_writer *writer, const char *name,
                         const struct argument *argument, const void *at) {
    switch (argument->type) {
    case ARGUMENT_WHOLE:
        keras_add_number(writer, name, *(const uint32_t *)at);
        break;
    case ARGUMENT_REAL:
        keras_add_real(writer, name, *(const double *)at);
        break;
    case ARGUMENT_SWITCH:
        keras_add_text(writer, name, *(const bool *)at ? "True" : "False");
        break;
    case ARGUMENT_SIZES:
        add_sizes(writer, name, at);
        break;
    case ARGUMENT_PAIR:
        add_pair(writer, name, at);
        break;
    case ARGUMENT_MARGINS:
        add_margins(writer, name, at);
        break;
    case ARGUMENT_NAME:
        keras_add_name(writer, name, argument_name(argument, *(const uint8_t *)at));
        break;
    case ARGUMENT_NUMBERS:
        add_numbers(writer, name, at);
        break;
    case ARGUMENT_ENTRY:
        break; /* in no table */
    case ARGUMENT_AXES:
        add_axes(writer, name, *(const uint8_t *)at);
        break;
    }
}

static void add_arguments(struct keras_writer *writer, const struct argument_table *table,
                          const void *of, bool named) {
    char name[64];
    for (size_t i = 0; i < table->count; i++) {
        const struct argument *argument = &table->rows[i];
        const bool required = isnan(argument->standard);
        /* AveragePooling2D has no default for pool_size, as MaxPooling2D has. */
        const bool told = argument->type == ARGUMENT_PAIR && i < table->positional && !argument->as;
        if (!required && !told && argument_is_standard(of, argument))
            continue;
        const bool by_place = required && !named;
        snprintf(name, sizeof name, "%s%s", by_place ? "" : argument->name, by_place ? "" : "=");
        add_argument(writer, name, argument, argument_of(of, argument));
    }
}

void keras_add_arguments(struct keras_writer *writer, const struct argument_table *table,
                         const void *of) {
    add_arguments(writer, table, of, false);
}

void keras_add_named_arguments(struct keras_writer *writer, const struct argument_table *table,
                               const void *of) {
    add_arguments(writer, table, of, true);
}

void keras_append_class(const char *name, struct text *text) {
    for (const char *c = name; *c; c++) {
        const char upper = (char)toupper((unsigned char)*c);
        if (*c != '_')
            text_append_bytes(text, c == name || c[-1] == '_' ? &upper : c, 1);
    }
}
