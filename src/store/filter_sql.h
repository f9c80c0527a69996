/* A filter (search/filter.h) as a condition of SQL. */
#ifndef SWEEP_STORE_FILTER_SQL_H
#define SWEEP_STORE_FILTER_SQL_H

#include "search/filter.h"
#include "store/database.h"

/* " AND t.epochs IN (?7, ?8)" and so on, for a query in which t is the trials; its parameters are
 * numbered from `first` on. NULL is no condition. */
void filter_append_sql(const struct filter *filter, int first, struct text *sql);
void filter_bind(const struct filter *filter, int first, struct statement *statement);

#endif
