/* The check-up of the machine, with a BLAS that can be made to fail. */
#include "store_files.h"

#include "base/finding.h"
#include "math/gemm.h"
#include "math/gemm_check.h"
#include "math/product.h"
#include "train/checkup.h"

#include <dlfcn.h>
#include <stdatomic.h>

/* The library's product, with a fault of our choice. */
enum fault { RIGHT, WRONG, NAN_ONCE, RESTLESS };
static atomic_int fault, calls;

typedef int blas_int;
void cblas_sgemm(int order, int trans_a, int trans_b, blas_int m, blas_int n, blas_int k,
                 float alpha, const float *a, blas_int lda, const float *b, blas_int ldb,
                 float beta, float *c, blas_int ldc);

static __typeof__(&cblas_sgemm) library;

void cblas_sgemm(int order, int trans_a, int trans_b, blas_int m, blas_int n, blas_int k,
                 float alpha, const float *a, blas_int lda, const float *b, blas_int ldb,
                 float beta, float *c, blas_int ldc) {
    library(order, trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    const int call = atomic_fetch_add(&calls, 1);
    if (atomic_load(&fault) == WRONG && k == 784)
        c[3] += 1e-3F;
    if (atomic_load(&fault) == NAN_ONCE && call == 20)
        c[0] = (float)NAN;
    if (atomic_load(&fault) == RESTLESS && call % 40 == 39)
        c[0] = nextafterf(c[0], 1); /* no more than rounding may do, but not the same */
}

struct noted {
    size_t counts[FINDING_ERROR + 1];
    struct text text;
};

static void note(void *context, enum finding_level level, const char *subject, const char *text) {
    struct noted *noted = context;
    noted->counts[level]++;
    text_printf(&noted->text, "%d %s: %s\n", (int)level, subject, text);
}

static void check(struct noted *noted, size_t jobs) {
    const struct findings findings = {noted, note};
    *noted = (struct noted){{0}, {0}};
    text_init(&noted->text);
    atomic_store(&calls, 0);
    machine_checkup(jobs, &findings);
}

static int clean_environment(void **state) {
    (void)state;
    static const char *const names[] = {"OMP_THREAD_LIMIT", "OMP_PROC_BIND", "OMP_NUM_THREADS",
                                        "OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
    atomic_store(&fault, RIGHT);
    void *address = dlsym(RTLD_NEXT, "cblas_sgemm");
    memcpy(&library, &address, sizeof library);
    return address ? 0 : -1;
}

static void a_sound_library_passes(void **state) {
    (void)state;
    struct noted noted;
    check(&noted, 3);
    assert_int_equal(noted.counts[FINDING_ERROR], 0);
    assert_contains(noted.text.data, "0 blas: its products are right, and the same on 3 threads");
    assert_contains(noted.text.data, "0 threads: 3 work at once");
    assert_contains(noted.text.data, "0 settings: no setting");
    assert_contains(noted.text.data, "kernels for ");
    assert_contains(noted.text.data, "cores may be used");
    text_release(&noted.text);
}

static void wrong_products_are_errors(void **state) {
    (void)state;
    static const struct {
        enum fault fault;
        const char *said;
    } faults[] = {{WRONG, "2 blas: its products are wrong"},
                  {NAN_ONCE, "2 blas: its products are wrong"},
                  {RESTLESS, "2 blas: its products differ when 2 threads call it at once"}};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct noted noted;
        atomic_store(&fault, faults[i].fault);
        check(&noted, 2);
        assert_int_equal(noted.counts[FINDING_ERROR], 1);
        assert_contains(noted.text.data, faults[i].said);
        text_release(&noted.text);
    }
}

static void settings_that_hurt_are_warnings(void **state) {
    (void)state;
    static const struct {
        const char *name, *value;
        bool hurts;
    } settings[] = {{"OMP_THREAD_LIMIT", "2", true},      {"OMP_THREAD_LIMIT", "3", false},
                    {"OMP_PROC_BIND", "master", true},    {"OMP_PROC_BIND", "PRIMARY", true},
                    {"OMP_PROC_BIND", "close", false},    {"OMP_NUM_THREADS", "1", true},
                    {"OMP_NUM_THREADS", "2", false},      {"OPENBLAS_NUM_THREADS", "8", true},
                    {"OPENBLAS_NUM_THREADS", "1", false}, {"OPENBLAS_CORETYPE", "Prescott", true},
                    {"OPENBLAS_CORETYPE", "", false}};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        struct noted noted;
        char said[64];
        clean_environment(NULL);
        setenv(settings[i].name, settings[i].value, 1);
        check(&noted, 2);
        snprintf(said, sizeof said, "1 settings: %s=%s ", settings[i].name, settings[i].value);
        assert_int_equal(strstr(noted.text.data, said) != NULL, settings[i].hurts);
        assert_int_equal(noted.counts[FINDING_ERROR], 0);
        text_release(&noted.text);
    }
    clean_environment(NULL);
}

static void the_fault_is_measured(void **state) {
    (void)state;
    struct arena arena;
    struct digest digests[2];
    double faults[2];
    arena_init(&arena);
    for (int i = 0; i < 2; i++)
        assert_int_equal(gemm_check(&arena, &faults[i], &digests[i], NULL), STATUS_OK);
    assert_true(faults[0] > 0 && faults[0] < .5 && faults[0] == faults[1]);
    assert_string_equal(digests[0].hex, digests[1].hex);
    arena_reset(&arena);
    atomic_store(&fault, WRONG);
    assert_int_equal(gemm_check(&arena, &faults[0], &digests[0], NULL), STATUS_OK);
    assert_true(faults[0] > 1);
    assert_string_not_equal(digests[0].hex, digests[1].hex);
    arena_release(&arena);
}

/* Every core type that is offered can be taken, gives right products, and leaves the environment as
 * it was; one that is for an older processor is not kept where a better one can be had. */
static void core_types_can_be_taken(void **state) {
    (void)state;
    const char *cores[GEMM_CORES_MAX];
    const size_t count = gemm_cores(cores);
    struct arena arena;
    struct digest digest;
    double measured;
    if (count == 0)
        skip();
    arena_init(&arena);
    for (size_t i = 0; i < count; i++) {
        assert_true(gemm_use_core(cores[i]));
        assert_string_equal(gemm_core(), cores[i]);
        assert_null(getenv("OPENBLAS_CORETYPE"));
        arena_reset(&arena);
        assert_int_equal(gemm_check(&arena, &measured, &digest, NULL), STATUS_OK);
        assert_true(measured > 0 && measured < .5);
    }
    arena_release(&arena);
    assert_true(gemm_use_core("Prescott"));
    setenv("OPENBLAS_CORETYPE", "Prescott", 1);
    gemm_mend_core();
    assert_string_equal(gemm_core(), "Prescott"); /* it was asked for */
    unsetenv("OPENBLAS_CORETYPE");
    gemm_mend_core();
    assert_string_equal(gemm_core(), cores[0]);
    assert_string_equal(gemm_core_mended(), "Prescott");
}

static float *numbers(size_t rows, size_t columns, struct arena *arena) {
    float *values = ARENA_NEW(arena, float, rows *columns);
    assert_non_null(values);
    for (size_t i = 0; i < rows * columns; i++)
        values[i] = (float)((i * 2654435761U) % 1000003) / 500000 - 1;
    return values;
}

static void assert_products_same(size_t m, size_t n, size_t k) {
    struct arena arena;
    arena_init(&arena);
    const float *a = numbers(m, k, &arena), *b = numbers(k, n, &arena);
    float *a_turned = numbers(k, m, &arena);
    float *b_turned = numbers(n, k, &arena), *c = numbers(m, n, &arena);
    float *ordered = numbers(m, n, &arena);
    const size_t bytes = m * n * sizeof *c;
    product_matrices(m, n, k, a, k, 1, b, ordered);
    gemm_nn(m, n, k, a, k, b, n, c, n);
    assert_memory_equal(c, ordered, bytes);
    for (size_t row = 0; row < k; row++)
        for (size_t i = 0; i < m; i++)
            a_turned[row * m + i] = a[i * k + row];
    gemm_tn(m, n, k, a_turned, m, b, n, c, n);
    assert_memory_equal(c, ordered, bytes);
    for (size_t row = 0; row < n; row++)
        for (size_t i = 0; i < k; i++)
            b_turned[row * k + i] = b[i * n + row];
    gemm_nt(m, n, k, a, k, b_turned, k, c, n);
    assert_memory_equal(c, ordered, bytes);
    arena_release(&arena);
}

/* Where the kernels' sums are said to be in order, our own may take their place. */
static void sums_that_ascend_have_the_same_bits(void **state) {
    (void)state;
    static const size_t shapes[][3] = {{128, 128, 128}, {1, 64, 64},    {127, 64, 256},
                                       {300, 528, 255}, {17, 80, 93},   {1000, 112, 127},
                                       {64, 1008, 71},  {33, 128, 256}, {76, 16, 1}};
    const char *cores[GEMM_CORES_MAX];
    size_t ascending = 0;
    for (size_t core = 0; core < gemm_cores(cores); core++) {
        assert_true(gemm_use_core(cores[core]));
        assert_false(gemm_sums_ascend(128, 128, 4096));
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
            if (gemm_sums_ascend(shapes[i][0], shapes[i][1], shapes[i][2])) {
                assert_products_same(shapes[i][0], shapes[i][1], shapes[i][2]);
                ascending++;
            }
    }
    if (ascending == 0)
        skip();
}

#define CASE(NAME) cmocka_unit_test_setup(NAME, clean_environment)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(a_sound_library_passes),          CASE(wrong_products_are_errors),
        CASE(settings_that_hurt_are_warnings), CASE(the_fault_is_measured),
        CASE(core_types_can_be_taken),         CASE(sums_that_ascend_have_the_same_bits),
    };
    return cmocka_run_group_tests_name("checkup", tests, NULL, NULL);
}
