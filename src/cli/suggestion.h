/* What was meant by a --set or --where that is not understood because it is written as somewhere
 * else: optimizer=adam,sgd, epochs=1..5, 'momentum is null'. It is written anew in several ways,
 * and what is then understood is suggested. */
#ifndef SWEEP_CLI_SUGGESTION_H
#define SWEEP_CLI_SUGGESTION_H

#include "base/arena.h"
#include "base/status.h"
#include "cli/option.h"

/* If one of the options alone is wrong and there is something to suggest for it, the error becomes
 * that. Returns the error's code. */
enum status suggestion_for_settings(const struct option_list *settings, struct arena *arena,
                                    struct error *error);
enum status suggestion_for_conditions(const struct option_list *conditions, struct arena *arena,
                                      struct error *error);

#endif
