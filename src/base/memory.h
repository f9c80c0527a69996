/* How much memory there is for what a program is about to take. The system gives more than it has,
 * and ends a process that then uses it: so it has to be asked before. */
#ifndef SWEEP_BASE_MEMORY_H
#define SWEEP_BASE_MEMORY_H

#include <stddef.h>

/* The bytes that this process may still take: of the machine's memory, of that of the control
 * groups (cgroups, as containers and batch systems set them) it is in, and by its own limits
 * (ulimit -v and -d). What is kept of files and can be read again counts as free. SIZE_MAX where
 * nothing says. */
size_t memory_available(void);

/* The same by files below another folder than /: proc/meminfo, proc/self and sys/fs/cgroup. */
size_t memory_available_under(const char *root);

#endif
