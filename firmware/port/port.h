/* SPDX-License-Identifier: MIT */
/*
 * The whole hardware contract: what a port gives the firmware, and nothing else. A port is linked,
 * not registered; struct port is its own business (one static object on a microcontroller, one a
 * board on Linux). Nothing here blocks, except writing the non-volatile memory.
 */
#ifndef PORT_H
#define PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct port;

enum {
	PORT_CHANNELS = 32, /* cell inputs; an input without a cell reads near 0 mV */
	PORT_PROBES = 3,
	PORT_NVM_PAGES = 4,
	PORT_NVM_PAGE_SIZE = 2048,
};

/* Every sample says when it was taken and counts up, so that a frozen sensor is not taken for a
 * steady one. An invalid sample is a conversion that failed; its values mean nothing. */
struct port_stamp {
	uint64_t t_us;
	uint32_t seq;
	bool valid;
};

struct port_cells {
	struct port_stamp stamp;
	uint16_t cell_mv[PORT_CHANNELS];
	uint16_t wire_mohm[PORT_CHANNELS];
};

struct port_shunt {
	struct port_stamp stamp;
	int32_t current_ma;  /* positive is charging */
	int64_t charge_uams; /* since the start, in uA ms; nothing is lost between two samples */
};

struct port_probes {
	struct port_stamp stamp;
	int16_t probe_dc[PORT_PROBES];
	uint8_t fitted; /* bit per probe */
};

struct port_rails {
	struct port_stamp stamp;
	int32_t pack_mv;
	int32_t load_mv; /* behind the discharge relay */
};

enum port_relay {
	PORT_RELAY_CHARGE = 1u << 0,
	PORT_RELAY_DISCHARGE = 1u << 1,
	PORT_RELAY_PRECHARGE = 1u << 2,
};

enum port_din {
	PORT_DIN_ACC = 1u << 0,
	PORT_DIN_CHARGER = 1u << 1,
};

enum port_reset {
	PORT_RESET_POWER,
	PORT_RESET_WATCHDOG,
};

/* Monotonic, microseconds since the start. */
uint64_t port_now_us(struct port *port);

/* Board clock: seconds since 2020-01-01 00:00 local standard time. */
uint32_t port_rtc_s(struct port *port);
void port_rtc_set(struct port *port, uint32_t rtc_s);

enum port_reset port_reset_cause(struct port *port);

/* The newest sample of each kind; seq tells whether it is new. */
void port_read_cells(struct port *port, struct port_cells *ret);
void port_read_shunt(struct port *port, struct port_shunt *ret);
void port_read_probes(struct port *port, struct port_probes *ret);
void port_read_rails(struct port *port, struct port_rails *ret);

/* Coils, and what the auxiliary contacts say; bits of enum port_relay. */
void port_drive_relays(struct port *port, uint8_t relays);
uint8_t port_relay_feedback(struct port *port);

/* Bits of enum port_din. */
uint8_t port_digital_inputs(struct port *port);

/* Pages of flash: erased to 0xFF, written upwards, any byte order of power loss. False: the
 * hardware failed. */
bool port_nvm_read(struct port *port, unsigned page, size_t offset, uint8_t *data, size_t size);
bool port_nvm_erase(struct port *port, unsigned page);
bool port_nvm_write(
	struct port *port, unsigned page, size_t offset, const uint8_t *data, size_t size);

/* RS485, direction switched by the port. Reading gives what has come, 0 if nothing; writing takes
 * everything, at most one answer being under way. */
size_t port_uart_read(struct port *port, uint8_t *data, size_t size);
void port_uart_write(struct port *port, const uint8_t *data, size_t size);

#endif
