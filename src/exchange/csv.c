#include "exchange/csv.h"

#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

void csv_init(struct csv *csv, FILE *stream) {
    *csv = (struct csv){.stream = stream};
}

static void separate(struct csv *csv) {
    if (csv->inside)
        fputc(',', csv->stream);
    csv->inside = true;
}

/* A character, or as much as stands for one. */
static void put(struct csv *csv, const char *piece, size_t count) {
    if (count == 1 && *piece == '"')
        fputc('"', csv->stream);
    fwrite(piece, 1, count, csv->stream);
}

void csv_text(struct csv *csv, const char *text) {
    char piece[TEXT_PIECE];
    separate(csv);
    if (!text)
        return;
    const bool formula = *text && strchr("=+-@\t", *text);
    const bool quoted = text[strcspn(text, ",\"\n")] != '\0';
    const bool escaped = text_needs_escapes(text, TEXT_CONTROLS);
    fputs(quoted ? "\"" : "", csv->stream);
    fputs(formula ? "'" : "", csv->stream);
    while (*text && escaped)
        put(csv, piece, text_escape(&text, TEXT_CONTROLS, piece));
    for (; *text; text++)
        put(csv, text, 1);
    fputs(quoted ? "\"" : "", csv->stream);
}

void csv_number(struct csv *csv, double number) {
    separate(csv);
    if (!isfinite(number))
        return;
    struct text digits;
    text_init(&digits);
    text_append_double(&digits, number);
    fputs(digits.data, csv->stream);
    text_release(&digits);
}

void csv_integer(struct csv *csv, int64_t integer) {
    separate(csv);
    fprintf(csv->stream, "%" PRId64, integer);
}

void csv_end(struct csv *csv) {
    fputs("\r\n", csv->stream);
    csv->inside = false;
}
