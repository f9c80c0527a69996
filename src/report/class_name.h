/* What a class is called. */
#ifndef SWEEP_REPORT_CLASS_NAME_H
#define SWEEP_REPORT_CLASS_NAME_H

#include "base/json.h"

#include <stddef.h>
#include <stdio.h>

#define CLASS_NAME_MAX 32 /* bytes of it that are shown, with the NUL */

/* The name, cut and safe for a terminal, or, where there are no names, the number. */
const char *class_name(const char *const *names, size_t class, char shown[CLASS_NAME_MAX]);

/* The characters of a name that was cut so. */
size_t class_name_width(const char *shown);

/* "0 is cats, 1 is dogs", on as many lines as that takes; nothing where there are no names. */
void class_names_print(FILE *stream, const char *const *names, size_t count);

/* An array of them, whole; nothing where there are none. */
void class_names_json(struct json *json, const char *const *names, size_t count);

#endif
