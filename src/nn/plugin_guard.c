#include "nn/plugin_guard.h"

#include <stddef.h>

static const float guard = 7.3125f;

void guard_set(float *end) {
    for (size_t i = 0; i < GUARD_FLOATS; i++)
        end[i] = guard;
}

enum status guard_check(const float *end, const char *kind, const char *name, const char *function,
                        const char *array, struct error *error) {
    for (size_t i = 0; i < GUARD_FLOATS; i++)
        if (!(end[i] == guard))
            return error_set(error, STATUS_INPUT, "%s '%s': %s writes behind the end of %s", kind,
                             name, function, array);
    return STATUS_OK;
}
