#include "base/stage.h"

#include <pthread.h>
#include <stddef.h>

static void (*listening)(void *context, double fraction);
static void *listening_context;
static pthread_t thread;

void stage_listen(void (*listener)(void *context, double fraction), void *context) {
    listening = listener;
    listening_context = context;
    thread = pthread_self();
}

void stage_tell(double fraction) {
    if (listening && pthread_equal(thread, pthread_self()))
        listening(listening_context, fraction);
}
