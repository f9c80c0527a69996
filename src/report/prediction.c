#include "report/prediction.h"

#include "report/class_name.h"
#include "report/terminal.h"

#include <inttypes.h>
#include <math.h>

#define NUMBER_WIDTH 3
#define BAR_COLUMN 15 /* that bars begin at */
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

static size_t next_class(const float *outputs, size_t classes, size_t best) {
    size_t next = best == 0;
    for (size_t i = 0; i < classes; i++)
        if (i != best && outputs[i] > outputs[next])
            next = i;
    return next;
}

bool prediction_is_unsure(const struct model *model, const float *outputs,
                          const struct photo_checks *checks, char why[PREDICTION_DOUBT]) {
    const size_t classes = model->shape.classes, best = model_class(outputs, classes);
    const size_t next = next_class(outputs, classes, best);
    const bool low = model->probabilities && classes > 1 && (double)outputs[best] < SURE;
    const bool several = checks && checks->several, solid = checks && checks->solid;
    char other[CLASS_NAME_MAX + 24] = "", called[CLASS_NAME_MAX];
    if (low)
        snprintf(other, sizeof other, "%s has %.4f",
                 class_name(model->shape.class_names, next, called), (double)outputs[next]);
    snprintf(why, PREDICTION_DOUBT, "%s%s%s%s%s", other, low && (several || solid) ? "; " : "",
             several ? "the picture shows more than one thing" : "", several && solid ? "; " : "",
             solid ? "it has more ink than a digit" : "");
    return low || several || solid;
}

static enum status print_answer(FILE *stream, const struct model *model, int64_t trial,
                                const float *outputs, size_t best, int label,
                                const struct photo_checks *checks, struct error *error) {
    const struct activation *activation = network_output_activation(&model->spec);
    const char *const *names = model->shape.class_names;
    char why[PREDICTION_DOUBT], called[CLASS_NAME_MAX];
    struct text text;
    text_init(&text);
    text_printf(&text, "trial %" PRId64 " says: %s, with ", trial, class_name(names, best, called));
    if (model->probabilities)
        text_printf(&text, "a probability of %.4f", (double)outputs[best]);
    else
        text_printf(&text, "an output of %.4g (%s: no probability)", (double)outputs[best],
                    activation ? activation->name : "no activation");
    if (prediction_is_unsure(model, outputs, checks, why))
        text_printf(&text, " (unsure: %s)", why);
    if (label >= 0)
        text_printf(&text, "; its label is %s", class_name(names, (size_t)label, called));
    return terminal_say(stream, &text, error);
}

/* Of the longest name, in columns of a terminal. */
static size_t name_width(const struct model *model) {
    size_t width = NUMBER_WIDTH;
    char name[CLASS_NAME_MAX];
    for (size_t i = 0; i < model->shape.classes && model->shape.class_names; i++) {
        const size_t length = class_name_width(class_name(model->shape.class_names, i, name));
        width = length > width ? length : width;
    }
    return width;
}

enum status prediction_print(FILE *stream, const struct model *model, int64_t trial,
                             const float *outputs, int label, const struct photo_checks *checks,
                             struct error *error) {
    const size_t classes = model->shape.classes, best = model_class(outputs, classes);
    const double scale = scale_of(model, outputs);
    const size_t terminal = (size_t)terminal_width(stream);
    const size_t called = name_width(model), column = BAR_COLUMN - NUMBER_WIDTH + called;
    const size_t room = terminal > column + 1 ? terminal - column - 1 : 1;
    char name[CLASS_NAME_MAX];
    const size_t width = terminal > 0 && room < BAR_MAX ? room : BAR_MAX;
    const bool bold = terminal_colour(stream);
    enum status status = print_answer(stream, model, trial, outputs, best, label, checks, error);
    fputc('\n', stream);
    for (size_t i = 0; i < classes; i++) {
        class_name(model->shape.class_names, i, name);
        fprintf(stream, "%s%*s%s  %8.4f  ", bold && i == best ? "\033[1m" : "",
                (int)(called - class_name_width(name)), "", name, (double)outputs[i]);
        print_bar(stream, (double)outputs[i] * scale, width);
        fputs(bold && i == best ? "\033[0m\n" : "\n", stream);
    }
    return status;
}

void prediction_json(struct json *json, const struct model *model, const float *outputs, int label,
                     const struct photo_checks *checks) {
    const size_t classes = model->shape.classes;
    char why[PREDICTION_DOUBT];
    const bool unsure = prediction_is_unsure(model, outputs, checks, why);
    json_integer(json, "predicted", (int64_t)model_class(outputs, classes));
    if (model->shape.class_names)
        json_text(json, "class", model->shape.class_names[model_class(outputs, classes)]);
    class_names_json(json, model->shape.class_names, classes);
    json_boolean(json, "unsure", unsure);
    json_text(json, "doubt", unsure ? why : NULL);
    if (label >= 0)
        json_integer(json, "label", label);
    else
        json_null(json, "label");
    json_begin_array(json, model->probabilities ? "probabilities" : "outputs");
    for (size_t i = 0; i < classes; i++)
        json_number(json, NULL, (double)outputs[i]);
    json_end(json);
}
