/* A plug-in's layer as a row of nn's table of kinds. */
#ifndef SWEEP_NN_PLUGIN_LAYER_H
#define SWEEP_NN_PLUGIN_LAYER_H

#include <stdbool.h>
#include <sweep/plugin.h>

/* Add it under that name; both must stay. False when there is no room. */
bool add_layer(const struct sweep_layer *own, const char *name);

#endif
