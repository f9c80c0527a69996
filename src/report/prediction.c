#include "report/prediction.h"

#include "report/terminal.h"

#include <math.h>

#define BAR_MAX 40

/* Below this probability an answer is a doubtful one. */
#define SURE 0.8

/* Eighths of a character, from the left. */
static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};

static void print_bar(FILE *stream, double share, size_t width) {
    const bool unicode = terminal_unicode();
    const size_t parts = unicode ? 8 : 1;
    const size_t count = (size_t)lround(fmin(fmax(share, 0), 1) * (double)(width * parts));
    for (size_t i = 0; i < count / parts; i++)
        fputs(unicode ? eighths[8] : "#", stream);
    fputs(eighths[count % parts], stream);
}

/* Outputs that are no probabilities may be of any size; the largest has the whole bar. */
static double scale_of(const struct model *model, const float *outputs) {
    double most = 1;
    for (size_t i = 0; i < model->shape.classes; i++)
        most = fmax(most, (double)outputs[i]);
    return 1 / most;
}

/* The next likely class, where the first is not much more likely. */
static void print_doubt(FILE *stream, const struct model *model, const float *outputs,
                        size_t best) {
    size_t next = best == 0;
    for (size_t i = 0; i < model->shape.classes; i++)
        if (i != best && outputs[i] > outputs[next])
            next = i;
    if (model->shape.classes > 1 && (double)outputs[best] < SURE)
        fprintf(stream, " (unsure: %zu has %.4f)", next, (double)outputs[next]);
}

void prediction_print(FILE *stream, const struct model *model, const float *outputs, int label) {
    const size_t classes = model->shape.classes, best = model_class(outputs, classes);
    const char *activation = model->spec.layers[model->spec.layer_count - 1].activation->name;
    const double scale = scale_of(model, outputs);
    const size_t terminal = (size_t)terminal_width(stream);
    const size_t width = terminal > 20 && terminal < BAR_MAX + 20 ? terminal - 20 : BAR_MAX;
    const bool bold = terminal_colour(stream);
    if (model->probabilities) {
        fprintf(stream, "%zu, with a probability of %.4f", best, (double)outputs[best]);
        print_doubt(stream, model, outputs, best);
    } else {
        fprintf(stream, "%zu, with an output of %.4g (%s: no probability)", best,
                (double)outputs[best], activation);
    }
    if (label >= 0)
        fprintf(stream, "; its label is %d", label);
    fputs("\n\n", stream);
    for (size_t i = 0; i < classes; i++) {
        fprintf(stream, "%s%3zu  %8.4f  ", bold && i == best ? "\033[1m" : "", i,
                (double)outputs[i]);
        print_bar(stream, (double)outputs[i] * scale, width);
        fputs(bold && i == best ? "\033[0m\n" : "\n", stream);
    }
}

void prediction_json(struct json *json, const struct model *model, const float *outputs,
                     int label) {
    const size_t classes = model->shape.classes;
    json_integer(json, "predicted", (int64_t)model_class(outputs, classes));
    if (label >= 0)
        json_integer(json, "label", label);
    else
        json_null(json, "label");
    json_begin_array(json, model->probabilities ? "probabilities" : "outputs");
    for (size_t i = 0; i < classes; i++)
        json_number(json, NULL, (double)outputs[i]);
    json_end(json);
}
