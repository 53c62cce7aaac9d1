/* SPDX-License-Identifier: MIT */
/* jk-modbus: the blocks of a JK board, read and written as Modbus registers. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bms/jk_layout.h"
#include "gateway/link_serial.h"
#include "gateway/station.h"

enum {
	JOB_WRITE = 0x80 /* others are enum poll_kind */
};

/* A block takes two reads: boards answer up to 122 registers. */
#define BLOCK_HEAD(base) \
	{ \
		.function = BMS_MODBUS_READ, .reg = (base), .count = BMS_MODBUS_READ_MAX \
	}
#define BLOCK_TAIL(base) \
	{ \
		.function = BMS_MODBUS_READ, .reg = (base) + 2 * BMS_MODBUS_READ_MAX, \
		.count = BMS_JK_BLOCK_SIZE / 2 - BMS_MODBUS_READ_MAX \
	}

static const struct modbus_step live_steps[] = {
	BLOCK_HEAD(BMS_JK_LIVE_BASE),
	BLOCK_TAIL(BMS_JK_LIVE_BASE),
};

/* The device block comes last: not every board lets all of it be read. */
static const struct modbus_step settings_steps[] = {
	BLOCK_HEAD(BMS_JK_SETTINGS_BASE),
	BLOCK_TAIL(BMS_JK_SETTINGS_BASE),
	BLOCK_HEAD(BMS_JK_DEVICE_BASE),
	BLOCK_TAIL(BMS_JK_DEVICE_BASE),
};

enum {
	SETTINGS_STEPS_NEEDED = 2
};

struct modbus_carrier {
	struct serial_carrier serial;
	uint64_t asked_us;      /* the question in flight */
	uint8_t settings_steps; /* the most of a settings read that this board ever answered */
};

static struct modbus_carrier *of(struct carrier *carrier)
{
	return (struct modbus_carrier *)carrier;
}

/* Puts the bytes of consecutive reads side by side; returns how many came. */
static uint16_t gather(const struct modbus_result *result, size_t first, size_t steps,
	uint8_t block[BMS_JK_BLOCK_SIZE])
{
	uint16_t size = 0;

	for (size_t i = first; i < first + steps && i < result->done_count; i++) {
		memcpy(block + size, result->steps[i].data, result->steps[i].size);
		size = (uint16_t)(size + result->steps[i].size);
	}
	return size;
}

static void tell_live(const struct modbus_carrier *modbus, const struct modbus_result *result)
{
	uint8_t block[BMS_JK_BLOCK_SIZE];
	struct bms_window window = { block, 0, gather(result, 0, 2, block), BMS_ORDER_BIG };
	struct bms_telemetry report = { 0 };

	bms_jk_decode_live(&window, &report);
	station_on_live(modbus->serial.carrier.station, &report, result->done_us);
}

static void tell_identity(const struct modbus_carrier *modbus, const struct modbus_result *result,
	struct bms_settings *settings)
{
	struct station *station = modbus->serial.carrier.station;
	uint8_t block[BMS_JK_BLOCK_SIZE];
	struct bms_window window = { block, 0, gather(result, SETTINGS_STEPS_NEEDED, 2, block),
		BMS_ORDER_BIG };
	struct bms_identity identity = station->pack.identity;

	if (window.size == 0)
		return;
	bms_jk_decode_device(&window, &identity, settings);
	station_on_identity(station, &identity, result->done_us);
}

static void tell_settings(struct modbus_carrier *modbus, const struct modbus_result *result)
{
	uint8_t block[BMS_JK_BLOCK_SIZE];
	struct bms_window window = { block, 0, gather(result, 0, SETTINGS_STEPS_NEEDED, block),
		BMS_ORDER_BIG };
	struct bms_settings settings = { 0 };

	if (result->done_count > modbus->settings_steps)
		modbus->settings_steps = result->done_count;
	bms_jk_decode_settings(&window, &settings);
	tell_identity(modbus, result, &settings);
	station_on_settings(
		modbus->serial.carrier.station, &settings, modbus->asked_us, result->done_us);
}

/* Also when the second try went well: a line that needs one is worth a look. */
static void tell_bad_answer(struct station *station, const struct modbus_result *result)
{
	char reason[STORE_TEXT_MAX];
	int used = snprintf(reason, sizeof(reason), "register 0x%04x%s", result->bad_reg,
		result->bad_size ? ", received " : "");

	for (size_t i = 0; i < result->bad_size && used + 3 < (int)sizeof(reason); i++)
		used += snprintf(
			reason + used, sizeof(reason) - (size_t)used, "%02x", result->bad[i]);
	station_on_bad_answer(station, result->bad_status, reason);
}

static void tell_exception(struct station *station, const struct modbus_result *result)
{
	char reason[64];

	snprintf(reason, sizeof(reason), "register 0x%04x, exception %u",
		result->steps[result->done_count].reg, result->exception);
	station_on_bad_answer(station, BMS_EXCEPTION, reason);
}

/*
 * Boards need not let the device block be read, or all of it: an exception says so, and so does
 * silence from one that never answered there. Anything else is an answer spoilt.
 */
static bool is_answered(const struct modbus_carrier *modbus, const struct modbus_result *result)
{
	if (result->status == BMS_OK || result->done_count < SETTINGS_STEPS_NEEDED)
		return result->status == BMS_OK;
	return result->status == BMS_EXCEPTION ||
	       (result->status == BMS_SILENCE && result->done_count >= modbus->settings_steps);
}

static void on_asked(struct modbus_carrier *modbus, const struct modbus_result *result)
{
	struct station *station = modbus->serial.carrier.station;
	enum poll_kind kind = (enum poll_kind)link_serial_job_kind(result);
	bool answered = is_answered(modbus, result);

	if (!answered && result->status == BMS_EXCEPTION)
		tell_exception(station, result);
	station_on_asked(station, kind, answered,
		result->done_count > 0 || answered || result->bad_size > 0);
	if (!answered)
		return;
	if (kind == POLL_LIVE)
		tell_live(modbus, result);
	else
		tell_settings(modbus, result);
}

static void on_result(struct serial_carrier *serial, const struct modbus_result *result)
{
	struct station *station = serial->carrier.station;

	if (result->bad_status != BMS_OK)
		tell_bad_answer(station, result);
	if (link_serial_job_kind(result) == JOB_WRITE)
		station_on_written(station, result->status);
	else
		on_asked((struct modbus_carrier *)serial, result);
}

static int modbus_make(struct carrier **ret, const struct config_pack *config)
{
	struct modbus_carrier *modbus = calloc(1, sizeof(*modbus));

	if (!modbus)
		return -ENOMEM;
	modbus->serial.unit = (uint8_t)config->address;
	modbus->serial.on_result = on_result;
	*ret = &modbus->serial.carrier;
	return 0;
}

static void modbus_free(struct carrier *carrier)
{
	free(of(carrier));
}

static bool modbus_fits(const struct carrier *carrier, const struct config_pack *config)
{
	return ((const struct modbus_carrier *)carrier)->serial.unit == config->address;
}

static int modbus_ask(struct carrier *carrier, enum poll_kind kind)
{
	struct modbus_carrier *modbus = of(carrier);
	bool insists = kind == POLL_SETTINGS && !poller_is_silent(&carrier->station->poller);

	modbus->asked_us = clock_monotonic_us();
	if (kind == POLL_LIVE)
		return link_serial_submit(&modbus->serial, kind, insists, live_steps, 2);
	return link_serial_submit(&modbus->serial, kind, insists, settings_steps, 4);
}

static int modbus_write(
	struct carrier *carrier, const struct bms_settings *board, size_t slot, int64_t value)
{
	struct modbus_step step = { .function = BMS_MODBUS_WRITE };
	struct bms_jk_write write;

	if (bms_jk_write_setting(board, slot, value, &write))
		return -EINVAL;
	step.reg = write.reg;
	step.data_size = write.size;
	memcpy(step.data, write.data, write.size);
	return link_serial_submit(&of(carrier)->serial, JOB_WRITE, false, &step, 1);
}

const struct carrier_kind carrier_jk_modbus = {
	.name = "jk-modbus",
	.writes = &plan_carrier_jk_registers,
	.make = modbus_make,
	.free = modbus_free,
	.fits = modbus_fits,
	.ask = modbus_ask,
	.write = modbus_write,
};
