/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "bms/alarms.h"
#include "bms/jk_display.h"
#include "capture.h"

/* A board of 8 cells. Source: syssi/esphome-jk-bms at 2fa4323, tests/components/jk_bms_display,
 * whose unit test states the values. */
static const char block_of_8_cells[] =
	"a55a5d8210000a6500000003006400050000000000010cff0001000100010d000d010d000cfc0d01"
	"0cfd0cfe0cfe00000000000000000000000000000000000000000000000000000000000000000000"
	"00000000000000000000000000000000";

static const struct capture_value stated[] = {
	{ BMS_SLOT_PACK_MV, 26610 },
	{ BMS_SLOT_CURRENT_MA, 0 },
	{ BMS_SLOT_SOC_PCT, 100 },
	{ BMS_SLOT_CELL_DELTA_MV, 5 },
	{ BMS_SLOT_CELL_AVERAGE_MV, 3327 },
	{ BMS_SLOT_BALANCE_STATE, 1 },
	{ BMS_SLOT_CHARGE_ON, 1 },
	{ BMS_SLOT_DISCHARGE_ON, 1 },
	{ BMS_SLOT_CELL_MV, 3328 },
	{ BMS_SLOT_CELL_MV + 1, 3329 },
	{ BMS_SLOT_CELL_MV + 2, 3328 },
	{ BMS_SLOT_CELL_MV + 3, 3324 },
	{ BMS_SLOT_CELL_MV + 4, 3329 },
	{ BMS_SLOT_CELL_MV + 5, 3325 },
	{ BMS_SLOT_CELL_MV + 6, 3326 },
	{ BMS_SLOT_CELL_MV + 7, 3326 },
};

static struct bms_telemetry telemetry;
static uint8_t block[BMS_JK_DISPLAY_SIZE];

static int start(void **state)
{
	(void)state;
	telemetry = (struct bms_telemetry){ 0 };
	return 0;
}

static void the_captured_block_says_what_its_source_states(void **state)
{
	(void)state;
	assert_int_equal(capture_bytes(block_of_8_cells, block, sizeof(block)), sizeof(block));
	assert_int_equal(bms_jk_display_decode(block, sizeof(block), &telemetry), BMS_OK);
	for (size_t i = 0; i < LENGTH(stated); i++)
		assert_int_equal(telemetry.value[stated[i].slot], stated[i].value);
	assert_false(bms_telemetry_has(&telemetry, BMS_SLOT_CELL_MV + 8));
}

/* Its warning flag is set while none of the others is: an alarm without a flag of its own. */
static void the_stated_values_encode_to_the_captured_block(void **state)
{
	uint8_t expected[BMS_JK_DISPLAY_SIZE];

	(void)state;
	for (size_t i = 0; i < LENGTH(stated); i++)
		bms_telemetry_set(&telemetry, stated[i].slot, stated[i].value);
	bms_telemetry_set(
		&telemetry, BMS_SLOT_ALARM_BITS, BMS_ALARM_BIT(BMS_ALARM_DEFAULT_PASSWORD));
	bms_jk_display_encode(&telemetry, block);
	capture_bytes(block_of_8_cells, expected, sizeof(expected));
	assert_memory_equal(block, expected, sizeof(expected));
}

static void what_the_block_can_say_survives_it(void **state)
{
	struct bms_telemetry told = { 0 };

	(void)state;
	bms_telemetry_set(&telemetry, BMS_SLOT_PACK_MV, 82510);
	bms_telemetry_set(&telemetry, BMS_SLOT_CURRENT_MA, -123400);
	bms_telemetry_set(&telemetry, BMS_SLOT_PROBE_DC, -50);
	bms_telemetry_set(&telemetry, BMS_SLOT_ALARM_BITS, BMS_ALARM_BIT(BMS_ALARM_CELL_COUNT));
	bms_jk_display_encode(&telemetry, block);
	assert_int_equal(bms_jk_display_decode(block, sizeof(block), &told), BMS_OK);
	assert_int_equal(told.value[BMS_SLOT_PACK_MV], 82510);
	assert_int_equal(told.value[BMS_SLOT_CURRENT_MA], -123400);
	assert_int_equal(told.value[BMS_SLOT_PROBE_DC], -50);
	assert_int_equal(told.value[BMS_SLOT_ALARM_BITS], BMS_ALARM_BIT(BMS_ALARM_CELL_COUNT));
}

static void every_alarm_of_the_display_has_its_flag(void **state)
{
	static const struct {
		uint8_t alarm, offset;
	} flags[] = {
		{ BMS_ALARM_CELL_UVP, 72 },
		{ BMS_ALARM_PACK_OVP, 74 },
		{ BMS_ALARM_CHARGE_OCP, 76 },
		{ BMS_ALARM_MOS_OTP, 78 },
		{ BMS_ALARM_CHARGE_OTP, 80 },
		{ BMS_ALARM_DISCHARGE_SCP, 82 },
		{ BMS_ALARM_COPROCESSOR, 84 },
		{ BMS_ALARM_WIRE_RESISTANCE, 86 },
		{ BMS_ALARM_CELL_COUNT, 88 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(flags); i++) {
		bms_telemetry_set(&telemetry, BMS_SLOT_ALARM_BITS, BMS_ALARM_BIT(flags[i].alarm));
		bms_jk_display_encode(&telemetry, block);
		for (size_t at = 72; at < 90; at += 2)
			assert_int_equal(block[6 + at + 1], at == flags[i].offset);
		assert_int_equal(block[6 + 15], 1);
	}
}

static void a_current_that_does_not_fit_is_the_largest(void **state)
{
	(void)state;
	bms_telemetry_set(&telemetry, BMS_SLOT_CURRENT_MA, -4000000);
	bms_jk_display_encode(&telemetry, block);
	assert_int_equal(block[8], 0x80);
	assert_int_equal(block[9], 0x00);
}

static void strange_blocks_are_refused(void **state)
{
	(void)state;
	capture_bytes(block_of_8_cells, block, sizeof(block));
	assert_int_equal(bms_jk_display_decode(block, 95, &telemetry), BMS_SHORT);
	assert_int_equal(bms_jk_display_decode(block, 97, &telemetry), BMS_LONG);
	block[1] = 0xA5;
	assert_int_equal(bms_jk_display_decode(block, 96, &telemetry), BMS_UNKNOWN);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_captured_block_says_what_its_source_states),
		TEST(the_stated_values_encode_to_the_captured_block),
		TEST(what_the_block_can_say_survives_it),
		TEST(every_alarm_of_the_display_has_its_flag),
		TEST(a_current_that_does_not_fit_is_the_largest),
		TEST(strange_blocks_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
