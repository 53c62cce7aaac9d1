/* SPDX-License-Identifier: MIT */
#include "store/pack_track.h"

#include <stdio.h>

enum {
	HOUR_MS = 3600000
};

void pack_track_init(
	struct pack_track *track, const char *name, const struct column_list *minute_columns)
{
	*track = (struct pack_track){ 0 };
	snprintf(track->name, sizeof(track->name), "%s", name);
	deadband_init(&track->deadband);
	rollup_init(&track->rollup, minute_columns);
}

static int identity_store(struct pack_track *track, struct history *history)
{
	int r;

	if (!track->has_identity || track->is_identity_stored)
		return 0;
	r = history_put_identity(history, track->id, &track->identity);
	track->is_identity_stored = r == 0;
	return r;
}

static int track_attach(struct pack_track *track, struct history *history, int64_t time_ms)
{
	int r = 0;

	if (track->id == 0)
		r = history_add_pack(history, track->name, time_ms, &track->id);
	return r < 0 ? r : identity_store(track, history);
}

static int wires_read(struct pack_track *track, struct history *history)
{
	int r = track->has_wires ? 0 : history_read_wires(history, track->name, track->wires);

	track->has_wires = r == 0;
	return r;
}

/* A resistance that flickers by its last digit would else write a row at every reading. */
static bool wires_are_due(const struct pack_track *track, int64_t time_ms)
{
	return !track->has_wires || time_ms < track->wires_ms ||
	       time_ms - track->wires_ms >= PACK_TRACK_WIRE_MS;
}

static int wires_put(struct pack_track *track, struct history *history, int64_t time_ms,
	const struct bms_telemetry *telemetry)
{
	int r = wires_read(track, history);

	for (unsigned cell = 0; r == 0 && cell < BMS_CELLS_MAX; cell++) {
		struct rollup_value *wire = &track->wires[cell];
		size_t slot = BMS_SLOT_WIRE_MOHM + cell;
		int64_t mohm = telemetry->value[slot];

		if (!bms_telemetry_has(telemetry, slot) || (wire->has && wire->value == mohm))
			continue;
		*wire = (struct rollup_value){ true, mohm };
		r = history_put_wire(history, track->name, cell + 1, time_ms, mohm);
	}
	track->wires_ms = time_ms;
	return r;
}

static int minute_end(struct pack_track *track, struct history *history)
{
	int r = 0;

	if (track->rollup.is_dirty || track->rollup.is_stored_open)
		r = history_put_minute(history, track->id, &track->rollup, false);
	if (r == 0 && track->rollup.start_ms % HOUR_MS == 0)
		r = history_touch_pack(history, track->id, track->seen_ms);
	return r;
}

static int row_put(struct pack_track *track, struct history *history, int64_t time_ms,
	const struct bms_telemetry *telemetry, bool is_forced)
{
	if (!deadband_admit(&track->deadband, time_ms, telemetry)) {
		if (!is_forced)
			return 0;
		deadband_keep(&track->deadband, time_ms, telemetry);
	}
	return history_put_sample(history, track->id, time_ms, telemetry);
}

int pack_track_put(struct pack_track *track, struct history *history, int64_t time_ms,
	const struct bms_telemetry *telemetry, bool is_forced)
{
	int r = track_attach(track, history, time_ms);

	if (r == 0 && rollup_is_ended(&track->rollup, time_ms))
		r = minute_end(track, history);
	if (r == 0 && wires_are_due(track, time_ms))
		r = wires_put(track, history, time_ms, telemetry);
	if (r < 0)
		return r;
	rollup_add(&track->rollup, time_ms, telemetry);
	track->seen_ms = time_ms;
	return row_put(track, history, time_ms, telemetry, is_forced);
}

int pack_track_put_identity(
	struct pack_track *track, struct history *history, const struct bms_identity *identity)
{
	track->identity = *identity;
	track->has_identity = true;
	track->is_identity_stored = false;
	return track->id == 0 ? 0 : identity_store(track, history);
}

int pack_track_flush(struct pack_track *track, struct history *history)
{
	if (track->rollup.n == 0 || !track->rollup.is_dirty || track->id == 0)
		return 0;
	return history_put_minute(history, track->id, &track->rollup, true);
}

int pack_track_end(struct pack_track *track, struct history *history)
{
	int r = pack_track_flush(track, history);

	if (r < 0 || track->id == 0 || track->seen_ms == 0)
		return r;
	return history_touch_pack(history, track->id, track->seen_ms);
}

void pack_track_undone(struct pack_track *track)
{
	track->id = 0;
	track->has_wires = false;
	track->is_identity_stored = false;
	track->rollup.is_dirty = track->rollup.n > 0;
	deadband_init(&track->deadband);
}
