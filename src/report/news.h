/* What a run has to tell besides its results: what an earlier one left, what differs from the last
 * time, and what became of results that the database could not take. */
#ifndef SWEEP_REPORT_NEWS_H
#define SWEEP_REPORT_NEWS_H

#include "store/store.h"

#include <stdio.h>

/* `quiet` leaves out what nobody has to act on. */
void news_print_spool(FILE *stream, const struct spool_news *news, bool quiet);
void news_print_outlook(FILE *stream, const struct outlook *outlook, bool quiet);

void news_print_spooled(FILE *stream, const struct spool_state *spooled);

#endif
