/* SPDX-License-Identifier: MIT */
#include "link/modbus_master.h"

#include <errno.h>
#include <poll.h>
#include <termios.h>

#include "base/clock.h"
#include "link/frame_time.h"

enum {
	EXCEPTION_SIZE = 5,
	FIRST_TURNAROUND_US = 5000, /* what most boards take; 4.6 to 5.6 ms were captured */
	/* An answer that has not grown for so long has ended: USB adapters deliver what they have
	 * every 16 ms at the latest. */
	ANSWER_IDLE_US = 20000,
};

/* One request and what is known of its answer's times. */
struct exchange {
	struct modbus_station *station;
	uint8_t request[BMS_MODBUS_FRAME_MAX];
	size_t request_size;
	size_t answer_size; /* expected */
	int pending;        /* bytes of it that have come */
	bool is_probe;
	bool is_late;
	uint32_t late_us;
	uint64_t sent_us;
	uint64_t end_us;      /* predicted end of the answer */
	uint64_t begin_by_us; /* silent if nothing has come by then */
};

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

void modbus_master_init(
	struct modbus_master *master, int stop_fd, unsigned baud, uint32_t answer_timeout_us)
{
	*master = (struct modbus_master){
		.stop_fd = stop_fd,
		.baud = baud,
		.gap_us = frame_gap_us(baud),
		.answer_timeout_us = answer_timeout_us,
	};
	for (unsigned unit = 0; unit <= MODBUS_UNIT_MAX; unit++)
		turnaround_init(
			&master->stations[unit].turnaround, FIRST_TURNAROUND_US, answer_timeout_us);
}

int modbus_master_open(struct modbus_master *master, const char *device, bool rs485)
{
	int r = serial_port_open(&master->port, device, master->baud, rs485);

	if (r < 0)
		return r;
	/* libmodbus is asked to read only what is there already. The timeout is for an answer
	 * whose length byte promises more; the byte timeout would restart with every byte. */
	modbus_set_response_timeout(master->port.modbus, 0, ANSWER_IDLE_US);
	modbus_set_byte_timeout(master->port.modbus, 0, 0);
	master->quiet_until_us = clock_monotonic_us() + master->gap_us;
	return 0;
}

void modbus_master_close(struct modbus_master *master)
{
	serial_port_close(&master->port);
}

enum wait_end {
	WAIT_TIME,
	WAIT_READABLE,
	WAIT_BROKEN, /* stop, or the port is gone */
};

/* Without POLLIN the kernel does not wake us for bytes that arrive, only for a hang-up. */
static enum wait_end master_wait(struct modbus_master *master, uint64_t until_us, short events)
{
	for (;;) {
		uint64_t now_us = clock_monotonic_us();
		uint64_t left_us = until_us > now_us ? until_us - now_us : 0;
		struct timespec left = {
			.tv_sec = (time_t)(left_us / 1000000),
			.tv_nsec = (long)(left_us % 1000000) * 1000,
		};
		struct pollfd fds[] = {
			{ .fd = master->stop_fd, .events = POLLIN },
			{ .fd = master->port.fd, .events = events },
		};

		int n = ppoll(fds, 2, &left, NULL);
		if (n == 0)
			return WAIT_TIME;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || fds[0].revents || fds[1].revents & (POLLHUP | POLLERR | POLLNVAL))
			return WAIT_BROKEN;
		return WAIT_READABLE;
	}
}

static bool master_sleep(struct modbus_master *master, uint64_t until_us)
{
	return clock_monotonic_us() >= until_us || master_wait(master, until_us, 0) == WAIT_TIME;
}

/* Waits until a request may go out. What arrives before it cannot be its answer: thrown away. */
static enum bms_status master_settle(
	struct modbus_master *master, struct modbus_station *station, struct modbus_answer *answer)
{
	uint64_t from_us = later(master->quiet_until_us, station->owes_until_us);
	uint64_t give_up_us = later(clock_monotonic_us(), from_us) + master->answer_timeout_us;

	station->owes_until_us = 0;
	for (;;) {
		if (!master_sleep(master, from_us))
			return BMS_LINK_DOWN;
		int stray = serial_port_pending(&master->port);
		if (stray < 0)
			return BMS_LINK_DOWN;
		if (stray == 0)
			return BMS_OK;

		int kept = serial_port_read(&master->port, answer->bytes, sizeof(answer->bytes));
		answer->size = (uint16_t)(kept > 0 ? kept : 0);
		modbus_flush(master->port.modbus);
		master->stats.stray_bytes += (uint64_t)stray;
		from_us = clock_monotonic_us() + master->gap_us;
		if (from_us > give_up_us)
			return BMS_LONG;
	}
}

static void exchange_build(struct exchange *exchange, struct modbus_station *station, uint8_t unit,
	const struct modbus_step *step)
{
	bool reads = step->function == BMS_MODBUS_READ;
	uint16_t count = reads ? step->count : step->data_size / 2;

	*exchange = (struct exchange){ .station = station };
	exchange->request_size =
		reads ? bms_modbus_read_request(exchange->request, unit, step->reg, count)
		      : bms_modbus_write_request(
				exchange->request, unit, step->reg, step->data, step->data_size);
	exchange->answer_size = bms_modbus_reply_size(step->function, count);
	/* Boards take their own time for a write, and writes are too rare to learn it. */
	exchange->is_probe = reads && turnaround_next_is_probe(&station->turnaround);
}

static enum bms_status exchange_send(struct exchange *exchange, struct modbus_master *master)
{
	modbus_t *modbus = master->port.modbus;

	exchange->sent_us = clock_monotonic_us();
	modbus_set_slave(modbus, exchange->request[0]);
	if (modbus_send_raw_request(modbus, exchange->request,
		    (int)exchange->request_size - BMS_MODBUS_CRC_SIZE) < 0) {
		if (errno != EAGAIN && errno != EMBBADDATA)
			return BMS_LINK_DOWN;
		/* The port does not take bytes away. Half a request must not stay in it. */
		tcflush(master->port.fd, TCOFLUSH);
		return BMS_SILENCE;
	}

	uint64_t out_us = exchange->sent_us + frame_time_us(master->baud, exchange->request_size);
	exchange->begin_by_us = out_us + master->answer_timeout_us;
	exchange->end_us = out_us + exchange->station->turnaround.us +
			   frame_time_us(master->baud, exchange->answer_size);
	return BMS_OK;
}

static uint64_t bytes_time_us(const struct modbus_master *master, int bytes)
{
	return bytes > 0 ? frame_time_us(master->baud, (size_t)bytes) : 0;
}

static int exchange_missing(struct exchange *exchange, const struct modbus_master *master)
{
	exchange->pending = serial_port_pending(&master->port);
	return (int)exchange->answer_size - exchange->pending;
}

/* Waits until the answer is whole or has ceased to grow. */
static enum bms_status exchange_await_rest(
	struct exchange *exchange, struct modbus_master *master, int missing)
{
	uint64_t now_us = clock_monotonic_us();
	uint64_t end_by_us = exchange->begin_by_us +
			     frame_time_us(master->baud, exchange->answer_size) + ANSWER_IDLE_US;
	uint64_t grew_us = now_us;
	uint64_t nap_us = bytes_time_us(master, missing);

	while (now_us < end_by_us && now_us - grew_us < ANSWER_IDLE_US + master->gap_us) {
		if (!master_sleep(master, now_us + nap_us))
			return BMS_LINK_DOWN;
		int still_missing = exchange_missing(exchange, master);
		if (exchange->pending < 0)
			return BMS_LINK_DOWN;
		if (still_missing <= 0)
			break;
		now_us = clock_monotonic_us();
		nap_us *= 2;
		if (still_missing < missing) {
			grew_us = now_us;
			missing = still_missing;
			nap_us = bytes_time_us(master, missing);
		}
	}
	return BMS_OK;
}

/* Sleeps until the answer should be there, and only if it is not, watches it come. */
static enum bms_status exchange_await(struct exchange *exchange, struct modbus_master *master)
{
	if (!master_sleep(master, exchange->end_us + (exchange->is_probe ? 0 : master->gap_us)))
		return BMS_LINK_DOWN;
	int missing = exchange_missing(exchange, master);
	if (missing <= 0)
		return BMS_OK;
	if (exchange->pending == 0) {
		enum wait_end end = master_wait(master, exchange->begin_by_us, POLLIN);
		if (end != WAIT_READABLE)
			return end == WAIT_TIME ? BMS_SILENCE : BMS_LINK_DOWN;
		missing = exchange_missing(exchange, master);
	}
	if (exchange->pending < 0)
		return BMS_LINK_DOWN;

	/* From the bytes still to come, not from when we wake up: that may be much later. */
	uint64_t end_us = clock_monotonic_us() + bytes_time_us(master, missing);
	exchange->is_late = true;
	exchange->late_us = (uint32_t)(end_us - exchange->end_us);
	return missing > 0 ? exchange_await_rest(exchange, master, missing) : BMS_OK;
}

/* libmodbus reads what has the size of an answer. It waits for what a length byte promises, so
 * whatever else has come is taken as it is. */
static enum bms_status exchange_receive(
	const struct exchange *exchange, struct modbus_master *master, struct modbus_answer *answer)
{
	int size;

	if (exchange->pending == (int)exchange->answer_size ||
		exchange->pending == EXCEPTION_SIZE) {
		size = modbus_receive_confirmation(master->port.modbus, answer->bytes);
		/* Refused by libmodbus, but read: judged below like all others. */
		int left = size > 0 ? 0 : serial_port_pending(&master->port);
		if (left < 0)
			return BMS_LINK_DOWN;
		if (size <= 0)
			size = left < exchange->pending ? exchange->pending - left : 0;
	} else {
		size = serial_port_read(&master->port, answer->bytes, sizeof(answer->bytes));
	}
	if (size < 0)
		return BMS_LINK_DOWN;
	answer->size = (uint16_t)size;
	return exchange->pending > (int)exchange->answer_size ? BMS_LONG : BMS_OK;
}

static enum bms_status exchange_judge(const struct exchange *exchange, struct modbus_answer *answer)
{
	struct bms_modbus_frame request, reply;
	enum bms_status status =
		bms_modbus_parse_request(exchange->request, exchange->request_size, &request);

	if (status == BMS_OK)
		status = bms_modbus_parse_reply(answer->bytes, answer->size, &reply);
	if (status == BMS_OK)
		status = bms_modbus_match(&request, &reply);
	if (status == BMS_OK) {
		answer->data = reply.data;
		answer->data_size = reply.data_size;
	} else if (status == BMS_EXCEPTION) {
		answer->exception = reply.exception;
	}
	return status;
}

static enum bms_status exchange_run(
	struct exchange *exchange, struct modbus_master *master, struct modbus_answer *answer)
{
	enum bms_status status = exchange_send(exchange, master);

	if (status == BMS_OK)
		status = exchange_await(exchange, master);
	if (status == BMS_OK)
		status = exchange_receive(exchange, master, answer);
	if (status == BMS_OK)
		status = exchange_judge(exchange, answer);
	return status;
}

static void exchange_learn(const struct exchange *exchange, struct modbus_master *master)
{
	struct turnaround *turnaround = &exchange->station->turnaround;

	if (exchange->request[1] != BMS_MODBUS_READ)
		return;
	if (exchange->is_late)
		turnaround_late(turnaround, exchange->late_us);
	else if (exchange->is_probe)
		turnaround_in_time(turnaround);
	master->stats.turnaround_us = turnaround->us;
}

static bool may_answer_yet(enum bms_status status)
{
	return status == BMS_SILENCE || status == BMS_BAD_ADDRESS || status == BMS_LONG;
}

/* Books what the exchange took and taught. */
static void exchange_close(const struct exchange *exchange, struct modbus_master *master,
	enum bms_status status, struct modbus_answer *answer)
{
	uint64_t now_us = clock_monotonic_us();
	bool in_time = status == BMS_OK && !exchange->is_late;

	answer->done_us = in_time && exchange->end_us < now_us ? exchange->end_us : now_us;
	master->quiet_until_us = answer->done_us + master->gap_us;
	master->stats.busy_us += answer->done_us - exchange->sent_us;
	if (may_answer_yet(status))
		exchange->station->owes_until_us = now_us + master->answer_timeout_us;
	if (status == BMS_OK) {
		exchange_learn(exchange, master);
		master->stats.answers++;
	} else {
		master->stats.errors[status]++;
	}
}

enum bms_status modbus_master_ask(struct modbus_master *master, uint8_t unit,
	const struct modbus_step *step, struct modbus_answer *ret)
{
	struct modbus_station *station = &master->stations[unit];
	struct exchange exchange;

	ret->size = 0;
	ret->data_size = 0;
	enum bms_status status = master_settle(master, station, ret);
	if (status != BMS_OK) {
		ret->done_us = clock_monotonic_us();
		master->stats.errors[status]++;
		return status;
	}
	exchange_build(&exchange, station, unit, step);
	status = exchange_run(&exchange, master, ret);
	exchange_close(&exchange, master, status, ret);
	return status;
}
