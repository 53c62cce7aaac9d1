/* SPDX-License-Identifier: MIT */
/*
 * One serial line with Modbus RTU stations, served by one worker thread around libmodbus.
 *
 * The owner submits jobs by value and gets results by value on its event loop. A job is a short
 * list of transactions with one station, done back to back, so that a poll costs few wake-ups:
 * the worker sends, sleeps until the predicted end of the answer and only then reads.
 *
 * A line whose device is missing or goes away is not an error of the line: jobs end with
 * BMS_LINK_DOWN and the worker reopens the device within 1 s of its return.
 */
#ifndef LINK_MODBUS_LINE_H
#define LINK_MODBUS_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "bms/modbus_rtu.h"

enum {
	MODBUS_JOB_STEPS_MAX = 4,
	MODBUS_LINE_QUEUE_MAX = 64,
	MODBUS_STEP_DATA_MAX = 252,
};

struct modbus_line_options {
	const char *device; /* copied */
	unsigned baud;
	bool rs485;                 /* direction by the kernel: TIOCSRS485 */
	unsigned answer_timeout_ms; /* silence after this long */
};

struct modbus_step {
	uint8_t function; /* BMS_MODBUS_READ or BMS_MODBUS_WRITE */
	uint16_t reg;
	uint16_t count; /* registers to read */
	uint8_t data_size;
	uint8_t data[4]; /* to write */
};

struct modbus_job {
	uint64_t tag; /* the owner's, comes back in the result */
	uint8_t unit;
	bool insists; /* a read that met silence is asked once more, as one that met noise always is */
	uint8_t step_count;
	struct modbus_step steps[MODBUS_JOB_STEPS_MAX];
};

/* Steps end at the first that fails, which is steps[done_count] then. */
struct modbus_result {
	uint64_t tag;
	uint8_t unit;
	uint8_t done_count;     /* steps that ended well */
	enum bms_status status; /* of the last step tried */
	uint8_t exception;      /* code when status is BMS_EXCEPTION */
	uint64_t done_us;       /* monotonic time of the last byte */
	struct {
		uint16_t reg;
		uint8_t size;
		uint8_t data[MODBUS_STEP_DATA_MAX]; /* read replies */
	} steps[MODBUS_JOB_STEPS_MAX];
	/* The first answer that was refused, also when the second try went well; BMS_OK if none. */
	enum bms_status bad_status;
	uint16_t bad_reg;
	uint16_t bad_size;
	uint8_t bad[BMS_MODBUS_FRAME_MAX];
};

enum modbus_line_state {
	MODBUS_LINE_CLOSED, /* no device, or not yet opened */
	MODBUS_LINE_OPEN,
};

struct modbus_line_stats {
	uint64_t jobs;
	uint64_t answers;                  /* transactions answered well */
	uint64_t errors[BMS_STATUS_COUNT]; /* transactions that were not, by status */
	uint64_t reopened;
	uint64_t stray_bytes;   /* thrown away before a request */
	uint64_t busy_us;       /* line time used */
	unsigned turnaround_us; /* learned, of the station read last */
};

struct modbus_line_callbacks {
	void (*on_result)(void *userdata, const struct modbus_result *result);
	/* error is 0 or a negative errno that says why the device cannot be opened. */
	void (*on_state)(void *userdata, enum modbus_line_state state, int error);
};

struct modbus_line;

/*
 * Starts the worker. Callbacks run on the event loop; none runs after modbus_line_free().
 * -EINVAL for a rate that libmodbus does not know. A device that cannot be opened, or cannot switch
 * the direction when rs485 asks for it, is told by on_state, once per reason.
 */
int modbus_line_new(struct modbus_line **ret, sd_event *event,
	const struct modbus_line_options *options, const struct modbus_line_callbacks *callbacks,
	void *userdata);

/* Ends the worker at once, whatever it waits for. Not from a callback. Takes NULL, returns NULL. */
struct modbus_line *modbus_line_free(struct modbus_line *line);

/* -ENOBUFS when so many jobs are unanswered, -EINVAL for one that no request can be made of. Writes
 * overtake reads that wait. */
int modbus_line_submit(struct modbus_line *line, const struct modbus_job *job);

void modbus_line_stats(struct modbus_line *line, struct modbus_line_stats *ret);

#endif
