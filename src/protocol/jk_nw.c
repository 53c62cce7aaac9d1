/* SPDX-License-Identifier: MIT */
#include "bms/jk_nw.h"

#include <string.h>

enum {
	LENGTH = 2, /* counts itself and everything behind it */
	TERMINAL = 4,
	COMMAND = 8,
	SOURCE = 9,
	TYPE = 10,
	/* Behind the information */
	RECORD = 0,
	END = 4,
	UNUSED_CRC = 5,
	SUM = 7,

	START_SIZE = 2,
	LENGTH_SIZE = 2,
	END_MARK = 0x68,
	CELL_SIZE = 3, /* number and voltage */
};

static const uint8_t start_mark[START_SIZE] = { 0x4E, 0x57 };

static uint32_t get(const uint8_t *at, size_t size)
{
	uint32_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | at[i];
	return value;
}

static void put(uint8_t *at, size_t size, uint32_t value)
{
	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)(value >> 8 * (size - 1 - i));
}

static uint16_t sum16(const uint8_t *data, size_t size)
{
	uint16_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum = (uint16_t)(sum + data[i]);
	return sum;
}

size_t bms_nw_frame_size(const uint8_t *data, size_t size)
{
	size_t whole;

	if (size < LENGTH + LENGTH_SIZE)
		return 0;
	whole = START_SIZE + get(data + LENGTH, LENGTH_SIZE);
	return whole < BMS_NW_OVERHEAD || whole > BMS_NW_FRAME_MAX ? START_SIZE : whole;
}

enum bms_status bms_nw_parse(const uint8_t *data, size_t size, struct bms_nw_frame *ret)
{
	size_t whole = bms_nw_frame_size(data, size);
	const uint8_t *tail;

	if (size >= START_SIZE && memcmp(data, start_mark, START_SIZE) != 0)
		return BMS_UNKNOWN;
	if (whole == START_SIZE)
		return BMS_BAD_LENGTH;
	if (whole == 0 || size < whole)
		return BMS_SHORT;
	if (size > whole)
		return BMS_LONG;
	tail = data + whole - (BMS_NW_OVERHEAD - BMS_NW_INFO);
	if (get(tail + SUM, 2) != sum16(data, whole - 4))
		return BMS_BAD_SUM;
	if (tail[END] != END_MARK)
		return BMS_UNKNOWN;
	*ret = (struct bms_nw_frame){
		.terminal = get(data + TERMINAL, 4),
		.command = data[COMMAND],
		.source = data[SOURCE],
		.type = data[TYPE],
		.info = data + BMS_NW_INFO,
		.info_size = (uint16_t)(whole - BMS_NW_OVERHEAD),
		.record = get(tail + RECORD, 4),
	};
	return BMS_OK;
}

size_t bms_nw_seal(uint8_t *out, uint8_t command, uint8_t source, uint8_t type, size_t info_size)
{
	uint8_t *tail = out + BMS_NW_INFO + info_size;
	size_t whole = BMS_NW_OVERHEAD + info_size;

	memcpy(out, start_mark, START_SIZE);
	put(out + LENGTH, LENGTH_SIZE, (uint32_t)(whole - START_SIZE));
	put(out + TERMINAL, 4, 0);
	out[COMMAND] = command;
	out[SOURCE] = source;
	out[TYPE] = type;
	put(tail + RECORD, 4, 0);
	tail[END] = END_MARK;
	put(tail + UNUSED_CRC, 2, 0);
	put(tail + SUM, 2, sum16(out, whole - 4));
	return whole;
}

enum coding {
	UNSIGNED,
	SIGNED,
	TEMPERATURE,
	CURRENT
};

struct row {
	uint8_t id;
	uint8_t size;
	uint8_t coding; /* enum coding */
	uint8_t access; /* enum bms_nw_access */
	bool is_text;
	uint8_t index; /* enum bms_nw_number or enum bms_nw_text */
};

static const struct row rows[] = {
#define BMS_NW_NUMBER(id, name, size, coding, access) \
	{ id, size, coding, BMS_NW_##access, false, BMS_NW_##name },
#define BMS_NW_TEXT(id, name, size, access) \
	{ id, size, 0, BMS_NW_##access, true, BMS_NW_TEXT_##name },
#include "bms/jk_nw.def"
#undef BMS_NW_NUMBER
#undef BMS_NW_TEXT
};

enum {
	ROWS = sizeof(rows) / sizeof(*rows)
};

static const struct row *row_by_id(uint8_t id)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].id == id)
			return &rows[i];
	return NULL;
}

enum bms_nw_number bms_nw_number_by_id(uint8_t id)
{
	const struct row *row = row_by_id(id);

	return row && !row->is_text ? (enum bms_nw_number)row->index : BMS_NW_NUMBERS;
}

enum bms_nw_access bms_nw_access_of(enum bms_nw_number number)
{
	for (size_t i = 0; i < ROWS; i++)
		if (!rows[i].is_text && rows[i].index == number)
			return (enum bms_nw_access)rows[i].access;
	return BMS_NW_FIXED;
}

/* Up to 100 as it is, then below zero: 101 is -1. */
static int64_t decode_temperature(uint32_t raw)
{
	return raw <= 100 ? (int64_t)raw : 100 - (int64_t)raw;
}

static int64_t decode_number(const struct row *row, const uint8_t *at)
{
	uint32_t raw = get(at, row->size);

	if (row->coding == SIGNED)
		return (int16_t)raw;
	if (row->coding == TEMPERATURE)
		return decode_temperature(raw);
	if (row->coding == CURRENT)
		return raw & 0x8000 ? (int64_t)(raw & 0x7FFF) : -(int64_t)raw;
	return raw;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
	if (value < low)
		return low;
	return value > high ? high : value;
}

/* A current of more than 327.67 A does not fit this protocol; it says 327.67 A. */
static uint32_t encode_current(int64_t value)
{
	uint32_t magnitude = (uint32_t)clamp(value < 0 ? -value : value, 0, 0x7FFF);

	return value > 0 ? 0x8000 | magnitude : magnitude;
}

static uint32_t encode_temperature(int64_t value)
{
	int64_t c = clamp(value, -40, 100);

	return (uint32_t)(c < 0 ? 100 - c : c);
}

static uint32_t encode_number(const struct row *row, int64_t value)
{
	if (row->coding == SIGNED)
		return (uint16_t)clamp(value, INT16_MIN, INT16_MAX);
	if (row->coding == TEMPERATURE)
		return encode_temperature(value);
	if (row->coding == CURRENT)
		return encode_current(value);
	return (uint32_t)clamp(value, 0, (INT64_C(1) << 8 * row->size) - 1);
}

/* The size of the cells' data, or 0: cut. A cell is named by its number, not by its place. */
static size_t decode_cells(const uint8_t *at, size_t size, struct bms_nw_report *report)
{
	size_t length = size > 0 ? at[0] : 0;

	if (size == 0 || size < 1 + length)
		return 0;
	for (size_t i = 1; i + CELL_SIZE <= 1 + length; i += CELL_SIZE) {
		size_t cell = at[i];

		if (cell == 0 || cell > BMS_CELLS_MAX)
			continue;
		report->cell_mv[cell - 1] = (uint16_t)get(at + i + 1, 2);
		if (report->cells < cell)
			report->cells = (uint8_t)cell;
	}
	return 1 + length;
}

static void decode_row(const struct row *row, const uint8_t *at, struct bms_nw_report *report)
{
	if (row->is_text) {
		memcpy(report->text[row->index], at, row->size);
		report->has_text[row->index] = true;
		return;
	}
	report->number[row->index] = decode_number(row, at);
	report->has_number[row->index] = true;
}

enum bms_status bms_nw_decode(const uint8_t *info, size_t size, struct bms_nw_report *report)
{
	for (size_t at = 0; at < size;) {
		uint8_t id = info[at++];
		const struct row *row = row_by_id(id);
		size_t taken;

		if (id == BMS_NW_ID_CELLS)
			taken = decode_cells(info + at, size - at, report);
		else if (!row)
			return BMS_UNKNOWN;
		else
			taken = row->size <= size - at ? row->size : 0;
		if (taken == 0)
			return BMS_SHORT;
		if (row)
			decode_row(row, info + at, report);
		at += taken;
	}
	return BMS_OK;
}

static size_t encode_cells(const struct bms_nw_report *report, uint8_t *out)
{
	out[0] = BMS_NW_ID_CELLS;
	out[1] = (uint8_t)(report->cells * CELL_SIZE);
	for (size_t i = 0; i < report->cells; i++) {
		uint8_t *at = out + 2 + i * CELL_SIZE;

		at[0] = (uint8_t)(i + 1);
		put(at + 1, 2, report->cell_mv[i]);
	}
	return 2u + report->cells * (size_t)CELL_SIZE;
}

static size_t encode_row(const struct bms_nw_report *report, const struct row *row, uint8_t *out)
{
	if (row->is_text ? !report->has_text[row->index] : !report->has_number[row->index])
		return 0;
	out[0] = row->id;
	if (row->is_text)
		memcpy(out + 1, report->text[row->index], row->size);
	else
		put(out + 1, row->size, encode_number(row, report->number[row->index]));
	return 1u + row->size;
}

size_t bms_nw_encode(const struct bms_nw_report *report, uint8_t info[BMS_NW_INFO_MAX])
{
	size_t size = report->cells ? encode_cells(report, info) : 0;

	for (size_t i = 0; i < ROWS; i++)
		size += encode_row(report, &rows[i], info + size);
	return size;
}

size_t bms_nw_encode_id(
	const struct bms_nw_report *report, uint8_t id, uint8_t info[BMS_NW_INFO_MAX])
{
	const struct row *row = row_by_id(id);

	if (id == BMS_NW_ID_CELLS)
		return report->cells ? encode_cells(report, info) : 0;
	return row ? encode_row(report, row, info) : 0;
}
