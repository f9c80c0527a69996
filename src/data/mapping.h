/* Files whose numbers are mapped, not read: what another program writes there changes them, and
 * reading what it cuts off ends this one with SIGBUS. Safe for several threads. */
#ifndef SWEEP_DATA_MAPPING_H
#define SWEEP_DATA_MAPPING_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Map an open file of `size` bytes; `path` is for messages. NULL: that can't be done. */
void *mapping_make(int descriptor, size_t size, const char *path);

/* Unmap it; false: no mapping begins there. */
bool mapping_release(const void *begin);

/* STATUS_INPUT, placed at the file, if one has been written to since it was mapped: what was
 * computed from it by now may come from other numbers than those that were digested. */
enum status mappings_check(struct error *error);

/* The path of the mapped file which the address is in; NULL: none. For signal handlers. */
const char *mapping_owner(const void *address);

#endif
