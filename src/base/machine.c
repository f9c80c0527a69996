#include "base/machine.h"

#include <stdio.h>
#include <string.h>

const char *machine_cpu(char *buffer, size_t size) {
    static const char key[] = "model name";
    char line[512];
    FILE *file = fopen("/proc/cpuinfo", "r");
    snprintf(buffer, size, "unknown");
    while (file && fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, key, sizeof key - 1) != 0 || !colon)
            continue;
        colon += 1 + strspn(colon + 1, " \t");
        colon[strcspn(colon, "\n")] = '\0';
        snprintf(buffer, size, "%s", colon);
        break;
    }
    if (file)
        fclose(file);
    return buffer;
}

const char *machine_program_version(void) {
    return SWEEP_VERSION;
}
