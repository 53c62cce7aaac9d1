/* SPDX-License-Identifier: MIT */
/*
 * The protocol of frames that begin with 4E 57 ("NW"): on the GPS plug and on old RS485 adapters.
 * The master asks, the board answers; numbers are big-endian. Both sides, no I/O.
 */
#ifndef BMS_JK_NW_H
#define BMS_JK_NW_H

#include "bms/identity.h"
#include "bms/settings.h"
#include "bms/status.h"
#include "bms/telemetry.h"

enum {
	BMS_NW_ACTIVATE = 0x01,
	BMS_NW_WRITE = 0x02,
	BMS_NW_READ = 0x03,
	BMS_NW_PASSWORD = 0x05,
	BMS_NW_READ_ALL = 0x06,

	BMS_NW_FROM_BMS = 0,
	BMS_NW_FROM_BLUETOOTH = 1,
	BMS_NW_FROM_GPS = 2,
	BMS_NW_FROM_PC = 3,

	BMS_NW_REQUEST = 0,
	BMS_NW_REPLY = 1,
	BMS_NW_UNASKED = 2,

	BMS_NW_INFO = 11, /* offset of the information */
	BMS_NW_OVERHEAD = BMS_NW_INFO + 9,
	BMS_NW_FRAME_MAX = 512,
	BMS_NW_INFO_MAX = BMS_NW_FRAME_MAX - BMS_NW_OVERHEAD,

	/* Ids outside of a read-all reply. */
	BMS_NW_ID_CELLS = 0x79,
	BMS_NW_ID_RESTART = 0xBB,
	BMS_NW_ID_FACTORY = 0xBC,

	BMS_NW_TEXT_MAX = 24,
};

struct bms_nw_frame {
	uint32_t terminal;
	uint8_t command;
	uint8_t source;
	uint8_t type;
	uint16_t info_size;
	const uint8_t *info; /* view */
	uint32_t record;
};

/* Size of the whole frame that begins here; 0: not known yet. A length no frame has counts as the
 * start mark alone, so that a search goes on behind it. */
size_t bms_nw_frame_size(const uint8_t *data, size_t size);

/* Start mark, length, end mark and sum. */
enum bms_status bms_nw_parse(const uint8_t *data, size_t size, struct bms_nw_frame *ret);

/* Puts a frame around information that is already at out + BMS_NW_INFO; returns its size. */
size_t bms_nw_seal(uint8_t *out, uint8_t command, uint8_t source, uint8_t type, size_t info_size);

enum bms_nw_number {
#define BMS_NW_NUMBER(id, name, ...) BMS_NW_##name,
#define BMS_NW_TEXT(...)
#include "bms/jk_nw.def"
#undef BMS_NW_NUMBER
#undef BMS_NW_TEXT
	BMS_NW_NUMBERS
};

enum bms_nw_text {
#define BMS_NW_NUMBER(...)
#define BMS_NW_TEXT(id, name, ...) BMS_NW_TEXT_##name,
#include "bms/jk_nw.def"
#undef BMS_NW_NUMBER
#undef BMS_NW_TEXT
	BMS_NW_TEXTS
};

enum bms_nw_access {
	BMS_NW_FIXED,
	BMS_NW_SWITCH,
	BMS_NW_GUARDED,
};

/* What a reply says, in the units of the wire. Texts are not terminated. */
struct bms_nw_report {
	uint16_t cell_mv[BMS_CELLS_MAX];
	uint8_t cells;
	bool has_number[BMS_NW_NUMBERS];
	bool has_text[BMS_NW_TEXTS];
	int64_t number[BMS_NW_NUMBERS];
	char text[BMS_NW_TEXTS][BMS_NW_TEXT_MAX];
};

/* Adds what the information of a reply says. BMS_UNKNOWN: an id nobody knows; BMS_SHORT: cut.
 * The report then holds what came before. */
enum bms_status bms_nw_decode(const uint8_t *info, size_t size, struct bms_nw_report *report);

/* Everything the report holds, in the order of the boards; returns the size. A number that does
 * not fit its bytes becomes the nearest that does. */
size_t bms_nw_encode(const struct bms_nw_report *report, uint8_t info[BMS_NW_INFO_MAX]);

/* One id and its data; 0: unknown or absent. */
size_t bms_nw_encode_id(
	const struct bms_nw_report *report, uint8_t id, uint8_t info[BMS_NW_INFO_MAX]);

/* The id's number, or BMS_NW_NUMBERS. */
enum bms_nw_number bms_nw_number_by_id(uint8_t id);
enum bms_nw_access bms_nw_access_of(enum bms_nw_number number);

/* What a board says of itself in this protocol. Every id is present, because clients exist that
 * count bytes; what this board does not have is said as its captured sisters say it. The password
 * is not told. */
void bms_nw_report_board(struct bms_nw_report *report, const struct bms_telemetry *telemetry,
	const struct bms_settings *settings, const struct bms_identity *identity);

/* The other way round, as far as it goes: what a report tells of a battery. */
void bms_nw_report_telemetry(const struct bms_nw_report *report, struct bms_telemetry *telemetry);

/* The setting a number stands for and its value, or false: it stands for none. */
bool bms_nw_setting(enum bms_nw_number number, int64_t raw, size_t *ret_slot, int64_t *ret_value);

/* The 16 alarm bits of this protocol, out of the family's 32 and the state of charge. */
uint16_t bms_nw_alarms(uint32_t alarm_bits, bool soc_low);

#endif
