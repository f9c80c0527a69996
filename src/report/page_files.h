/* The files that a report's page is made of, as they are in src/report/page/. */
#ifndef SWEEP_REPORT_PAGE_FILES_H
#define SWEEP_REPORT_PAGE_FILES_H

#include <stddef.h>

struct page_file {
    const char *begin, *end; /* not terminated */
};

/* The frame, with {{names}} for what differs; the style; D3; D3's licence. */
extern const struct page_file page_frame, page_style, page_d3, page_d3_licence;

/* The tables of words; see words.h. */
extern const struct page_file page_words_english, page_words_spanish;

/* The page's own script, in pieces that make one script laid end to end. */
extern const struct page_file page_scripts[];
extern const size_t page_script_count;

#endif
