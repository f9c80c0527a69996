/* What a plug-in (<sweep/plugin.h>) has, as rows of nn's tables. */
#ifndef SWEEP_NN_PLUGIN_H
#define SWEEP_NN_PLUGIN_H

#include "base/status.h"
#include "nn/optimizer.h"

#include <sweep/plugin.h>

/* The parameter of optimizers with that name; false: there is none. */
typedef bool plugin_parameter_of(const char *name, enum optimizer_parameter *parameter);

/* Add all that a plug-in has, after nn's own. `tag` tells its versions apart: a row's name is
 * NAME@TAG, with a + after it for a metric of which more is better, and NAME finds it as well. One
 * with the same tag again changes nothing. STATUS_INPUT, and nothing is added, if a row is
 * incomplete, its name is none or taken, or its gradient is wrong (nn/plugin_check.h). The plug-in
 * must stay. To be called before other threads use the tables. */
enum status plugin_add(const struct sweep_plugin *plugin, const char *tag,
                       plugin_parameter_of *parameter, struct error *error);

#endif
