/* What every campaign of a config is made of, whoever keeps and trains its trials. */
#ifndef SWEEP_CLI_SEARCHING_H
#define SWEEP_CLI_SEARCHING_H

#include "search/config.h"
#include "search/space.h"
#include "train/campaign.h"

struct searching {
    struct strategy *strategy; /* NULL: a grid */
    struct stopper *stopper;   /* NULL: all are trained to the end */
};

/* searching_end also after an error. */
enum status searching_begin(struct searching *searching, const struct config *config,
                            struct space *space, struct error *error);
void searching_end(struct searching *searching);

/* The request of a campaign, but for its functions. */
struct campaign_request searching_request(const struct searching *searching,
                                          const struct config *config, struct space *space);

/* The epochs of a setting's whole training. */
size_t searching_epochs(const struct space *space, size_t setting);

#endif
