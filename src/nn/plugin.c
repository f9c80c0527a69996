#include "nn/plugin.h"

#include "base/names.h"

#include "nn/activation.h"
#include "nn/layer_kind.h"
#include "nn/loss.h"
#include "nn/metric.h"
#include "nn/plugin_check.h"
#include "nn/plugin_layer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LENGTH 40

/* --- activations, row by row: the padding is none of theirs --- */

static void activation_forward(const float *z, float *a,
                               const struct activation_arguments *arguments) {
    for (size_t row = 0; row < arguments->rows; row++)
        arguments->of->plugin->forward(z + row * arguments->stride, a + row * arguments->stride,
                                       arguments->units);
}

static void activation_backward(const float *z, const float *a, float *delta,
                                const struct activation_arguments *arguments) {
    for (size_t row = 0; row < arguments->rows; row++)
        arguments->of->plugin->backward(z + row * arguments->stride, a + row * arguments->stride,
                                        delta + row * arguments->stride, arguments->units);
}

static bool add_activation(const struct sweep_activation *own, const char *name) {
    const struct activation row = {.name = name,
                                   .aliases = {own->name},
                                   .help = own->help ? own->help : "",
                                   .forward = activation_forward,
                                   .backward = activation_backward,
                                   .plugin = own};
    struct activation *added = malloc(sizeof *added);
    if (added)
        memcpy(added, &row, sizeof row);
    return added && activation_add(added);
}

/* --- losses --- */

static bool add_loss(const struct sweep_loss *own, const char *name) {
    const struct loss row = {.name = name,
                             .aliases = {own->name},
                             .help = own->help ? own->help : "",
                             .row = own->row,
                             .compares = true};
    struct loss *added = malloc(sizeof *added);
    if (added)
        memcpy(added, &row, sizeof row);
    return added && loss_add(added);
}

/* --- metrics --- */

static size_t one_sum(size_t classes) {
    (void)classes;
    return 1;
}

static void metric_sum(const struct metric *metric, double *sums, const struct predictions *p) {
    for (size_t row = 0; row < p->rows; row++)
        sums[0] += metric->plugin->row(p->y + row * p->stride, p->targets.labels[row], p->classes);
}

static double metric_mean(const double *sums, size_t rows, size_t classes) {
    (void)classes;
    return sums[0] / (double)rows;
}

static bool add_metric(const struct sweep_metric *own, const char *name) {
    const struct metric row = {.name = name,
                               .aliases = {own->name},
                               .family = "plug-in",
                               .help = own->help ? own->help : "",
                               .compares = true,
                               .maximize = own->maximize != 0,
                               .most = own->most,
                               .sums = one_sum,
                               .add = metric_sum,
                               .result = metric_mean,
                               .plugin = own};
    struct metric *added = malloc(sizeof *added);
    if (added)
        memcpy(added, &row, sizeof row);
    return added && metric_add(added);
}

/* --- optimizers --- */

static plugin_parameter_of *parameter_of; /* while a plug-in is added */

static void optimizer_step_array(const struct optimizer_array *array) {
    const struct sweep_optimizer *own = array->kernel->plugin;
    double parameters[SWEEP_PARAMETERS_MAX];
    struct sweep_step step = {.parameters = parameters,
                              .number = (uint64_t)array->step,
                              .rows = shape_rows(array->shape),
                              .columns = shape_columns(array->shape),
                              .stride = array->stride,
                              .weights = array->weights,
                              .gradients = array->gradients};
    for (size_t i = 0; i < SWEEP_PARAMETERS_MAX && own->parameters[i].name; i++)
        parameters[i] = array->settings->value[array->kernel->parameters[i]];
    for (size_t i = 0; i < own->slots; i++)
        step.slots[i] = array->slots[i];
    own->step(&step);
}

static enum status check_parameters(const struct sweep_optimizer *own, struct error *error) {
    enum optimizer_parameter parameter;
    if (own->slots > SWEEP_SLOTS_MAX)
        return error_set(error, STATUS_INPUT, "optimizer '%s': %zu slots are more than %d",
                         own->name, own->slots, SWEEP_SLOTS_MAX);
    if (!own->parameters[0].name || strcmp(own->parameters[0].name, "learning_rate") != 0)
        return error_set(error, STATUS_INPUT,
                         "optimizer '%s': its first parameter must be learning_rate", own->name);
    for (size_t i = 0; i < SWEEP_PARAMETERS_MAX && own->parameters[i].name; i++)
        if (!parameter_of(own->parameters[i].name, &parameter))
            return error_set(error, STATUS_INPUT,
                             "optimizer '%s': '%.60s' is no parameter of optimizers; `sweep keys` "
                             "lists them",
                             own->name, own->parameters[i].name);
    return plugin_check_optimizer(own, error);
}

static bool add_optimizer(const struct sweep_optimizer *own, const char *name) {
    struct optimizer optimizer = {
        .name = name, .aliases = {own->name}, .help = own->help ? own->help : ""};
    struct optimizer_kernel kernel = {
        .name = name, .slots = own->slots, .step_array = optimizer_step_array, .plugin = own};
    bool decays = false;
    for (size_t i = 0; i < SWEEP_PARAMETERS_MAX && own->parameters[i].name; i++) {
        parameter_of(own->parameters[i].name, &kernel.parameters[i]);
        optimizer.parameters[optimizer.parameter_count++] =
            (struct optimizer_default){kernel.parameters[i], own->parameters[i].value};
        decays |= kernel.parameters[i] == OPTIMIZER_WEIGHT_DECAY;
    }
    if (!decays)
        optimizer.parameters[optimizer.parameter_count++] =
            (struct optimizer_default){OPTIMIZER_WEIGHT_DECAY, 0};
    struct optimizer *added = malloc(sizeof *added);
    struct optimizer_kernel *kept = malloc(sizeof *kept);
    if (!added || !kept)
        return false;
    optimizer.only_kernel = kept;
    memcpy(kept, &kernel, sizeof kernel);
    memcpy(added, &optimizer, sizeof optimizer);
    return optimizer_add(added);
}

/* --- the tables --- */

static bool is_word(const char *name) {
    const size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return name[length] == '\0' && length > 0 && length <= NAME_MAX_LENGTH && name[0] >= 'a';
}

/* Whether a name may be added: *known if it was, with the same tag. `found` is the name of the row
 * that the table has by it, or NULL. */
static enum status check_name(const char *kind, const char *name, const char *tagged,
                              const char *found, bool *known, struct error *error) {
    *known = found && strcmp(found, tagged) == 0;
    if (!is_word(name))
        return error_set(error, STATUS_INPUT,
                         "%s '%.60s': a name is 1 to %d lower-case letters, digits and "
                         "underscores, a letter first",
                         kind, name, NAME_MAX_LENGTH);
    if (found && !*known)
        return error_set(error, STATUS_INPUT,
                         strchr(found, '@')
                             ? "%s '%s': another plug-in has one of that name; rename one of them"
                             : "%s '%s': sweep has one of that name; choose another",
                         kind, name);
    return STATUS_OK;
}

static enum status check_complete(const char *kind, const char *name, bool complete,
                                  const char *functions, struct error *error) {
    if (complete)
        return STATUS_OK;
    return error_set(error, STATUS_INPUT, "%s '%s': %s missing", kind, name, functions);
}

/* What a layer in a config begins with stands for one thing. `other`: an activation of the name of
 * a kind of layers, or the other way round. */
static enum status check_begins(const char *kind, const char *name, bool other,
                                struct error *error) {
    static const char *const words[] = {"inputs", "outputs", "shared", NULL};
    if (!other && !name_is_among(name, words))
        return STATUS_OK;
    return error_set(error, STATUS_INPUT,
                     "%s '%s': that is another word of layers in a config; choose another", kind,
                     name);
}

static enum status check_activation(const struct sweep_activation *own, struct error *error) {
    const enum status status =
        check_begins("activation", own->name, layer_kind_find(own->name) != NULL, error);
    return status == STATUS_OK ? plugin_check_activation(own, error) : status;
}

static enum status check_layer(const struct sweep_layer *own, struct error *error) {
    const enum status status =
        check_begins("layer", own->name, activation_find(own->name) != NULL, error);
    return status == STATUS_OK ? plugin_check_layer(own, error) : status;
}

/* Each of a plug-in's lists as one kind of thing: check the row at `own`, or add it. */
struct list {
    const char *kind;
    size_t bytes; /* of a row, which begins with its name */
    const char *(*found)(const char *name);
    const char *(*suffix)(const void *own); /* of the name */
    enum status (*check)(const void *own, struct error *error);
    bool (*add)(const void *own, const char *name);
};

static const char *no_suffix(const void *own) {
    (void)own;
    return "";
}
#define activation_suffix no_suffix
#define loss_suffix no_suffix
#define layer_suffix no_suffix
#define optimizer_suffix no_suffix

/* Who reads results without the plug-in has to know it. */
static const char *metric_suffix(const void *own) {
    const struct sweep_metric *metric = own;
    return metric->maximize ? "+" : "";
}

#define LIST_OF(NAME, ROW, COMPLETE, FUNCTIONS, CHECK, ADD)                                        \
    static const char *NAME##_found(const char *name) {                                            \
        const struct ROW *row = ROW##_find(name);                                                  \
        return row ? row->name : NULL;                                                             \
    }                                                                                              \
    static enum status NAME##_check(const void *at, struct error *error) {                         \
        const struct sweep_##NAME *own = at;                                                       \
        enum status status = check_complete(#NAME, own->name, COMPLETE, FUNCTIONS, error);         \
        return status == STATUS_OK ? CHECK(own, error) : status;                                   \
    }                                                                                              \
    static bool NAME##_add_to(const void *own, const char *name) {                                 \
        return ADD(own, name);                                                                     \
    }

LIST_OF(activation, activation, own->forward && own->backward, "forward or backward is",
        check_activation, add_activation)
LIST_OF(loss, loss, own->row, "row is", plugin_check_loss, add_loss)
LIST_OF(metric, metric, own->row, "row is", plugin_check_metric, add_metric)
LIST_OF(layer, layer_kind, own->forward && own->backward, "forward or backward is", check_layer,
        plugin_layer_add)
LIST_OF(optimizer, optimizer, own->step, "step is", check_parameters, add_optimizer)

#define LIST(NAME)                                                                                 \
    { #NAME, sizeof(struct sweep_##NAME), NAME##_found, NAME##_suffix, NAME##_check, NAME##_add_to }
static const struct list lists[] = {LIST(activation), LIST(loss), LIST(metric), LIST(layer),
                                    LIST(optimizer)};
#define LIST_COUNT (sizeof lists / sizeof *lists)

/* The i-th row of a list, or NULL. */
static const void *row_at(const struct sweep_plugin *plugin, size_t list, size_t i) {
    const void *const all[LIST_COUNT] = {plugin->activations, plugin->losses, plugin->metrics,
                                         plugin->layers, plugin->optimizers};
    const char *at = all[list] ? (const char *)all[list] + i * lists[list].bytes : NULL;
    return at && *(const char *const *)(const void *)at ? at : NULL;
}

/* Check a row, or add it unless it is known. */
static enum status take(const struct list *list, const void *own, const char *tag, bool adds,
                        struct error *error) {
    const char *name = *(const char *const *)own;
    char tagged[NAME_MAX_LENGTH + 80];
    bool known;
    snprintf(tagged, sizeof tagged, "%.40s@%.64s%s", name, tag, list->suffix(own));
    enum status status = check_name(list->kind, name, tagged, list->found(name), &known, error);
    if (status != STATUS_OK || known)
        return status;
    if (!adds)
        return list->check(own, error);
    char *kept = strdup(tagged);
    if (kept && list->add(own, kept))
        return STATUS_OK;
    free(kept);
    return error_memory(error);
}

enum status plugin_add(const struct sweep_plugin *plugin, const char *tag,
                       plugin_parameter_of *parameter, struct error *error) {
    parameter_of = parameter;
    enum status status = STATUS_OK;
    size_t count = 0;
    if (!plugin)
        return error_set(error, STATUS_INPUT, "it has nothing: sweep_plugin() returns NULL");
    if (plugin->version != SWEEP_PLUGIN_VERSION)
        return error_set(error, STATUS_INPUT,
                         "it was compiled for version %" PRIu32
                         " of <sweep/plugin.h>, and this program has version %d",
                         plugin->version, SWEEP_PLUGIN_VERSION);
    for (int adds = 0; adds < 2; adds++)
        for (size_t list = 0; list < LIST_COUNT; list++) {
            const void *own;
            for (size_t i = 0; status == STATUS_OK && (own = row_at(plugin, list, i)); i++, count++)
                status = take(&lists[list], own, tag, adds, error);
        }
    if (status == STATUS_OK && count == 0)
        status = error_set(error, STATUS_INPUT, "it has nothing: all its lists are empty");
    return status;
}
