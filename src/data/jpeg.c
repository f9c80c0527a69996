/* The one file with jpeglib.h. */
#include "data/picture.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

/* What is sent in more passes than that is made to take time. */
#define SCANS_MAX 100

struct decoder {
    struct jpeg_decompress_struct jpeg; /* the first member, as jpeg->err and progress know it */
    struct jpeg_error_mgr fault;
    struct jpeg_progress_mgr progress;
    jmp_buf failed;
    char message[JMSG_LENGTH_MAX];
    bool is_memory;
};

static void fail(j_common_ptr jpeg) {
    struct decoder *decoder = (struct decoder *)jpeg;
    jpeg->err->format_message(jpeg, decoder->message);
    decoder->is_memory = jpeg->err->msg_code == JERR_OUT_OF_MEMORY;
    longjmp(decoder->failed, 1);
}

/* libjpeg goes on with grey where data are missing; a picture cut short is none. */
static void look_at_warning(j_common_ptr jpeg, int level) {
    const int code = jpeg->err->msg_code;
    if (level < 0 && (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER))
        fail(jpeg);
}

static void count_scans(j_common_ptr jpeg) {
    struct decoder *decoder = (struct decoder *)jpeg;
    if (decoder->jpeg.input_scan_number <= SCANS_MAX)
        return;
    snprintf(decoder->message, sizeof decoder->message, "more than %d scans", SCANS_MAX);
    longjmp(decoder->failed, 1);
}

/* --- which way up: Exif's tag 0x0112, 1 to 8 --- */

/* Numbers of TIFF, in the order of bytes that its head names. */
static unsigned number(const uint8_t *at, size_t bytes, bool big_endian) {
    unsigned value = 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | at[big_endian ? i : bytes - 1 - i];
    return value;
}

static unsigned tiff_orientation(const uint8_t *tiff, size_t size) {
    if (size < 8 || (memcmp(tiff, "II", 2) != 0 && memcmp(tiff, "MM", 2) != 0))
        return 1;
    const bool big_endian = tiff[0] == 'M';
    const size_t first = number(tiff + 4, 4, big_endian);
    if (first > size - 2)
        return 1;
    const size_t count = number(tiff + first, 2, big_endian);
    for (size_t i = 0; i < count && (i + 1) * 12 <= size - first - 2; i++) {
        const uint8_t *entry = tiff + first + 2 + 12 * i;
        const unsigned value = number(entry + 8, 2, big_endian);
        if (number(entry, 2, big_endian) == 0x0112)
            return value >= 1 && value <= 8 ? value : 1;
    }
    return 1;
}

static unsigned orientation(const struct jpeg_decompress_struct *jpeg) {
    for (jpeg_saved_marker_ptr marker = jpeg->marker_list; marker; marker = marker->next)
        if (marker->data_length > 6 && memcmp(marker->data, "Exif\0", 6) == 0)
            return tiff_orientation(marker->data + 6, marker->data_length - 6);
    return 1;
}

/* Where pixel (row, column) of a picture stored the n-th way belongs: 1 as it is, 2 mirrored,
 * 3 turned by half, 4 that mirrored, 5 to 8 the same with rows and columns exchanged. */
static enum status turn(struct raster *raster, unsigned way, struct error *error) {
    struct raster upright;
    const size_t rows = raster->rows, columns = raster->columns;
    const bool exchanged = way >= 5;
    const bool up = way == 3 || way == 4 || way == 7 || way == 8;
    const bool left = way == 2 || way == 3 || way == 6 || way == 7;
    const enum status status =
        raster_init(&upright, exchanged ? columns : rows, exchanged ? rows : columns, error);
    if (status != STATUS_OK)
        return status;
    upright.grey = raster->grey;
    for (size_t row = 0; row < upright.rows; row++)
        for (size_t column = 0; column < upright.columns; column++) {
            const size_t y = up ? upright.rows - 1 - row : row;
            const size_t x = left ? upright.columns - 1 - column : column;
            const size_t from = exchanged ? x * columns + y : y * columns + x;
            memcpy(upright.at[row * upright.columns + column], raster->at[from], 4);
        }
    raster_release(raster);
    *raster = upright;
    return STATUS_OK;
}

/* --- decoding --- */

static enum status decode(struct decoder *decoder, const uint8_t *bytes, size_t count,
                          struct raster *raster, struct error *error) {
    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    jpeg_mem_src(jpeg, bytes, (unsigned long)count);
    jpeg_save_markers(jpeg, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(jpeg, TRUE);
    if (jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK)
        return error_set(error, STATUS_INPUT,
                         "is a JPEG file in a printer's colours (CMYK); save it in RGB");
    enum status status = raster_init(raster, jpeg->image_height, jpeg->image_width, error);
    if (status != STATUS_OK)
        return status;
    raster->grey = jpeg->jpeg_color_space == JCS_GRAYSCALE;
    jpeg->out_color_space = JCS_EXT_RGBA;
    jpeg_start_decompress(jpeg);
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW row = raster->at[jpeg->output_scanline * raster->columns];
        jpeg_read_scanlines(jpeg, &row, 1);
    }
    return STATUS_OK;
}

/* Where libjpeg comes back to when it fails. */
static enum status attempt(struct decoder *decoder, const uint8_t *bytes, size_t count,
                           struct raster *raster, struct error *error) {
    if (setjmp(decoder->failed) == 0) {
        jpeg_create_decompress(&decoder->jpeg);
        decoder->jpeg.progress = &decoder->progress;
        return decode(decoder, bytes, count, raster, error);
    }
    if (decoder->is_memory)
        return error_memory(error);
    return error_set(error, STATUS_INPUT,
                     "cannot be decoded (%.100s); the file is damaged or cut short, save or copy "
                     "it again",
                     decoder->message);
}

enum status jpeg_decode(const uint8_t *bytes, size_t count, struct raster *raster,
                        struct error *error) {
    struct decoder decoder;
    memset(&decoder, 0, sizeof decoder);
    decoder.jpeg.err = jpeg_std_error(&decoder.fault);
    decoder.fault.error_exit = fail;
    decoder.fault.emit_message = look_at_warning;
    decoder.progress.progress_monitor = count_scans;
    enum status status = attempt(&decoder, bytes, count, raster, error);
    const unsigned way = status == STATUS_OK ? orientation(&decoder.jpeg) : 1;
    jpeg_destroy_decompress(&decoder.jpeg);
    return way > 1 ? turn(raster, way, error) : status;
}
