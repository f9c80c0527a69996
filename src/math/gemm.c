#include "math/gemm.h"

#include <cblas.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

#define BUFFER_BYTES ((size_t)128 << 20) /* 32 << 22 in OpenBLAS's common_*.h */
#define STACK_BYTES ((size_t)8 << 20)
#define BUFFERS_MAX 128 /* OpenBLAS has places for twice as many, its own threads' among them */

/* How many products may begin before one has ended. */
static atomic_int vacant = 1;

static void enter(void) {
    int seen = atomic_load(&vacant);
    while (seen <= 0 || !atomic_compare_exchange_weak(&vacant, &seen, seen - 1))
        if (seen <= 0) {
            sched_yield();
            seen = atomic_load(&vacant);
        }
}

static void leave(void) {
    atomic_fetch_add(&vacant, 1);
}

/* c = a b + `kept` c, of operands that are transposed or not. */
struct product {
    enum CBLAS_TRANSPOSE a, b;
    float kept;
};

static void multiply(struct product product, size_t m, size_t n, size_t k, const float *a,
                     size_t lda, const float *b, size_t ldb, float *c, size_t ldc) {
    enter();
    cblas_sgemm(CblasRowMajor, product.a, product.b, (blasint)m, (blasint)n, (blasint)k, 1, a,
                (blasint)lda, b, (blasint)ldb, product.kept, c, (blasint)ldc);
    leave();
}

void gemm_nn(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
             float *c, size_t ldc) {
    const struct product product = {CblasNoTrans, CblasNoTrans, 0};
    multiply(product, m, n, k, a, lda, b, ldb, c, ldc);
}

void gemm_tn(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
             float *c, size_t ldc) {
    const struct product product = {CblasTrans, CblasNoTrans, 0};
    multiply(product, m, n, k, a, lda, b, ldb, c, ldc);
}

void gemm_tn_add(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b,
                 size_t ldb, float *c, size_t ldc) {
    const struct product product = {CblasTrans, CblasNoTrans, 1};
    multiply(product, m, n, k, a, lda, b, ldb, c, ldc);
}

void gemm_nt(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
             float *c, size_t ldc) {
    const struct product product = {CblasNoTrans, CblasTrans, 0};
    multiply(product, m, n, k, a, lda, b, ldb, c, ldc);
}

/* Longer sums are made of parts (SGEMM_DEFAULT_Q), and those of the transposed second operand of
 * few outputs in registers' lanes (sgemm_small_kernel_permit_skylakex.c: up to 1200). */
bool gemm_sums_ascend(size_t m, size_t n, size_t k) {
    return k <= 256 && m * n > 1200 && strcmp(gemm_core(), "SkylakeX") == 0;
}

/* OpenBLAS's own functions, which it exports without declaring them; a build may hide them. */
int blas_thread_shutdown_(void) __attribute__((weak));
void *blas_memory_alloc(int position) __attribute__((weak));
void blas_memory_free(void *buffer) __attribute__((weak));
void gotoblas_dynamic_init(void) __attribute__((weak));
void gotoblas_dynamic_quit(void) __attribute__((weak));

/* The threads that OpenBLAS started would only keep a buffer each; setting their number once they
 * are gone would start them again. */
void gemm_single_thread(void) {
    if (openblas_get_num_threads() == 1)
        return;
    openblas_set_num_threads(1);
    if (blas_thread_shutdown_)
        blas_thread_shutdown_();
}

static bool room_for(size_t bytes) {
    void *room = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return room != MAP_FAILED && munmap(room, bytes) == 0;
}

enum status gemm_reserve(size_t callers, struct error *error) {
    void *buffers[BUFFERS_MAX];
    size_t count = 0;
    gemm_single_thread();
    callers = callers < BUFFERS_MAX ? callers : BUFFERS_MAX;
    /* All but the first leave as much again, and the threads' stacks, for everything else. */
    while (count < callers &&
           room_for(count == 0 ? BUFFER_BYTES : 2 * BUFFER_BYTES + callers * STACK_BYTES))
        buffers[count++] = blas_memory_alloc ? blas_memory_alloc(0) : NULL;
    /* What is given back stays mapped, for the products. */
    for (size_t i = 0; i < count && blas_memory_free; i++)
        blas_memory_free(buffers[i]);
    if (count == 0)
        return error_set(error, STATUS_MEMORY,
                         "out of memory: there is no room for OpenBLAS's buffer of %zu MB; raise "
                         "the limit on the address space (ulimit -v)",
                         BUFFER_BYTES >> 20);
    atomic_store(&vacant, (int)count);
    return STATUS_OK;
}

const char *gemm_library(void) {
    return openblas_get_config();
}

const char *gemm_core(void) {
    return openblas_get_corename();
}

size_t gemm_cores(const char *cores[GEMM_CORES_MAX]) {
    size_t count = 0;
    if (!gotoblas_dynamic_init || !gotoblas_dynamic_quit)
        return 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        cores[count++] = "SkylakeX";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        cores[count++] = "Haswell";
        cores[count++] = "Zen";
    }
#else
    (void)cores;
#endif
    return count;
}

bool gemm_use_core(const char *core) {
    static const char name[] = "OPENBLAS_CORETYPE";
    char *before = getenv(name);
    if (!gotoblas_dynamic_init || !gotoblas_dynamic_quit || (before && !(before = strdup(before))))
        return false;
    setenv(name, core, 1);
    gotoblas_dynamic_quit();
    gotoblas_dynamic_init();
    if (before)
        setenv(name, before, 1);
    else
        unsetenv(name);
    free(before);
    return strcmp(gemm_core(), core) == 0;
}

static const char *mended;

/* The core types that know nothing of AVX2. */
static bool is_old(const char *core) {
    static const char *const old[] = {"Prescott",  "Core2",   "Penryn",       "Dunnington",
                                      "Nehalem",   "Atom",    "Sandybridge",  "Nano",
                                      "Opteron",   "Bobcat",  "Opteron_SSE3", "Barcelona",
                                      "Bulldozer", "Katmai",  "Coppermine",   "Northwood",
                                      "Banias",    "Generic", "Unknown"};
    for (size_t i = 0; i < sizeof old / sizeof *old; i++)
        if (strcasecmp(core, old[i]) == 0)
            return true;
    return false;
}

void gemm_mend_core(void) {
    const char *cores[GEMM_CORES_MAX], *wanted = getenv("OPENBLAS_CORETYPE"), *chosen = gemm_core();
    if ((wanted && *wanted) || !is_old(chosen) || gemm_cores(cores) == 0)
        return;
    if (gemm_use_core(cores[0]))
        mended = chosen;
}

const char *gemm_core_mended(void) {
    return mended;
}

static const char *variable(char *const *environment, const char *name) {
    const size_t length = strlen(name);
    for (; *environment; environment++)
        if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
            return *environment + length + 1;
    return NULL;
}

/* How many threads OpenBLAS will have: as many as there are cores, unless it is told fewer. */
static size_t blas_threads(char *const *environment) {
    static const char *const names[] = {"OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS",
                                        "OMP_NUM_THREADS"};
    cpu_set_t cores;
    size_t count = BUFFERS_MAX;
    if (sched_getaffinity(0, sizeof cores, &cores) == 0 && (size_t)CPU_COUNT(&cores) < count)
        count = (size_t)CPU_COUNT(&cores);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = variable(environment, names[i]);
        const int wanted = value ? atoi(value) : 0;
        if (wanted > 0)
            return (size_t)wanted < count ? (size_t)wanted : count;
    }
    return count;
}

enum status gemm_check_room(char *const *environment, struct error *error) {
    const size_t threads = blas_threads(environment);
    if (room_for(threads * BUFFER_BYTES + (threads - 1) * STACK_BYTES))
        return STATUS_OK;
    return error_set(error, STATUS_MEMORY,
                     "out of memory: a limit on the address space leaves no room for OpenBLAS; "
                     "raise it (ulimit -v), or lower what OpenBLAS takes (OPENBLAS_NUM_THREADS=1)");
}
