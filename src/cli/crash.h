/* Ends whose cause is not this program: a plug-in that crashes or calls exit, or a data file that
 * another program cuts short. Which it was is said, and the exit status is never 0. */
#ifndef SWEEP_CLI_CRASH_H
#define SWEEP_CLI_CRASH_H

/* From now on. Signals of any other cause end the program as before. */
void crash_watch(void);

/* Where to write, as store_crash_file (store/store.h) has it, which plug-in it was; -1: nowhere. */
void crash_note_in(int file);

#endif
