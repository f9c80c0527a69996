/* Interruption: the signals that ask a sweep to stop.
 *
 *   SIGINT, SIGTERM   stop after the running epochs; once more, leave at once. Exit 128 + number
 *   SIGHUP            the same, but often sent twice for one lost terminal: once more says nothing.
 *                     Left alone when it is ignored, as under nohup
 *   SIGUSR1, SIGXCPU  a batch system's hint that the time is up: as above, but exit 75, for
 *                     "incomplete, run it again"
 *
 * Of a process there is one, hence no handle. */
#ifndef SWEEP_CLI_INTERRUPTION_H
#define SWEEP_CLI_INTERRUPTION_H

#include <stdatomic.h>
#include <stdbool.h>

/* For the main thread, which is the one to write files. From here on the signals that end the
 * program first remove the file that is being written and is not whole yet (base/output.h), and
 * wait while that thread blocks them. Those that are ignored, as under nohup, stay so. */
void interruption_tidy(void);

/* SIGPIPE no longer ends the program: nobody to read the messages is an error where it happens. */
void interruption_shield(void);

/* From here on the signals above are requests. */
void interruption_catch(void);

/* Request the same for a reason of the program's own, which is told elsewhere. */
void interruption_request(void);

/* Not 0 once the sweep is to stop. */
const atomic_int *interruption_requested(void);

/* What to tell about a request that has not been told of yet, or NULL. From now on one more SIGINT
 * or SIGTERM is taken as one more; a second after the first it is so in any case. */
const char *interruption_tell(void);

/* All is done but to tell of it, and end with the exit status `code`: from here on SIGINT, SIGTERM
 * and SIGHUP leave at once. After an earlier request, so does time: what nobody reads by then is
 * not told. */
void interruption_settle(int code);

/* The exit status of a sweep that stopped because of a request; of the program's own, 75. */
int interruption_exit_code(void);

#endif
