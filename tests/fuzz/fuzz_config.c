/* The config: the input is the file. */
#include "fuzz_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena;
    struct config config;
    struct error error = {0};
    arena_init(&arena);
    char *text = arena_alloc(&arena, size + 1, 1);
    memcpy(text, data, size);
    const enum status status =
        config_parse("fuzz.yaml", text, size, NULL, 0, &arena, &config, &error);
    expect_told(status, &error);
    expect_problems(status, &config, &error);
    if (status == STATUS_OK)
        expect_config(&config, &arena);
    else
        EXPECT(strcmp(error.file, "fuzz.yaml") == 0);
    arena_release(&arena);
    return 0;
}
