/* The layers of a network, as Keras' model.summary() lists them. */
#ifndef SWEEP_REPORT_ARCHITECTURE_H
#define SWEEP_REPORT_ARCHITECTURE_H

#include "base/arena.h"
#include "base/json.h"
#include "base/status.h"
#include "nn/spec.h"

#include <stdio.h>

enum status architecture_print(FILE *stream, const struct network_spec *spec, struct arena *arena,
                               struct error *error);

/* A list `layers` into an object begun. */
void architecture_json(struct json *json, const struct network_spec *spec);

#endif
