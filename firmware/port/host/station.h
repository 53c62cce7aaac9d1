/* SPDX-License-Identifier: MIT */
/* One simulated board: the port, the firmware on it and the battery behind it. */
#ifndef STATION_H
#define STATION_H

#include "core/cycle.h"
#include "plant/sense.h"
#include "port/host/can_bus.h"
#include "port/host/line.h"
#include "port/host/nvm.h"
#include "server/ble.h"
#include "server/can.h"
#include "server/lcd.h"
#include "server/uart1.h"

enum {
	STATION_UART_MAX = 1024,
	STATION_CAN_MAX = 16
};

/* When the process ends itself, as if killed. */
enum death {
	DEATH_ACKED,   /* the acknowledgement is out */
	DEATH_WRITTEN, /* the settings are in flash, no acknowledgement */
	DEATH_TORN,    /* in the middle of writing the flash */
	DEATHS
};

extern const char *const death_names[DEATHS];

/* Shared by the stations of a process. */
struct fate {
	enum death death;
	unsigned after_writes; /* 0: never */
	unsigned writes;       /* accepted so far */
	bool armed;
	bool sealed; /* as soon as the line is drained */
};

/* Received, not yet read. */
struct uart {
	size_t size;
	uint8_t bytes[STATION_UART_MAX];
};

struct port {
	struct plant plant;
	struct nvm nvm;
	struct line *line[PORT_UARTS]; /* shared; NULL: nothing is plugged in */
	struct can_bus *bus;           /* shared; NULL: nothing is plugged in */
	size_t can_count;              /* frames received, not yet read */
	struct port_can_frame can[STATION_CAN_MAX];
	struct fate *fate; /* shared */
	uint64_t now_us;
	uint32_t rtc_base_s; /* at now_us 0 */
	struct sense sense;
	uint8_t outputs; /* bits of enum port_dout */
	bool held;
	uint64_t fed_us; /* the watchdog was fed */
	struct uart uart[PORT_UARTS];
	uint64_t line_us;      /* the lines' clock */
	uint64_t linked_us;    /* until when a port counts as talked to */
	bool restarts;         /* with the next step */
	enum port_reset reset; /* what a restart will have been */
};

struct station {
	uint8_t address; /* as configured; the board may have been given another one */
	struct port port;
	struct board board;
	struct rs485 rs485;
	struct uart1 uart1;
	struct can can;
	struct lcd lcd;
	struct ble ble;
	unsigned seen_writes;
};

struct station_config {
	struct plant_config plant;
	const char *store; /* NULL: memory */
	uint8_t address;
	uint32_t rtc_s;
	bool counts_frames;
	struct can_bus *bus; /* NULL: the port switch of a new board is set to RS485 */
	struct bms_jk_can_options can_options;
	bool can_obeys;
};

/* 0 or what nvm_init() returned. */
int station_init(struct station *station, const struct station_config *config,
	struct line *const lines[PORT_UARTS], struct fate *fate);
void station_deinit(struct station *station);

/* Moves the battery's time on by one step. */
void station_step(struct station *station, uint64_t step_us);

/* Bytes from a line; now_us is the lines' clock. */
void station_hear(struct station *station, enum port_uart uart, const uint8_t *bytes, size_t size,
	uint64_t now_us);

/* A frame from the CAN bus. */
void station_hear_can(struct station *station, const struct port_can_frame *frame, uint64_t now_us);

/* What the ports send by themselves; every 20 ms while one of them has a line or a
 * bus. */
void station_serve(struct station *station, uint64_t now_us);

#endif
