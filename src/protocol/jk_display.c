/* SPDX-License-Identifier: MIT */
#include "bms/jk_display.h"

#include <string.h>

#include "bms/alarms.h"
#include "bms/window.h"

enum {
	HEADER_SIZE = 6,
	WARNING = 14,
	CELLS = 24,
	/* Not known; the one captured board says 3. */
	UNKNOWN = 4,
	UNKNOWN_VALUE = 3,
};

static const uint8_t header[HEADER_SIZE] = { 0xA5, 0x5A, 0x5D, 0x82, 0x10, 0x00 };
static const uint8_t page[BMS_JK_DISPLAY_PAGE_SIZE] = { 0xA5, 0x5A, 0x03, 0x80, 0x01, 0x00 };

/* clang-format off */
static const struct {
	uint8_t offset;
	uint8_t wire;  /* enum bms_wire */
	uint8_t slot;
	uint16_t scale; /* ours is the display's times this */
} places[] = {
	{ 0, BMS_WIRE_U16, BMS_SLOT_PACK_MV, 10 },
	{ 2, BMS_WIRE_I16, BMS_SLOT_CURRENT_MA, 100 },
	{ 6, BMS_WIRE_U16, BMS_SLOT_SOC_PCT, 1 },
	{ 8, BMS_WIRE_U16, BMS_SLOT_CELL_DELTA_MV, 1 },
	{ 10, BMS_WIRE_I16, BMS_SLOT_MOS_DC, 10 },
	{ 12, BMS_WIRE_I16, BMS_SLOT_PROBE_DC, 10 },
	{ 16, BMS_WIRE_U16, BMS_SLOT_CELL_AVERAGE_MV, 1 },
	{ 18, BMS_WIRE_U16, BMS_SLOT_BALANCE_STATE, 1 },
	{ 20, BMS_WIRE_U16, BMS_SLOT_CHARGE_ON, 1 },
	{ 22, BMS_WIRE_U16, BMS_SLOT_DISCHARGE_ON, 1 },
};

/* The first alarm is what a decoder says of the flag. */
static const struct {
	uint8_t offset;
	uint8_t alarm;
	uint8_t other;
} flags[] = {
	{ 72, BMS_ALARM_CELL_UVP, BMS_ALARM_PACK_UVP },
	{ 74, BMS_ALARM_CELL_OVP, BMS_ALARM_PACK_OVP },
	{ 76, BMS_ALARM_DISCHARGE_OCP, BMS_ALARM_CHARGE_OCP },
	{ 78, BMS_ALARM_MOS_OTP, BMS_ALARM_MOS_OTP },
	{ 80, BMS_ALARM_DISCHARGE_OTP, BMS_ALARM_CHARGE_OTP },
	{ 82, BMS_ALARM_DISCHARGE_SCP, BMS_ALARM_CHARGE_SCP },
	{ 84, BMS_ALARM_COPROCESSOR, BMS_ALARM_COPROCESSOR },
	{ 86, BMS_ALARM_WIRE_RESISTANCE, BMS_ALARM_WIRE_RESISTANCE },
	{ 88, BMS_ALARM_CELL_COUNT, BMS_ALARM_CELL_COUNT },
};
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct bms_window window_of(const uint8_t *block)
{
	/* The cursor serves writers too; the decoder only reads. */
	return (struct bms_window){
		.data = (uint8_t *)(uintptr_t)(block + HEADER_SIZE),
		.size = BMS_JK_DISPLAY_SIZE - HEADER_SIZE,
		.order = BMS_ORDER_BIG,
	};
}

static void put(const struct bms_window *window, size_t offset, enum bms_wire wire, int64_t value)
{
	int64_t low = bms_wire_min(wire), high = bms_wire_max(wire);

	if (value < low)
		value = low;
	bms_window_write(window, offset, wire, value > high ? high : value);
}

static void put_flags(const struct bms_window *window, uint32_t alarms)
{
	for (size_t i = 0; i < COUNT(flags); i++)
		if (alarms & (BMS_ALARM_BIT(flags[i].alarm) | BMS_ALARM_BIT(flags[i].other)))
			put(window, flags[i].offset, BMS_WIRE_U16, 1);
	put(window, WARNING, BMS_WIRE_U16, alarms != 0);
}

void bms_jk_display_encode(const struct bms_telemetry *telemetry, uint8_t out[BMS_JK_DISPLAY_SIZE])
{
	struct bms_window window = window_of(out);

	memset(out, 0, BMS_JK_DISPLAY_SIZE);
	memcpy(out, header, HEADER_SIZE);
	put(&window, UNKNOWN, BMS_WIRE_U16, UNKNOWN_VALUE);
	for (size_t i = 0; i < COUNT(places); i++)
		put(&window, places[i].offset, (enum bms_wire)places[i].wire,
			bms_telemetry_or(telemetry, places[i].slot, 0) / places[i].scale);
	for (size_t i = 0; i < BMS_JK_DISPLAY_CELLS; i++)
		put(&window, CELLS + 2 * i, BMS_WIRE_U16,
			bms_telemetry_or(telemetry, BMS_SLOT_CELL_MV + i, 0));
	put_flags(&window, (uint32_t)bms_telemetry_or(telemetry, BMS_SLOT_ALARM_BITS, 0));
}

void bms_jk_display_page(uint8_t out[BMS_JK_DISPLAY_PAGE_SIZE])
{
	memcpy(out, page, sizeof(page));
}

static uint32_t get_flags(const struct bms_window *window)
{
	uint32_t alarms = 0;

	for (size_t i = 0; i < COUNT(flags); i++)
		if (bms_window_read(window, flags[i].offset, BMS_WIRE_U16))
			alarms |= BMS_ALARM_BIT(flags[i].alarm);
	return alarms;
}

enum bms_status bms_jk_display_decode(
	const uint8_t *data, size_t size, struct bms_telemetry *telemetry)
{
	struct bms_window window = window_of(data);

	if (size >= HEADER_SIZE && memcmp(data, header, HEADER_SIZE) != 0)
		return BMS_UNKNOWN;
	if (size != BMS_JK_DISPLAY_SIZE)
		return size < BMS_JK_DISPLAY_SIZE ? BMS_SHORT : BMS_LONG;
	for (size_t i = 0; i < COUNT(places); i++)
		bms_telemetry_set(telemetry, places[i].slot,
			bms_window_read(&window, places[i].offset, (enum bms_wire)places[i].wire) *
				places[i].scale);
	for (size_t i = 0; i < BMS_JK_DISPLAY_CELLS; i++) {
		int64_t mv = bms_window_read(&window, CELLS + 2 * i, BMS_WIRE_U16);

		if (mv)
			bms_telemetry_set(telemetry, BMS_SLOT_CELL_MV + i, mv);
	}
	bms_telemetry_set(telemetry, BMS_SLOT_ALARM_BITS, get_flags(&window));
	return BMS_OK;
}
