/* How far the program has come with what it does before it trains, for whoever shows it.
 *
 * There is one such thing at a time, and one listener, which is called on the thread that called
 * stage_listen and on no other. */
#ifndef SWEEP_BASE_STAGE_H
#define SWEEP_BASE_STAGE_H

/* NULL: nobody listens any more. */
void stage_listen(void (*listener)(void *context, double fraction), void *context);

/* That about so much of it is done, 0 to 1. May be called on any thread, as often as one likes;
 * parts of the whole may each count from 0. */
void stage_tell(double fraction);

#endif
