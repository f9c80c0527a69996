#include "report/console.h"

#include "base/text.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* Bytes that a terminal or pipe has room for when poll calls it writable; of more, a write might
 * wait for the rest. Linux says so from 256 on (drivers/tty/tty_buffer.c; a pipe from a page on), and
 * a terminal makes two bytes of a newline. */
#define ROOM 128

static bool waiting = true;
static bool broken; /* there is nobody to write to any more */
static struct text kept;
static volatile sig_atomic_t drawn; /* the cursor's line has something to draw over */

static bool can_write(int milliseconds) {
    struct pollfd descriptor = {.fd = STDERR_FILENO, .events = POLLOUT};
    int ready;
    do
        ready = poll(&descriptor, 1, milliseconds);
    while (ready < 0 && errno == EINTR);
    return ready == 1;
}

/* How many of the bytes were written, or need not be since nobody is there. */
static size_t put(const char *bytes, size_t count) {
    size_t done = 0;
    while (done < count && !broken && can_write(waiting ? -1 : 0)) {
        const size_t left = count - done;
        const ssize_t written = write(STDERR_FILENO, bytes + done, left < ROOM ? left : ROOM);
        if (written >= 0)
            done += (size_t)written;
        else
            broken = errno != EINTR && errno != EAGAIN;
    }
    return broken ? count : done;
}

static bool put_kept(void) {
    const size_t done = put(kept.data, kept.length);
    memmove(kept.data, kept.data + done, kept.length - done + 1);
    kept.length -= done;
    return kept.length == 0;
}

static ssize_t take(void *cookie, const char *bytes, size_t count) {
    (void)cookie;
    const size_t done = put_kept() ? put(bytes, count) : 0;
    text_append_bytes(&kept, bytes + done, count - done);
    kept.failed = false; /* without memory the rest is lost, and the run goes on */
    return (ssize_t)count;
}

static void end(void) {
    console_wait(true);
}

void console_open(void) {
    const cookie_io_functions_t functions = {.write = take};
    FILE *stream = fopencookie(NULL, "w", functions);
    text_init(&kept);
    if (!stream)
        return;
    setvbuf(stream, NULL, _IOLBF, BUFSIZ);
    stderr = stream;
    atexit(end);
}

void console_wait(bool waits) {
    fflush(stderr);
    waiting = waits;
    if (waits)
        put_kept();
}

bool console_ready(void) {
    fflush(stderr);
    return put_kept() && !broken && can_write(0);
}

void console_drawn(bool is_drawn) {
    drawn = is_drawn;
}

void console_leave(void) {
    if (drawn && can_write(0) && write(STDERR_FILENO, "\n", 1) < 0)
        drawn = false;
}
