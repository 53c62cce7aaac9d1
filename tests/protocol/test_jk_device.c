/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "bms/jk_frame.h"
#include "bms/jk_layout.h"
#include "captures_boards.h"
#include "captures_relay.h"

static void read_frame(
	const char *hex, struct bms_identity *identity, struct bms_settings *settings)
{
	uint8_t frame[BMS_JK_FRAME_SIZE];
	struct bms_jk_frame parsed;

	assert_int_equal(capture_bytes(hex, frame, sizeof(frame)), sizeof(frame));
	assert_int_equal(bms_jk_frame_parse(frame, sizeof(frame), &parsed), BMS_OK);
	assert_int_equal(parsed.type, BMS_JK_FRAME_DEVICE);
	bms_jk_decode_device(&parsed.payload, identity, settings);
}

static void the_relay_boards_device_frame_reads_field_by_field(void **state)
{
	struct bms_identity identity = { 0 };
	struct bms_settings settings = { 0 };
	size_t present = 0;

	(void)state;
	read_frame(relay_device_frame, &identity, &settings);
	assert_int_equal(LENGTH(relay_texts), BMS_IDENTITY_TEXTS);
	for (size_t i = 0; i < LENGTH(relay_texts); i++)
		assert_string_equal(identity.text[relay_texts[i].text], relay_texts[i].value);
	assert_int_equal(LENGTH(relay_numbers), BMS_IDENTITY_NUMBERS);
	for (size_t i = 0; i < LENGTH(relay_numbers); i++) {
		assert_true(bms_has_slot(identity.present, relay_numbers[i].slot));
		assert_int_equal(identity.number[relay_numbers[i].slot], relay_numbers[i].value);
	}
	for (size_t i = 0; i < LENGTH(relay_device_settings); i++) {
		const struct capture_value *expected = &relay_device_settings[i];

		assert_true(bms_settings_has(&settings, expected->slot));
		assert_int_equal(settings.value[expected->slot], expected->value);
	}
	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++)
		present += bms_settings_has(&settings, slot);
	assert_int_equal(present, LENGTH(relay_device_settings));
}

static void the_relay_boards_device_frame_is_written_byte_for_byte(void **state)
{
	uint8_t frame[BMS_JK_FRAME_SIZE];
	uint8_t again[BMS_JK_FRAME_SIZE] = { 0 };
	struct bms_identity identity = { 0 };
	struct bms_settings settings = { 0 };
	struct bms_window window = { again + BMS_JK_FRAME_PAYLOAD, 0, BMS_JK_PAYLOAD_SIZE,
		BMS_ORDER_LITTLE };

	(void)state;
	capture_bytes(relay_device_frame, frame, sizeof(frame));
	read_frame(relay_device_frame, &identity, &settings);
	bms_jk_encode_device(&window, &identity, &settings, &bms_jk_relay_profile);
	bms_jk_frame_seal(again, BMS_JK_FRAME_DEVICE, frame[5]);
	assert_memory_equal(again, frame, sizeof(frame));
}

static void texts_stay_in_reading_order_in_registers(void **state)
{
	uint8_t registers[BMS_JK_BLOCK_SIZE] = { 0 };
	struct bms_identity identity = { 0 };
	struct bms_settings settings = { 0 };
	struct bms_window window = { registers, 0, sizeof(registers), BMS_ORDER_BIG };

	(void)state;
	read_frame(relay_device_frame, &identity, &settings);
	bms_jk_encode_device(&window, &identity, &settings, &bms_jk_relay_profile);
	assert_string_equal((const char *)registers, "JK_B2A25SRP");
	assert_memory_equal(registers + 0x20, "\x00\x09\x73\xEE", 4);
	assert_memory_equal(registers + 0xB4, bms_jk_relay_profile.uart1_protocols, 4);
	assert_memory_equal(registers + 0xE8, "\x00\x00\x00\x64", 4);
}

static void another_boards_device_frame_reads(void **state)
{
	struct bms_identity identity = { 0 };
	struct bms_settings settings = { 0 };

	(void)state;
	read_frame(pb2a16s20p_device_frame, &identity, &settings);
	assert_string_equal(identity.text[BMS_IDENTITY_MODEL], "JK_PB2A16S20P");
	assert_string_equal(identity.text[BMS_IDENTITY_HARDWARE], "15A");
	assert_string_equal(identity.text[BMS_IDENTITY_SOFTWARE], "15.38");
	assert_int_equal(settings.value[BMS_SETTING_SLOT_UART1_PROTOCOL], 0);
	assert_int_equal(settings.value[BMS_SETTING_SLOT_CAN_PROTOCOL], 2);
	assert_int_equal(settings.value[BMS_SETTING_SLOT_DRY1_TRIGGER], 8);
	assert_int_equal(settings.value[BMS_SETTING_SLOT_DRY1_VALUE], 60);
	assert_int_equal(settings.value[BMS_SETTING_SLOT_DRY1_RELEASE], 50);
	assert_int_equal(settings.value[BMS_SETTING_SLOT_STORED_DATA_PERIOD], 3600);
	assert_int_equal(settings.value[BMS_SETTING_SLOT_EMERGENCY_TIME], 30);
}

static void a_text_cut_by_the_window_is_absent(void **state)
{
	uint8_t bytes[15] = "JK_B2A25SRP";
	struct bms_window window = { bytes, 0, sizeof(bytes), BMS_ORDER_BIG };
	struct bms_identity identity = { 0 };
	struct bms_settings settings = { 0 };

	(void)state;
	bms_jk_decode_device(&window, &identity, &settings);
	assert_string_equal(identity.text[BMS_IDENTITY_MODEL], "");
}

static void a_text_without_a_nul_uses_all_its_bytes(void **state)
{
	uint8_t bytes[16];
	struct bms_window window = { bytes, 0x50, sizeof(bytes), BMS_ORDER_BIG };
	struct bms_identity identity = { 0 };
	struct bms_settings settings = { 0 };

	(void)state;
	memcpy(bytes, "0123456789ABCDEF", sizeof(bytes));
	bms_jk_decode_device(&window, &identity, &settings);
	assert_string_equal(identity.text[BMS_IDENTITY_SERIAL], "0123456789ABCDEF");
}

static void a_long_serial_number_is_not_overwritten_by_the_passcode(void **state)
{
	uint8_t bytes[16] = { 0 };
	struct bms_window window = { bytes, 0x50, sizeof(bytes), BMS_ORDER_BIG };
	struct bms_identity identity = { .text[BMS_IDENTITY_SERIAL] = "0123456789ABC" };
	struct bms_settings settings = { 0 };

	(void)state;
	bms_jk_encode_device(&window, &identity, &settings, &bms_jk_relay_profile);
	assert_memory_equal(bytes, "0123456789ABC\0\0\0", 16);
	strcpy(identity.text[BMS_IDENTITY_SERIAL], "0123456789A");
	memset(identity.text[BMS_IDENTITY_SERIAL] + 11, 0, 6);
	bms_jk_encode_device(&window, &identity, &settings, &bms_jk_relay_profile);
	assert_memory_equal(bytes, "0123456789A\000000\0", 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_relay_boards_device_frame_reads_field_by_field),
		cmocka_unit_test(the_relay_boards_device_frame_is_written_byte_for_byte),
		cmocka_unit_test(texts_stay_in_reading_order_in_registers),
		cmocka_unit_test(another_boards_device_frame_reads),
		cmocka_unit_test(a_text_cut_by_the_window_is_absent),
		cmocka_unit_test(a_text_without_a_nul_uses_all_its_bytes),
		cmocka_unit_test(a_long_serial_number_is_not_overwritten_by_the_passcode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
