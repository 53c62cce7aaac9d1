/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "bms/jk_layout.h"

static void each_block_has_its_registers(void **state)
{
	(void)state;
	assert_int_equal(bms_jk_block_base(BMS_JK_SETTINGS), BMS_JK_SETTINGS_BASE);
	assert_int_equal(bms_jk_block_base(BMS_JK_LIVE), BMS_JK_LIVE_BASE);
	assert_int_equal(bms_jk_block_base(BMS_JK_DEVICE), BMS_JK_DEVICE_BASE);
}

static void a_register_names_its_block_or_none(void **state)
{
	(void)state;
	for (unsigned reg = 0; reg <= UINT16_MAX; reg++) {
		enum bms_jk_block block = bms_jk_block_of_register((uint16_t)reg);

		if (reg < 0x1000 || reg >= 0x1600)
			assert_int_equal(block, BMS_JK_BLOCKS);
		else
			assert_int_equal(block, (reg - 0x1000) / 0x200);
	}
}

/* A window anywhere, over bytes that mean nothing. */
static void noise_in_any_window_is_read_without_harm(void **state)
{
	struct dice dice = { 7 };

	(void)state;
	for (unsigned round = 0; round < 5000; round++) {
		uint8_t *bytes = malloc(BMS_JK_BLOCK_SIZE);
		struct bms_window window = { .data = bytes };
		struct bms_settings settings = { 0 };
		struct bms_telemetry telemetry = { 0 };
		struct bms_identity identity = { 0 };

		assert_non_null(bytes);
		for (size_t i = 0; i < BMS_JK_BLOCK_SIZE; i++)
			bytes[i] = (uint8_t)dice_roll(&dice);
		window.order = round % 2 ? BMS_ORDER_BIG : BMS_ORDER_LITTLE;
		window.size = (uint16_t)dice_between(&dice, 0, BMS_JK_BLOCK_SIZE);
		window.start = (uint16_t)dice_between(&dice, 0, round % 3 ? 0x200 : UINT16_MAX);
		bms_jk_decode_settings(&window, &settings);
		bms_jk_decode_live(&window, &telemetry);
		bms_jk_decode_device(&window, &identity, &settings);
		free(bytes);
	}
}

static void encoders_stay_inside_any_window(void **state)
{
	struct dice dice = { 8 };
	struct bms_settings settings = { 0 };
	struct bms_telemetry telemetry = { 0 };
	struct bms_identity identity = { 0 };

	(void)state;
	bms_settings_preset(&settings, BMS_CHEMISTRY_LFP);
	memset(telemetry.present, 0xFF, sizeof(telemetry.present));
	memset(identity.present, 0xFF, sizeof(identity.present));
	for (size_t i = 0; i < BMS_IDENTITY_TEXTS; i++)
		memset(identity.text[i], 'x', bms_identity_text_rows[i].size);
	for (unsigned round = 0; round < 5000; round++) {
		uint16_t size = (uint16_t)dice_between(&dice, 1, BMS_JK_BLOCK_SIZE);
		uint8_t *bytes = calloc(1, size); /* exactly: the sanitizer watches both ends */
		struct bms_window window = { bytes, 0, size, BMS_ORDER_BIG };

		assert_non_null(bytes);
		window.start = (uint16_t)dice_between(&dice, 0, BMS_JK_BLOCK_SIZE);
		bms_jk_encode_settings(&window, &settings, &bms_jk_relay_profile);
		bms_jk_encode_live(&window, &telemetry, &bms_jk_relay_profile);
		bms_jk_encode_device(&window, &identity, &settings, &bms_jk_relay_profile);
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_block_has_its_registers),
		cmocka_unit_test(a_register_names_its_block_or_none),
		cmocka_unit_test(noise_in_any_window_is_read_without_harm),
		cmocka_unit_test(encoders_stay_inside_any_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
