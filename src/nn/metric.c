#include "nn/metric.h"

#include "base/multiversion.h"
#include "base/names.h"
#include "math/lanes.h"
#include "nn/loss.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THRESHOLD 0.5f /* Keras' default for binary_accuracy, precision and recall */
#define TOP_K 5        /* Keras' default for the top-k accuracies */

static size_t one_sum(size_t classes) {
    (void)classes;
    return 1;
}

static double mean_over_rows(const double *sums, size_t rows, size_t classes) {
    (void)classes;
    return sums[0] / (double)rows;
}

/* A NaN is never the largest, and nothing equals it: it is a miss. */
static bool hit_beside_nan(const float *y, uint8_t label, size_t classes) {
    for (size_t i = 0; i < classes; i++)
        if (i < label ? y[i] >= y[label] : y[i] > y[label])
            return false;
    return y[label] == y[label];
}

bool metric_is_of(const struct metric *metric, bool values) {
    const struct loss *loss = metric->loss_name ? loss_find(metric->loss_name) : NULL;
    return values ? metric->only_values || (loss && loss->values) : !metric->only_values;
}

bool metric_is_of_one_unit(const struct metric *metric) {
    const struct loss *loss = metric->loss_name ? loss_find(metric->loss_name) : NULL;
    return !metric->compares && !(loss && loss->compares);
}

/* As Keras has it, a NaN is on the side of 0. */
static size_t binary_hits(const struct predictions *p) {
    size_t hits = 0;
    for (size_t row = 0; row < p->rows; row++)
        hits += (p->y[row * p->stride] > THRESHOLD) == (p->targets.labels[row] == 1);
    return hits;
}

MULTIVERSION size_t metric_hits(const struct predictions *p) {
    const lanes one = BROADCAST(1.0f);
    size_t hits = 0;
    if (!p->targets.labels)
        return 0;
    if (targets_are_binary(p->targets, p->classes))
        return binary_hits(p);
    for (size_t row = 0; row < p->rows; row++) {
        const float *y = p->y + row * p->stride, score = y[p->targets.labels[row]];
        float top = score, earlier = 0, sum = 0;
        for (size_t first = 0; first < p->classes; first += LANES) {
            const lane_bits unit = LANE_NUMBERS(first);
            const lanes all = *(const lanes *)(y + first);
            const lanes values = lanes_keep(all, unit < (int)p->classes, -INFINITY);
            const lanes before = lanes_keep(values, unit < (int)p->targets.labels[row], NAN);
            sum += lanes_sum((lanes)((lane_bits)all & (unit < (int)p->classes)));
            top = larger(lanes_largest(values), top);
            earlier += lanes_sum((lanes)((before == score) & (lane_bits)one));
        }
        const bool numbers = sum == sum; /* or infinities, which the other way counts as well */
        hits += numbers ? score == top && earlier == 0
                        : hit_beside_nan(y, p->targets.labels[row], p->classes);
    }
    return hits;
}

#define HITS(V)                                                                                    \
    FOR_##V static void hits_##V(const float *y, const uint8_t *labels, size_t rows,               \
                                 size_t classes, size_t *hits) {                                   \
        for (size_t part = 0; part < LANES; part += FLOATS(V)) {                                   \
            V##_mask counts = {0};                                                                 \
            for (size_t row = 0; row < rows; row++) {                                              \
                const V *ys = (const V *)(y + row * classes * LANES + part);                       \
                const V score = ys[labels[row] * PER_LANES(V)];                                    \
                V##_mask beaten = {0};                                                             \
                for (size_t i = 0; i < classes; i++) {                                             \
                    const V other = ys[i * PER_LANES(V)];                                          \
                    beaten |= i < labels[row] ? other >= score : other > score;                    \
                }                                                                                  \
                counts -= (score == score) & ~beaten;                                              \
            }                                                                                      \
            for (size_t l = 0; l < FLOATS(V); l++)                                                 \
                hits[part + l] = (size_t)counts[l];                                                \
        }                                                                                          \
    }
EACH_LENGTH(HITS)

void metric_hits_interleaved(const float *y, struct targets targets, size_t rows, size_t classes,
                             size_t *hits) {
    static void (*const versions[])(const float *, const uint8_t *, size_t, size_t, size_t *) =
        VERSIONS(hits);
    if (!targets.labels) {
        memset(hits, 0, LANES * sizeof *hits);
        return;
    }
    versions[register_length()](y, targets.labels, rows, classes, hits);
}

static void add_accuracy(const struct metric *metric, double *sums, const struct predictions *p) {
    (void)metric;
    sums[0] += (double)metric_hits(p);
}

static void add_binary_accuracy(const struct metric *metric, double *sums,
                                const struct predictions *p) {
    (void)metric;
    const float *y = p->y;
    for (size_t row = 0; row < p->rows; row++, y += p->stride) {
        size_t right = 0;
        for (size_t i = 0; i < p->classes; i++)
            right += (y[i] > THRESHOLD) == (i == targets_unit(p->targets, row, p->classes));
        sums[0] += (double)right / (double)p->classes;
    }
}

static void add_top_k(const struct metric *metric, double *sums, const struct predictions *p) {
    (void)metric;
    const float *y = p->y;
    for (size_t row = 0; row < p->rows; row++, y += p->stride) {
        const float score = y[p->targets.labels[row]];
        size_t above = 0;
        for (size_t i = 0; i < p->classes; i++)
            above += y[i] > score;
        sums[0] += isfinite(score) && above < TOP_K ? 1 : 0;
    }
}

static void add_loss(const struct metric *metric, double *sums, const struct predictions *p) {
    const struct loss *loss = loss_find(metric->loss_name);
    const struct targets *t = &p->targets;
    for (size_t row = 0; row < p->rows && !t->labels; row++)
        sums[0] +=
            loss->values(NULL, p->y + row * p->stride, t->values + row * t->width, t->width, NULL);
    for (size_t row = 0; row < p->rows && t->labels; row++)
        sums[0] +=
            loss->row(p->y + row * p->stride, targets_unit(*t, row, p->classes), p->classes, NULL);
}

/* R2Score with class_aggregation uniform_average, num_regressors 0. Sums: for each output those of
 * its targets' squares, of its targets, and of the squared errors. */
static size_t r2_sums(size_t outputs) {
    return 3 * outputs;
}

static void add_r2(const struct metric *metric, double *sums, const struct predictions *p) {
    (void)metric;
    for (size_t row = 0; row < p->rows; row++)
        for (size_t i = 0; i < p->targets.width; i++) {
            const double t = (double)p->targets.values[row * p->targets.width + i];
            const double error = t - (double)p->y[row * p->stride + i];
            sums[3 * i] += t * t;
            sums[3 * i + 1] += t;
            sums[3 * i + 2] += error * error;
        }
}

/* Of targets that are all equal Keras' score is NaN, as 0 / 0 is. */
static double r2_result(const double *sums, size_t rows, size_t outputs) {
    double scores = 0;
    for (size_t i = 0; i < outputs; i++) {
        const double total = sums[3 * i] - sums[3 * i + 1] * (sums[3 * i + 1] / (double)rows);
        scores += 1 - sums[3 * i + 2] / total;
    }
    return scores / (double)outputs;
}

/* The loss is the negative, so that less of it is better. */
static double negative_mean(const double *sums, size_t rows, size_t classes) {
    return -mean_over_rows(sums, rows, classes);
}

static double root_of_mean(const double *sums, size_t rows, size_t classes) {
    return sqrt(mean_over_rows(sums, rows, classes));
}

/* Keras' precision and recall count every class of every row whose score is above the threshold.
 * Sums: true positives, predicted positives, positives. */
static size_t positives_sums(size_t classes) {
    (void)classes;
    return 3;
}

static void add_positives(const struct metric *metric, double *sums, const struct predictions *p) {
    (void)metric;
    const float *y = p->y;
    for (size_t row = 0; row < p->rows; row++, y += p->stride) {
        const uint8_t unit = targets_unit(p->targets, row, p->classes);
        sums[2] += unit < p->classes;
        for (size_t i = 0; i < p->classes; i++)
            if (y[i] > THRESHOLD) {
                sums[0] += i == unit;
                sums[1] += 1;
            }
    }
}

static double precision_result(const double *sums, size_t rows, size_t classes) {
    (void)rows;
    (void)classes;
    return sums[1] > 0 ? sums[0] / sums[1] : 0;
}

static double recall_result(const double *sums, size_t rows, size_t classes) {
    (void)rows;
    (void)classes;
    return sums[2] > 0 ? sums[0] / sums[2] : 0;
}

/* f1_score, macro average. Sums: for each class true positives, predicted positives, true rows. */
static size_t f1_sums(size_t classes) {
    return 3 * classes;
}

static void add_f1(const struct metric *metric, double *sums, const struct predictions *p) {
    (void)metric;
    const float *y = p->y;
    for (size_t row = 0; row < p->rows; row++, y += p->stride) {
        float top = y[0];
        for (size_t i = 1; i < p->classes; i++)
            top = y[i] > top ? y[i] : top;
        for (size_t i = 0; i < p->classes; i++) {
            int predicted = y[i] >= top && fabsf(y[i]) > 1e-9f,
                true_class = i == p->targets.labels[row];
            sums[3 * i] += predicted && true_class;
            sums[3 * i + 1] += predicted;
            sums[3 * i + 2] += true_class;
        }
    }
}

static double f1_result(const double *sums, size_t rows, size_t classes) {
    (void)rows;
    double total = 0;
    for (size_t i = 0; i < classes; i++) {
        double both = sums[3 * i + 1] + sums[3 * i + 2];
        total += both > 0 ? 2 * sums[3 * i] / both : 0;
    }
    return total / (double)classes;
}

#define MEAN(FAMILY, ADD) .family = FAMILY, .sums = one_sum, .add = ADD, .result = mean_over_rows
#define OF_LOSS(NAME, FAMILY) .name = NAME, .loss_name = NAME, MEAN(FAMILY, add_loss)

const struct metric metrics[] = {
    {.name = "accuracy",
     .aliases = {"acc", "categorical_accuracy", "sparse_categorical_accuracy"},
     MEAN("accuracy", add_accuracy),
     .maximize = 1,
     .most = 1,
     .help = "share of rows whose largest prediction is the label's; of one unit, binary_accuracy"},
    {.name = "binary_accuracy",
     MEAN("accuracy", add_binary_accuracy),
     .maximize = 1,
     .most = 1,
     .help = "share of predictions on the right side of 0.5"},
    {.name = "top_k_categorical_accuracy",
     .aliases = {"sparse_top_k_categorical_accuracy"},
     MEAN("accuracy", add_top_k),
     .compares = true,
     .maximize = 1,
     .most = 1,
     .help = "share of rows whose label is among the 5 largest predictions"},
    {OF_LOSS("categorical_crossentropy", "probabilistic"),
     .help = "mean of -log p[label], p = y / sum(y)"},
    {OF_LOSS("sparse_categorical_crossentropy", "probabilistic"), .help = "the same, from labels"},
    {OF_LOSS("binary_crossentropy", "probabilistic"), .aliases = {"bce"},
     .help = "mean of -(t log y + (1 - t) log(1 - y))"},
    {OF_LOSS("kl_divergence", "probabilistic"), .aliases = {"kld"}, .help = "sum of t log(t / y)"},
    {OF_LOSS("poisson", "probabilistic"), .help = "mean of y - t log y"},
    {OF_LOSS("mean_squared_error", "regression"), .aliases = {"mse"}, .help = "mean of (y - t)^2"},
    {.name = "root_mean_squared_error",
     .aliases = {"rmse"},
     .family = "regression",
     .loss_name = "mean_squared_error",
     .sums = one_sum,
     .add = add_loss,
     .result = root_of_mean,
     .help = "square root of the mean of (y - t)^2"},
    {OF_LOSS("mean_absolute_error", "regression"), .aliases = {"mae"}, .help = "mean of |y - t|"},
    {OF_LOSS("mean_absolute_percentage_error", "regression"), .aliases = {"mape"},
     .help = "100 times the mean of |y - t| / |t|"},
    {OF_LOSS("mean_squared_logarithmic_error", "regression"), .aliases = {"msle"},
     .help = "mean of (log(1 + y) - log(1 + t))^2"},
    {.name = "cosine_similarity",
     .family = "regression",
     .loss_name = "cosine_similarity",
     .maximize = 1,
     .sums = one_sum,
     .add = add_loss,
     .result = negative_mean,
     .help = "the cosine of the angle between y and t, 1 being the same direction"},
    {.name = "r2_score",
     .aliases = {"r2"},
     .family = "regression",
     .only_values = true,
     .maximize = 1,
     .sums = r2_sums,
     .add = add_r2,
     .result = r2_result,
     .help = "1 - squared errors / squared deviations from the mean, mean over outputs"},
    {OF_LOSS("mean_absolute_scaled_error", "regression"), .aliases = {"mase"},
     .help = "mean absolute error over that of the uniform forecast"},
    {OF_LOSS("huber", "regression"), .help = "squared error / 2 up to 1, then linear"},
    {OF_LOSS("log_cosh", "regression"), .aliases = {"logcosh"}, .help = "mean of log(cosh(y - t))"},
    {OF_LOSS("hinge", "hinge"), .help = "mean of max(1 - t y, 0), t in {-1, 1}"},
    {OF_LOSS("squared_hinge", "hinge"), .help = "mean of max(1 - t y, 0)^2, t in {-1, 1}"},
    {OF_LOSS("categorical_hinge", "hinge"), .help = "max(largest wrong y - y[label] + 1, 0)"},
    {.name = "precision",
     .family = "classification",
     .maximize = 1,
     .most = 1,
     .sums = positives_sums,
     .add = add_positives,
     .result = precision_result,
     .help = "share of the predictions above 0.5 that are true"},
    {.name = "recall",
     .family = "classification",
     .maximize = 1,
     .most = 1,
     .sums = positives_sums,
     .add = add_positives,
     .result = recall_result,
     .help = "share of the labels whose prediction is above 0.5"},
    {.name = "f1_score",
     .aliases = {"f1"},
     .family = "classification",
     .maximize = 1,
     .most = 1,
     .compares = true,
     .sums = f1_sums,
     .add = add_f1,
     .result = f1_result,
     .help = "harmonic mean of precision and recall of the largest prediction, mean over classes"},
};
const size_t metric_count = sizeof metrics / sizeof *metrics;

NAMES_EXTENSIBLE(metric, metric_count, &metrics[i])

/* Whether it is a plug-in's name as results have it, NAME@TAG or NAME@TAG+. */
static bool is_tagged(const char *name) {
    const char *tag = strchr(name, '@');
    if (!tag || tag == name)
        return false;
    const size_t digits = strspn(tag + 1, "0123456789abcdef");
    return digits > 0 && (tag[1 + digits] == '\0' || strcmp(tag + 1 + digits, "+") == 0);
}

/* Results of a plug-in's metric can be read without the plug-in: its name says all that asks for.
 */
static const struct metric *add_read(const char *name) {
    struct metric *row = malloc(sizeof *row);
    char *kept = strdup(name);
    const struct metric read = {.name = kept,
                                .family = "plug-in",
                                .help = "",
                                .maximize = kept && kept[strlen(kept) - 1] == '+'};
    if (row && kept) {
        memcpy(row, &read, sizeof read);
        if (metric_add(row))
            return row;
    }
    free(row);
    free(kept);
    return NULL;
}

static void add_own_loss(const struct metric *metric, double *sums, const struct predictions *p) {
    (void)metric;
    sums[0] += p->loss;
}

static const struct metric own_loss = {.name = "loss", MEAN("loss", add_own_loss), .help = ""};

const struct metric *metric_of_output(const char *output, size_t length, const struct metric *of) {
    const struct metric *found, *like = of ? of : &own_loss;
    struct metric *row = malloc(sizeof *row);
    char *name = NULL, *own = strndup(output, length);
    if (!own || !row || asprintf(&name, "%s_%s", own, like->name) < 0)
        name = NULL;
    found = name ? metric_find_row(name) : NULL;
    if (name && !found) {
        struct metric made = *like;
        made.name = name;
        memset(made.aliases, 0, sizeof made.aliases);
        made.output = own;
        made.of = of;
        memcpy(row, &made, sizeof made);
        if (metric_add(row))
            return row;
    }
    free(row);
    free(name);
    free(own);
    return found;
}

/* "digit_accuracy", with the longest name of a metric that it can end with. */
static const struct metric *find_of_output(const char *name) {
    for (const char *at = strchr(name, '_'); at; at = strchr(at + 1, '_')) {
        const struct metric *of = metric_find_row(at + 1);
        if (at > name && (strcmp(at, "_loss") == 0 || (of && !of->output)))
            return metric_of_output(name, (size_t)(at - name), of);
    }
    return NULL;
}

const struct metric *metric_find(const char *name) {
    const struct metric *row = metric_find_row(name);
    return row ? row : is_tagged(name) ? add_read(name) : find_of_output(name);
}
