/* SPDX-License-Identifier: MIT */
/*
 * Writes a diary for a board from its readings, as the board would: links need not carry the
 * board's own, so the mirror tells what was seen since it runs.
 */
#ifndef MIRROR_WITNESS_H
#define MIRROR_WITNESS_H

#include "bms/jk_diary.h"
#include "bms/settings.h"
#include "bms/telemetry.h"

struct witness {
	struct bms_jk_diary diary;
	bool has_seen;     /* a reading */
	bool has_settings; /* as they were last */
	int64_t switches[2];
};

/* A new reading; what was so at the first one is nothing new. */
void witness_reading(struct witness *witness, const struct bms_telemetry *reading);

/* The settings were read; the last reading says when. */
void witness_settings(struct witness *witness, const struct bms_settings *settings,
	const struct bms_telemetry *reading);

#endif
