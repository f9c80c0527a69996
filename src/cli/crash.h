/* Crashes whose cause is not this program: a plug-in, or a data file that another one cuts short.
 * Which it was is said before the program ends. */
#ifndef SWEEP_CLI_CRASH_H
#define SWEEP_CLI_CRASH_H

/* From now on. Signals of any other cause end the program as before. */
void crash_watch(void);

#endif
