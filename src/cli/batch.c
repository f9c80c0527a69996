#include "cli/batch.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LARGEST_INDEX 1000 /* MaxArraySize is 1001 by default, and counts from 0 */

static void read_all(int from, struct text *printed) {
    char piece[4096];
    for (;;) {
        const ssize_t length = read(from, piece, sizeof piece);
        if (length > 0)
            text_append_bytes(printed, piece, (size_t)length);
        else if (length == 0 || errno != EINTR)
            break;
    }
}

static enum status fail(const char *command, int code, struct error *error) {
    if (code == ENOENT)
        return error_set(error, STATUS_USAGE,
                         "there is no %s here: submit where Slurm's commands are. --dry-run needs "
                         "none, and `sweep run --shard` goes with any other batch system",
                         command);
    return error_set(error, STATUS_IO, "%s can't be run: %s", command, strerror(code));
}

enum status batch_run(char *const *words, struct text *printed, struct error *error) {
    posix_spawn_file_actions_t actions;
    int ends[2], ended = -1;
    pid_t child;
    if (pipe(ends) != 0)
        return fail(words[0], errno, error);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    const int code = posix_spawnp(&child, words[0], &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (code == 0)
        read_all(ends[0], printed);
    close(ends[0]);
    if (code != 0)
        return fail(words[0], code, error);
    while (waitpid(child, &ended, 0) < 0 && errno == EINTR)
        ;
    if (ended != 0)
        return error_set(error, STATUS_IO, "%s refused it, for the reason above", words[0]);
    return printed->failed ? error_memory(error) : STATUS_OK;
}

size_t batch_largest_index(void) {
    static char scontrol[] = "scontrol", show[] = "show", config[] = "config";
    char *const words[] = {scontrol, show, config, NULL};
    size_t largest = 0;
    struct text printed;
    text_init(&printed);
    if (batch_run(words, &printed, NULL) == STATUS_OK) {
        const char *line = strstr(printed.data, "MaxArraySize");
        const char *sign = line ? strchr(line, '=') : NULL;
        largest = sign ? strtoul(sign + 1, NULL, 10) : 0;
    }
    text_release(&printed);
    return largest > 1 ? largest - 1 : LARGEST_INDEX;
}

void batch_append_quoted(struct text *text, const char *word) {
    text_append(text, "'");
    for (const char *at = word; *at; at++)
        text_append_bytes(text, *at == '\'' ? "'\\''" : at, *at == '\'' ? 4 : 1);
    text_append(text, "'");
}
