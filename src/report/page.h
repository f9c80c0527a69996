/* A sweep's report: one HTML file that needs nothing else, not even a network. */
#ifndef SWEEP_REPORT_PAGE_H
#define SWEEP_REPORT_PAGE_H

#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"
#include "report/page_data.h"

/* Which runs' curves a page has room for: places of trials, the longest of its run each, those of
 * the best settings first. Lives in the arena. */
enum status page_choose_curves(const struct report_data *data, struct arena *arena,
                               const size_t **trials, size_t *count, struct error *error);

/* Append the page. Its policy lets in the style and the scripts that are in it, by their digests,
 * and nothing else from anywhere. */
enum status page_append(const struct page *page, struct text *html, struct error *error);

#endif
