/* A plug-in's layer as a row of nn's table of kinds. */
#ifndef SWEEP_NN_PLUGIN_LAYER_H
#define SWEEP_NN_PLUGIN_LAYER_H

#include <stdbool.h>
#include <sweep/plugin.h>

/* Add it under that name; both must stay. False: no memory. */
bool plugin_layer_add(const struct sweep_layer *own, const char *name);

#endif
