/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "bms/alarms.h"
#include "core/log.h"
#include "fake_port.h"

static struct port port;
static struct log board_log;

static int start(void **state)
{
	(void)state;
	fake_port_init(&port);
	board_log = (struct log){ 0 };
	log_load(&board_log, &port);
	return 0;
}

static void check_event(size_t index, uint32_t t_s, uint8_t code)
{
	struct log_event event;

	assert_true(log_event_at(&board_log, &port, index, &event));
	assert_int_equal(event.t_s, t_s);
	assert_int_equal(event.code, code);
}

static uint32_t detail_rtc(size_t index)
{
	struct log_detail detail;

	assert_true(log_detail_at(&board_log, &port, index, &detail));
	return detail.rtc_s;
}

static void restart(void)
{
	board_log = (struct log){ 0 };
	log_load(&board_log, &port);
}

static void what_waits_is_there_already(void **state)
{
	struct log_event event;

	(void)state;
	assert_false(log_event_at(&board_log, &port, 0, &event));
	log_event_add(&board_log, 1, LOG_BOOT);
	log_keep(&board_log, &port);
	log_event_add(&board_log, 2, LOG_SLEEP);
	assert_int_equal(log_event_count(&board_log), 2);
	check_event(0, 1, LOG_BOOT);
	check_event(1, 2, LOG_SLEEP);
	assert_false(log_event_at(&board_log, &port, 2, &event));
}

static void what_was_kept_survives_a_restart(void **state)
{
	struct log_detail detail = { .rtc_s = 77, .code = LOG_SLEEP, .current_da = -5 }, back;

	(void)state;
	log_event_add(&board_log, 1, LOG_BOOT);
	log_detail_add(&board_log, &detail);
	log_keep(&board_log, &port);
	log_event_add(&board_log, 2, LOG_SLEEP); /* and then the power went */
	restart();
	assert_int_equal(log_event_count(&board_log), 1);
	check_event(0, 1, LOG_BOOT);
	assert_int_equal(log_detail_count(&board_log), 1);
	assert_true(log_detail_at(&board_log, &port, 0, &back));
	assert_memory_equal(&back, &detail, sizeof(back));
}

static void the_oldest_page_makes_room_for_the_newest_entry(void **state)
{
	size_t events, details;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		struct log_detail detail = { .rtc_s = i };

		log_event_add(&board_log, i, LOG_BOOT);
		log_detail_add(&board_log, &detail);
		log_keep(&board_log, &port);
	}
	restart();
	events = log_event_count(&board_log);
	details = log_detail_count(&board_log);
	assert_in_range(events, 254, 508);
	assert_in_range(details, 234, 312);
	check_event(0, (uint32_t)(1000 - events), LOG_BOOT);
	check_event(events - 1, 999, LOG_BOOT);
	assert_int_equal(detail_rtc(0), 1000 - details);
	assert_int_equal(detail_rtc(details - 1), 999);
}

static void without_flash_the_newest_entries_wait(void **state)
{
	(void)state;
	board_log = (struct log){ 0 };
	for (uint32_t i = 0; i < LOG_EVENTS_WAITING + 3; i++) {
		struct log_detail detail = { .rtc_s = i };

		log_event_add(&board_log, i, LOG_BOOT);
		log_detail_add(&board_log, &detail);
		log_keep(&board_log, &port);
	}
	assert_int_equal(log_event_count(&board_log), LOG_EVENTS_WAITING);
	check_event(0, 3, LOG_BOOT);
	assert_int_equal(log_detail_count(&board_log), LOG_DETAILS_WAITING);
	assert_int_equal(detail_rtc(LOG_DETAILS_WAITING - 1), LOG_EVENTS_WAITING + 2);
}

static void an_erased_log_stays_empty(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 300; i++) {
		log_event_add(&board_log, i, LOG_BOOT);
		log_keep(&board_log, &port);
	}
	log_event_add(&board_log, 300, LOG_BOOT);
	log_erase(&board_log, &port);
	assert_int_equal(log_event_count(&board_log), 0);
	restart();
	assert_int_equal(log_event_count(&board_log), 0);
}

static void an_alarm_is_written_when_it_comes_and_when_it_goes(void **state)
{
	uint8_t code = 0;

	(void)state;
	assert_true(log_alarms(&board_log, 10, BMS_ALARM_BIT(BMS_ALARM_CHARGE_OCP), 0, 0, &code));
	assert_int_equal(code, LOG_CHARGE_OCP);
	assert_false(log_alarms(&board_log, 11, BMS_ALARM_BIT(BMS_ALARM_CHARGE_OCP), 0, 0, &code));
	assert_true(log_alarms(&board_log, 12, 0, 0, 0, &code));
	assert_int_equal(log_event_count(&board_log), 2);
	check_event(0, 10, LOG_CHARGE_OCP);
	check_event(1, 12, LOG_CHARGE_OCP_OVER);
}

static void a_cell_is_named_by_its_own_code(void **state)
{
	uint8_t code;

	(void)state;
	log_alarms(&board_log, 1,
		BMS_ALARM_BIT(BMS_ALARM_CELL_OVP) | BMS_ALARM_BIT(BMS_ALARM_CELL_UVP), 24, 31,
		&code);
	assert_int_equal(log_event_count(&board_log), 4);
	check_event(0, 1, LOG_CELL_OVP);
	check_event(1, 1, 0x64 + 24);
	check_event(2, 1, LOG_CELL_UVP);
	check_event(3, 1, 0xe7);
}

/* The codes as the vendor's boards write them. */
static void the_codes_are_those_of_the_family(void **state)
{
	static const struct {
		uint8_t alarm, came, went;
	} known[] = {
		{ BMS_ALARM_MOS_OTP, 0x0b, 0x0c },
		{ BMS_ALARM_CURRENT_SENSOR, 0x0d, 0x0e },
		{ BMS_ALARM_COPROCESSOR, 0x0f, 0x10 },
		{ BMS_ALARM_PACK_OVP, 0x13, 0x14 },
		{ BMS_ALARM_CHARGE_SCP, 0x17, 0x18 },
		{ BMS_ALARM_CHARGE_OTP, 0x19, 0x1a },
		{ BMS_ALARM_CHARGE_UTP, 0x1b, 0x1c },
		{ BMS_ALARM_PACK_UVP, 0x1f, 0x20 },
		{ BMS_ALARM_DISCHARGE_OCP, 0x21, 0x22 },
		{ BMS_ALARM_DISCHARGE_SCP, 0x23, 0x24 },
		{ BMS_ALARM_DISCHARGE_OTP, 0x25, 0x26 },
		{ BMS_ALARM_DISCHARGE_START, 0x2e, 0 },
		{ BMS_ALARM_CHARGE_SWITCH, 0x39, 0 },
		{ BMS_ALARM_DISCHARGE_SWITCH, 0x3a, 0 },
		{ BMS_ALARM_CELL_COUNT, 0x3c, 0 },
		{ BMS_ALARM_DISCHARGE_OCP2, 0x40, 0 },
		{ BMS_ALARM_DISCHARGE_OCP3, 0x41, 0 },
		{ BMS_ALARM_SCP_RELEASE, 0x42, 0 },
		{ BMS_ALARM_DISCHARGE_UTP, 0x48, 0x49 },
	};

	for (size_t i = 0; i < LENGTH(known); i++) {
		uint8_t code;

		start(state);
		log_alarms(&board_log, 1, BMS_ALARM_BIT(known[i].alarm), 0, 0, &code);
		log_alarms(&board_log, 2, 0, 0, 0, &code);
		assert_int_equal(log_event_count(&board_log), known[i].went ? 2 : 1);
		check_event(0, 1, known[i].came);
		if (known[i].went)
			check_event(1, 2, known[i].went);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_waits_is_there_already, start),
		cmocka_unit_test_setup(what_was_kept_survives_a_restart, start),
		cmocka_unit_test_setup(the_oldest_page_makes_room_for_the_newest_entry, start),
		cmocka_unit_test_setup(without_flash_the_newest_entries_wait, start),
		cmocka_unit_test_setup(an_erased_log_stays_empty, start),
		cmocka_unit_test_setup(an_alarm_is_written_when_it_comes_and_when_it_goes, start),
		cmocka_unit_test_setup(a_cell_is_named_by_its_own_code, start),
		cmocka_unit_test_setup(the_codes_are_those_of_the_family, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
