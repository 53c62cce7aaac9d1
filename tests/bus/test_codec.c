/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus/codec.h"

/* A connection that nobody answers on: messages only need one to be made. */
static sd_bus *open_bus(int *ret_peer)
{
	sd_bus *bus = NULL;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_true(sd_bus_new(&bus) >= 0);
	assert_true(sd_bus_set_fd(bus, pair[0], pair[0]) >= 0);
	assert_true(sd_bus_start(bus) >= 0);
	*ret_peer = pair[1];
	return bus;
}

struct exchange {
	sd_bus *bus;
	int peer;
	sd_bus_message *message;
};

static int setup(void **state)
{
	static struct exchange exchange;

	exchange.bus = open_bus(&exchange.peer);
	assert_true(
		sd_bus_message_new_signal(exchange.bus, &exchange.message, "/a", "a.b", "C") >= 0);
	*state = &exchange;
	return 0;
}

static int teardown(void **state)
{
	struct exchange *exchange = *state;

	sd_bus_message_unref(exchange->message);
	sd_bus_close_unref(exchange->bus);
	close(exchange->peer);
	return 0;
}

static void turn_around(const struct exchange *exchange)
{
	assert_true(sd_bus_message_seal(exchange->message, 1, 0) >= 0);
	assert_true(sd_bus_message_rewind(exchange->message, true) >= 0);
}

/* Every second element of every row, or all of it, with values that tell the slots apart. */
static struct bms_telemetry make_telemetry(unsigned step)
{
	struct bms_telemetry telemetry = { 0 };

	for (size_t slot = 0; slot < BMS_SLOTS; slot += step) {
		bool is_bool = bms_field_rows[bms_field_of_slot(slot)].unit == BMS_UNIT_BOOL;

		bms_telemetry_set(&telemetry, slot,
			is_bool ? (int64_t)slot % 2 : (int64_t)slot * 1000 - 20000);
	}
	return telemetry;
}

static void expect_same(const struct bms_telemetry *left, const struct bms_telemetry *right)
{
	for (size_t slot = 0; slot < BMS_SLOTS; slot++) {
		assert_int_equal(bms_telemetry_has(left, slot), bms_telemetry_has(right, slot));
		if (bms_telemetry_has(left, slot))
			assert_int_equal(left->value[slot], right->value[slot]);
	}
}

static void telemetry_survives(struct exchange *exchange, const struct bms_telemetry *telemetry)
{
	struct bms_telemetry back;

	assert_true(codec_append_telemetry(exchange->message, telemetry) >= 0);
	turn_around(exchange);
	assert_true(codec_read_telemetry(exchange->message, &back) >= 0);
	expect_same(telemetry, &back);
}

static void every_row_of_a_reading_survives(void **state)
{
	struct bms_telemetry telemetry = make_telemetry(1);

	telemetry_survives(*state, &telemetry);
}

static void absent_values_stay_absent(void **state)
{
	struct bms_telemetry telemetry = make_telemetry(3);

	telemetry_survives(*state, &telemetry);
}

static void an_empty_reading_is_an_empty_dictionary(void **state)
{
	struct bms_telemetry telemetry = { 0 };

	telemetry_survives(*state, &telemetry);
	assert_true(sd_bus_message_rewind(((struct exchange *)*state)->message, true) >= 0);
	assert_true(sd_bus_message_enter_container(
			    ((struct exchange *)*state)->message, 'a', "{sv}") >= 0);
	assert_int_equal(sd_bus_message_at_end(((struct exchange *)*state)->message, false), 1);
}

static void every_setting_survives(void **state)
{
	struct exchange *exchange = *state;
	struct bms_settings settings = { 0 };
	struct bms_settings back;

	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot += 2) {
		bool is_bool = bms_setting_rows[bms_setting_of_slot(slot)].unit == BMS_UNIT_BOOL;

		bms_settings_set(&settings, slot,
			is_bool ? (int64_t)slot / 2 % 2 : 5000 - (int64_t)slot * 100);
	}
	assert_true(codec_append_settings(exchange->message, &settings) >= 0);
	turn_around(exchange);
	assert_true(codec_read_settings(exchange->message, &back) >= 0);
	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++) {
		assert_int_equal(bms_settings_has(&settings, slot), bms_settings_has(&back, slot));
		if (bms_settings_has(&settings, slot))
			assert_int_equal(settings.value[slot], back.value[slot]);
	}
}

static void every_public_row_of_identity_survives_and_no_secret_is_sent(void **state)
{
	struct exchange *exchange = *state;
	struct bms_identity identity = { 0 };
	struct bms_identity back;

	for (size_t i = 0; i < BMS_IDENTITY_TEXTS; i++)
		strcpy(identity.text[i], "4711");
	for (size_t i = 0; i < BMS_IDENTITY_NUMBERS; i++) {
		identity.number[i] = (int64_t)i + 7;
		bms_mark_slot(identity.present, i);
	}
	assert_true(codec_append_identity(exchange->message, &identity) >= 0);
	turn_around(exchange);
	assert_true(codec_read_identity(exchange->message, &back) >= 0);
	for (size_t i = 0; i < BMS_IDENTITY_TEXTS; i++)
		assert_string_equal(back.text[i], bms_identity_text_rows[i].secret ? "" : "4711");
	for (size_t i = 0; i < BMS_IDENTITY_NUMBERS; i++) {
		assert_true(bms_has_slot(back.present, i));
		assert_int_equal(back.number[i], identity.number[i]);
	}
}

static void a_name_that_is_not_utf8_can_still_be_sent(void **state)
{
	struct exchange *exchange = *state;
	struct bms_identity identity = { 0 };
	struct bms_identity back;

	strcpy(identity.text[BMS_IDENTITY_NAME], "b\xFFms");
	assert_true(codec_append_identity(exchange->message, &identity) >= 0);
	turn_around(exchange);
	assert_true(codec_read_identity(exchange->message, &back) >= 0);
	assert_string_equal(back.text[BMS_IDENTITY_NAME], "b?ms");
}

static void a_snapshot_survives_with_its_age(void **state)
{
	struct exchange *exchange = *state;
	struct codec_snapshot snapshot = { .name = "house",
		.health = "stale",
		.link = "/dev/ttyUSB0 address 1 (jk-modbus)",
		.has_reading = true,
		.time_ms = 1700000000123,
		.age_ms = 4321,
		.telemetry = make_telemetry(2) };
	struct codec_snapshot back;

	assert_true(codec_append_snapshot(exchange->message, &snapshot) >= 0);
	turn_around(exchange);
	assert_true(codec_read_snapshot(exchange->message, &back) >= 0);
	assert_string_equal(back.name, "house");
	assert_string_equal(back.health, "stale");
	assert_string_equal(back.link, snapshot.link);
	assert_true(back.has_reading);
	assert_int_equal(back.time_ms, snapshot.time_ms);
	assert_int_equal(back.age_ms, snapshot.age_ms);
	expect_same(&snapshot.telemetry, &back.telemetry);
}

static void a_pack_that_was_never_read_has_no_values(void **state)
{
	struct exchange *exchange = *state;
	struct codec_snapshot snapshot = { .name = "house", .health = "unseen" };
	struct codec_snapshot back;

	bms_telemetry_set(&snapshot.telemetry, BMS_SLOT_PACK_MV, 1);
	assert_true(codec_append_snapshot(exchange->message, &snapshot) >= 0);
	turn_around(exchange);
	assert_true(codec_read_snapshot(exchange->message, &back) >= 0);
	assert_false(back.has_reading);
	assert_false(bms_telemetry_has(&back.telemetry, BMS_SLOT_PACK_MV));
}

static void what_another_version_sends_is_skipped(void **state)
{
	struct exchange *exchange = *state;
	struct bms_telemetry back;

	assert_true(sd_bus_message_append(exchange->message, "a{sv}", 6, "soc_pct", "x",
			    (int64_t)50, "pack_mv", "s", "a text", "charge_on", "x", (int64_t)1,
			    "cell_mv", "a{qx}", 3, 0, (int64_t)1, 2, (int64_t)3300, 33, (int64_t)2,
			    "wire_mohm", "x", (int64_t)9, "brand_new", "as", 1, "x") >= 0);
	turn_around(exchange);
	assert_true(codec_read_telemetry(exchange->message, &back) >= 0);
	assert_int_equal(bms_telemetry_or(&back, BMS_SLOT_SOC_PCT, -1), 50);
	assert_int_equal(bms_telemetry_or(&back, BMS_SLOT_CELL_MV + 1, -1), 3300);
	assert_int_equal(bms_telemetry_length(&back, BMS_FIELD_CELL_MV), 2);
	assert_false(bms_telemetry_has(&back, BMS_SLOT_CELL_MV));
	assert_false(bms_telemetry_has(&back, BMS_SLOT_PACK_MV));
	assert_false(bms_telemetry_has(&back, BMS_SLOT_CHARGE_ON));
	assert_int_equal(bms_telemetry_length(&back, BMS_FIELD_WIRE_MOHM), 0);
}

static void a_message_of_another_kind_is_an_error_and_leaves_the_output(void **state)
{
	struct exchange *exchange = *state;
	struct bms_telemetry back = make_telemetry(1);
	struct bms_telemetry before = back;

	assert_true(sd_bus_message_append(exchange->message, "s", "hello") >= 0);
	turn_around(exchange);
	assert_true(codec_read_telemetry(exchange->message, &back) < 0);
	expect_same(&before, &back);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(every_row_of_a_reading_survives),
		TEST(absent_values_stay_absent),
		TEST(an_empty_reading_is_an_empty_dictionary),
		TEST(every_setting_survives),
		TEST(every_public_row_of_identity_survives_and_no_secret_is_sent),
		TEST(a_name_that_is_not_utf8_can_still_be_sent),
		TEST(a_snapshot_survives_with_its_age),
		TEST(a_pack_that_was_never_read_has_no_values),
		TEST(what_another_version_sends_is_skipped),
		TEST(a_message_of_another_kind_is_an_error_and_leaves_the_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
