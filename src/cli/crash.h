/* Crashes of plug-ins: whose it was is said before the program ends. */
#ifndef SWEEP_CLI_CRASH_H
#define SWEEP_CLI_CRASH_H

/* From now on. Signals that nothing of a plug-in's is the cause of end the program as before. */
void crash_watch(void);

#endif
