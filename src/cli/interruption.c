#include "cli/interruption.h"

#include "base/clock.h"
#include "base/output.h"
#include "base/status.h"
#include "report/console.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#define OWN_REASON (-1)
#define TELLING_SECONDS 2 /* at most, after a request */

static atomic_int requested; /* the signal that asked to stop, OWN_REASON or 0 */
static atomic_int told;      /* the one of them that a person knows to be understood */
static atomic_int urged;     /* how often SIGINT and SIGTERM came */
static _Atomic double first; /* when they came first, as clock_seconds counts */
static atomic_bool settled;

static bool is_urgent(int number) {
    return number == SIGINT || number == SIGTERM;
}

static void request(int number) {
    int none = 0;
    atomic_compare_exchange_strong(&requested, &none, number);
}

/* Whether one more signal means more than the first. timeout(1) and some shells send that twice in
 * a row, and who has not been told that it was understood may repeat it. */
static bool is_repeated(void) {
    return atomic_load(&told) == atomic_load(&requested) || atomic_load(&urged) > 2 ||
           clock_seconds() - atomic_load(&first) >= 1;
}

static void leave(int number) {
    console_leave(number == SIGINT);
    _exit(128 + number);
}

static void on_signal(int number) {
    const bool urgent = is_urgent(number);
    if (atomic_load(&settled) && (urgent || number == SIGHUP))
        leave(number);
    if (!urgent) {
        request(number);
    } else if (atomic_fetch_add(&urged, 1) == 0) {
        atomic_store(&first, clock_seconds());
        atomic_store(&requested, number);
    } else if (is_repeated()) {
        leave(number);
    }
}

static pthread_t writer; /* the thread that writes files, and may have signals wait meanwhile */

/* Any thread may be given a signal, one of OpenBLAS' too; only for the writer's it is the right
 * time. There the signal ends the program once this returns. */
static void on_end(int number) {
    if (!pthread_equal(pthread_self(), writer)) {
        pthread_kill(writer, number);
        return;
    }
    output_abandon();
    console_leave(false);
    signal(number, SIG_DFL);
    raise(number);
}

static void handle(int number, const struct sigaction *action) {
    struct sigaction old;
    if (sigaction(number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
        sigaction(number, action, NULL);
}

void interruption_tidy(void) {
    static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU};
    struct sigaction action = {.sa_handler = on_end, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    writer = pthread_self();
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        handle(numbers[i], &action);
}

void interruption_shield(void) {
    signal(SIGPIPE, SIG_IGN);
}

void interruption_catch(void) {
    static const int numbers[] = {SIGINT, SIGTERM, SIGUSR1, SIGXCPU};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaction(numbers[i], &action, NULL);
    handle(SIGHUP, &action);
}

void interruption_request(void) {
    request(OWN_REASON);
}

const atomic_int *interruption_requested(void) {
    return &requested;
}

const char *interruption_tell(void) {
    const int number = atomic_load(&requested);
    if (number == atomic_exchange(&told, number))
        return NULL;
    return is_urgent(number) ? "stopping after the running epochs; once more to stop at once"
                             : "stopping after the running epochs";
}

static volatile sig_atomic_t exit_code;

static void on_late(int number) {
    (void)number;
    console_leave(false);
    _exit(exit_code);
}

/* What came since the last time that somebody looked came too late to stop anything. */
void interruption_settle(int code) {
    const struct sigaction action = {.sa_handler = on_late};
    atomic_store(&settled, true);
    const int number = atomic_load(&requested);
    if (number != atomic_load(&told) && (is_urgent(number) || number == SIGHUP))
        leave(number);
    if (number <= 0)
        return;
    exit_code = code;
    sigaction(SIGALRM, &action, NULL);
    alarm(TELLING_SECONDS);
}

int interruption_exit_code(void) {
    const int number = atomic_load(&requested);
    return is_urgent(number) || number == SIGHUP ? 128 + number : STATUS_BUSY;
}
