/* SPDX-License-Identifier: MIT */
#include "fake_bluez.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#include "../../bus/private_bus.h"
#include "captures_relay.h"
#include "link/ble/board.h"

#define ADDRESS "C8:47:8C:E1:22:33"
#define SECOND  "C8:47:8C:E1:22:44"

enum {
	LONG_MS = 20000,
	STORM = 100,
};

/* What a board told its owner. */
struct heard {
	unsigned live;
	unsigned settings;
	unsigned device;
	unsigned answers;
	unsigned unanswered;
	unsigned ups;
	unsigned downs;
	bool is_up;
	unsigned pairings;
	char reason[BLE_REASON_SIZE];
	char failure[BLE_REASON_SIZE];
};

struct rig {
	struct private_bus daemon;
	sd_event *event;
	struct fake_bluez bluez;
	struct ble_host *host;
	struct heard heard;
	struct heard second;
};

static struct rig rig;

static void on_frame(void *userdata, const struct bms_jk_frame *frame, uint64_t now_us)
{
	struct heard *heard = userdata;

	assert_true(now_us > 0);
	heard->live += frame->type == BMS_JK_FRAME_LIVE;
	heard->settings += frame->type == BMS_JK_FRAME_SETTINGS;
	heard->device += frame->type == BMS_JK_FRAME_DEVICE;
}

static void on_answer(void *userdata, uint8_t command, bool acknowledged)
{
	struct heard *heard = userdata;

	(void)command;
	if (acknowledged)
		heard->answers++;
	else
		heard->unanswered++;
}

static void on_state(void *userdata, bool up, const char *reason)
{
	struct heard *heard = userdata;

	heard->is_up = up;
	heard->ups += up;
	heard->downs += !up;
	snprintf(heard->reason, sizeof(heard->reason), "%s", reason);
}

static void on_paired(void *userdata, const char *failure)
{
	struct heard *heard = userdata;

	heard->pairings++;
	snprintf(heard->failure, sizeof(heard->failure), "%s", failure);
}

static const struct ble_board_callbacks callbacks = {
	.on_frame = on_frame,
	.on_answer = on_answer,
	.on_state = on_state,
	.on_paired = on_paired,
};

static uint64_t now_ms(void)
{
	uint64_t now_us = 0;

	(void)sd_event_now(rig.event, CLOCK_MONOTONIC, &now_us);
	return now_us / 1000;
}

static void run(unsigned ms)
{
	uint64_t end_ms;

	(void)sd_event_run(rig.event, 0);
	end_ms = now_ms() + ms;
	while (now_ms() < end_ms)
		assert_true(sd_event_run(rig.event, 10000) >= 0);
}

/* Until a number of heard reaches so much. */
static void wait_for(const unsigned *count, unsigned least)
{
	uint64_t end_ms = now_ms() + LONG_MS;

	while (*count < least && now_ms() < end_ms)
		assert_true(sd_event_run(rig.event, 10000) >= 0);
	assert_true(*count >= least);
}

/* Until a board is down for a reason with these words. */
static void wait_reason(const char *words)
{
	uint64_t end_ms = now_ms() + LONG_MS;

	while ((rig.heard.is_up || !strstr(rig.heard.reason, words)) && now_ms() < end_ms)
		assert_true(sd_event_run(rig.event, 10000) >= 0);
	if (!strstr(rig.heard.reason, words))
		fail_msg("'%s' is not in '%s'", words, rig.heard.reason);
}

static struct ble_board_options options_of(const char *address)
{
	return (struct ble_board_options){
		.address = address,
		.adapter = FAKE_ADAPTER,
		.passkey_file = "",
		.backoff_least_ms = 20,
		.backoff_most_ms = 100,
	};
}

static struct ble_board *open_board(const struct ble_board_options *options, struct heard *heard)
{
	struct ble_board *board;

	assert_int_equal(ble_board_new(&board, rig.host, options, &callbacks, heard), 0);
	return board;
}

static struct ble_board *open_first(void)
{
	struct ble_board_options options = options_of(ADDRESS);

	return open_board(&options, &rig.heard);
}

static int set_up(void **state)
{
	(void)state;
	memset(&rig, 0, sizeof(rig));
	if (!private_bus_start(&rig.daemon, NULL))
		return -1;
	setenv("DBUS_SYSTEM_BUS_ADDRESS", rig.daemon.address, 1);
	assert_true(sd_event_new(&rig.event) >= 0);
	fake_init(&rig.bluez, rig.event);
	fake_add_board(&rig.bluez, ADDRESS);
	fake_start(&rig.bluez);
	assert_int_equal(ble_host_new(&rig.host, rig.event), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rig.host = ble_host_free(rig.host);
	if (rig.bluez.bus)
		fake_stop(&rig.bluez);
	rig.event = sd_event_unref(rig.event);
	private_bus_stop(&rig.daemon);
	return 0;
}

static void expect_stream(struct ble_board *board)
{
	struct ble_board_stats stats;

	wait_for(&rig.heard.live, 3);
	assert_true(rig.heard.is_up);
	assert_true(rig.heard.device >= 1 && rig.heard.settings >= 1);
	assert_true(rig.heard.answers >= 2);
	ble_board_stats(board, &stats);
	assert_int_equal(stats.frames, rig.heard.live + rig.heard.device + rig.heard.settings);
	assert_int_equal(stats.cut + stats.damaged + stats.skipped, 0);
}

static void a_board_is_found_by_a_scan_that_ends_and_read(void **state)
{
	struct ble_board *board = open_first();
	struct ble_board_stats stats;

	(void)state;
	expect_stream(board);
	assert_int_equal(rig.bluez.discoveries, 1);
	assert_false(rig.bluez.is_discovering);
	ble_board_stats(board, &stats);
	assert_int_equal(stats.mtu, 131);
	assert_false(stats.by_signals);
	ble_board_free(board);
	run(50);
	assert_false(rig.bluez.boards[0].is_connected); /* the phone can have it */
}

static void a_board_that_bluez_knows_is_not_scanned_for(void **state)
{
	struct ble_board *board;

	(void)state;
	fake_stop(&rig.bluez);
	rig.bluez.boards[0].is_known = true;
	fake_start(&rig.bluez);
	board = open_first();
	expect_stream(board);
	assert_int_equal(rig.bluez.discoveries, 0);
	ble_board_free(board);
}

static void where_bluez_gives_no_sockets_signals_and_calls_do(void **state)
{
	struct ble_board *board;
	struct ble_board_stats stats;

	(void)state;
	rig.bluez.boards[0].refuses_acquire = true;
	rig.bluez.boards[0].piece = 20;
	board = open_first();
	expect_stream(board);
	ble_board_stats(board, &stats);
	assert_true(stats.by_signals);
	ble_board_free(board);
}

static void a_connection_left_by_a_process_before_is_taken_over(void **state)
{
	struct fake_board *fake = &rig.bluez.boards[0];
	struct ble_board *board;

	(void)state;
	fake_stop(&rig.bluez);
	fake->is_known = true;
	fake_start(&rig.bluez);
	fake->is_connected = true;
	board = open_first();
	expect_stream(board);
	assert_int_equal(fake->connects, 0);
	ble_board_free(board);
}

static void a_lost_connection_comes_back_and_says_why_it_went(void **state)
{
	struct ble_board *board = open_first();

	(void)state;
	expect_stream(board);
	fake_drop(&rig.bluez.boards[0]);
	wait_reason("connection was lost");
	wait_for(&rig.heard.ups, 2);
	wait_for(&rig.heard.live, 10);
	ble_board_free(board);
}

static unsigned open_fds(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

/* Matches that this process' connections have at the bus. */
static unsigned match_rules(void)
{
	sd_bus *bus;
	sd_bus_message *reply = NULL;
	uint32_t count = 0;
	const char *key;

	assert_true(sd_bus_open_system(&bus) >= 0);
	assert_true(sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
			    "org.freedesktop.DBus.Debug.Stats", "GetStats", NULL, &reply, "") >= 0);
	assert_true(sd_bus_message_enter_container(reply, 'a', "{sv}") >= 0);
	while (sd_bus_message_enter_container(reply, 'e', "sv") > 0) {
		assert_true(sd_bus_message_read(reply, "s", &key) >= 0);
		if (strcmp(key, "MatchRules") == 0)
			assert_true(sd_bus_message_read(reply, "v", "u", &count) >= 0);
		else
			assert_true(sd_bus_message_skip(reply, "v") >= 0);
		assert_true(sd_bus_message_exit_container(reply) >= 0);
	}
	sd_bus_message_unref(reply);
	sd_bus_flush_close_unref(bus);
	return count;
}

static void many_lost_connections_leave_nothing_behind(void **state)
{
	struct ble_board *board = open_first();
	unsigned fds, rules;

	(void)state;
	expect_stream(board);
	fds = open_fds();
	rules = match_rules();
	for (unsigned i = 1; i <= STORM; i++) {
		unsigned live = rig.heard.live;

		fake_drop(&rig.bluez.boards[0]);
		wait_for(&rig.heard.ups, i + 1);
		wait_for(&rig.heard.live, live + 1);
	}
	assert_int_equal(open_fds(), fds);
	assert_int_equal(match_rules(), rules);
	ble_board_free(board);
}

static void bluetoothd_may_end_and_come_back(void **state)
{
	struct ble_board *board = open_first();
	unsigned fds, rules;

	(void)state;
	expect_stream(board);
	fds = open_fds();
	rules = match_rules();
	for (unsigned i = 1; i <= STORM / 10; i++) {
		fake_stop(&rig.bluez);
		wait_reason("bluetoothd is not there");
		rig.bluez.boards[0].is_known = i % 2 == 0;
		fake_start(&rig.bluez);
		wait_for(&rig.heard.ups, i + 1);
	}
	wait_for(&rig.heard.live, 100);
	assert_int_equal(open_fds(), fds);
	assert_int_equal(match_rules(), rules);
	ble_board_free(board);
}

static void the_adapter_may_be_switched_off_and_on(void **state)
{
	struct ble_board *board = open_first();

	(void)state;
	expect_stream(board);
	fake_set_power(&rig.bluez, false);
	wait_reason("switched off");
	fake_set_power(&rig.bluez, true);
	wait_for(&rig.heard.ups, 2);
	ble_board_free(board);
}

static void an_adapter_that_is_not_there_is_waited_for(void **state)
{
	struct ble_board_options options = options_of(ADDRESS);
	struct ble_board *board;

	(void)state;
	options.adapter = "00:AA:01:00:00:99";
	board = open_board(&options, &rig.heard);
	wait_reason("no such adapter");
	run(100);
	assert_int_equal(rig.heard.ups, 0);
	ble_board_free(board);
}

static void failures_are_told_once_and_tried_again(void **state)
{
	struct ble_board *board;

	(void)state;
	rig.bluez.boards[0].fail_connects = 2;
	board = open_first();
	wait_for(&rig.heard.ups, 1);
	assert_int_equal(rig.bluez.boards[0].connects, 3);
	ble_board_free(board);
}

static void the_third_failure_has_the_device_removed_and_found_again(void **state)
{
	struct ble_board *board;

	(void)state;
	rig.bluez.boards[0].fail_connects = 3;
	board = open_first();
	wait_for(&rig.heard.ups, 1);
	assert_int_equal(rig.bluez.boards[0].removals, 1);
	assert_int_equal(rig.bluez.discoveries, 2);
	ble_board_free(board);
}

static void only_one_board_at_a_time_uses_the_adapter(void **state)
{
	struct ble_board_options options = options_of(SECOND);
	struct fake_board *slow = &rig.bluez.boards[0];
	struct ble_board *first;
	struct ble_board *second;

	(void)state;
	fake_add_board(&rig.bluez, SECOND);
	slow->hangs = true;
	first = open_first();
	wait_for(&slow->connects, 1);
	second = open_board(&options, &rig.second);
	run(500);
	assert_int_equal(rig.bluez.boards[1].connects, 0);
	ble_board_release(first, 600); /* gives its turn back */
	wait_for(&rig.second.live, 2);
	assert_false(rig.heard.is_up);
	ble_board_free(first);
	ble_board_free(second);
}

static void a_released_board_is_free_and_comes_back_by_itself(void **state)
{
	struct ble_board *board = open_first();
	unsigned live;

	(void)state;
	expect_stream(board);
	ble_board_release(board, 2);
	wait_for(&rig.heard.downs, 1);
	assert_string_equal(rig.heard.reason, "released");
	run(300);
	assert_false(rig.bluez.boards[0].is_connected);
	live = rig.heard.live;
	run(1000);
	assert_int_equal(rig.heard.live, live);
	wait_for(&rig.heard.ups, 2);
	ble_board_free(board);
}

static void a_release_can_be_taken_back(void **state)
{
	struct ble_board *board = open_first();

	(void)state;
	expect_stream(board);
	ble_board_release(board, 600);
	wait_for(&rig.heard.downs, 1);
	run(100);
	ble_board_release(board, 0);
	wait_for(&rig.heard.ups, 2);
	ble_board_free(board);
}

static void make_passkey(char path[64], const char *text, mode_t mode)
{
	FILE *file;

	snprintf(path, 64, "/tmp/bmsd-passkey-%d", getpid());
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

static void a_board_that_wants_to_be_paired_gets_the_passkey_of_the_file(void **state)
{
	struct ble_board_options options = options_of(ADDRESS);
	struct ble_board *board;
	char path[64];

	(void)state;
	make_passkey(path, "001234\n", 0600);
	rig.bluez.boards[0].wants_pairing = true;
	options.passkey_file = path;
	board = open_board(&options, &rig.heard);
	wait_for(&rig.heard.ups, 1);
	assert_true(rig.bluez.boards[0].is_paired);
	assert_int_equal(rig.bluez.boards[0].passkey, 1234);
	unlink(path);
	ble_board_free(board);
}

static void without_a_passkey_the_refusal_says_what_is_wanted(void **state)
{
	struct ble_board *board;

	(void)state;
	rig.bluez.boards[0].wants_pairing = true;
	board = open_first();
	wait_reason("wants to be paired");
	assert_int_equal(ble_board_pair(board), 0);
	assert_int_equal(ble_board_pair(board), -EBUSY);
	wait_for(&rig.heard.pairings, 1);
	assert_true(*rig.heard.failure != '\0');
	assert_string_equal(rig.bluez.boards[0].agent_error, "org.bluez.Error.Rejected");
	ble_board_free(board);
}

static void a_passkey_that_others_may_read_is_not_used(void **state)
{
	struct ble_board_options options = options_of(ADDRESS);
	struct ble_board *board;
	char path[64];

	(void)state;
	make_passkey(path, "123456", 0644);
	rig.bluez.boards[0].wants_pairing = true;
	options.passkey_file = path;
	board = open_board(&options, &rig.heard);
	wait_reason("Authentication Failed");
	assert_false(rig.bluez.boards[0].is_paired);
	assert_string_equal(rig.bluez.boards[0].agent_error, "org.bluez.Error.Rejected");
	unlink(path);
	ble_board_free(board);
}

static void pairing_on_demand_goes_through_the_stream(void **state)
{
	struct ble_board_options options = options_of(ADDRESS);
	struct ble_board *board;
	char path[64];

	(void)state;
	make_passkey(path, "123456", 0600);
	options.passkey_file = path;
	board = open_board(&options, &rig.heard);
	expect_stream(board);
	assert_int_equal(ble_board_pair(board), 0);
	wait_for(&rig.heard.pairings, 1);
	assert_string_equal(rig.heard.failure, "");
	assert_int_equal(rig.bluez.boards[0].passkey, 123456);
	unlink(path);
	ble_board_free(board);
}

static void a_command_is_sent_and_answered(void **state)
{
	uint8_t command[BMS_JK_COMMAND_SIZE];
	struct ble_board *board;
	unsigned answers;

	(void)state;
	board = open_first();
	bms_jk_command_build(command, 0x04, (const uint8_t[]){ 0x42, 0x0E, 0, 0 }, 4);
	assert_int_equal(ble_board_send(board, command), -ENOTCONN);
	expect_stream(board);
	answers = rig.heard.answers;
	assert_int_equal(ble_board_send(board, command), 0);
	wait_for(&rig.heard.answers, answers + 1);
	assert_int_equal(rig.bluez.boards[0].commands[0x04], 1);
	ble_board_free(board);
}

static void commands_on_a_lost_connection_end_unanswered(void **state)
{
	uint8_t command[BMS_JK_COMMAND_SIZE];
	struct ble_board *board = open_first();

	(void)state;
	expect_stream(board);
	rig.bluez.boards[0].is_mute = true;
	bms_jk_command_build(command, 0x04, (const uint8_t[]){ 1 }, 1);
	assert_int_equal(ble_board_send(board, command), 0);
	assert_int_equal(ble_board_send(board, command), 0);
	fake_drop(&rig.bluez.boards[0]);
	wait_for(&rig.heard.unanswered, 2);
	ble_board_free(board);
}

static void addresses_that_are_none_are_refused(void **state)
{
	static const char *const odd[] = { "", "C8:47:8C:E1:22", "C8:47:8C:E1:22:3G",
		"C8:47:8C:E1:22:33:44", "C8-47-8C-E1-22-33" };
	struct ble_board *board;

	(void)state;
	for (size_t i = 0; i < LENGTH(odd); i++) {
		struct ble_board_options options = options_of(odd[i]);

		assert_int_equal(
			ble_board_new(&board, rig.host, &options, &callbacks, NULL), -EINVAL);
	}
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(a_board_is_found_by_a_scan_that_ends_and_read),
		WITH_RIG(a_board_that_bluez_knows_is_not_scanned_for),
		WITH_RIG(where_bluez_gives_no_sockets_signals_and_calls_do),
		WITH_RIG(a_connection_left_by_a_process_before_is_taken_over),
		WITH_RIG(a_lost_connection_comes_back_and_says_why_it_went),
		WITH_RIG(many_lost_connections_leave_nothing_behind),
		WITH_RIG(bluetoothd_may_end_and_come_back),
		WITH_RIG(the_adapter_may_be_switched_off_and_on),
		WITH_RIG(an_adapter_that_is_not_there_is_waited_for),
		WITH_RIG(failures_are_told_once_and_tried_again),
		WITH_RIG(the_third_failure_has_the_device_removed_and_found_again),
		WITH_RIG(only_one_board_at_a_time_uses_the_adapter),
		WITH_RIG(a_released_board_is_free_and_comes_back_by_itself),
		WITH_RIG(a_release_can_be_taken_back),
		WITH_RIG(a_board_that_wants_to_be_paired_gets_the_passkey_of_the_file),
		WITH_RIG(without_a_passkey_the_refusal_says_what_is_wanted),
		WITH_RIG(a_passkey_that_others_may_read_is_not_used),
		WITH_RIG(pairing_on_demand_goes_through_the_stream),
		WITH_RIG(a_command_is_sent_and_answered),
		WITH_RIG(commands_on_a_lost_connection_end_unanswered),
		WITH_RIG(addresses_that_are_none_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
