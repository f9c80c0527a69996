#include "cli/command.h"
#include "cli/preparation.h"

#include "math/gemm.h"
#include "report/progress.h"
#include "report/terminal.h"
#include "store/store.h"
#include "train/plan.h"

#include <stdio.h>
#include <sys/stat.h>

struct arguments {
    struct preparation preparation;
};

static const struct option options[] = {
    PREPARATION_OPTIONS(struct arguments, preparation),
    {0},
};

static void print_axes(const struct config *config) {
    struct text values;
    text_init(&values);
    for (size_t i = 0; i < config->axis_count; i++) {
        const struct axis *axis = &config->axes[i];
        text_clear(&values);
        for (size_t j = 0; j < axis->count && values.length < 200; j++) {
            const struct choice *choice = &axis->choices[j];
            text_append(&values, j ? ", " : "");
            value_append(&choice->value, &values);
            for (size_t k = 0; k < choice->detail_count; k++) {
                text_printf(&values, "%s%s=", k ? " " : " (",
                            hyperparameters[choice->details[k].id].name);
                value_append(&choice->details[k].value, &values);
            }
            text_append(&values, choice->detail_count ? ")" : "");
        }
        if (values.length >= 200)
            text_append(&values, ", ...");
        printf("  %-20s ", hyperparameters[axis->id].name);
        terminal_paragraph(stdout, 23, values.data);
    }
    text_release(&values);
}

static void print_plan(const struct preparation *preparation, const struct resume_summary *summary,
                       const struct plan *plan) {
    const struct space *space = &preparation->space;
    size_t runs = 0;
    char duration[32], name[256];
    for (size_t i = 0; i < plan->slice_count; i++)
        runs = plan->slices[i].run_count > runs ? plan->slices[i].run_count : runs;
    printf("%s", terminal_safe(preparation->config.name, name, sizeof name));
    printf(", on %s\n", terminal_safe(preparation->dataset.name, name, sizeof name));
    print_axes(&preparation->config);
    printf("\n  settings             %zu", space->setting_count);
    if (space->equal_count > 0)
        printf(" (%zu more of the grid equal one of them)", space->equal_count);
    printf("\n  seeds                %zu, from %llu\n", preparation->config.repeats,
           (unsigned long long)preparation->config.seed);
    printf("  trials               %zu\n", space->trial_count);
    if (summary->trained > 0)
        printf("  trained already      %zu\n", summary->trained);
    if (summary->given_up > 0)
        printf("  left alone           %zu that failed %d times (run --retry-failed trains them)\n",
               summary->given_up, STORE_FAILURES_MAX);
    if (plan->trial_count == 0) {
        puts("  nothing is left to train");
        return;
    }
    printf("  runs                 %zu (trials that differ only in epochs are one run)\n",
           plan->run_count);
    printf("  cohorts              %zu (runs that see the same batches in the same order)\n",
           plan->cohort_count);
    printf("  slices               %zu of at most %zu run%s, over %zu thread%s\n",
           plan->slice_count, runs, text_plural(runs), plan->jobs, text_plural(plan->jobs));
    if (plan->images < 1000000)
        printf("  images to train      %zu\n", plan->images);
    else
        printf("  images to train      %.4g million\n", (double)plan->images / 1e6);
    printf("  predicted time       %s\n",
           progress_duration(plan->seconds, duration, sizeof duration));
    printf("  predicted memory     %.1f MB for training, %.1f MB for the data\n",
           (double)plan->bytes / 1e6,
           (double)((preparation->dataset.train.count + preparation->dataset.test.count) *
                    (preparation->dataset.rows * preparation->dataset.columns + 1)) /
               1e6);
}

/* What the database has of it, if there is one. */
static enum status look(struct arguments *arguments, bool *missing, struct resume_summary *summary,
                        struct error *error) {
    const struct preparation *preparation = &arguments->preparation;
    struct store *store = NULL;
    struct stat about;
    if (stat(preparation->database, &about) != 0 ||
        (S_ISREG(about.st_mode) && about.st_size == 0)) {
        for (size_t i = 0; i < preparation->space.trial_count; i++)
            missing[i] = true;
        return STATUS_OK;
    }
    enum status status = store_open_read(preparation->database, &store, error);
    if (status == STATUS_OK)
        status = store_resume_summary(store, &preparation->config, &preparation->space, missing,
                                      summary, error);
    store_close(store);
    return status;
}

static enum status plan(struct arguments *arguments, struct error *error) {
    struct preparation *preparation = &arguments->preparation;
    struct resume_summary summary = {0};
    struct plan made;
    enum status status = preparation_make(preparation, error);
    if (status != STATUS_OK)
        return status;
    bool *missing = ARENA_NEW(&preparation->arena, bool, preparation->space.trial_count);
    if (!missing)
        return error_memory(error);
    const struct plan_options how = {.wanted = missing,
                                     .jobs = (size_t)preparation->jobs,
                                     .calibration = preparation->calibration};
    status = look(arguments, missing, &summary, error);
    progress_stage(&preparation->line, "timing short trials");
    if (status == STATUS_OK)
        status = plan_make(&preparation->config, &preparation->space, &preparation->dataset, &how,
                           &preparation->arena, &made, error);
    progress_end(&preparation->line);
    if (status == STATUS_OK)
        print_plan(preparation, &summary, &made);
    return status;
}

static int run(int argc, char **argv) {
    struct arguments arguments;
    struct error error;
    preparation_init(&arguments.preparation);
    command_parse(&command_plan, argc, argv, &arguments);
    gemm_single_thread();
    const int code = plan(&arguments, &error) == STATUS_OK ? 0 : command_fail(&error);
    preparation_release(&arguments.preparation);
    return code;
}

const struct command command_plan = {
    .name = "plan",
    .help = "tell what run would train, how long",
    .description =
        "Tell what `sweep run CONFIG` would train, with the time and memory it would take. Trials "
        "that the database has already are left out. Nothing is trained and nothing is written.",
    .options = options,
    .run = run,
};
