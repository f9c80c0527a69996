#include "cli/command.h"

#include "base/arena.h"
#include "base/machine.h"
#include "base/text.h"
#include "data/dataset.h"
#include "math/gemm.h"
#include "report/table.h"
#include "report/terminal.h"
#include "sweep/bench.h"

#include <stdio.h>

#define RESULTS_MAX 16

struct arguments {
    const char *data_dir, *dataset;
    long seconds;
    bool json;
};

static const struct argp_option options[] = {
    {"data-dir", 'D', "DIR", 0, "Look for data sets in DIR first", 0},
    {"dataset", 'd', "NAME", 0, "Train on this data set (default: mnist, else digits)", 0},
    {"seconds", 't', "N", 0, "Train each cohort for N seconds (default: 2)", 0},
    {"json", 'J', NULL, 0, "Print JSON", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state) {
    char safe[80];
    struct arguments *arguments = state->input;
    switch (key) {
    case 'D':
        arguments->data_dir = argument;
        return 0;
    case 'd':
        arguments->dataset = argument;
        return 0;
    case 't':
        arguments->seconds = command_number(state, argument, "--seconds", 1, 3600);
        return 0;
    case 'J':
        arguments->json = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is not an option", terminal_safe(argument, safe, sizeof safe));
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse,
    .doc = "Measure the engine on one core: the time of one training step of one network, in cohorts "
           "of several kinds, against the time the dense products alone would take at the peak of "
           "sgemm (the dense roofline). A ratio above 1 is faster than dense arithmetic could be.",
};

static void print_head(const struct dataset *dataset, double peak) {
    char cpu[256];
    printf("%s, OpenBLAS core %s: sgemm peak %.1f GFLOP/s on one core\n",
           machine_cpu(cpu, sizeof cpu), gemm_core(), peak / 1e9);
    printf("data set %s; microseconds for a step of a network\n\n", dataset->name);
}

static enum status print_table(const struct bench_result *results, struct error *error) {
    static const struct table_column columns[] = {
        {"cohort", false}, {"networks", true}, {"batch", true},  {"gather", true},
        {"forward", true}, {"later", true},    {"update", true}, {"total", true},
        {"dense roofline", true}, {"ratio", true}, {"evaluate an image", true},
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
        row[1] = arena_printf(&arena, "%zu", bench->members);
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

static void print_json(const struct dataset *dataset, double peak,
                       const struct bench_result *results) {
    struct text text;
    char cpu[256];
    text_init(&text);
    text_append(&text, "{\"cpu\": ");
    text_append_json(&text, machine_cpu(cpu, sizeof cpu));
    text_append(&text, ", \"openblas_core\": ");
    text_append_json(&text, gemm_core());
    text_append(&text, ", \"dataset\": ");
    text_append_json(&text, dataset->name);
    text_printf(&text, ", \"sgemm_flops_per_second\": %.6g, \"cohorts\": [", peak);
    for (size_t i = 0; i < bench_case_count; i++) {
        const struct bench_result *result = &results[i];
        text_printf(&text, "%s\n  {\"name\": ", i ? "," : "");
        text_append_json(&text, bench_cases[i].name);
        text_printf(&text,
                    ", \"networks\": %zu, \"batch_size\": %zu, \"flops\": %.6g,"
                    " \"gather\": %.4g, \"forward\": %.4g, \"later\": %.4g, \"update\": %.4g,"
                    " \"total\": %.4g, \"roofline\": %.4g, \"ratio\": %.4g, \"evaluate\": %.4g}",
                    bench_cases[i].members, bench_cases[i].batch_size, result->flops,
                    result->gather, result->forward, result->later, result->update,
                    bench_total(result), result->roofline, result->roofline / bench_total(result),
                    result->evaluate);
    }
    text_append(&text, "\n]}\n");
    fputs(text.data, stdout);
    text_release(&text);
}

static int run(int argc, char **argv) {
    struct arguments arguments = {.seconds = 2};
    struct bench_result results[RESULTS_MAX];
    struct dataset dataset = {0};
    struct error error;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    const struct dataset_places places = {arguments.data_dir};
    const char *names[] = {arguments.dataset ? arguments.dataset : "mnist", "digits"};
    enum status status =
        dataset_load_first(names, arguments.dataset ? 1 : 2, &places, &dataset, &error);
    double peak = 0;
    if (status == STATUS_OK)
        status = dataset_index(&dataset, &error);
    if (status == STATUS_OK) {
        peak = bench_peak();
        if (!arguments.json)
            print_head(&dataset, peak);
    }
    for (size_t i = 0; i < bench_case_count && status == STATUS_OK; i++)
        status = bench_run(&bench_cases[i], &dataset, peak, (double)arguments.seconds, &results[i],
                           &error);
    if (status == STATUS_OK && arguments.json)
        print_json(&dataset, peak, results);
    else if (status == STATUS_OK)
        status = print_table(results, &error);
    int code = status == STATUS_OK ? 0 : command_fail(&error);
    dataset_release(&dataset);
    return code;
}

const struct command command_bench = {"bench", "[OPTION...]", "measure the engine on this machine",
                                      options, run};
