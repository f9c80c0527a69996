#include "cli/command.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/machine.h"
#include "data/dataset.h"
#include "math/gemm.h"
#include "report/table.h"
#include "report/terminal.h"
#include "store/store.h"
#include "train/bench.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RESULTS_MAX 16

struct arguments {
    const char *data_dir, *dataset;
    long seconds;
    enum option_form form;
};

static const struct option options[] = {
    OPTION_DATA_DIR(struct arguments, data_dir),
    OPTION_DATASET(struct arguments, dataset,
                   "Train on this data set (default: mnist, else digits)"),
    OPTION_JSON(struct arguments, form),
    {.name = "seconds",
     .letter = 't',
     .argument = "N",
     .help = "Train each cohort for N seconds (default: 2)",
     .kind = OPTION_NUMBER,
     .target = offsetof(struct arguments, seconds),
     .minimum = 1,
     .maximum = 3600},
    {0},
};

/* What the store's share is told from: trials of one epoch, put one by one, committed at the end.
 */
static const char stored_config[] = "name: bench\n"
                                    "method: grid\n"
                                    "metric: {name: accuracy, goal: maximize}\n"
                                    "parameters:\n"
                                    "  epochs: {value: 1}\n"
                                    "  learning_rate: {min: 0.001, max: 1, q: 0.001}\n";

static enum status put_trials(struct store *store, const struct config *config,
                              const struct dataset *dataset, const struct space *space,
                              struct error *error) {
    const struct epoch_scores epoch = {.train = {.loss = 1, .accuracy = 0.5}, .seconds = 1};
    bool *missing = calloc(space->trial_count, sizeof *missing);
    if (!missing)
        return error_memory(error);
    const struct sweep_request request = {config, dataset, space, "", 1, RETRAIN_SOME, "", false};
    struct resume_summary summary;
    enum status status = store_begin_sweep(store, &request, missing, &summary, error);
    for (size_t i = 0; i < space->trial_count && status == STATUS_OK; i++) {
        const struct trial_result result = {
            .trial = i, .epochs = 1, .history = &epoch, .test = epoch.train};
        status = store_put(store, config, space, &result, error);
    }
    free(missing);
    return status == STATUS_OK ? store_commit(store, error) : status;
}

/* Seconds that the store takes for a trial, in a new database. */
static enum status measure_store(const struct dataset *dataset, const char *path, double *seconds,
                                 struct error *error) {
    struct arena arena;
    struct config config;
    struct space space;
    struct store *store = NULL;
    arena_init(&arena);
    enum status status = config_parse("bench", stored_config, sizeof stored_config - 1, NULL, 0,
                                      &arena, &config, error);
    if (status == STATUS_OK)
        status = space_expand(&config, dataset, &arena, &space, error);
    const double begin = clock_seconds();
    if (status == STATUS_OK)
        status = store_open(path, &store, error);
    if (status == STATUS_OK)
        status = put_trials(store, &config, dataset, &space, error);
    store_close(store);
    if (status == STATUS_OK)
        *seconds = (clock_seconds() - begin) / (double)space.trial_count;
    arena_release(&arena);
    return status;
}

/* The same in a database that is thrown away. A signal that ends the program has to wait for that;
 * it takes a fraction of a second. */
static enum status measure_store_aside(const struct dataset *dataset, double *seconds,
                                       struct error *error) {
    const char *set = getenv("TMPDIR"), *temporary = set ? set : "/tmp";
    char folder[512], path[600];
    sigset_t all, before;
    sigfillset(&all);
    snprintf(folder, sizeof folder, "%.400s/sweep-bench-XXXXXX", temporary);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    enum status status = STATUS_OK;
    if (mkdtemp(folder)) {
        snprintf(path, sizeof path, "%s/bench.db", folder);
        status = measure_store(dataset, path, seconds, error);
        unlink(path);
        rmdir(folder);
    } else {
        status = error_set(error, STATUS_IO, "no temporary folder can be made in %s", temporary);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

/* The parts of one epoch of one network, tested once and stored. */
enum { GATHER, FORWARD, LATER, UPDATE, EVALUATE, STORE, PARTS };
static const char *const part_names[PARTS] = {"gather", "first_layer", "later_layers",
                                              "update", "evaluation",  "store"};

static void share(const struct dataset *dataset, const struct bench_case *bench,
                  const struct bench_result *result, double stored, double shares[PARTS]) {
    const double steps = (double)dataset->train.count / (double)bench->batch_size;
    const double seconds[PARTS] = {[GATHER] = result->gather * steps,
                                   [FORWARD] = result->forward * steps,
                                   [LATER] = result->later * steps,
                                   [UPDATE] = result->update * steps,
                                   [EVALUATE] = result->evaluate * (double)dataset->test.count,
                                   [STORE] = stored};
    double sum = 0;
    for (size_t i = 0; i < PARTS; i++)
        sum += seconds[i];
    for (size_t i = 0; i < PARTS; i++)
        shares[i] = seconds[i] / sum;
}

static enum status print_shares(const struct dataset *dataset, const struct bench_result *results,
                                double stored, struct error *error) {
    static const struct table_column columns[] = {
        {"cohort", false}, {"gather", true},     {"first layer", true}, {"later layers", true},
        {"update", true},  {"evaluation", true}, {"store", true},
    };
    enum { COLUMNS = sizeof columns / sizeof *columns };
    struct arena arena;
    arena_init(&arena);
    const char *cells[RESULTS_MAX * COLUMNS];
    bool whole = true;
    for (size_t i = 0; i < bench_case_count; i++) {
        double shares[PARTS];
        const char **row = &cells[i * COLUMNS];
        share(dataset, &bench_cases[i], &results[i], stored, shares);
        row[0] = bench_cases[i].name;
        for (size_t j = 0; j < PARTS; j++) {
            row[1 + j] = arena_printf(&arena, "%.1f", shares[j] * 100);
            whole &= row[1 + j] != NULL;
        }
    }
    if (whole) {
        fputc('\n', stdout);
        terminal_print(stdout, 0,
                       "percent of an epoch of %zu images, a test on %zu and their entry in the "
                       "database",
                       dataset->train.count, dataset->test.count);
        fputc('\n', stdout);
        table_print(stdout, columns, COLUMNS, cells, bench_case_count);
    }
    arena_release(&arena);
    return whole ? STATUS_OK : error_memory(error);
}

/* The core types that OpenBLAS can take here; the best one is taken. */
struct cores {
    size_t count;
    struct bench_core tried[GEMM_CORES_MAX + 1];
};

static double peak_of(const struct cores *cores) {
    double peak = 0;
    for (size_t i = 0; i < cores->count; i++)
        peak = cores->tried[i].flops > peak ? cores->tried[i].flops : peak;
    return peak;
}

static void print_head(const struct dataset *dataset, const struct cores *cores) {
    char cpu[256];
    struct text text;
    text_init(&text);
    text_printf(&text, "%s, OpenBLAS core %s: sgemm peak %.1f GFLOP/s on one core",
                machine_cpu(cpu, sizeof cpu), gemm_core(), peak_of(cores) / 1e9);
    for (size_t i = 0; i < cores->count; i++)
        if (strcmp(cores->tried[i].name, gemm_core()) != 0)
            text_printf(&text, ", %s %.1f", cores->tried[i].name, cores->tried[i].flops / 1e9);
    terminal_print(stdout, 2, "%s", text.failed ? gemm_core() : text.data);
    text_release(&text);
    if (strcmp(cores->tried[0].name, gemm_core()) != 0)
        terminal_print(stdout, 2, "sweep run takes %s unless OPENBLAS_CORETYPE=%s is set",
                       cores->tried[0].name, gemm_core());
    terminal_print(stdout, 2, "data set %s; microseconds for a step of a network", dataset->name);
    fputc('\n', stdout);
}

static enum status print_table(const struct bench_result *results, struct error *error) {
    static const struct table_column columns[] = {
        {"cohort", false},
        {"networks", true},
        {"batch", true},
        {"gather", true},
        {"forward", true},
        {"later", true},
        {"update", true},
        {"total", true},
        {"dense roofline", true},
        {"ratio", true},
        {"evaluate an image", true},
    };
    enum { COLUMNS = sizeof columns / sizeof *columns };
    struct arena arena;
    arena_init(&arena);
    const char *cells[RESULTS_MAX * COLUMNS];
    bool whole = true;
    for (size_t i = 0; i < bench_case_count; i++) {
        const struct bench_case *bench = &bench_cases[i];
        const struct bench_result *result = &results[i];
        const double total = bench_total(result);
        const double times[] = {result->gather, result->forward, result->later,
                                result->update, total,           result->roofline};
        const char **row = &cells[i * COLUMNS];
        row[0] = bench->name;
        row[1] = arena_printf(&arena, "%zu", bench->runs);
        row[2] = arena_printf(&arena, "%zu", bench->batch_size);
        for (size_t j = 0; j < 6; j++)
            row[3 + j] = arena_printf(&arena, "%.2f", times[j] * 1e6);
        row[9] = arena_printf(&arena, "%.2f", result->roofline / total);
        row[10] = arena_printf(&arena, "%.3f", result->evaluate * 1e6);
        for (size_t j = 0; j < COLUMNS; j++)
            whole &= row[j] != NULL;
    }
    if (whole)
        table_print(stdout, columns, COLUMNS, cells, bench_case_count);
    arena_release(&arena);
    return whole ? STATUS_OK : error_memory(error);
}

#define AUGMENTATIONS_MAX 8

static enum status measure_augmentations(const struct dataset *dataset, double *seconds,
                                         struct error *error) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < bench_augmentation_count && status == STATUS_OK; i++)
        status = bench_augment(bench_augmentations[i], dataset, &seconds[i], error);
    return status;
}

static enum status print_augmentations(const double *seconds, struct error *error) {
    static const struct table_column columns[] = {{"an image", true}, {"augmentation", false}};
    const char *cells[AUGMENTATIONS_MAX * 2];
    struct arena arena;
    bool whole = true;
    arena_init(&arena);
    for (size_t i = 0; i < bench_augmentation_count; i++) {
        cells[2 * i] = arena_printf(&arena, "%.2f", seconds[i] * 1e6);
        cells[2 * i + 1] = bench_augmentations[i];
        whole &= cells[2 * i] != NULL;
    }
    if (whole) {
        printf("\nmicroseconds to change an image\n\n");
        table_print(stdout, columns, 2, cells, bench_augmentation_count);
    }
    arena_release(&arena);
    return whole ? STATUS_OK : error_memory(error);
}

static void cohort_json(struct json *json, const struct dataset *dataset,
                        const struct bench_case *bench, const struct bench_result *result,
                        double stored) {
    double shares[PARTS];
    share(dataset, bench, result, stored, shares);
    json_begin_object(json, NULL);
    json_text(json, "name", bench->name);
    json_text(json, "optimizer", bench->optimizer);
    json_begin_array(json, "layers");
    for (size_t i = 0; i < 4 && bench->layers[i]; i++)
        json_integer(json, NULL, (int64_t)bench->layers[i]);
    json_end(json);
    json_integer(json, "networks", (int64_t)bench->runs);
    json_integer(json, "batch_size", (int64_t)bench->batch_size);
    json_number(json, "dropout", bench->dropout);
    json_boolean(json, "residual", bench->residual);
    json_boolean(json, "dense", bench->dense);
    json_number(json, "flops", result->flops);
    json_number(json, "gather", result->gather);
    json_number(json, "forward", result->forward);
    json_number(json, "later", result->later);
    json_number(json, "update", result->update);
    json_number(json, "total", bench_total(result));
    json_number(json, "roofline", result->roofline);
    json_number(json, "ratio", result->roofline / bench_total(result));
    json_number(json, "evaluate", result->evaluate);
    json_begin_object(json, "shares");
    for (size_t i = 0; i < PARTS; i++)
        json_number(json, part_names[i], shares[i]);
    json_end(json);
    json_end(json);
}

static enum status print_json(const struct dataset *dataset, const struct cores *cores,
                              const struct bench_result *results, double stored,
                              const double *augmentations, struct error *error) {
    struct json json;
    char cpu[256];
    json_init(&json);
    json_text(&json, "cpu", machine_cpu(cpu, sizeof cpu));
    json_text(&json, "openblas_core", gemm_core());
    json_text(&json, "dataset", dataset->name);
    json_number(&json, "sgemm_flops_per_second", peak_of(cores));
    json_begin_object(&json, "cores");
    for (size_t i = 0; i < cores->count; i++)
        json_number(&json, cores->tried[i].name, cores->tried[i].flops);
    json_end(&json);
    json_number(&json, "store", stored);
    json_begin_array(&json, "cohorts");
    for (size_t i = 0; i < bench_case_count; i++)
        cohort_json(&json, dataset, &bench_cases[i], &results[i], stored);
    json_end(&json);
    json_begin_object(&json, "augmentations");
    for (size_t i = 0; i < bench_augmentation_count; i++)
        json_number(&json, bench_augmentations[i], augmentations[i]);
    json_end(&json);
    enum status status = json_print(&json, JSON_PRETTY, stdout, error);
    json_release(&json);
    return status;
}

static int run(int argc, char **argv) {
    struct arguments arguments = {.seconds = 2};
    struct bench_result results[RESULTS_MAX];
    struct dataset dataset = {0};
    struct error error;
    command_parse(&command_bench, argc, argv, &arguments);
    const struct dataset_places places = {.data_dir = arguments.data_dir};
    const char *names[] = {arguments.dataset ? arguments.dataset : "mnist", "digits"};
    struct text notes;
    text_init(&notes);
    enum status status =
        dataset_load_first(names, arguments.dataset ? 1 : 2, &places, &dataset, &notes, &error);
    terminal_remarks(stderr, "warning", notes.data);
    text_release(&notes);
    struct cores cores = {0};
    double stored = 0, augmentations[AUGMENTATIONS_MAX];
    if (status == STATUS_OK && dataset_has_values(&dataset))
        status = error_set(&error, STATUS_INPUT,
                           "the networks that are measured tell classes apart, and the targets of "
                           "%s are numbers",
                           dataset.name);
    if (status == STATUS_OK)
        status = dataset_index(&dataset, &error);
    if (status == STATUS_OK) {
        cores.count = bench_choose_core(cores.tried);
        if (arguments.form != FORM_JSON)
            print_head(&dataset, &cores);
    }
    for (size_t i = 0; i < bench_case_count && status == STATUS_OK; i++)
        status = bench_run(&bench_cases[i], &dataset, peak_of(&cores), (double)arguments.seconds,
                           &results[i], &error);
    if (status == STATUS_OK)
        status = measure_store_aside(&dataset, &stored, &error);
    if (status == STATUS_OK)
        status = measure_augmentations(&dataset, augmentations, &error);
    if (status == STATUS_OK && arguments.form == FORM_JSON) {
        status = print_json(&dataset, &cores, results, stored, augmentations, &error);
    } else if (status == STATUS_OK) {
        status = print_table(results, &error);
        if (status == STATUS_OK)
            status = print_shares(&dataset, results, stored, &error);
        if (status == STATUS_OK)
            status = print_augmentations(augmentations, &error);
    }
    int code = status == STATUS_OK ? 0 : command_fail(&error);
    dataset_release(&dataset);
    return code;
}

const struct command command_bench = {
    .name = "bench",
    .help = "measure the engine on this machine",
    .description =
        "Measure the engine on one core: the time of one training step of one network, in cohorts "
        "of several kinds, against the time the dense products alone would take at the peak of "
        "sgemm (the dense roofline). A ratio above 1 is faster than dense arithmetic could be. And "
        "the "
        "time in which augmentations change an image.",
    .options = options,
    .run = run,
};
