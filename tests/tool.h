/* What the programs among the tests share: errors and numbers of the command
 * line. Whoever includes it defines PROGRAM, the program's name, before. */
#ifndef SWEEP_TESTS_TOOL_H
#define SWEEP_TESTS_TOOL_H

#include <stdio.h>
#include <stdlib.h>

static void fail(const char *what, const char *text) {
    fprintf(stderr, PROGRAM ": %s: %s\n", what, text);
    exit(2);
}

static size_t count_from(const char *text) {
    char *end;
    const unsigned long long count = strtoull(text, &end, 10);
    if (*end != '\0' || count > 1000000000)
        fail("not a number from 0 to 1000000000", text);
    return (size_t)count;
}

#endif
