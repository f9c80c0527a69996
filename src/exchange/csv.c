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

void csv_text(struct csv *csv, const char *text) {
    separate(csv);
    if (!text)
        return;
    const bool formula = *text && strchr("=+-@\t\r", *text);
    const bool quoted = text[strcspn(text, ",\"\r\n")] != '\0';
    fputs(quoted ? "\"" : "", csv->stream);
    fputs(formula ? "'" : "", csv->stream);
    for (const char *c = text; *c; c++) {
        if (*c == '"')
            fputc('"', csv->stream);
        fputc(*c, csv->stream);
    }
    fputs(quoted ? "\"" : "", csv->stream);
}

void csv_number(struct csv *csv, double number) {
    separate(csv);
    if (isnan(number))
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
