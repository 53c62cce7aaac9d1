/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "captures_boards.h"
#include "captures_relay.h"
#include "mirror/mirror.h"

enum {
	SECOND_US = 1000000,
	SENT_MAX = 64,
};

static const struct mirror_client stranger = { .address = "11:22:33:44:55:66" };
static const struct mirror_client owner = { .address = "AA:BB:CC:DD:EE:FF", .is_bonded = true };

static struct pack pack;
static struct mirror mirror;
static uint64_t now_us;
static uint8_t sent[SENT_MAX][BMS_JK_FRAME_SIZE];
static size_t sent_size[SENT_MAX], sent_count;
static unsigned writes, refusals;
static size_t last_slot;
static int64_t last_value;
static char last_who[MIRROR_ADDRESS_SIZE];
static char last_why[128];
static unsigned last_untold;

static void on_send(void *userdata, const uint8_t *bytes, size_t size)
{
	(void)userdata;
	assert_true(sent_count < SENT_MAX);
	memcpy(sent[sent_count], bytes, size);
	sent_size[sent_count++] = size;
}

static void on_write(void *userdata, size_t slot, int64_t value, const char *who)
{
	(void)userdata;
	writes++;
	last_slot = slot;
	last_value = value;
	snprintf(last_who, sizeof(last_who), "%s", who);
}

static void on_refused(void *userdata, const struct mirror_refusal *refusal)
{
	(void)userdata;
	refusals++;
	last_slot = refusal->slot;
	last_untold = refusal->untold;
	snprintf(last_who, sizeof(last_who), "%s", refusal->who);
	snprintf(last_why, sizeof(last_why), "%s", refusal->why);
}

static const struct mirror_callbacks callbacks = { on_send, on_write, on_refused };

static void read_board(void)
{
	uint8_t bytes[BMS_JK_FRAME_SIZE];
	struct bms_jk_frame frame;

	capture_bytes(relay_live_frames[0], bytes, sizeof(bytes));
	assert_int_equal(bms_jk_frame_parse(bytes, sizeof(bytes), &frame), BMS_OK);
	bms_jk_decode_live(&frame.payload, &pack.snapshot);
	pack.snapshot_us = now_us;
	mirror_on_pack(&mirror);
}

static void read_settings(void)
{
	uint8_t bytes[BMS_JK_FRAME_SIZE];
	struct bms_jk_frame frame;

	capture_bytes(relay_settings_frame, bytes, sizeof(bytes));
	assert_int_equal(bms_jk_frame_parse(bytes, sizeof(bytes), &frame), BMS_OK);
	bms_jk_decode_settings(&frame.payload, &pack.settings);
	pack.settings_us = now_us;
	mirror_on_pack(&mirror);
}

static void begin(bool allows_writes)
{
	struct mirror_options options = {
		.persona = { .name = "shed", .pin = "8520" },
		.allows_writes = allows_writes,
	};

	now_us = 10 * (uint64_t)SECOND_US;
	pack_init(&pack, "shed", 3 * SECOND_US);
	mirror_init(&mirror, &pack, &options, &callbacks, NULL);
	read_board();
	read_settings();
}

static int start(void **state)
{
	(void)state;
	sent_count = writes = refusals = 0;
	begin(false);
	return 0;
}

static void hear(const struct mirror_client *client, const char *hex)
{
	uint8_t bytes[BMS_JK_COMMAND_SIZE];
	size_t size = capture_bytes(hex, bytes, sizeof(bytes));

	mirror_hear(&mirror, client, bytes, size, now_us);
}

static void wait_ms(unsigned ms)
{
	for (uint64_t end_us = now_us + (uint64_t)ms * 1000; now_us < end_us; now_us += 10000)
		mirror_poll(&mirror, now_us);
}

static uint8_t type_at(size_t index)
{
	assert_true(index < sent_count);
	return sent[index][4];
}

static void the_apps_first_requests_are_answered(void **state)
{
	struct bms_identity identity = { 0 };
	struct bms_settings settings = { 0 };
	struct bms_jk_frame frame;

	(void)state;
	hear(&stranger, app_commands[0]);
	hear(&stranger, app_commands[1]);
	wait_ms(1000);
	assert_int_equal(type_at(0), BMS_JK_FRAME_DEVICE);
	assert_int_equal(type_at(1), BMS_JK_COMMAND_ACK);
	assert_int_equal(type_at(2), BMS_JK_FRAME_SETTINGS);
	assert_int_equal(type_at(3), BMS_JK_COMMAND_ACK);
	assert_int_equal(type_at(4), BMS_JK_FRAME_LIVE);
	assert_int_equal(bms_jk_frame_parse(sent[0], sent_size[0], &frame), BMS_OK);
	bms_jk_decode_device(&frame.payload, &identity, &settings);
	assert_string_equal(identity.text[BMS_IDENTITY_NAME], "shed");
	assert_string_equal(identity.text[BMS_IDENTITY_PIN], "8520");
}

static void the_frames_are_the_boards_own(void **state)
{
	uint8_t captured[BMS_JK_FRAME_SIZE];

	(void)state;
	hear(&stranger, app_commands[1]);
	wait_ms(700);
	capture_bytes(relay_settings_frame, captured, sizeof(captured));
	assert_memory_equal(sent[0] + 6, captured + 6, 293);
	capture_bytes(relay_live_frames[0], captured, sizeof(captured));
	assert_memory_equal(sent[2] + 6, captured + 6, 293);
}

static void without_a_fresh_reading_a_mirror_is_silent(void **state)
{
	size_t before;

	(void)state;
	hear(&stranger, app_commands[1]);
	wait_ms(10000);
	before = sent_count;
	assert_in_range(before, 2 + 4, 2 + 7); /* three seconds of live frames, and no more */
	hear(&stranger, app_commands[0]);
	wait_ms(5000);
	assert_int_equal(sent_count, before);
	assert_true(mirror_next_us(&mirror, now_us) == UINT64_MAX);
	read_board();
	wait_ms(2000);
	assert_int_equal(type_at(before), BMS_JK_FRAME_DEVICE);
	assert_int_equal(type_at(before + 2), BMS_JK_FRAME_LIVE);
}

static void settings_that_were_never_read_are_not_told(void **state)
{
	(void)state;
	pack.settings_us = 0;
	hear(&stranger, app_commands[1]);
	wait_ms(700);
	assert_int_equal(type_at(0), BMS_JK_COMMAND_ACK);
	assert_int_equal(type_at(1), BMS_JK_FRAME_LIVE);
}

static void writes_are_refused_unless_they_are_allowed(void **state)
{
	(void)state;
	hear(&owner, app_commands[3]);
	assert_int_equal(writes, 0);
	assert_int_equal(refusals, 1);
	assert_int_equal(last_slot, BMS_SETTING_SLOT_PRECHARGE_TIME);
	assert_string_equal(last_who, owner.address);
	assert_non_null(strstr(last_why, "mirror_writes"));
	wait_ms(100);
	assert_int_equal(type_at(0), BMS_JK_COMMAND_ACK); /* as a board does */
}

static void a_client_that_is_not_bonded_writes_nothing(void **state)
{
	(void)state;
	begin(true);
	hear(&stranger, app_commands[3]);
	assert_int_equal(writes, 0);
	assert_int_equal(refusals, 1);
	assert_non_null(strstr(last_why, "not bonded"));
}

static void a_bonded_client_writes_where_it_is_allowed(void **state)
{
	(void)state;
	begin(true);
	hear(&owner, app_commands[3]);
	assert_int_equal(refusals, 0);
	assert_int_equal(writes, 1);
	assert_int_equal(last_slot, BMS_SETTING_SLOT_PRECHARGE_TIME);
	assert_int_equal(last_value, 4);
	assert_string_equal(last_who, owner.address);
}

/* The app reads the settings again at once: it shall see what became of its write. */
static void answers_wait_until_a_write_has_ended(void **state)
{
	(void)state;
	begin(true);
	hear(&owner, app_commands[3]);
	hear(&owner, app_commands[1]);
	wait_ms(1500);
	assert_int_equal(sent_count, 0);
	pack.settings.value[BMS_SETTING_SLOT_PRECHARGE_TIME] = 4;
	mirror_written(&mirror);
	wait_ms(300);
	assert_int_equal(type_at(0), BMS_JK_COMMAND_ACK);
	assert_int_equal(type_at(1), BMS_JK_FRAME_SETTINGS);
	assert_int_equal(sent[1][274], 4);
}

static void a_write_that_never_ends_does_not_hold_the_mirror_for_ever(void **state)
{
	(void)state;
	begin(true);
	hear(&owner, app_commands[3]);
	for (unsigned i = 0; i < 10; i++) {
		read_board();
		wait_ms(1000);
	}
	assert_int_equal(type_at(0), BMS_JK_COMMAND_ACK);
}

static void nothing_is_written_to_a_board_that_is_not_read(void **state)
{
	(void)state;
	begin(true);
	now_us += 60 * (uint64_t)SECOND_US;
	hear(&owner, app_commands[3]);
	assert_int_equal(writes, 0);
	assert_non_null(strstr(last_why, "fresh"));
}

/* A stranger sends the beginning of a command, and the owner's next byte ends it. */
static void a_stranger_cannot_begin_what_the_owner_ends(void **state)
{
	uint8_t bytes[BMS_JK_COMMAND_SIZE];

	(void)state;
	begin(true);
	capture_bytes(app_commands[3], bytes, sizeof(bytes));
	mirror_hear(&mirror, &stranger, bytes, sizeof(bytes) - 1, now_us);
	mirror_hear(&mirror, &owner, bytes + sizeof(bytes) - 1, 1, now_us);
	assert_int_equal(writes, 0);
	assert_int_equal(refusals, 0);
}

static void what_is_no_setting_is_refused(void **state)
{
	/* Voltage calibration, preset LFP, emergency, user data. */
	static const uint8_t numbers[] = { 0x64, 0x69, 0x6B, 0x9F };
	uint8_t bytes[BMS_JK_COMMAND_SIZE];

	(void)state;
	begin(true);
	for (size_t i = 0; i < LENGTH(numbers); i++) {
		bms_jk_command_build(bytes, numbers[i], (const uint8_t *)"\1\0\0\0", 4);
		mirror_hear(&mirror, &owner, bytes, sizeof(bytes), now_us);
		assert_int_equal(last_slot, BMS_SETTING_SLOTS);
	}
	assert_int_equal(writes, 0);
	assert_int_equal(refusals, LENGTH(numbers));
}

/* 6C 04 3F 2C 1F 0B, as captured: apps send it whenever they connect. */
static void setting_the_clock_is_no_event(void **state)
{
	uint8_t bytes[BMS_JK_COMMAND_SIZE];

	(void)state;
	bms_jk_command_build(bytes, BMS_JK_COMMAND_CLOCK, (const uint8_t *)"\x3f\x2c\x1f\x0b", 4);
	mirror_hear(&mirror, &stranger, bytes, sizeof(bytes), now_us);
	assert_int_equal(refusals, 0);
	wait_ms(100);
	assert_int_equal(type_at(0), BMS_JK_COMMAND_ACK);
}

static void a_flood_of_refusals_is_counted_not_told(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		hear(&stranger, app_commands[3]);
	assert_int_equal(refusals, MIRROR_REFUSALS_MAX);
	now_us += 60 * (uint64_t)SECOND_US;
	hear(&stranger, app_commands[3]);
	assert_int_equal(refusals, MIRROR_REFUSALS_MAX + 1);
	assert_int_equal(last_untold, 1000 - MIRROR_REFUSALS_MAX);
}

static void the_next_client_begins_anew(void **state)
{
	(void)state;
	hear(&stranger, app_commands[1]);
	wait_ms(100);
	mirror_stop(&mirror);
	sent_count = 0;
	wait_ms(2000);
	assert_int_equal(sent_count, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_apps_first_requests_are_answered),
		TEST(the_frames_are_the_boards_own),
		TEST(without_a_fresh_reading_a_mirror_is_silent),
		TEST(settings_that_were_never_read_are_not_told),
		TEST(writes_are_refused_unless_they_are_allowed),
		TEST(a_client_that_is_not_bonded_writes_nothing),
		TEST(a_bonded_client_writes_where_it_is_allowed),
		TEST(answers_wait_until_a_write_has_ended),
		TEST(a_write_that_never_ends_does_not_hold_the_mirror_for_ever),
		TEST(nothing_is_written_to_a_board_that_is_not_read),
		TEST(a_stranger_cannot_begin_what_the_owner_ends),
		TEST(what_is_no_setting_is_refused),
		TEST(setting_the_clock_is_no_event),
		TEST(a_flood_of_refusals_is_counted_not_told),
		TEST(the_next_client_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
