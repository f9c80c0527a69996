/* --set: the input's parts between NUL bytes are the options, over a config with a bit of
 * everything. */
#include "fuzz_config.h"

#define OPTIONS_MAX 16

static const char config_text[] = "name: fuzz\n"
                                  "method: grid\n"
                                  "metrics: [f1_score]\n"
                                  "parameters:\n"
                                  "  epochs: {values: [1, 2]}\n"
                                  "  validation_split: {value: 0.1}\n"
                                  "  layers: {values: [[10], [32, 64 tanh]]}\n"
                                  "  optimizer: {values: [sgd, {name: adam, beta_1: 0.8}]}\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *options[OPTIONS_MAX];
    size_t count = 0;
    struct arena arena;
    struct config config;
    struct error error = {0};
    arena_init(&arena);
    char *text = arena_alloc(&arena, size + 1, 1);
    memcpy(text, data, size);
    for (size_t at = 0; at < size && count < OPTIONS_MAX; at += strlen(text + at) + 1)
        options[count++] = text + at;
    const enum status status = config_parse("fuzz.yaml", config_text, sizeof config_text - 1,
                                            options, count, &arena, &config, &error);
    expect_told(status, &error);
    expect_problems(status, &config, &error);
    if (status == STATUS_OK)
        expect_config(&config, &arena);
    else
        EXPECT(strncmp(error.file, "--set", 5) == 0 || strcmp(error.file, "fuzz.yaml") == 0);
    arena_release(&arena);
    return 0;
}
