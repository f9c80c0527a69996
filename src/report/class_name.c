#include "report/class_name.h"

#include "base/text.h"
#include "report/terminal.h"

const char *class_name(const char *const *names, size_t class, char shown[CLASS_NAME_MAX]) {
    if (names)
        return terminal_safe(names[class], shown, CLASS_NAME_MAX);
    snprintf(shown, CLASS_NAME_MAX, "%zu", class);
    return shown;
}

size_t class_name_width(const char *shown) {
    size_t width = 0;
    for (; *shown; shown++)
        width += ((unsigned char)*shown & 0xc0) != 0x80;
    return width;
}

void class_names_print(FILE *stream, const char *const *names, size_t count) {
    struct text text;
    char shown[CLASS_NAME_MAX];
    if (!names)
        return;
    text_init(&text);
    for (size_t i = 0; i < count; i++)
        text_printf(&text, "%s%zu is %s", i > 0 ? ", " : "", i, class_name(names, i, shown));
    terminal_say(stream, &text, NULL);
}

void class_names_json(struct json *json, const char *const *names, size_t count) {
    if (!names)
        return;
    json_begin_array(json, "class_names");
    for (size_t i = 0; i < count; i++)
        json_text(json, NULL, names[i]);
    json_end(json);
}
