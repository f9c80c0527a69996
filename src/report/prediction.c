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
static double scale_of(const struct model_output *output) {
    double most = 1;
    for (size_t i = 0; i < output->classes; i++)
        most = fmax(most, (double)output->values[i]);
    return 1 / most;
}

static size_t next_class(const float *outputs, size_t classes, size_t best) {
    size_t next = best == 0;
    for (size_t i = 0; i < classes; i++)
        if (i != best && outputs[i] > outputs[next])
            next = i;
    return next;
}

static bool is_unsure(const struct model_output *output, const struct photo_checks *checks,
                      char why[PREDICTION_DOUBT]) {
    const size_t best = model_class(output->values, output->classes);
    const size_t next = next_class(output->values, output->classes, best);
    const bool low =
        output->probabilities && output->classes > 1 && (double)output->values[best] < SURE;
    const bool several = checks && checks->several, solid = checks && checks->solid;
    char other[CLASS_NAME_MAX + 24] = "", called[CLASS_NAME_MAX];
    if (low)
        snprintf(other, sizeof other, "%s has %.4f", class_name(output->class_names, next, called),
                 (double)output->values[next]);
    snprintf(why, PREDICTION_DOUBT, "%s%s%s%s%s", other, low && (several || solid) ? "; " : "",
             several ? "the picture shows more than one thing" : "", several && solid ? "; " : "",
             solid ? "it has more ink than a digit" : "");
    return low || several || solid;
}

bool prediction_is_unsure(const struct model *model, const struct photo_checks *checks,
                          char why[PREDICTION_DOUBT]) {
    const struct model_output first = model_output(model, 0);
    return is_unsure(&first, checks, why);
}

/* The label is -1 where it is not known. */
static enum status print_answer(FILE *stream, const struct model_output *output, int64_t trial,
                                size_t best, int label, const struct photo_checks *checks,
                                struct error *error) {
    const char *const *names = output->class_names;
    char why[PREDICTION_DOUBT], called[CLASS_NAME_MAX];
    struct text text;
    text_init(&text);
    text_printf(&text, "trial %" PRId64 " says%s%s: %s, with ", trial, output->name ? " of " : "",
                output->name ? output->name : "", class_name(names, best, called));
    if (output->probabilities)
        text_printf(&text, "a probability of %.4f", (double)output->values[best]);
    else
        text_printf(&text, "an output of %.4g (%s: no probability)", (double)output->values[best],
                    output->activation ? output->activation->name : "no activation");
    if (is_unsure(output, checks, why))
        text_printf(&text, " (unsure: %s)", why);
    if (label >= 0)
        text_printf(&text, output->name ? "; it is %s" : "; its label is %s",
                    class_name(names, (size_t)label, called));
    return terminal_say(stream, &text, error);
}

/* An output that predicts numbers. */
static enum status print_numbers(FILE *stream, const struct model_output *output, int64_t trial,
                                 struct error *error) {
    struct text text;
    text_init(&text);
    text_printf(&text, "trial %" PRId64 " predicts of %s", trial, output->name);
    for (size_t i = 0; i < output->classes; i++)
        text_printf(&text, "%s %.6g", i > 0 ? "," : ":", (double)output->values[i]);
    return terminal_say(stream, &text, error);
}

/* Of the longest name, in columns of a terminal. */
static size_t name_width(const struct model_output *output) {
    size_t width = NUMBER_WIDTH;
    char name[CLASS_NAME_MAX];
    for (size_t i = 0; i < output->classes && output->class_names; i++) {
        const size_t length = class_name_width(class_name(output->class_names, i, name));
        width = length > width ? length : width;
    }
    return width;
}

static void print_bars(FILE *stream, const struct model_output *output, size_t best) {
    const double scale = scale_of(output);
    const size_t terminal = (size_t)terminal_width(stream);
    const size_t called = name_width(output), column = BAR_COLUMN - NUMBER_WIDTH + called;
    const size_t room = terminal > column + 1 ? terminal - column - 1 : 1;
    char name[CLASS_NAME_MAX];
    const size_t width = terminal > 0 && room < BAR_MAX ? room : BAR_MAX;
    const bool bold = terminal_colour(stream);
    for (size_t i = 0; i < output->classes; i++) {
        class_name(output->class_names, i, name);
        fprintf(stream, "%s%*s%s  %8.4f  ", bold && i == best ? "\033[1m" : "",
                (int)(called - class_name_width(name)), "", name, (double)output->values[i]);
        print_bar(stream, (double)output->values[i] * scale, width);
        fputs(bold && i == best ? "\033[0m\n" : "\n", stream);
    }
}

static int target_of(const struct model *model, size_t output, int label) {
    return label < 0 ? label : model_target(model, output, (uint8_t)label);
}

enum status prediction_print(FILE *stream, const struct model *model, int64_t trial, int label,
                             const struct photo_checks *checks, struct error *error) {
    enum status status = STATUS_OK;
    for (size_t k = 0; k < network_output_count(&model->spec) && status == STATUS_OK; k++) {
        const struct model_output output = model_output(model, k);
        const size_t best = model_class(output.values, output.classes);
        if (k > 0)
            fputc('\n', stream);
        if (output.numbers) {
            status = print_numbers(stream, &output, trial, error);
            continue;
        }
        status =
            print_answer(stream, &output, trial, best, target_of(model, k, label), checks, error);
        fputc('\n', stream);
        print_bars(stream, &output, best);
    }
    return status;
}

static void append_output(struct json *json, const struct model_output *output, int label,
                          const struct photo_checks *checks) {
    const size_t best = model_class(output->values, output->classes);
    char why[PREDICTION_DOUBT];
    if (output->numbers) {
        json_floats(json, "predicted", output->values, output->classes);
        return;
    }
    const bool unsure = is_unsure(output, checks, why);
    json_integer(json, "predicted", (int64_t)best);
    if (output->class_names)
        json_text(json, "class", output->class_names[best]);
    class_names_json(json, output->class_names, output->classes);
    json_boolean(json, "unsure", unsure);
    json_text(json, "doubt", unsure ? why : NULL);
    if (label >= 0)
        json_integer(json, "label", label);
    else
        json_null(json, "label");
    json_floats(json, output->probabilities ? "probabilities" : "outputs", output->values,
                output->classes);
}

void prediction_json(struct json *json, const struct model *model, int label,
                     const struct photo_checks *checks) {
    const bool named = network_has_named_outputs(&model->spec);
    if (named)
        json_begin_array(json, "outputs");
    for (size_t k = 0; k < network_output_count(&model->spec); k++) {
        const struct model_output output = model_output(model, k);
        if (named) {
            json_begin_object(json, NULL);
            json_text(json, "name", output.name);
        }
        append_output(json, &output, target_of(model, k, label), checks);
        if (named)
            json_end(json);
    }
    if (named)
        json_end(json);
}
