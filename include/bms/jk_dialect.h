/* SPDX-License-Identifier: MIT */
/*
 * The layouts of 300-byte frames. Header, types and checksum are the same in all; where a frame
 * keeps a value is not, and only the software version of the device frame (type 03) tells which:
 * at another layout's places there are numbers as well, and they look sound.
 */
#ifndef BMS_JK_DIALECT_H
#define BMS_JK_DIALECT_H

#include "bms/jk_command.h"
#include "bms/jk_frame.h"
#include "bms/jk_layout.h"

enum bms_jk_dialect {
	BMS_JK_DIALECT_32S, /* software 11 and later, also Modbus */
	BMS_JK_DIALECT_24S, /* software 7 to 10 */
	BMS_JK_DIALECT_04,  /* software 3, and 8.0.3M of the B5A24S: read only the cells */
	BMS_JK_DIALECTS
};

/* "jk02-32s", "jk02-24s", "jk04" */
const char *bms_jk_dialect_name(enum bms_jk_dialect dialect);

/* The dialect a board of this identity speaks; BMS_UNKNOWN rather than a guess. */
enum bms_status bms_jk_dialect_of(
	const struct bms_identity *identity, enum bms_jk_dialect *ret_dialect);

/* Decoders add what the frame holds; the payload must be of the type they are named after. */
void bms_jk_dialect_decode_live(enum bms_jk_dialect dialect, const struct bms_window *payload,
	struct bms_telemetry *telemetry);
void bms_jk_dialect_decode_settings(enum bms_jk_dialect dialect, const struct bms_window *payload,
	struct bms_settings *settings);
/* Identity, which all dialects place alike, and settings where the dialect has any there. */
void bms_jk_dialect_decode_device(enum bms_jk_dialect dialect, const struct bms_window *payload,
	struct bms_identity *identity, struct bms_settings *settings);

/*
 * The command that writes one setting. BMS_UNKNOWN: the dialect has none, or nobody has captured
 * its form; BMS_OUT_OF_RANGE: the value does not fit.
 */
enum bms_status bms_jk_dialect_write(
	enum bms_jk_dialect dialect, size_t slot, int64_t value, uint8_t ret[BMS_JK_COMMAND_SIZE]);

#endif
