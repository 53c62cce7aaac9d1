/* SPDX-License-Identifier: MIT */
/* One simulated board: the port, the firmware on it and the battery behind it. */
#ifndef STATION_H
#define STATION_H

#include "core/cycle.h"
#include "plant/plant.h"
#include "port/host/line.h"
#include "port/host/nvm.h"
#include "server/rs485.h"

enum {
	STATION_UART_MAX = 1024
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

struct port {
	struct plant plant;
	struct nvm nvm;
	struct line *line; /* shared */
	struct fate *fate; /* shared */
	uint64_t now_us;
	uint64_t next_scan_us;
	uint32_t rtc_base_s; /* at now_us 0 */
	uint32_t seq;
	struct port_cells cells;
	struct port_shunt shunt;
	struct port_probes probes;
	struct port_rails rails;
	size_t uart_size;
	uint8_t uart[STATION_UART_MAX]; /* received, not yet read */
};

struct station {
	struct port port;
	struct board board;
	struct rs485 rs485;
	unsigned seen_writes;
};

struct station_config {
	struct plant_config plant;
	const char *store; /* NULL: memory */
	uint8_t address;
	uint32_t rtc_s;
	bool counts_frames;
};

/* 0 or what nvm_init() returned. */
int station_init(struct station *station, const struct station_config *config, struct line *line,
	struct fate *fate);
void station_deinit(struct station *station);

/* Moves the battery's time on by one step. */
void station_step(struct station *station, uint64_t step_us);

/* Bytes from the line; now_us is the line's clock. */
void station_hear(struct station *station, const uint8_t *bytes, size_t size, uint64_t now_us);

#endif
