/* SPDX-License-Identifier: MIT */
/* The columns of the history's views that hold what was asked for. */
#ifndef CTL_HISTORY_COLUMN_H
#define CTL_HISTORY_COLUMN_H

#include "ctl/ctl.h"

enum {
	HISTORY_COLUMN_SIZE = 48,
	HISTORY_GROUPS_MAX = 3 * BMS_FIELD_COUNT,
};

struct history_source {
	const char *name; /* of --by */
	const char *view;
	bool is_rolled;
};

/* A row of telemetry.def or one of its aggregates; a column per element. */
struct history_group {
	const struct bms_field_row *row;
	const char *suffix;
};

struct history_groups {
	const struct history_source *source;
	size_t count;
	struct history_group group[HISTORY_GROUPS_MAX];
};

/* What --by and --field ask for, or a selection. Returns an exit status. */
int history_groups_choose(const struct ctl *ctl, struct history_groups *ret);

/* cell_mv, 0, "_max" -> "cell1_mv_max"; the element is ignored where there is only one. */
void history_column_name(
	char out[HISTORY_COLUMN_SIZE], const struct history_group *group, size_t element);

#endif
