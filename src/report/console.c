#include "report/console.h"

#include "base/text.h"
#include "report/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* Bytes that a terminal or pipe has room for when poll calls it writable; of more, a write might
 * wait for the rest. Linux says so from 256 on (drivers/tty/tty_buffer.c; a pipe from a page on),
 * and a terminal makes two bytes of a newline. */
#define ROOM 128

static bool waiting = true;
static bool broken; /* there is nobody to write to any more */
static struct text kept;
static volatile sig_atomic_t drawn; /* the cursor's line has the status on it */
static bool is_terminal;

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
    if (kept.length == 0)
        return true;
    const size_t done = put(kept.data, kept.length);
    memmove(kept.data, kept.data + done, kept.length - done + 1);
    kept.length -= done;
    return kept.length == 0;
}

static void put_or_keep(const char *bytes, size_t count) {
    const size_t done = put_kept() ? put(bytes, count) : 0;
    text_append_bytes(&kept, bytes + done, count - done);
    kept.failed = false; /* without memory the rest is lost, and the run goes on */
}

static void erase(void) {
    static const char erased[] = "\r\033[K";
    if (drawn)
        put_or_keep(erased, sizeof erased - 1);
    drawn = false;
}

/* On a terminal, lines break between words, whoever wrote them. */
static ssize_t take(void *cookie, const char *bytes, size_t count) {
    static size_t column;
    struct text whole, lines;
    (void)cookie;
    erase();
    text_init(&whole);
    text_init(&lines);
    text_append_bytes(&whole, bytes, count);
    column = terminal_wrap(&lines, (size_t)terminal_width(stderr), column, 2, whole.data);
    if (is_terminal && !whole.failed && !lines.failed)
        put_or_keep(lines.data, lines.length);
    else
        put_or_keep(bytes, count);
    text_release(&whole);
    text_release(&lines);
    return (ssize_t)count;
}

static void end(void) {
    console_wait(true);
}

void console_open(void) {
    const cookie_io_functions_t functions = {.write = take};
    FILE *stream = fopencookie(NULL, "w", functions);
    is_terminal = isatty(STDERR_FILENO) == 1;
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
        erase();
    put_kept();
}

bool console_ready(void) {
    fflush(stderr);
    return put_kept() && !broken && can_write(0);
}

void console_status(const char *text) {
    char line[1024];
    if (!text) {
        erase();
    } else if (console_ready()) {
        const int length = snprintf(line, sizeof line, "\r%.900s\033[K", text);
        put_or_keep(line, (size_t)length);
        drawn = true;
    }
}

void console_leave(bool echoed) {
    if ((drawn || (echoed && is_terminal)) && can_write(0) && write(STDERR_FILENO, "\n", 1) == 1)
        drawn = false;
}
