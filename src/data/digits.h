/* The built-in data set `digits`: 28x28 images of handwritten-like digits, drawn from
 * strokes with per-sample slant, rotation, scale, stroke width, jitter and elastic
 * distortion, then size-normalised and centred as MNIST is. A pure function of the
 * image's number: the same bytes on every machine and with any number of threads. */
#ifndef SWEEP_DATA_DIGITS_H
#define SWEEP_DATA_DIGITS_H

#include <stddef.h>
#include <stdint.h>

#define DIGITS_SIDE 28
#define DIGITS_TRAIN 60000
#define DIGITS_TEST 10000

/* Draw image number `image` (training images are 0 .. DIGITS_TRAIN-1, test images follow)
 * into pixels[28 x 28], ink is bright, and return its label, 0 .. 9. */
uint8_t digits_draw(uint32_t image, uint8_t pixels[DIGITS_SIDE * DIGITS_SIDE]);

/* Draw images first .. first+count-1 into pixels[count x 28 x 28] and labels[count], on all cores.
 */
void digits_draw_many(uint32_t first, size_t count, uint8_t *pixels, uint8_t *labels);

#endif
