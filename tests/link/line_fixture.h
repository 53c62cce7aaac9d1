/* SPDX-License-Identifier: MIT */
/* A line on a scripted station, and what has come back from it. */
#ifndef TESTS_LINE_FIXTURE_H
#define TESTS_LINE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "link/modbus_line.h"
#include "pty_station.h"

enum {
	LIVE = 0x1200,
	SETTINGS = 0x1000,
	RESULTS_MAX = 128,
	PATIENCE_US = 20000000, /* the machine may be busy: only a hang takes longer */
};

struct bench {
	struct pty_station *station;
	struct modbus_line *line;
	sd_event *event;
	unsigned result_count;
	struct modbus_result results[RESULTS_MAX];
	unsigned state_count;
	enum modbus_line_state state;
	int error;
};

int set_up(void **state);
int tear_down(void **state);

int line_new(struct bench *bench, const struct modbus_line_options *options);
void open_line(struct bench *bench, unsigned answer_timeout_ms);

/* Jobs of one step; the tag is the register. */
struct modbus_job read_job(uint8_t unit, uint16_t reg, uint16_t count);
struct modbus_job write_job(uint8_t unit, uint16_t reg);
void submit(struct bench *bench, struct modbus_job job);

/* Waits until there are so many results; the last of them. */
const struct modbus_result *wait_result(struct bench *bench, unsigned count);
void wait_state(struct bench *bench, enum modbus_line_state state, int error);
struct modbus_line_stats stats_of(struct bench *bench);

/* The registers are those of the good answer. */
void assert_registers(const struct modbus_result *result, unsigned step, uint16_t count);

/* The line still works after what has happened. */
void assert_next_read_is_good(struct bench *bench);

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
