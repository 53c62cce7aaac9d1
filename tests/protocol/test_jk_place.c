/* SPDX-License-Identifier: MIT */
/* The rows of all three blocks: nothing is missing, nothing overlaps, everything comes back. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "bms/jk_layout.h"

enum {
	ROUNDS = 4000,
};

struct values {
	struct bms_settings settings;
	struct bms_telemetry telemetry;
	struct bms_identity identity;
};

static struct bms_window whole_block(uint8_t *bytes, unsigned round)
{
	struct bms_window window = { bytes, 0, BMS_JK_BLOCK_SIZE,
		round % 2 ? BMS_ORDER_BIG : BMS_ORDER_LITTLE };

	memset(bytes, 0, BMS_JK_BLOCK_SIZE);
	return window;
}

static void encode_block(enum bms_jk_block block, const struct bms_window *window,
	const struct values *values, const struct bms_jk_profile *profile)
{
	if (block == BMS_JK_SETTINGS)
		bms_jk_encode_settings(window, &values->settings, profile);
	else if (block == BMS_JK_LIVE)
		bms_jk_encode_live(window, &values->telemetry, profile);
	else
		bms_jk_encode_device(window, &values->identity, &values->settings, profile);
}

static void decode_block(
	enum bms_jk_block block, const struct bms_window *window, struct values *values)
{
	if (block == BMS_JK_SETTINGS)
		bms_jk_decode_settings(window, &values->settings);
	else if (block == BMS_JK_LIVE)
		bms_jk_decode_live(window, &values->telemetry);
	else
		bms_jk_decode_device(window, &values->identity, &values->settings);
}

/* A number every wire format of the row's range can carry; half-cells' limits are 8-bit. */
static int64_t setting_value(struct dice *dice, size_t slot)
{
	const struct bms_setting_row *row = &bms_setting_rows[bms_setting_of_slot(slot)];

	return dice_between(dice, row->min, row->max);
}

static void roll_settings(struct dice *dice, struct bms_settings *settings)
{
	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++)
		bms_settings_set(settings, slot, setting_value(dice, slot));
}

/* A cell has its values when the mask has it. */
static void roll_cells(
	struct dice *dice, struct bms_telemetry *telemetry, size_t first, size_t last, int64_t high)
{
	for (size_t slot = first; slot <= last; slot++) {
		bool fitted = telemetry->value[BMS_SLOT_CELL_MASK] >> (slot - first) & 1;

		bms_clear_slot(telemetry->present, slot);
		telemetry->value[slot] = 0;
		if (fitted)
			bms_telemetry_set(telemetry, slot, dice_between(dice, 0, high));
	}
}

/* A probe has its reading when the mask has it; never 0 or the power stage's, which unflagged
 * probes may not say. */
static void roll_temperatures(struct dice *dice, struct bms_telemetry *telemetry)
{
	for (unsigned bit = 0; bit < 6; bit++) {
		size_t slot = bit == 0 ? BMS_SLOT_MOS_DC : BMS_SLOT_PROBE_DC + bit - 1;

		bms_clear_slot(telemetry->present, slot);
		telemetry->value[slot] = 0;
		if (telemetry->value[BMS_SLOT_PROBE_MASK] >> bit & 1)
			bms_telemetry_set(telemetry, slot,
				bit == 0 ? dice_between(dice, 1001, 2000)
					 : dice_between(dice, -600, -1));
	}
}

/* A single has 24 bits: values between two of them are not what a board can say. */
static int64_t nearest_single(int64_t ppb)
{
	uint8_t bytes[4];
	struct bms_window window = { bytes, 0, sizeof(bytes), BMS_ORDER_BIG };

	bms_window_write(&window, 0, BMS_WIRE_F32_PPB, ppb);
	return bms_window_read(&window, 0, BMS_WIRE_F32_PPB);
}

/* What only CAN tells has no place in the blocks. */
static bool is_of_can(size_t slot)
{
	enum bms_field field = bms_field_of_slot(slot);

	return field == BMS_FIELD_CHARGE_REQUEST_MV || field == BMS_FIELD_CHARGE_REQUEST_MA ||
	       field == BMS_FIELD_BALANCE_ON;
}

static void roll_telemetry(struct dice *dice, struct bms_telemetry *telemetry)
{
	for (size_t slot = 0; slot < BMS_SLOTS; slot++) {
		const struct bms_field_row *row = &bms_field_rows[bms_field_of_slot(slot)];
		int64_t low = row->min < INT32_MIN ? INT32_MIN : row->min;

		if (!is_of_can(slot))
			bms_telemetry_set(telemetry, slot, dice_between(dice, low, row->max));
	}
	telemetry->value[BMS_SLOT_VOLTAGE_FACTOR_PPB] =
		nearest_single(telemetry->value[BMS_SLOT_VOLTAGE_FACTOR_PPB]);
	roll_cells(dice, telemetry, BMS_SLOT_CELL_MV, BMS_SLOT_CELL_MV_LAST, 5500);
	roll_cells(dice, telemetry, BMS_SLOT_WIRE_MOHM, BMS_SLOT_WIRE_MOHM_LAST, 65535);
	roll_temperatures(dice, telemetry);
}

static void roll_identity(struct dice *dice, struct bms_identity *identity)
{
	memset(identity, 0, sizeof(*identity));
	for (size_t text = 0; text < BMS_IDENTITY_TEXTS; text++) {
		int64_t length = dice_between(dice, 0, bms_identity_text_rows[text].size);

		for (int64_t i = 0; i < length; i++)
			identity->text[text][i] = (char)dice_between(dice, ' ', '~');
	}
	for (size_t number = 0; number < BMS_IDENTITY_NUMBERS; number++) {
		identity->number[number] = dice_between(
			dice, 0, number == BMS_IDENTITY_PROTOCOL_VERSION ? UINT8_MAX : UINT32_MAX);
		bms_mark_slot(identity->present, number);
	}
}

static void roll_values(struct dice *dice, struct values *values)
{
	memset(values, 0, sizeof(*values));
	roll_settings(dice, &values->settings);
	roll_telemetry(dice, &values->telemetry);
	roll_identity(dice, &values->identity);
}

static void whatever_is_written_to_a_block_is_read_back(void **state)
{
	struct dice dice = { 1 };

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct values values;
		struct values again = { 0 };

		roll_values(&dice, &values);
		for (unsigned block = 0; block < BMS_JK_BLOCKS; block++) {
			uint8_t bytes[BMS_JK_BLOCK_SIZE];
			struct bms_window window = whole_block(bytes, round);

			encode_block(
				(enum bms_jk_block)block, &window, &values, &bms_jk_relay_profile);
			decode_block((enum bms_jk_block)block, &window, &again);
		}
		assert_memory_equal(&again, &values, sizeof(values));
	}
}

/* What a partial window gives is never anything but what the whole block gives. */
static void any_part_of_a_block_reads_as_the_whole_does(void **state)
{
	struct dice dice = { 2 };

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct values values;
		struct values part = { 0 };
		uint8_t bytes[BMS_JK_BLOCK_SIZE];
		struct bms_window window = whole_block(bytes, round);
		size_t cut = (size_t)dice_between(&dice, 0, BMS_JK_BLOCK_SIZE - 1);

		roll_values(&dice, &values);
		encode_block(BMS_JK_SETTINGS, &window, &values, &bms_jk_relay_profile);
		window.data += cut;
		window.start = (uint16_t)cut;
		window.size = (uint16_t)dice_between(&dice, 0, (int64_t)(BMS_JK_BLOCK_SIZE - cut));
		decode_block(BMS_JK_SETTINGS, &window, &part);
		for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++)
			if (bms_settings_has(&part.settings, slot))
				assert_int_equal(
					part.settings.value[slot], values.settings.value[slot]);
	}
}

/* Bits of the block that change between two encodings. */
static size_t note_changes(
	uint8_t owned[BMS_JK_BLOCK_SIZE], const uint8_t *one, const uint8_t *two, const char *name)
{
	size_t changes = 0;

	for (size_t i = 0; i < BMS_JK_BLOCK_SIZE; i++) {
		uint8_t changed = one[i] ^ two[i];

		if (owned[i] & changed)
			fail_msg("%s shares byte %zx with another row", name, i);
		owned[i] |= changed;
		changes += changed != 0;
	}
	return changes;
}

/* Encodes a block without and with one more value; every bit of that value must be its own. */
static size_t claim(uint8_t owned[BMS_JK_BLOCK_SIZE], enum bms_jk_block block,
	const struct values *without, const struct values *with, const char *name)
{
	const struct bms_jk_profile none = { 0 };
	uint8_t one[BMS_JK_BLOCK_SIZE];
	uint8_t two[BMS_JK_BLOCK_SIZE];
	struct bms_window one_window = whole_block(one, 0);
	struct bms_window two_window = whole_block(two, 0);

	encode_block(block, &one_window, without, &none);
	encode_block(block, &two_window, with, &none);
	return note_changes(owned, one, two, name);
}

static void every_setting_has_a_place_of_its_own(void **state)
{
	uint8_t owned[BMS_JK_BLOCKS][BMS_JK_BLOCK_SIZE] = { 0 };

	(void)state;
	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++) {
		const char *name = bms_setting_rows[bms_setting_of_slot(slot)].key;
		struct values with = { 0 };
		struct values without = { 0 };
		size_t bytes = 0;

		bms_settings_set(&with.settings, slot, -1);
		bytes += claim(owned[BMS_JK_SETTINGS], BMS_JK_SETTINGS, &without, &with, name);
		bytes += claim(owned[BMS_JK_DEVICE], BMS_JK_DEVICE, &without, &with, name);
		if (bytes == 0)
			fail_msg("%s has no place", name);
	}
}

static void every_telemetry_field_has_a_place_of_its_own(void **state)
{
	uint8_t owned[BMS_JK_BLOCK_SIZE] = { 0 };

	(void)state;
	for (size_t slot = 0; slot < BMS_SLOTS; slot++) {
		const char *name = bms_field_rows[bms_field_of_slot(slot)].name;
		struct values with = { 0 };
		struct values without = { 0 };

		bms_telemetry_set(&without.telemetry, slot, 0);
		bms_telemetry_set(&with.telemetry, slot, -1);
		if ((claim(owned, BMS_JK_LIVE, &without, &with, name) == 0) != is_of_can(slot))
			fail_msg("%s has no place", name);
	}
}

static void every_identity_row_has_a_place_of_its_own(void **state)
{
	uint8_t owned[BMS_JK_BLOCK_SIZE] = { 0 };

	(void)state;
	for (size_t text = 0; text < BMS_IDENTITY_TEXTS; text++) {
		struct values with = { 0 };
		struct values without = { 0 };

		memset(with.identity.text[text], 0xFF, bms_identity_text_rows[text].size);
		/* A serial number, lest the passcode that fills in for one shows. */
		memset(without.identity.text[BMS_IDENTITY_SERIAL], 0xFF, 16);
		if (text == BMS_IDENTITY_SERIAL)
			continue;
		memset(with.identity.text[BMS_IDENTITY_SERIAL], 0xFF, 16);
		assert_int_equal(claim(owned, BMS_JK_DEVICE, &without, &with,
					 bms_identity_text_rows[text].key),
			bms_identity_text_rows[text].size);
	}
	for (size_t number = 0; number < BMS_IDENTITY_NUMBERS; number++) {
		struct values with = { 0 };
		struct values without = { 0 };

		with.identity.number[number] = -1;
		bms_mark_slot(with.identity.present, number);
		if (claim(owned, BMS_JK_DEVICE, &without, &with,
			    bms_identity_number_rows[number].key) == 0)
			fail_msg("%s has no place", bms_identity_number_rows[number].key);
	}
}

static void every_value_in_range_fits_its_place(void **state)
{
	(void)state;
	for (unsigned end = 0; end < 2; end++) {
		struct values values = { 0 };
		struct values again = { 0 };
		uint8_t bytes[BMS_JK_BLOCK_SIZE];

		for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++) {
			const struct bms_setting_row *row =
				&bms_setting_rows[bms_setting_of_slot(slot)];

			bms_settings_set(&values.settings, slot, end ? row->max : row->min);
		}
		for (unsigned block = 0; block < BMS_JK_BLOCKS; block++) {
			struct bms_window window = whole_block(bytes, end);

			if (block == BMS_JK_LIVE)
				continue;
			encode_block(
				(enum bms_jk_block)block, &window, &values, &bms_jk_relay_profile);
			decode_block((enum bms_jk_block)block, &window, &again);
		}
		for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++)
			if (again.settings.value[slot] != values.settings.value[slot])
				fail_msg("%s does not fit its place",
					bms_setting_rows[bms_setting_of_slot(slot)].key);
	}
}

static bool is_signed_setting(enum bms_setting setting)
{
	return (setting >= BMS_SETTING_CHARGE_OTP && setting <= BMS_SETTING_MOS_OTP_RELEASE) ||
	       setting == BMS_SETTING_HEATING_START || setting == BMS_SETTING_HEATING_STOP ||
	       setting == BMS_SETTING_DISCHARGE_UTP ||
	       setting == BMS_SETTING_DISCHARGE_UTP_RELEASE ||
	       setting == BMS_SETTING_BUZZER_VALUE || setting == BMS_SETTING_BUZZER_RELEASE ||
	       setting == BMS_SETTING_DRY1_VALUE || setting == BMS_SETTING_DRY1_RELEASE;
}

static bool is_signed_field(enum bms_field field)
{
	return field == BMS_FIELD_MOS_DC || field == BMS_FIELD_PROBE_DC ||
	       field == BMS_FIELD_CURRENT_MA || field == BMS_FIELD_BALANCE_MA ||
	       field == BMS_FIELD_REMAINING_MAH || field == BMS_FIELD_HEATER_MA ||
	       field == BMS_FIELD_VOLTAGE_FACTOR_PPB;
}

static void all_ones_read_as_minus_one_only_where_the_table_is_signed(void **state)
{
	struct values values = { 0 };
	uint8_t bytes[BMS_JK_BLOCK_SIZE];
	struct bms_window window = whole_block(bytes, 0);

	(void)state;
	memset(bytes, 0xFF, sizeof(bytes));
	for (unsigned block = 0; block < BMS_JK_BLOCKS; block++)
		decode_block((enum bms_jk_block)block, &window, &values);
	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++)
		if ((values.settings.value[slot] < 0) !=
			is_signed_setting(bms_setting_of_slot(slot)))
			fail_msg("%s", bms_setting_rows[bms_setting_of_slot(slot)].key);
	for (size_t slot = 0; slot < BMS_SLOTS; slot++)
		if ((values.telemetry.value[slot] < 0) !=
				is_signed_field(bms_field_of_slot(slot)) &&
			bms_telemetry_has(&values.telemetry, slot))
			fail_msg("%s", bms_field_rows[bms_field_of_slot(slot)].name);
	for (size_t number = 0; number < BMS_IDENTITY_NUMBERS; number++)
		assert_true(values.identity.number[number] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_is_written_to_a_block_is_read_back),
		cmocka_unit_test(any_part_of_a_block_reads_as_the_whole_does),
		cmocka_unit_test(every_setting_has_a_place_of_its_own),
		cmocka_unit_test(every_telemetry_field_has_a_place_of_its_own),
		cmocka_unit_test(every_identity_row_has_a_place_of_its_own),
		cmocka_unit_test(every_value_in_range_fits_its_place),
		cmocka_unit_test(all_ones_read_as_minus_one_only_where_the_table_is_signed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
