#include "store/shard_models.h"

#include "store/record.h"
#include "store/shard.h"

#include <string.h>

void shard_models_append(struct text *records, const char *digest,
                         const struct trial_result *result, const struct model_shape *shape) {
    struct text content;
    text_init(&content);
    record_append_string(&content, MODEL_FORMAT);
    record_append_string(&content, digest);
    record_append_number(&content, result->parameters);
    record_append_real(&content, result->history[result->epochs - 1].train.loss);
    record_append_real(&content, result->test.loss);
    record_append_real(&content, result->test.accuracy);
    model_append(shape, result->weights, result->parameters, &content);
    record_append(records, &content);
}

size_t shard_models_record_bytes(size_t parameters) {
    const size_t model_head = 16;
    return RECORD_HEAD + (8 + sizeof MODEL_FORMAT - 1) + (8 + DIGEST_LENGTH) + 4 * 8 + model_head +
           parameters * sizeof(float);
}

/* False for what is another version's. */
static bool take_content(struct cursor *content, char digest[DIGEST_LENGTH + 1],
                         struct epoch_scores *last, struct shard_model *model) {
    char format[sizeof MODEL_FORMAT];
    record_take_string(content, format, sizeof format);
    record_take_string(content, digest, DIGEST_LENGTH + 1);
    *model = (struct shard_model){
        .digest = digest, .result = {.outcome = TRIAL_COMPLETED, .epochs = 1, .history = last}};
    model->result.parameters = (size_t)record_take_number(content);
    last->train.loss = record_take_real(content);
    model->result.test.loss = record_take_real(content);
    model->result.test.accuracy = record_take_real(content);
    model->bytes = content->at;
    model->count = content->left;
    return !content->failed && strcmp(format, MODEL_FORMAT) == 0;
}

enum status shard_models_read(const char *path, struct arena *arena, shard_models_take *take,
                              void *context, struct error *error) {
    const char *bytes = NULL;
    size_t count = 0, at = 0;
    enum status status = shard_load(path, arena, &bytes, &count, error);
    while (status == STATUS_OK && at < count) {
        struct epoch_scores last = {0};
        struct shard_model model;
        struct cursor content;
        char digest[DIGEST_LENGTH + 1];
        if (!record_find(bytes, count, &at, &content)) {
            if (!record_find_next(bytes, count, &at))
                break;
        } else if (take_content(&content, digest, &last, &model)) {
            status = take(context, &model, error);
        }
    }
    return status;
}
