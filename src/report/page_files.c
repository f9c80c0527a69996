#include "report/page_files.h"

/* The assembler puts a file into the program as it is: one way for every compiler, and no copy of
 * the file in the shape of an array. CMake rebuilds this file when one of them changes, and says
 * where they are. */
#define EMBED(name, path)                                                                          \
    extern const char name##_begin[], name##_end[];                                                \
    __asm__(".pushsection .rodata\n"                                                               \
            ".global " #name "_begin\n" #name "_begin:\n"                                          \
            ".incbin \"" path "\"\n"                                                               \
            ".global " #name "_end\n" #name "_end:\n"                                              \
            ".byte 0\n"                                                                            \
            ".popsection\n")
#define FILE_OF(name)                                                                              \
    { name##_begin, name##_end }

EMBED(sweep_page_html, SWEEP_PAGE_DIR "/page.html");
EMBED(sweep_page_css, SWEEP_PAGE_DIR "/page.css");
EMBED(sweep_page_licence, SWEEP_PAGE_DIR "/d3-licence.txt");
EMBED(sweep_page_d3, SWEEP_D3);
EMBED(sweep_page_english, SWEEP_PAGE_DIR "/words-en.txt");
EMBED(sweep_page_spanish, SWEEP_PAGE_DIR "/words-es.txt");
EMBED(sweep_page_words, SWEEP_PAGE_DIR "/words.js");
EMBED(sweep_page_data, SWEEP_PAGE_DIR "/data.js");
EMBED(sweep_page_labels, SWEEP_PAGE_DIR "/labels.js");
EMBED(sweep_page_filter, SWEEP_PAGE_DIR "/filter.js");
EMBED(sweep_page_state, SWEEP_PAGE_DIR "/state.js");
EMBED(sweep_page_link, SWEEP_PAGE_DIR "/link.js");
EMBED(sweep_page_parts, SWEEP_PAGE_DIR "/parts.js");
EMBED(sweep_page_save, SWEEP_PAGE_DIR "/save.js");
EMBED(sweep_page_head, SWEEP_PAGE_DIR "/head.js");
EMBED(sweep_page_columns, SWEEP_PAGE_DIR "/columns.js");
EMBED(sweep_page_table, SWEEP_PAGE_DIR "/table.js");
EMBED(sweep_page_facets, SWEEP_PAGE_DIR "/facets.js");
EMBED(sweep_page_search, SWEEP_PAGE_DIR "/search.js");
EMBED(sweep_page_importance, SWEEP_PAGE_DIR "/importance.js");
EMBED(sweep_page_slices, SWEEP_PAGE_DIR "/slices.js");
EMBED(sweep_page_curves, SWEEP_PAGE_DIR "/curves.js");
EMBED(sweep_page_parallel, SWEEP_PAGE_DIR "/parallel.js");
EMBED(sweep_page_effects, SWEEP_PAGE_DIR "/effects.js");
EMBED(sweep_page_scatter, SWEEP_PAGE_DIR "/scatter.js");
EMBED(sweep_page_pareto, SWEEP_PAGE_DIR "/pareto.js");
EMBED(sweep_page_heatmap, SWEEP_PAGE_DIR "/heatmap.js");
EMBED(sweep_page_winner, SWEEP_PAGE_DIR "/winner.js");
EMBED(sweep_page_predictions, SWEEP_PAGE_DIR "/predictions.js");
EMBED(sweep_page_provenance, SWEEP_PAGE_DIR "/provenance.js");
EMBED(sweep_page_trial, SWEEP_PAGE_DIR "/trial.js");
EMBED(sweep_page_project, SWEEP_PAGE_DIR "/project.js");
EMBED(sweep_page_live, SWEEP_PAGE_DIR "/live.js");
EMBED(sweep_page_main, SWEEP_PAGE_DIR "/page.js");

const struct page_file page_frame = FILE_OF(sweep_page_html), page_style = FILE_OF(sweep_page_css),
                       page_d3 = FILE_OF(sweep_page_d3),
                       page_d3_licence = FILE_OF(sweep_page_licence),
                       page_words_english = FILE_OF(sweep_page_english),
                       page_words_spanish = FILE_OF(sweep_page_spanish);

const struct page_file page_scripts[] = {
    FILE_OF(sweep_page_words),   FILE_OF(sweep_page_data),        FILE_OF(sweep_page_labels),
    FILE_OF(sweep_page_filter),  FILE_OF(sweep_page_state),       FILE_OF(sweep_page_link),
    FILE_OF(sweep_page_parts),   FILE_OF(sweep_page_save),        FILE_OF(sweep_page_head),
    FILE_OF(sweep_page_columns), FILE_OF(sweep_page_table),       FILE_OF(sweep_page_facets),
    FILE_OF(sweep_page_search),  FILE_OF(sweep_page_importance),  FILE_OF(sweep_page_slices),
    FILE_OF(sweep_page_curves),  FILE_OF(sweep_page_parallel),    FILE_OF(sweep_page_effects),
    FILE_OF(sweep_page_scatter), FILE_OF(sweep_page_pareto),      FILE_OF(sweep_page_heatmap),
    FILE_OF(sweep_page_winner),  FILE_OF(sweep_page_predictions), FILE_OF(sweep_page_provenance),
    FILE_OF(sweep_page_trial),   FILE_OF(sweep_page_project),     FILE_OF(sweep_page_live),
    FILE_OF(sweep_page_main),
};
const size_t page_script_count = sizeof page_scripts / sizeof *page_scripts;
