/* The checkpoint: a run between two epochs, in a file.
 *
 *   head      struct head: sizes, whose run it is, the optimizer's counts
 *   identity  text, a line for each thing that decides the bits of a training beside the run
 *   digest    of head and identity
 *   history   an epoch after the other: seconds, then loss, accuracy and metrics of training, then
 *             of validation; all doubles
 *   reached   for each milestone reached its number of epochs, a 64-bit integer, then loss,
 *             accuracy and metrics on the test images
 *   arrays    the network's, floats as they stand in memory
 *   kept      its layers' state, likewise
 *   best      the parameters at its best epoch, of a run that is to end with these
 *   digest    of all of the above
 *
 * Numbers are the machine's own: another machine is refused anyway. Digests are SHA-256, in
 * hexadecimal. A file is believed to be hostile until its digests are right: nothing is allocated
 * that is larger than the run that is asked for, and a file that is not taken leaves no trace. */
#ifndef SWEEP_TRAIN_CHECKPOINT_H
#define SWEEP_TRAIN_CHECKPOINT_H

#include "base/digest.h"
#include "base/status.h"
#include "train/cohort.h"

#define CHECKPOINT_VERSION 1
#define CHECKPOINT_IDENTITY_MAX 1024

/* What has to be the same for a run to go on to the same bits: lines "name: value". */
struct checkpoint_identity {
    char text[CHECKPOINT_IDENTITY_MAX];
};

/* This process's: arithmetic, processor, instruction set, BLAS, C library, version and build. */
void checkpoint_identify(struct checkpoint_identity *identity);

/* What a checkpoint has to be of. */
struct checkpoint_key {
    const struct checkpoint_identity *identity;
    struct digest run; /* of all that determines the run's numbers, its length aside */
    size_t metric_count;
};

/* Write a file, and if it is to be `lasting` not return before it is on the disk; what had the name
 * before is overwritten. After a failure there is no file of that name. */
enum status checkpoint_write(int folder, const char *name, const struct checkpoint_key *key,
                             const struct run_state *state, bool lasting, struct error *error);

/* The bytes of the file that a run's state makes at its end, with `further` metrics. */
size_t checkpoint_bytes(const struct checkpoint_identity *identity, const struct run *run,
                        size_t further);

/* Set *epochs to those a file's run was trained, after a look at its head; 0 when there is no such
 * file. STATUS_INPUT for a file that is damaged, not of this key, or too far for the run; without a
 * run, which is NULL, whether the file fits one is not looked at. */
enum status checkpoint_peek(int folder, const char *name, const struct checkpoint_key *key,
                            const struct run *run, size_t *epochs, struct error *error);

/* Fill in a run's state, whose pointers and sizes are the run's own, from a file. On an
 * error, which is as above or STATUS_IO or STATUS_MEMORY, the state is as before. STATUS_INPUT also
 * when the run has a milestone on the way that was not one when the file was written. */
enum status checkpoint_read(int folder, const char *name, const struct checkpoint_key *key,
                            struct run_state *state, struct error *error);

/* The same from a file's bytes. */
enum status checkpoint_decode(const void *bytes, size_t size, const struct checkpoint_key *key,
                              struct run_state *state, struct error *error);

#endif
