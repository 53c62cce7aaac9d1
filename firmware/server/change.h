/* SPDX-License-Identifier: MIT */
/* The one way by which a port changes what the board keeps: settings and texts are checked, then
 * stored; where something is wrong nothing changes. */
#ifndef CHANGE_H
#define CHANGE_H

#include "bms/jk_layout.h"
#include "core/board.h"

struct change {
	struct board *board;
	struct port *port;
	const struct bms_jk_profile *profile;
	uint32_t writes; /* that were accepted and changed, or confirmed, settings */
};

void change_init(struct change *change, struct board *board, struct port *port);

/* False: a value outside its limits, a rule broken, a text nobody can print, or the flash failed. */
bool change_commit(struct change *change, const struct bms_settings *settings,
	const struct bms_identity *identity);

/* One of them. */
bool change_setting(struct change *change, size_t slot, int64_t value);
bool change_text(
	struct change *change, enum bms_identity_text text, const uint8_t *bytes, size_t size);

/* The preset of a chemistry, for the settings that depend on it. */
bool change_preset(struct change *change, enum bms_chemistry chemistry);

/* Every setting as the factory left it, but the cell count, the capacity and the calibration, which
 * are the battery's and the board's, and what its wires need: address, port switch, protocols.
 * Texts stay. */
bool change_factory(struct change *change);

#endif
