/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "bms/alarms.h"
#include "pack/alarm_watch.h"

/* A quiet pack of three cells and two probes. */
static struct bms_telemetry quiet(void)
{
	struct bms_telemetry now = { 0 };

	bms_telemetry_set(&now, BMS_SLOT_CELL_MV, 3301);
	bms_telemetry_set(&now, BMS_SLOT_CELL_MV + 1, 3309);
	bms_telemetry_set(&now, BMS_SLOT_CELL_MV + 2, 3300);
	bms_telemetry_set(&now, BMS_SLOT_WIRE_MOHM, 60);
	bms_telemetry_set(&now, BMS_SLOT_WIRE_MOHM + 1, 61);
	bms_telemetry_set(&now, BMS_SLOT_WIRE_MOHM + 2, 900);
	bms_telemetry_set(&now, BMS_SLOT_PACK_MV, 9910);
	bms_telemetry_set(&now, BMS_SLOT_CURRENT_MA, -12000);
	bms_telemetry_set(&now, BMS_SLOT_MOS_DC, 300);
	bms_telemetry_set(&now, BMS_SLOT_PROBE_DC + 1, 215);
	bms_telemetry_set(&now, BMS_SLOT_PROBE_DC + 3, 230);
	bms_telemetry_set(&now, BMS_SLOT_ALARM_BITS, 0);
	bms_telemetry_set(&now, BMS_SLOT_CHARGE_ON, 0);
	bms_telemetry_set(&now, BMS_SLOT_DISCHARGE_ON, 0);
	bms_telemetry_set(&now, BMS_SLOT_PRECHARGE_ON, 0);
	bms_telemetry_set(&now, BMS_SLOT_HEATER_ON, 0);
	bms_telemetry_set(&now, BMS_SLOT_BALANCE_STATE, 0);
	return now;
}

static void set_alarm(struct bms_telemetry *now, enum bms_alarm alarm)
{
	bms_telemetry_set(now, BMS_SLOT_ALARM_BITS, BMS_ALARM_BIT(alarm));
}

/* The one edge between a quiet pack and now. */
static struct edge only_edge(const struct bms_telemetry *now)
{
	struct edge edges[ALARM_WATCH_EDGES_MAX];
	struct bms_telemetry before = quiet();

	assert_int_equal(alarm_watch_edges(&before, now, edges), 1);
	return edges[0];
}

static void nothing_changed_is_no_edge(void **state)
{
	struct edge edges[ALARM_WATCH_EDGES_MAX];
	struct bms_telemetry before = quiet();
	struct bms_telemetry now = quiet();

	(void)state;
	bms_telemetry_set(&now, BMS_SLOT_CELL_MV, 3333);
	assert_int_equal(alarm_watch_edges(&before, &now, edges), 0);
	set_alarm(&before, BMS_ALARM_CELL_UVP);
	set_alarm(&now, BMS_ALARM_CELL_UVP);
	assert_int_equal(alarm_watch_edges(&before, &now, edges), 0);
}

static void an_alarm_names_the_value_that_explains_it(void **state)
{
	static const struct {
		enum bms_alarm alarm;
		uint8_t slot;
		int64_t value;
	} cases[] = {
		{ BMS_ALARM_CELL_OVP, BMS_SLOT_CELL_MV + 1, 3309 },
		{ BMS_ALARM_CELL_UVP, BMS_SLOT_CELL_MV + 2, 3300 },
		{ BMS_ALARM_PACK_OVP, BMS_SLOT_PACK_MV, 9910 },
		{ BMS_ALARM_PACK_UVP, BMS_SLOT_PACK_MV, 9910 },
		{ BMS_ALARM_CHARGE_OCP, BMS_SLOT_CURRENT_MA, -12000 },
		{ BMS_ALARM_CHARGE_SCP, BMS_SLOT_CURRENT_MA, -12000 },
		{ BMS_ALARM_DISCHARGE_OCP, BMS_SLOT_CURRENT_MA, -12000 },
		{ BMS_ALARM_DISCHARGE_SCP, BMS_SLOT_CURRENT_MA, -12000 },
		{ BMS_ALARM_DISCHARGE_OCP2, BMS_SLOT_CURRENT_MA, -12000 },
		{ BMS_ALARM_DISCHARGE_OCP3, BMS_SLOT_CURRENT_MA, -12000 },
		{ BMS_ALARM_MOS_OTP, BMS_SLOT_MOS_DC, 300 },
		{ BMS_ALARM_CHARGE_OTP, BMS_SLOT_PROBE_DC + 3, 230 },
		{ BMS_ALARM_DISCHARGE_OTP, BMS_SLOT_PROBE_DC + 3, 230 },
		{ BMS_ALARM_BATTERY_OT, BMS_SLOT_PROBE_DC + 3, 230 },
		{ BMS_ALARM_CHARGE_UTP, BMS_SLOT_PROBE_DC + 1, 215 },
		{ BMS_ALARM_DISCHARGE_UTP, BMS_SLOT_PROBE_DC + 1, 215 },
		{ BMS_ALARM_DEFAULT_PASSWORD, BMS_SLOTS, 0 },
		{ BMS_ALARM_COPROCESSOR, BMS_SLOTS, 0 },
		{ BMS_ALARM_BIT31, BMS_SLOTS, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bms_telemetry now = quiet();
		struct edge edge;

		set_alarm(&now, cases[i].alarm);
		edge = only_edge(&now);
		assert_true(edge.is_alarm && edge.on);
		assert_int_equal(edge.subject, cases[i].alarm);
		assert_string_equal(edge_name(&edge), bms_alarm_rows[cases[i].alarm].key);
		assert_int_equal(edge.slot, cases[i].slot);
		assert_int_equal(edge.value, cases[i].value);
	}
}

static void a_wire_alarm_names_the_first_bad_wire(void **state)
{
	struct bms_telemetry now = quiet();
	struct edge edge;

	(void)state;
	set_alarm(&now, BMS_ALARM_WIRE_RESISTANCE);
	assert_int_equal(only_edge(&now).slot, BMS_SLOTS);
	bms_telemetry_set(&now, BMS_SLOT_WIRE_HIGH_MASK, 6);
	edge = only_edge(&now);
	assert_int_equal(edge.slot, BMS_SLOT_WIRE_MOHM + 1);
	assert_int_equal(edge.value, 61);
	bms_clear_slot(now.present, BMS_SLOT_WIRE_MOHM + 1);
	edge = only_edge(&now);
	assert_int_equal(edge.slot, BMS_SLOT_WIRE_HIGH_MASK);
	assert_int_equal(edge.value, 6);
}

static void an_alarm_without_a_reading_names_none(void **state)
{
	struct bms_telemetry now = quiet();

	(void)state;
	bms_clear_slot(now.present, BMS_SLOT_PROBE_DC + 1);
	bms_clear_slot(now.present, BMS_SLOT_PROBE_DC + 3);
	set_alarm(&now, BMS_ALARM_CHARGE_UTP);
	assert_int_equal(only_edge(&now).slot, BMS_SLOTS);
}

static void an_alarm_that_clears_is_an_edge_without_a_value(void **state)
{
	struct edge edges[ALARM_WATCH_EDGES_MAX];
	struct bms_telemetry before = quiet();
	struct bms_telemetry now = quiet();

	(void)state;
	set_alarm(&before, BMS_ALARM_CELL_OVP);
	assert_int_equal(alarm_watch_edges(&before, &now, edges), 1);
	assert_true(edges[0].is_alarm);
	assert_false(edges[0].on);
	assert_string_equal(edge_name(&edges[0]), "cell_ovp");
	assert_int_equal(edges[0].slot, BMS_SLOTS);
}

static void relays_heater_and_balancer_have_edges(void **state)
{
	static const struct {
		uint8_t slot;
		const char *name;
	} cases[] = {
		{ BMS_SLOT_CHARGE_ON, "charge" },
		{ BMS_SLOT_DISCHARGE_ON, "discharge" },
		{ BMS_SLOT_PRECHARGE_ON, "precharge" },
		{ BMS_SLOT_HEATER_ON, "heater" },
		{ BMS_SLOT_BALANCE_STATE, "balance" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct edge edges[ALARM_WATCH_EDGES_MAX];
		struct bms_telemetry before = quiet();
		struct bms_telemetry now = quiet();

		bms_telemetry_set(&now, cases[i].slot, 1);
		assert_int_equal(alarm_watch_edges(&before, &now, edges), 1);
		assert_false(edges[0].is_alarm);
		assert_true(edges[0].on);
		assert_string_equal(edge_name(&edges[0]), cases[i].name);
		assert_int_equal(edges[0].slot, BMS_SLOTS);
		assert_int_equal(alarm_watch_edges(&now, &before, edges), 1);
		assert_false(edges[0].on);
	}
}

static void a_balancer_that_turns_round_is_still_on(void **state)
{
	struct edge edges[ALARM_WATCH_EDGES_MAX];
	struct bms_telemetry before = quiet();
	struct bms_telemetry now = quiet();

	(void)state;
	bms_telemetry_set(&before, BMS_SLOT_BALANCE_STATE, 1);
	bms_telemetry_set(&now, BMS_SLOT_BALANCE_STATE, 2);
	assert_int_equal(alarm_watch_edges(&before, &now, edges), 0);
}

static void at_first_everything_that_is_on_is_an_onset(void **state)
{
	struct edge edges[ALARM_WATCH_EDGES_MAX];
	struct bms_telemetry now = quiet();

	(void)state;
	bms_telemetry_set(&now, BMS_SLOT_ALARM_BITS, 0xFFFFFFFF);
	bms_telemetry_set(&now, BMS_SLOT_CHARGE_ON, 1);
	bms_telemetry_set(&now, BMS_SLOT_DISCHARGE_ON, 1);
	bms_telemetry_set(&now, BMS_SLOT_PRECHARGE_ON, 1);
	bms_telemetry_set(&now, BMS_SLOT_HEATER_ON, 1);
	bms_telemetry_set(&now, BMS_SLOT_BALANCE_STATE, 2);
	assert_int_equal(alarm_watch_edges(NULL, &now, edges), 37);
	for (size_t i = 0; i < 37; i++)
		assert_true(edges[i].on);
	now = quiet();
	assert_int_equal(alarm_watch_edges(NULL, &now, edges), 0);
}

static void what_a_reading_does_not_say_is_no_edge(void **state)
{
	struct edge edges[ALARM_WATCH_EDGES_MAX];
	struct bms_telemetry before = quiet();
	struct bms_telemetry now = { 0 };

	(void)state;
	set_alarm(&before, BMS_ALARM_CELL_OVP);
	bms_telemetry_set(&before, BMS_SLOT_CHARGE_ON, 1);
	assert_int_equal(alarm_watch_edges(&before, &now, edges), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_changed_is_no_edge),
		cmocka_unit_test(an_alarm_names_the_value_that_explains_it),
		cmocka_unit_test(a_wire_alarm_names_the_first_bad_wire),
		cmocka_unit_test(an_alarm_without_a_reading_names_none),
		cmocka_unit_test(an_alarm_that_clears_is_an_edge_without_a_value),
		cmocka_unit_test(relays_heater_and_balancer_have_edges),
		cmocka_unit_test(a_balancer_that_turns_round_is_still_on),
		cmocka_unit_test(at_first_everything_that_is_on_is_an_onset),
		cmocka_unit_test(what_a_reading_does_not_say_is_no_edge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
