/* SPDX-License-Identifier: MIT */
/* What the writer remembers of one pack, and how its readings become rows. */
#ifndef STORE_PACK_TRACK_H
#define STORE_PACK_TRACK_H

#include "store/deadband.h"
#include "store/history.h"

enum {
	PACK_TRACK_WIRE_MS = 600000
}; /* sense wires are looked at this often */

struct pack_track {
	char name[STORE_NAME_MAX];
	int64_t id; /* 0 until it is in the open file */
	struct deadband deadband;
	struct rollup rollup;
	bool has_wires; /* what the file knows of them was read */
	int64_t wires_ms;
	struct rollup_value wires[BMS_CELLS_MAX];
	bool has_identity;
	bool is_identity_stored;
	struct bms_identity identity;
	int64_t seen_ms;
};

void pack_track_init(
	struct pack_track *track, const char *name, const struct column_list *minute_columns);

/* One reading; is_forced stores its row whatever moved. 1 if a row was stored, 0 if none was
 * due, negative errno. */
int pack_track_put(struct pack_track *track, struct history *history, int64_t time_ms,
	const struct bms_telemetry *telemetry, bool is_forced);

int pack_track_put_identity(
	struct pack_track *track, struct history *history, const struct bms_identity *identity);

/* Puts what is open into the transaction. */
int pack_track_flush(struct pack_track *track, struct history *history);

/* As flush, and when the pack was last seen: before the file is closed. */
int pack_track_end(struct pack_track *track, struct history *history);

/* The transaction, or the whole file, is gone. */
void pack_track_undone(struct pack_track *track);

#endif
