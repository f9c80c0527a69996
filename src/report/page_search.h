/* What a report says of how a sweep was searched: the numbers of `sweep compare`. */
#ifndef SWEEP_REPORT_PAGE_SEARCH_H
#define SWEEP_REPORT_PAGE_SEARCH_H

#include "base/json.h"
#include "report/page_effects.h"

/* Append to the object begun last `search`: null where the sweep is no search, else
 *   method      random, ..., or null where it is not known
 *   settings    those of which a trial has run, in the order in which they were asked for, and ...
 *   trials, epochs, seconds   ... what all until each of them took (search_history.h)
 *   expected    for each metric the best that is expected of settings drawn at random, a list of
 *               [settings, score]; empty of other methods, and where trials were stopped early
 *   notes       for each metric a note on that, in words
 *   shares      for each metric where its shares of the variance come from, in words */
void page_search_append(const struct page_metrics *menu, struct json *json);

#endif
