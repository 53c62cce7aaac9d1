/* SPDX-License-Identifier: MIT */
/* The socket, and what can be said on it to boards with a battery behind them. */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "bms/alarms.h"
#include "port/host/control.h"

enum {
	BOARDS = 2
};

static char directory[] = "/tmp/bms-control-XXXXXX";
static char path[64];
static struct fate fate;
static struct station stations[BOARDS];
static struct control control;
static struct answer answer;

static int start(void **state)
{
	struct line *lines[PORT_UARTS] = { NULL };

	(void)state;
	for (uint8_t i = 0; i < BOARDS; i++) {
		struct station_config config = {
			.plant = { .cells = 8,
				.capacity_mah = 100000,
				.profile = PROFILE_IDLE,
				.soc = -1 },
			.address = (uint8_t)(5 + i),
		};

		if (station_init(&stations[i], &config, lines, &fate) < 0)
			return -1;
	}
	return control_init(&control, path);
}

static int stop(void **state)
{
	(void)state;
	control_deinit(&control);
	for (size_t i = 0; i < BOARDS; i++)
		station_deinit(&stations[i]);
	return 0;
}

static void say(const char *line)
{
	commands_run(stations, BOARDS, line, &answer);
}

static void expect(const char *text)
{
	assert_string_equal(answer.text, text);
}

static void pass(unsigned ms)
{
	for (unsigned i = 0; i < ms / 10; i++)
		for (size_t board = 0; board < BOARDS; board++)
			station_step(&stations[board], BOARD_STEP_US);
}

static bool alarmed(size_t board, enum bms_alarm alarm)
{
	return board_alarms(&stations[board].board) & BMS_ALARM_BIT(alarm);
}

static void a_fault_happens_to_the_board_that_is_named(void **state)
{
	(void)state;
	say("6: cell_mv[3] 3700");
	expect("ok\n");
	pass(4000);
	assert_true(alarmed(1, BMS_ALARM_CELL_OVP));
	assert_false(alarmed(0, BMS_ALARM_CELL_OVP));
	say("6: cell_mv[3] normal");
	expect("ok\n");
	say("cell_mv[3] 3700");
	expect("ok\n");
	pass(5000);
	assert_false(alarmed(1, BMS_ALARM_CELL_OVP));
	assert_true(alarmed(0, BMS_ALARM_CELL_OVP));
}

static void what_is_wrong_is_said_and_nothing_happens(void **state)
{
	static const char *const lines[] = { "", "  ", "nonsense", "nonsense 1",
		"7: cell_mv[3] 3700", "cell_mv[33] 3700", "cell_mv[3] 99999",
		"cell_mv[3] 3700 3700", "restart now", "corrupt", "corrupt everything",
		"corrupt log settings", "cell_mv[3]" };
	struct plant_faults before = stations[0].port.plant.faults;

	(void)state;
	for (size_t i = 0; i < LENGTH(lines); i++) {
		say(lines[i]);
		assert_int_equal(strncmp(answer.text, "error: ", 7), 0);
		assert_int_equal(answer.text[answer.size - 1], '\n');
	}
	assert_memory_equal(&before, &stations[0].port.plant.faults, sizeof(before));
	assert_false(stations[0].port.restarts);
}

static void the_state_is_what_contacts_and_pins_are(void **state)
{
	(void)state;
	pass(10000);
	say("5: wire_open[2] 1");
	say("5: state");
	assert_non_null(strstr(answer.text, "supply on\n"));
	assert_non_null(strstr(answer.text, "relays charge discharge\n"));
	assert_non_null(strstr(answer.text, "outputs run_led display\n"));
	assert_non_null(strstr(answer.text, "faults wire_open[2]=1\n"));
	assert_non_null(strstr(answer.text, "\nok\n"));
	say("5: cells_frozen 1");
	pass(4000);
	say("5: state");
	assert_non_null(strstr(answer.text, "relays\n"));
	assert_non_null(strstr(answer.text, " k1"));
}

static void help_and_the_list_of_faults_fit_an_answer(void **state)
{
	(void)state;
	say("help");
	assert_non_null(strstr(answer.text, "corrupt"));
	assert_non_null(strstr(answer.text, "\nok\n"));
	say("faults");
	for (size_t i = 0; i < PLANT_FAULT_COUNT; i++)
		assert_non_null(strstr(answer.text, plant_fault_rows[i].key));
	assert_non_null(strstr(answer.text, "\nok\n"));
}

static void settings_that_are_spoiled_are_found_at_a_restart(void **state)
{
	(void)state;
	pass(2000);
	say("corrupt settings");
	pass(2000);
	assert_false(alarmed(0, BMS_ALARM_COPROCESSOR));
	say("restart");
	pass(2000);
	assert_true(alarmed(0, BMS_ALARM_COPROCESSOR));
	assert_int_equal(params_setting(&stations[0].board.params, BMS_SETTING_SLOT_PORT_RS485), 1);
	assert_false(alarmed(1, BMS_ALARM_COPROCESSOR));
}

static void one_spoiled_copy_of_the_settings_harms_nothing(void **state)
{
	(void)state;
	say("corrupt settings-copy");
	say("restart");
	pass(2000);
	assert_false(alarmed(0, BMS_ALARM_COPROCESSOR));
	assert_int_equal(params_setting(&stations[0].board.params, BMS_SETTING_SLOT_CELL_COUNT), 8);
}

static void a_watchdog_that_keeps_biting_is_an_alarm(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_false(alarmed(0, BMS_ALARM_COPROCESSOR));
		say("watchdog");
		expect("ok\n");
		pass(2000);
	}
	assert_true(alarmed(0, BMS_ALARM_COPROCESSOR));
}

static int dial(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void serve(void)
{
	struct pollfd polls[CONTROL_POLLS];

	for (int i = 0; i < 16; i++) {
		control_polls(&control, polls);
		if (poll(polls, CONTROL_POLLS, 0) > 0)
			control_serve(&control, polls, stations, BOARDS);
	}
}

/* What the socket answered; empty if it hung up. */
static const char *ask(int fd, const char *text)
{
	static char got[ANSWER_MAX];
	ssize_t size;

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	serve();
	size = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);
	got[size > 0 ? size : 0] = '\0';
	return got;
}

static void the_socket_is_for_its_owner_only(void **state)
{
	struct stat status;

	(void)state;
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
}

static void lines_are_answered_in_turn(void **state)
{
	int fd = dial();

	(void)state;
	assert_string_equal(ask(fd, "6: acc_on 0\nnonsense\n6: acc_on 1\n"),
		"ok\nerror: expected SECONDS KEY VALUE or SECONDS KEY[ELEMENT] VALUE\nok\n");
	assert_string_equal(ask(fd, "acc_"), "");
	assert_string_equal(ask(fd, "on 1\n"), "ok\n");
	close(fd);
	serve();
	assert_int_equal(control.client[0].fd, -1);
}

static void a_line_that_does_not_end_is_refused(void **state)
{
	char text[2000];
	int fd = dial();

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 2] = '\n';
	text[sizeof(text) - 1] = '\0';
	assert_string_equal(ask(fd, text), "error: the line is too long\n");
	close(fd);
}

static void one_client_too_many_is_turned_away(void **state)
{
	int fd[CONTROL_CLIENTS + 1];

	(void)state;
	for (size_t i = 0; i <= CONTROL_CLIENTS; i++) {
		fd[i] = dial();
		serve();
	}
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		assert_string_equal(ask(fd[i], "acc_on 1\n"), "ok\n");
	assert_int_equal(recv(fd[CONTROL_CLIENTS], path, 0, MSG_DONTWAIT), 0);
	for (size_t i = 0; i <= CONTROL_CLIENTS; i++)
		close(fd[i]);
}

static void a_killed_instances_socket_is_taken_over_and_a_file_is_not(void **state)
{
	struct control other;
	char file[80];
	FILE *made;

	(void)state;
	assert_int_equal(control_init(&other, path), 0);
	control_deinit(&other);
	snprintf(file, sizeof(file), "%s.file", path);
	made = fopen(file, "we");
	assert_non_null(made);
	fclose(made);
	assert_int_equal(control_init(&other, file), -EEXIST);
	control_deinit(&other);
	assert_int_equal(unlink(file), 0);
}

static int make_directory(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/control", directory);
	return 0;
}

static int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(a_fault_happens_to_the_board_that_is_named),
		TEST(what_is_wrong_is_said_and_nothing_happens),
		TEST(the_state_is_what_contacts_and_pins_are),
		TEST(help_and_the_list_of_faults_fit_an_answer),
		TEST(settings_that_are_spoiled_are_found_at_a_restart),
		TEST(one_spoiled_copy_of_the_settings_harms_nothing),
		TEST(a_watchdog_that_keeps_biting_is_an_alarm),
		TEST(the_socket_is_for_its_owner_only),
		TEST(lines_are_answered_in_turn),
		TEST(a_line_that_does_not_end_is_refused),
		TEST(one_client_too_many_is_turned_away),
		TEST(a_killed_instances_socket_is_taken_over_and_a_file_is_not),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
