#include "report/image.h"

#include "report/terminal.h"

/* The 24 greys of the 256-colour palette run from nearly black (232) to nearly white (255); ink,
 * 255 in the data, is dark. */
static int grey(uint8_t level) {
    return 255 - level * 23 / 255;
}

/* The upper half block's foreground is the upper pixel, its background the lower one. */
static void draw_shades(FILE *stream, const uint8_t *pixels, size_t rows, size_t columns) {
    for (size_t row = 0; row < rows; row += 2) {
        for (size_t column = 0; column < columns; column++) {
            uint8_t upper = pixels[row * columns + column];
            uint8_t lower = row + 1 < rows ? pixels[(row + 1) * columns + column] : 0;
            fprintf(stream, "\033[38;5;%d;48;5;%dm\u2580", grey(upper), grey(lower));
        }
        fputs("\033[0m\n", stream);
    }
}

#define LINE 80 /* where the stream is no terminal */

static void draw_characters(FILE *stream, const uint8_t *pixels, size_t rows, size_t columns) {
    static const char ink[] = " .:-=+*#%@";
    /* A character is about twice as high as wide. */
    const int width = terminal_width(stream);
    const int repeat = (size_t)(width > 0 ? width : LINE) < 2 * columns ? 1 : 2;
    for (size_t row = 0; row < rows; row++) {
        size_t end = columns;
        while (end > 0 && pixels[row * columns + end - 1] * 9 / 255 == 0)
            end--;
        for (size_t column = 0; column < end; column++) {
            char c = ink[pixels[row * columns + column] * 9 / 255];
            for (int i = 0; i < repeat; i++)
                fputc(c, stream);
        }
        fputc('\n', stream);
    }
}

void image_draw(FILE *stream, const uint8_t *pixels, size_t rows, size_t columns) {
    if (terminal_colour(stream))
        draw_shades(stream, pixels, rows, columns);
    else
        draw_characters(stream, pixels, rows, columns);
}

void image_json(struct json *json, const char *key, const uint8_t *pixels, size_t rows,
                size_t columns) {
    json_begin_array(json, key);
    for (size_t row = 0; row < rows; row++) {
        json_begin_array(json, NULL);
        for (size_t column = 0; column < columns; column++)
            json_integer(json, NULL, pixels[row * columns + column]);
        json_end(json);
    }
    json_end(json);
}
