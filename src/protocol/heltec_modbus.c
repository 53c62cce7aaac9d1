/* SPDX-License-Identifier: MIT */
#include "bms/heltec_modbus.h"

#include <string.h>

#include "bms/alarms.h"
#include "bms/window.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

enum {
	REGISTER_SIZE = 2,
	SERIAL_REG = 2,
	SERIAL_WORDS = 4,
	CELL_MV_REG = 81,
	RUN_STATE_REG = 152,
	WARNINGS_REG = 156,

	PROBE_NONE = 0, /* -40 C: no probe on this input */
	CHARGE_BLOCKED_BIT = 28,
	DISCHARGE_BLOCKED_BIT = 29,
};

struct place {
	uint16_t offset; /* in bytes */
	uint8_t wire;    /* enum bms_wire */
	uint8_t slot;
	int16_t factor;
	int16_t add;
};

struct text_place {
	uint8_t reg;
	uint8_t count; /* of registers */
	uint8_t text;  /* enum bms_identity_text */
};

static const struct place live_places[] = {
#define HELTEC_LIVE(reg, byte, wire, id, factor, add) \
	{ (reg)*REGISTER_SIZE + (byte), BMS_WIRE_##wire, BMS_SLOT_##id, factor, add },
#include "protocol/heltec_modbus_places.def"
};

static const struct place probe_places[] = {
#define HELTEC_PROBE(reg, byte, id, index) \
	{ (reg)*REGISTER_SIZE + (byte), BMS_WIRE_U8, BMS_SLOT_##id + (index), 10, -40 },
#include "protocol/heltec_modbus_places.def"
};

static const struct place setting_places[] = {
#define HELTEC_SETTING(reg, byte, wire, id, factor) \
	{ (reg)*REGISTER_SIZE + (byte), BMS_WIRE_##wire, BMS_SETTING_SLOT_##id, factor, 0 },
#include "protocol/heltec_modbus_places.def"
};

static const struct text_place text_places[] = {
#define HELTEC_TEXT(reg, count, id) { reg, count, BMS_IDENTITY_##id },
#include "protocol/heltec_modbus_places.def"
};

static const struct {
	uint8_t bit;
	uint8_t alarm;
} alarm_bits[] = {
#define HELTEC_ALARM(bit, id) { bit, BMS_ALARM_##id },
#include "protocol/heltec_modbus_places.def"
};

const struct bms_heltec_read bms_heltec_live_reads[] = {
	{ BMS_HELTEC_CELLS_REG, 1 },
	{ 76, 2 },
	{ 78, 2 },
	{ CELL_MV_REG, BMS_HELTEC_READ_MAX },
	{ 112, 1 },
	{ 113, 1 },
	{ 119, 1 },
	{ 120, 1 },
	{ 126, 1 },
	{ RUN_STATE_REG, 2 },
	{ WARNINGS_REG, 2 },
};
const size_t bms_heltec_live_read_count = COUNT(bms_heltec_live_reads);

const struct bms_heltec_read bms_heltec_settings_reads[] = {
	{ SERIAL_REG, SERIAL_WORDS },
	{ 7, 13 },
	{ 41, 6 },
	{ BMS_HELTEC_CELLS_REG, 1 },
	{ 118, 1 },
	{ 169, 1 },
	{ 172, 1 },
	{ 191, 1 },
	{ 194, 1 },
};
const size_t bms_heltec_settings_read_count = COUNT(bms_heltec_settings_reads);

/* Their chemistries in the order of their numbers, as telemetry's battery_type counts them. */
static const uint8_t battery_types[] = { 1, 0, 2 };

static struct bms_window window_of(uint8_t reg, const uint8_t *data, size_t size)
{
	return (struct bms_window){
		/* The cursor serves writers too; decoders only read. */
		.data = (uint8_t *)(uintptr_t)data,
		.start = (uint16_t)(reg * REGISTER_SIZE),
		.size = (uint16_t)size,
		.order = BMS_ORDER_LITTLE,
	};
}

static bool read_wire(
	const struct bms_window *window, size_t offset, enum bms_wire wire, int64_t *ret)
{
	if (!bms_window_holds(window, offset, bms_wire_size(wire)))
		return false;
	*ret = bms_window_read(window, offset, wire);
	return true;
}

static bool read_place(const struct bms_window *window, const struct place *place, int64_t *ret)
{
	int64_t raw;

	if (!read_wire(window, place->offset, (enum bms_wire)place->wire, &raw))
		return false;
	*ret = (raw + place->add) * place->factor;
	return true;
}

/* The count comes in the high byte, which arrives first. */
static bool read_count(const struct bms_window *window, int64_t *ret)
{
	return read_wire(window, (size_t)BMS_HELTEC_CELLS_REG * REGISTER_SIZE, BMS_WIRE_U8, ret);
}

static void decode_shape(const struct bms_window *window, struct bms_telemetry *telemetry)
{
	int64_t count;
	int64_t chemistry;

	if (!read_count(window, &count) || count < 1 || count > BMS_CELLS_MAX)
		return;
	bms_telemetry_set(telemetry, BMS_SLOT_CELL_MASK, (INT64_C(1) << count) - 1);
	if (read_wire(window, (size_t)BMS_HELTEC_CELLS_REG * REGISTER_SIZE + 1, BMS_WIRE_U8,
		    &chemistry) &&
		(uint64_t)chemistry < COUNT(battery_types))
		bms_telemetry_set(telemetry, BMS_SLOT_BATTERY_TYPE, battery_types[chemistry]);
}

static void decode_cells(const struct bms_window *window, struct bms_telemetry *telemetry)
{
	int64_t mask = bms_telemetry_or(telemetry, BMS_SLOT_CELL_MASK, 0);
	int64_t value;

	for (size_t i = 0; i < BMS_CELLS_MAX; i++)
		if (mask >> i & 1 &&
			read_wire(window, (CELL_MV_REG + i) * REGISTER_SIZE, BMS_WIRE_U16, &value))
			bms_telemetry_set(telemetry, BMS_SLOT_CELL_MV + i, value);
}

static void decode_run_state(const struct bms_window *window, struct bms_telemetry *telemetry)
{
	int64_t state;

	if (!read_wire(window, RUN_STATE_REG * REGISTER_SIZE, BMS_WIRE_U32, &state))
		return;
	bms_telemetry_set(telemetry, BMS_SLOT_CHARGE_ON, !(state >> CHARGE_BLOCKED_BIT & 1));
	bms_telemetry_set(telemetry, BMS_SLOT_DISCHARGE_ON, !(state >> DISCHARGE_BLOCKED_BIT & 1));
}

static void decode_warnings(const struct bms_window *window, struct bms_telemetry *telemetry)
{
	int64_t warnings;
	uint32_t alarms = 0;

	if (!read_wire(window, WARNINGS_REG * REGISTER_SIZE, BMS_WIRE_U32, &warnings))
		return;
	for (size_t i = 0; i < COUNT(alarm_bits); i++)
		if (warnings >> alarm_bits[i].bit & 1)
			alarms |= BMS_ALARM_BIT(alarm_bits[i].alarm);
	bms_telemetry_set(telemetry, BMS_SLOT_ALARM_BITS, alarms);
}

void bms_heltec_decode_live(
	uint8_t reg, const uint8_t *data, size_t size, struct bms_telemetry *telemetry)
{
	struct bms_window window = window_of(reg, data, size);
	int64_t value;

	for (size_t i = 0; i < COUNT(live_places); i++)
		if (read_place(&window, &live_places[i], &value))
			bms_telemetry_set(telemetry, live_places[i].slot, value);
	for (size_t i = 0; i < COUNT(probe_places); i++)
		if (read_place(&window, &probe_places[i], &value) &&
			value != (PROBE_NONE + probe_places[i].add) * probe_places[i].factor)
			bms_telemetry_set(telemetry, probe_places[i].slot, value);
	decode_shape(&window, telemetry);
	decode_cells(&window, telemetry);
	decode_run_state(&window, telemetry);
	decode_warnings(&window, telemetry);
}

/* ASCII in reading order; what does not fit our field is cut, what is not printable ends it. */
static void decode_text(const struct bms_window *window, const struct text_place *place,
	struct bms_identity *identity)
{
	size_t offset = (size_t)place->reg * REGISTER_SIZE;
	size_t size = (size_t)place->count * REGISTER_SIZE;
	size_t room = bms_identity_text_rows[place->text].size;
	char *text = identity->text[place->text];

	if (!bms_window_holds(window, offset, size))
		return;
	memset(text, 0, BMS_IDENTITY_TEXT_SIZE);
	for (size_t i = 0; i < size && i < room; i++) {
		uint8_t byte = window->data[offset - window->start + i];

		if (byte < 0x20 || byte > 0x7E)
			break;
		text[i] = (char)byte;
	}
}

static void decode_serial(const struct bms_window *window, struct bms_identity *identity)
{
	static const char digits[] = "0123456789abcdef";
	size_t offset = SERIAL_REG * REGISTER_SIZE;
	size_t size = SERIAL_WORDS * REGISTER_SIZE;
	char *text = identity->text[BMS_IDENTITY_SERIAL];

	if (!bms_window_holds(window, offset, size))
		return;
	for (size_t i = 0; i < size; i++) {
		uint8_t byte = window->data[offset - window->start + i];

		text[2 * i] = digits[byte >> 4];
		text[2 * i + 1] = digits[byte & 0x0F];
	}
	text[2 * size] = '\0';
}

_Static_assert(2 * SERIAL_WORDS * REGISTER_SIZE < BMS_IDENTITY_TEXT_SIZE, "the serial fits");

void bms_heltec_decode_settings(uint8_t reg, const uint8_t *data, size_t size,
	struct bms_settings *settings, struct bms_identity *identity)
{
	struct bms_window window = window_of(reg, data, size);
	int64_t value;

	for (size_t i = 0; i < COUNT(setting_places); i++)
		if (read_place(&window, &setting_places[i], &value))
			bms_settings_set(settings, setting_places[i].slot, value);
	if (read_count(&window, &value))
		bms_settings_set(settings, BMS_SETTING_SLOT_CELL_COUNT, value);
	for (size_t i = 0; i < COUNT(text_places); i++)
		decode_text(&window, &text_places[i], identity);
	decode_serial(&window, identity);
}
