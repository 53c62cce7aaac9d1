/* SPDX-License-Identifier: MIT */
/* bms-sim: boards on a simulated line, in one thread that sleeps until something is due. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "port/host/control.h"
#include "port/host/options.h"
#include "port/host/script.h"

/* Seconds from 1970 to 2020, where the boards' clock begins. */
#define RTC_EPOCH 1577836800

enum {
	TICK_US = 50000,
	SERVE_US = 20000, /* while a line is there on which boards speak unasked */
	STEP_MAX_US = 200000,
	STEP_FINE_SPEED = 10, /* up to here every board step is simulated */
	CATCH_UP_STEPS = 2000,
	/* A dying board waits for its last answer to be read: at least as long as the kernel may take
	 * to carry it across, at most as long as a reader may take to fetch it. */
	DRAIN_MIN_MS = 100,
	DRAIN_MAX_MS = 600,
	KILLED = 137,
};

/* What the loop waits for: the lines, then the rest. */
enum {
	INPUT_CAN = PORT_UARTS,
	INPUT_CONTROL,
	INPUTS = INPUT_CONTROL + CONTROL_POLLS
};

struct simulation {
	struct options options;
	struct line line[PORT_UARTS];
	struct can_bus bus;
	struct script script;
	struct control control;
	struct fate fate;
	struct station *stations;
	size_t count; /* of stations that are up */
	uint64_t step_us;
	uint64_t battery_us; /* how far the batteries are, in battery time */
	uint64_t base_us;    /* real time of battery time 0 */
};

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Local standard time, as the boards keep it. */
static uint32_t rtc_now_s(void)
{
	time_t now = time(NULL);
	struct tm local;

	localtime_r(&now, &local);
	return (uint32_t)(now + local.tm_gmtoff - (local.tm_isdst > 0 ? 3600 : 0) - RTC_EPOCH);
}

static uint64_t step_for_speed(int64_t speed)
{
	uint64_t step_us =
		BOARD_STEP_US * (((uint64_t)speed + STEP_FINE_SPEED - 1) / STEP_FINE_SPEED);

	return step_us < STEP_MAX_US ? step_us : STEP_MAX_US;
}

static const char *store_path(const struct options *options, size_t i, char path[4096])
{
	if (!options->store || options->boards == 1)
		return options->store;
	snprintf(path, 4096, "%s.%d", options->store, options->address[i]);
	return path;
}

/* The boards share the RS485 line; the other lines are the first board's. */
static void share_lines(struct simulation *simulation, size_t i, struct line *lines[PORT_UARTS])
{
	for (size_t uart = 0; uart < PORT_UARTS; uart++)
		lines[uart] = uart == PORT_UART_RS485 || (i == 0 && simulation->options.link[uart])
				      ? &simulation->line[uart]
				      : NULL;
}

/* A stored setting that leaves a port silent surprises whoever has forgotten it. */
static void tell_dead_port(const struct params *params, const struct options *options)
{
	bool rs485 = params_setting(params, BMS_SETTING_SLOT_PORT_RS485) != 0;
	int address = (int)params_setting(params, BMS_SETTING_SLOT_DEVICE_ADDRESS);

	if (rs485 == !options->can)
		return;
	fprintf(stderr, "bms-sim: the port of board %d is set to %s: it is silent on %s\n", address,
		rs485 ? "RS485" : "CAN", rs485 ? options->can : "RS485");
}

static int start_station(struct simulation *simulation, size_t i)
{
	const struct options *options = &simulation->options;
	char path[4096];
	struct station_config config = {
		.plant = {
			.chemistry = options->chemistry,
			.profile = options->profile,
			.cells = (unsigned)options->number[OPTION_CELLS],
			.capacity_mah = options->number[OPTION_CAPACITY_MAH],
			.seed = (uint64_t)options->number[OPTION_SEED] * 1000 + options->address[i],
			.soc = -1,
		},
		.store = store_path(options, i, path),
		.address = options->address[i],
		.rtc_s = rtc_now_s(),
		.counts_frames = options->counts_frames,
		.bus = options->can ? &simulation->bus : NULL,
		.can_options = options->can_options,
		.can_obeys = options->can_obeys,
	};
	struct line *lines[PORT_UARTS];
	int r;

	share_lines(simulation, i, lines);
	r = station_init(&simulation->stations[i], &config, lines, &simulation->fate);
	if (r == -EBADMSG)
		fprintf(stderr, "bms-sim: %s: not a store of bms-sim (%d bytes)\n", config.store,
			NVM_SIZE);
	else if (r < 0)
		fprintf(stderr, "bms-sim: %s: %s\n", config.store, strerror(-r));
	else
		tell_dead_port(&simulation->stations[i].board.params, options);
	return r;
}

static int start_line(struct simulation *simulation, enum port_uart uart)
{
	const struct options *options = &simulation->options;
	struct line_config config = {
		.link = options->link[uart],
		.baud = (unsigned)options->number[OPTION_BAUD],
		.turnaround_us = (unsigned)options->number[OPTION_TURNAROUND_US],
	};
	const char *step;
	int r;

	if (uart != PORT_UART_RS485 && !config.link)
		return 0;
	if (uart == PORT_UART_RS485)
		memcpy(config.fault_every, options->fault_every, sizeof(config.fault_every));
	r = line_init(&simulation->line[uart], &config, &step);
	if (r < 0)
		fprintf(stderr, "bms-sim: %s%s%s: %s\n", step, config.link ? " " : "",
			config.link ? config.link : "", strerror(-r));
	return r;
}

static int start_bus(struct simulation *simulation)
{
	const char *interface = simulation->options.can, *step;
	int r = can_bus_init(&simulation->bus, interface, &step);

	if (r < 0)
		fprintf(stderr, "bms-sim: %s %s: %s\n", step, interface, strerror(-r));
	return r;
}

static int start_control(struct simulation *simulation)
{
	const char *path = simulation->options.control;
	int r = control_init(&simulation->control, path);

	if (r < 0)
		fprintf(stderr, "bms-sim: cannot listen at %s: %s\n", path, strerror(-r));
	return r;
}

static void stop_all(struct simulation *simulation)
{
	while (simulation->count > 0)
		station_deinit(&simulation->stations[--simulation->count]);
	free(simulation->stations);
	can_bus_deinit(&simulation->bus);
	control_deinit(&simulation->control);
	script_deinit(&simulation->script);
	for (size_t uart = 0; uart < PORT_UARTS; uart++)
		line_deinit(&simulation->line[uart]);
}

/* What is wrong from the beginning is not begun. */
static int start_script(struct simulation *simulation)
{
	struct script *script = &simulation->script;
	int r = script_init(script, simulation->options.script);

	if (r < 0)
		fprintf(stderr, "bms-sim: %s: %s\n", script->path, strerror(-r));
	else
		script_read(script);
	return r < 0 || script->refused ? EX_USAGE : 0;
}

static int start_lines(struct simulation *simulation)
{
	for (int uart = 0; uart < PORT_UARTS; uart++)
		if (start_line(simulation, (enum port_uart)uart) < 0)
			return EX_CANTCREAT;
	if (start_bus(simulation) < 0 || start_control(simulation) < 0)
		return EX_CANTCREAT;
	return 0;
}

/* 0 or an exit status. */
static int start_all(struct simulation *simulation)
{
	const struct options *options = &simulation->options;
	int status;

	for (size_t uart = 0; uart < PORT_UARTS; uart++)
		simulation->line[uart].master = simulation->line[uart].slave = -1;
	simulation->bus.fd = -1;
	status = start_script(simulation);
	if (status)
		return status;
	simulation->step_us = step_for_speed(options->number[OPTION_SPEED]);
	simulation->fate = (struct fate){
		.death = options->death,
		.after_writes = (unsigned)options->number[OPTION_DIE_AFTER_WRITES],
	};
	simulation->stations = calloc(options->boards, sizeof(*simulation->stations));
	if (!simulation->stations) {
		fprintf(stderr, "bms-sim: %s\n", strerror(ENOMEM));
		return EX_OSERR;
	}
	for (; simulation->count < options->boards; simulation->count++)
		if (start_station(simulation, simulation->count) < 0)
			return EX_CANTCREAT;
	status = start_lines(simulation);
	simulation->base_us = now_us();
	simulation->fate.armed = true;
	return status;
}

static void happen(struct simulation *simulation)
{
	struct fault_event event;

	while (script_next(&simulation->script, simulation->battery_us, &event))
		plant_fault_apply(&simulation->stations[0].port.plant, &event);
}

/* A host that was asleep or is too slow loses battery time rather than running after it. */
static void catch_up(struct simulation *simulation, uint64_t now)
{
	uint64_t speed = (uint64_t)simulation->options.number[OPTION_SPEED];
	uint64_t target_us = (now - simulation->base_us) * speed;

	script_read(&simulation->script);
	for (size_t steps = 0; simulation->battery_us + simulation->step_us <= target_us; steps++) {
		if (steps == CATCH_UP_STEPS) {
			simulation->base_us = now - simulation->battery_us / speed;
			return;
		}
		happen(simulation);
		for (size_t i = 0; i < simulation->count; i++)
			station_step(&simulation->stations[i], simulation->step_us);
		simulation->battery_us += simulation->step_us;
	}
}

static void hear(struct simulation *simulation, enum port_uart uart)
{
	uint8_t bytes[256];
	uint64_t now = now_us();
	size_t size = line_read(&simulation->line[uart], bytes, sizeof(bytes), now);
	size_t hearers = uart == PORT_UART_RS485 ? simulation->count : 1;

	if (size == 0)
		return;
	catch_up(simulation, now);
	for (size_t i = 0; i < hearers; i++)
		station_hear(&simulation->stations[i], uart, bytes, size, now);
}

static void hear_can(struct simulation *simulation)
{
	struct port_can_frame frame;
	uint64_t now = now_us();

	while (can_bus_read(&simulation->bus, &frame))
		for (size_t i = 0; i < simulation->count; i++)
			station_hear_can(&simulation->stations[i], &frame, now);
}

static bool lines_are_silent(const struct simulation *simulation)
{
	for (size_t uart = 0; uart < PORT_UARTS; uart++)
		if (simulation->line[uart].size > 0)
			return false;
	return true;
}

/* The acknowledgement must reach the other side: a line that hangs up loses what it holds. */
static void die_when_drained(struct simulation *simulation)
{
	static const struct timespec wait = { .tv_nsec = 1000000 };

	if (!simulation->fate.sealed || !lines_are_silent(simulation))
		return;
	for (int ms = 0; ms < DRAIN_MAX_MS; ms++) {
		if (ms >= DRAIN_MIN_MS && line_is_drained(&simulation->line[PORT_UART_RS485]))
			break;
		nanosleep(&wait, NULL);
	}
	_exit(KILLED);
}

static struct timespec until(uint64_t deadline_us, uint64_t now)
{
	uint64_t left_us = deadline_us > now ? deadline_us - now : 0;

	return (struct timespec){ .tv_sec = (time_t)(left_us / 1000000),
		.tv_nsec = (long)(left_us % 1000000) * 1000 };
}

static bool speaks_unasked(const struct simulation *simulation)
{
	return simulation->options.can || simulation->options.link[PORT_UART_LCD] ||
	       simulation->options.link[PORT_UART_BLE];
}

static uint64_t lines_deadline_us(const struct simulation *simulation)
{
	uint64_t deadline_us = UINT64_MAX;

	for (size_t uart = 0; uart < PORT_UARTS; uart++) {
		uint64_t line_us = line_deadline_us(&simulation->line[uart]);

		deadline_us = line_us < deadline_us ? line_us : deadline_us;
	}
	return deadline_us;
}

static void serve_lines(struct simulation *simulation, const struct pollfd inputs[INPUTS])
{
	uint64_t now;

	for (int uart = 0; uart < PORT_UARTS; uart++)
		if (inputs[uart].revents)
			hear(simulation, (enum port_uart)uart);
	if (inputs[INPUT_CAN].revents)
		hear_can(simulation);
	control_serve(&simulation->control, inputs + INPUT_CONTROL, simulation->stations,
		simulation->count);
	now = now_us();
	for (size_t i = 0; i < simulation->count; i++)
		station_serve(&simulation->stations[i], now);
	for (size_t uart = 0; uart < PORT_UARTS; uart++)
		line_run(&simulation->line[uart], now);
	die_when_drained(simulation);
}

static void run(struct simulation *simulation, const sigset_t *mask)
{
	struct pollfd inputs[INPUTS];
	uint64_t period_us = speaks_unasked(simulation) ? SERVE_US : TICK_US;
	uint64_t tick_us = now_us();

	for (size_t uart = 0; uart < PORT_UARTS; uart++)
		inputs[uart] =
			(struct pollfd){ .fd = simulation->line[uart].master, .events = POLLIN };
	inputs[INPUT_CAN] = (struct pollfd){ .fd = simulation->bus.fd, .events = POLLIN };
	while (!stop) {
		uint64_t line_us = lines_deadline_us(simulation);
		uint64_t now = now_us();
		struct timespec timeout = until(line_us < tick_us ? line_us : tick_us, now);

		control_polls(&simulation->control, inputs + INPUT_CONTROL);
		if (ppoll(inputs, INPUTS, &timeout, mask) <= 0)
			for (size_t i = 0; i < INPUTS; i++)
				inputs[i].revents = 0;
		serve_lines(simulation, inputs);
		now = now_us();
		if (now < tick_us)
			continue;
		catch_up(simulation, now);
		tick_us = now + period_us;
	}
}

/* Signals come only while the loop sleeps, so none is missed between a check and a sleep. */
static void catch_signals(sigset_t *ret_mask)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, ret_mask);
	sigdelset(ret_mask, SIGTERM);
	sigdelset(ret_mask, SIGINT);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

int main(int argc, char **argv)
{
	struct simulation simulation = { 0 };
	sigset_t mask;
	int status;

	switch (options_parse(&simulation.options, argc, argv)) {
	case OPTIONS_DONE:
		return EXIT_SUCCESS;
	case OPTIONS_BAD:
		return EX_USAGE;
	case OPTIONS_RUN:
		break;
	}
	catch_signals(&mask);
	status = start_all(&simulation);
	if (status == 0) {
		printf("%s\n", simulation.line[PORT_UART_RS485].path);
		fflush(stdout);
		run(&simulation, &mask);
	}
	stop_all(&simulation);
	return status;
}
