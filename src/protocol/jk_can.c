/* SPDX-License-Identifier: MIT */
#include "bms/jk_can.h"

#include <string.h>

#include "bms/alarms.h"
#include "bms/window.h"

enum {
	STANDARD = false,
	EXTENDED = true,

	CURRENT = 2,
	CURRENT_OFFSET = 4000, /* 0.1 A */
	CURRENT_SCALE = 100,
	MAX_MV = 0,
	MIN_MV = 3,
	CELLS_A_FRAME = 4,
	TEMPERATURE_OFFSET = 50,
	/* The captured board says so whatever probes it has. */
	PROBES_MASK = 0x10,
	THIRD = 2, /* slot of the power stage's temperature on boards that have one */

	ERRORS_FIRST_SHIFTED = BMS_ALARM_CHARGE_OTP,
	ERRORS = 18,

	CONTROL_SWITCHES = 3,

	LEVEL_BITS = 2,
	LEVEL_SERIOUS = 1,
	LEVEL_GENERAL = 3,
};

const struct bms_jk_can_row bms_jk_can_rows[BMS_JK_CAN_FRAMES] = {
#define BMS_JK_CAN_FRAME(name, id, width, period, order) { id, width, BMS_ORDER_##order, period },
#include "bms/jk_can.def"
};

static const struct value {
	uint8_t frame;
	uint8_t byte;
	uint8_t wire; /* enum bms_wire */
	uint8_t slot;
	uint8_t scale;
	uint8_t offset;
} values[] = {
#define BMS_JK_CAN_VALUE(frame, byte, wire, id, index, scale, offset) \
	{ BMS_JK_CAN_##frame, byte, BMS_WIRE_##wire, BMS_SLOT_##id + (index), scale, offset },
#include "bms/jk_can.def"
};

/* clang-format off */
static const struct {
	uint8_t bit;
	uint8_t slot;
} switches[] = {
	{ 0, BMS_SLOT_CHARGE_ON },
	{ 1, BMS_SLOT_DISCHARGE_ON },
	{ 2, BMS_SLOT_BALANCE_STATE },
	{ 3, BMS_SLOT_HEATER_ON },
	{ 4, BMS_SLOT_CHARGER_PLUGGED },
	{ 5, BMS_SLOT_ACC_ON },
};

/* Position of a two-bit level, and the alarms it stands for. */
static const struct {
	uint8_t bit;
	uint8_t level;
	uint32_t alarms;
} levels[] = {
	{ 0, LEVEL_SERIOUS, BMS_ALARM_BIT(BMS_ALARM_CELL_OVP) },
	{ 2, LEVEL_SERIOUS, BMS_ALARM_BIT(BMS_ALARM_CELL_UVP) },
	{ 4, LEVEL_SERIOUS, BMS_ALARM_BIT(BMS_ALARM_PACK_OVP) },
	{ 6, LEVEL_SERIOUS, BMS_ALARM_BIT(BMS_ALARM_PACK_UVP) },
	{ 10, LEVEL_SERIOUS, BMS_ALARM_BIT(BMS_ALARM_DISCHARGE_OCP) |
		BMS_ALARM_BIT(BMS_ALARM_DISCHARGE_SCP) },
	{ 12, LEVEL_SERIOUS, BMS_ALARM_BIT(BMS_ALARM_CHARGE_OCP) |
		BMS_ALARM_BIT(BMS_ALARM_CHARGE_SCP) },
	{ 14, LEVEL_SERIOUS, BMS_ALARM_BIT(BMS_ALARM_CHARGE_OTP) |
		BMS_ALARM_BIT(BMS_ALARM_DISCHARGE_OTP) | BMS_ALARM_BIT(BMS_ALARM_MOS_OTP) },
	{ 16, LEVEL_SERIOUS, BMS_ALARM_BIT(BMS_ALARM_CHARGE_UTP) |
		BMS_ALARM_BIT(BMS_ALARM_DISCHARGE_UTP) },
	{ 28, LEVEL_SERIOUS, BMS_ALARM_BIT(BMS_ALARM_COPROCESSOR) },
	{ 14, LEVEL_GENERAL, BMS_ALARM_BIT(BMS_ALARM_BATTERY_OT) },
};
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static int64_t value_of(const struct bms_telemetry *telemetry, size_t slot)
{
	return bms_telemetry_or(telemetry, slot, 0);
}

static void put(const struct bms_window *window, size_t byte, enum bms_wire wire, int64_t value)
{
	int64_t low = bms_wire_min(wire), high = bms_wire_max(wire);

	if (value < low)
		value = low;
	bms_window_write(window, byte, wire, value > high ? high : value);
}

static bool encode_current(const struct bms_window *window, const struct bms_telemetry *telemetry,
	const struct bms_jk_can_options *options)
{
	int64_t current = value_of(telemetry, BMS_SLOT_CURRENT_MA) / CURRENT_SCALE;

	put(window, CURRENT, BMS_WIRE_U16,
		CURRENT_OFFSET + (options->discharge_positive ? -current : current));
	return true;
}

static bool encode_extremes(const struct bms_window *window, const struct bms_telemetry *telemetry)
{
	size_t highest = (size_t)value_of(telemetry, BMS_SLOT_CELL_HIGHEST);
	size_t lowest = (size_t)value_of(telemetry, BMS_SLOT_CELL_LOWEST);

	if (highest >= BMS_CELLS_MAX || lowest >= BMS_CELLS_MAX)
		return false;
	put(window, MAX_MV, BMS_WIRE_U16, value_of(telemetry, BMS_SLOT_CELL_MV + highest));
	put(window, MIN_MV, BMS_WIRE_U16, value_of(telemetry, BMS_SLOT_CELL_MV + lowest));
	return true;
}

/* Highest and lowest probe with their numbers from 0, and the average. */
static bool encode_temperature(
	const struct bms_window *window, const struct bms_telemetry *telemetry)
{
	size_t highest = BMS_PROBES_MAX, lowest = BMS_PROBES_MAX;
	int64_t sum = 0, count = 0;
	const int64_t *probe = &telemetry->value[BMS_SLOT_PROBE_DC];

	for (size_t i = 0; i < BMS_PROBES_MAX; i++) {
		if (!bms_telemetry_has(telemetry, BMS_SLOT_PROBE_DC + i))
			continue;
		if (highest == BMS_PROBES_MAX || probe[i] > probe[highest])
			highest = i;
		if (lowest == BMS_PROBES_MAX || probe[i] < probe[lowest])
			lowest = i;
		sum += probe[i];
		count++;
	}
	if (count == 0)
		return false;
	put(window, 0, BMS_WIRE_U8, probe[highest] / 10 + TEMPERATURE_OFFSET);
	put(window, 1, BMS_WIRE_U8, (int64_t)highest);
	put(window, 2, BMS_WIRE_U8, probe[lowest] / 10 + TEMPERATURE_OFFSET);
	put(window, 3, BMS_WIRE_U8, (int64_t)lowest);
	put(window, 4, BMS_WIRE_U8, sum / count / 10 + TEMPERATURE_OFFSET);
	return true;
}

static bool encode_levels(const struct bms_window *window, uint32_t alarms)
{
	uint32_t word = 0;

	for (size_t i = 0; i < COUNT(levels); i++)
		if (alarms & levels[i].alarms && !(word >> levels[i].bit & 3))
			word |= (uint32_t)levels[i].level << levels[i].bit;
	bms_window_write(window, 0, BMS_WIRE_U32, word);
	return word != 0;
}

static bool encode_errors(const struct bms_window *window, uint32_t alarms, bool shifted)
{
	uint32_t errors = alarms & ((UINT32_C(1) << ERRORS) - 1);
	uint32_t low = (UINT32_C(1) << ERRORS_FIRST_SHIFTED) - 1;

	if (shifted)
		errors = (errors & low) | (errors & ~low) << 1;
	bms_window_write(window, 0, BMS_WIRE_U32, errors);
	return errors != 0;
}

static bool encode_switches(const struct bms_window *window, const struct bms_telemetry *telemetry)
{
	unsigned bits = 0;

	for (size_t i = 0; i < COUNT(switches); i++)
		if (value_of(telemetry, switches[i].slot))
			bits |= 1u << switches[i].bit;
	put(window, 0, BMS_WIRE_U8, bits);
	return true;
}

/* A board without a request of its own asks for the voltage at which it is full. */
static bool encode_charger(const struct bms_window *window, const struct bms_telemetry *telemetry,
	const struct bms_settings *settings)
{
	int64_t cell_mv = settings->value[BMS_SETTING_SLOT_CHARGE_VOLTAGE_REQUEST];

	if (cell_mv == 0)
		cell_mv = settings->value[BMS_SETTING_SLOT_SOC100_VOLTAGE];
	put(window, 0, BMS_WIRE_U16, cell_mv * settings->value[BMS_SETTING_SLOT_CELL_COUNT] / 100);
	put(window, 2, BMS_WIRE_U16, settings->value[BMS_SETTING_SLOT_CHARGE_OCP] / 100);
	put(window, 4, BMS_WIRE_U8, !value_of(telemetry, BMS_SLOT_CHARGE_ON));
	put(window, 5, BMS_WIRE_U8, value_of(telemetry, BMS_SLOT_HEATER_ON) != 0);
	return true;
}

static bool encode_cells(
	const struct bms_window *window, const struct bms_telemetry *telemetry, size_t first)
{
	size_t cells = bms_telemetry_length(telemetry, BMS_FIELD_CELL_MV);

	for (size_t i = 0; i < CELLS_A_FRAME && first + i < cells; i++)
		put(window, 2 * i, BMS_WIRE_U16, value_of(telemetry, BMS_SLOT_CELL_MV + first + i));
	return first < cells;
}

static void encode_probes(const struct bms_window *window, const struct bms_telemetry *telemetry)
{
	put(window, 0, BMS_WIRE_U8, PROBES_MASK);
	if (bms_telemetry_has(telemetry, BMS_SLOT_MOS_DC))
		put(window, 1 + THIRD, BMS_WIRE_U8,
			value_of(telemetry, BMS_SLOT_MOS_DC) / 10 + TEMPERATURE_OFFSET);
}

/* What is more than a value in its place. */
static bool encode_rest(enum bms_jk_can frame, const struct bms_window *window,
	const struct bms_telemetry *telemetry, const struct bms_settings *settings,
	const struct bms_jk_can_options *options)
{
	uint32_t alarms = (uint32_t)value_of(telemetry, BMS_SLOT_ALARM_BITS);

	if (frame >= BMS_JK_CAN_CELLS_1)
		return encode_cells(
			window, telemetry, (size_t)(frame - BMS_JK_CAN_CELLS_1) * CELLS_A_FRAME);
	if (frame == BMS_JK_CAN_PACK)
		return encode_current(window, telemetry, options);
	if (frame == BMS_JK_CAN_EXTREMES)
		return encode_extremes(window, telemetry);
	if (frame == BMS_JK_CAN_TEMPERATURE)
		return encode_temperature(window, telemetry);
	if (frame == BMS_JK_CAN_ALARMS)
		return encode_levels(window, alarms);
	if (frame == BMS_JK_CAN_ERRORS)
		return encode_errors(window, alarms, options->errors_shifted);
	if (frame == BMS_JK_CAN_SWITCHES)
		return encode_switches(window, telemetry);
	if (frame == BMS_JK_CAN_CHARGER)
		return encode_charger(window, telemetry, settings);
	if (frame == BMS_JK_CAN_PROBES)
		encode_probes(window, telemetry);
	return true;
}

bool bms_jk_can_encode(enum bms_jk_can frame, const struct bms_telemetry *telemetry,
	const struct bms_settings *settings, const struct bms_jk_can_options *options,
	struct bms_can_frame *ret)
{
	const struct bms_jk_can_row *row = &bms_jk_can_rows[frame];
	struct bms_can_frame out = {
		.id = row->id + options->address,
		.extended = row->extended,
		.size = BMS_CAN_DATA_MAX,
	};
	struct bms_window window = {
		.data = out.data, .size = BMS_CAN_DATA_MAX, .order = (enum bms_order)row->order
	};

	for (size_t i = 0; i < COUNT(values); i++)
		if (values[i].frame == frame && bms_telemetry_has(telemetry, values[i].slot))
			put(&window, values[i].byte, (enum bms_wire)values[i].wire,
				telemetry->value[values[i].slot] / values[i].scale +
					values[i].offset);
	if (!encode_rest(frame, &window, telemetry, settings, options))
		return false;
	*ret = out;
	return true;
}

static enum bms_jk_can frame_by_id(uint32_t id, bool extended)
{
	size_t i = 0;

	while (i < BMS_JK_CAN_FRAMES &&
		(bms_jk_can_rows[i].id != id || bms_jk_can_rows[i].extended != extended))
		i++;
	return (enum bms_jk_can)i;
}

static void decode_cells(
	const struct bms_window *window, size_t first, struct bms_telemetry *telemetry)
{
	for (size_t i = 0; i < CELLS_A_FRAME && first + i < BMS_CELLS_MAX; i++) {
		int64_t mv = bms_window_read(window, 2 * i, BMS_WIRE_U16);

		if (mv)
			bms_telemetry_set(telemetry, BMS_SLOT_CELL_MV + first + i, mv);
	}
}

static void decode_current(const struct bms_window *window,
	const struct bms_jk_can_options *options, struct bms_telemetry *telemetry)
{
	int64_t current = bms_window_read(window, CURRENT, BMS_WIRE_U16) - CURRENT_OFFSET;

	bms_telemetry_set(telemetry, BMS_SLOT_CURRENT_MA,
		(options->discharge_positive ? -current : current) * CURRENT_SCALE);
}

static void decode_errors(
	const struct bms_window *window, bool shifted, struct bms_telemetry *telemetry)
{
	uint32_t errors = (uint32_t)bms_window_read(window, 0, BMS_WIRE_U32);
	uint32_t low = (UINT32_C(1) << ERRORS_FIRST_SHIFTED) - 1;

	if (shifted)
		errors = (errors & low) | (errors >> 1 & ~low);
	bms_telemetry_set(telemetry, BMS_SLOT_ALARM_BITS, errors);
}

static void decode_rest(enum bms_jk_can frame, const struct bms_window *window,
	const struct bms_jk_can_options *options, struct bms_telemetry *telemetry)
{
	if (frame >= BMS_JK_CAN_CELLS_1)
		decode_cells(
			window, (size_t)(frame - BMS_JK_CAN_CELLS_1) * CELLS_A_FRAME, telemetry);
	if (frame == BMS_JK_CAN_PACK)
		decode_current(window, options, telemetry);
	if (frame == BMS_JK_CAN_ERRORS)
		decode_errors(window, options->errors_shifted, telemetry);
	for (size_t i = 0; frame == BMS_JK_CAN_SWITCHES && i < COUNT(switches); i++)
		bms_telemetry_set(telemetry, switches[i].slot,
			bms_window_read(window, 0, BMS_WIRE_U8) >> switches[i].bit & 1);
}

/* A byte of 0 is no temperature: nobody sends -50 C. */
static bool is_absent(const struct value *value, int64_t raw)
{
	return value->frame == BMS_JK_CAN_PROBES && raw == 0;
}

enum bms_status bms_jk_can_decode(const struct bms_can_frame *frame,
	const struct bms_jk_can_options *options, struct bms_telemetry *telemetry)
{
	enum bms_jk_can kind = frame_by_id(frame->id - options->address, frame->extended);
	/* The cursor serves writers too; this one only reads. */
	struct bms_window window = { .data = (uint8_t *)(uintptr_t)frame->data,
		.size = BMS_CAN_DATA_MAX };

	if (kind == BMS_JK_CAN_FRAMES)
		return BMS_UNKNOWN;
	if (frame->size < BMS_CAN_DATA_MAX)
		return BMS_SHORT;
	window.order = (enum bms_order)bms_jk_can_rows[kind].order;
	for (size_t i = 0; i < COUNT(values); i++) {
		int64_t raw;

		if (values[i].frame != kind)
			continue;
		raw = bms_window_read(&window, values[i].byte, (enum bms_wire)values[i].wire);
		if (!is_absent(&values[i], raw))
			bms_telemetry_set(telemetry, values[i].slot,
				(raw - values[i].offset) * values[i].scale);
	}
	decode_rest(kind, &window, options, telemetry);
	return BMS_OK;
}

size_t bms_jk_can_control(const struct bms_can_frame *frame, size_t slots[3], int64_t wanted[3])
{
	static const uint8_t order[CONTROL_SWITCHES] = { BMS_SETTING_SLOT_CHARGE_SWITCH,
		BMS_SETTING_SLOT_DISCHARGE_SWITCH, BMS_SETTING_SLOT_BALANCE_SWITCH };
	size_t count = 0;

	if (!frame->extended || frame->id != BMS_JK_CAN_CONTROL_ID ||
		frame->size <= CONTROL_SWITCHES)
		return 0;
	for (size_t i = 0; i < CONTROL_SWITCHES; i++) {
		if (!(frame->data[0] >> i & 1) || frame->data[1 + i] > 1)
			continue;
		slots[count] = order[i];
		wanted[count++] = frame->data[1 + i];
	}
	return count;
}
