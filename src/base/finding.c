#include "base/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void findings_add(const struct findings *findings, enum finding_level level, const char *subject,
                  const char *format, ...) {
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    findings->take(findings->context, level, subject, text);
}

void findings_add_lines(const struct findings *findings, enum finding_level level,
                        const char *subject, const char *lines) {
    while (*lines) {
        const size_t length = strcspn(lines, "\n");
        findings_add(findings, level, subject, "%.*s", (int)length, lines);
        lines += length + (lines[length] == '\n');
    }
}
