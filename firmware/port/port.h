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
	PORT_NVM_PAGES = 8, /* settings 2, counters 2, events 2, records 2 */
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
	uint32_t open_mask; /* channels whose wire the front end's own test found open */
};

struct port_shunt {
	struct port_stamp stamp;
	int32_t current_ma;  /* positive is charging */
	int64_t charge_uams; /* since the start, in uA ms; nothing is lost between two samples */
	int32_t peak_ma;     /* the largest magnitude since the sample before, with its sign */
	uint32_t short_us;   /* how long the comparator has seen a short circuit; 0: it does not */
	bool railed;         /* the converter is at an end of its range */
};

struct port_probes {
	struct port_stamp stamp;
	int16_t probe_dc[PORT_PROBES];
	uint8_t fitted; /* bit per probe, PORT_PROBE_BOARD */
	int16_t board_dc;
};

enum {
	PORT_PROBE_BOARD = 1u << 7 /* the board has a probe of its own */
};

struct port_rails {
	struct port_stamp stamp;
	int32_t pack_mv;
	int32_t load_mv; /* behind the discharge relay */
};

/* The balancer moves charge through a capacitor; one cell at a time is connected to it. */
enum port_stage_mode {
	PORT_STAGE_OFF,
	PORT_STAGE_TAKE, /* from the cell */
	PORT_STAGE_GIVE, /* to the cell */
};

struct port_stage_order {
	uint8_t mode; /* enum port_stage_mode */
	uint8_t cell; /* 0 is the first; means nothing when off */
	uint16_t ma;
};

/* A new sample each step. */
struct port_stage {
	struct port_stamp stamp;
	int32_t current_ma; /* positive charges the cell */
	int32_t capacitor_mv;
	int16_t temperature_dc;
};

enum port_relay {
	PORT_RELAY_CHARGE = 1u << 0,
	PORT_RELAY_DISCHARGE = 1u << 1,
	PORT_RELAY_PRECHARGE = 1u << 2,
};

enum port_din {
	PORT_DIN_ACC = 1u << 0,
	PORT_DIN_CHARGER = 1u << 1, /* K+ */
	PORT_DIN_BUTTON = 1u << 2,  /* activation switch, pressed */
	PORT_DIN_LINK = 1u << 3,    /* somebody talks to a port: keeps the board awake */
};

/* Pins without a power stage behind them. */
enum port_dout {
	PORT_DOUT_RUN_LED = 1u << 0,
	PORT_DOUT_FAULT_LED = 1u << 1,
	PORT_DOUT_K1 = 1u << 2, /* reserved output: a fault */
	PORT_DOUT_K2 = 1u << 3, /* reserved output: the cells are low, shed the load */
	PORT_DOUT_BUZZER = 1u << 4,
	PORT_DOUT_DISPLAY = 1u << 5, /* the display's supply */
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

/* Starts the board again, after what is being sent is out. */
void port_restart(struct port *port);

/* The newest sample of each kind; seq tells whether it is new. */
void port_read_cells(struct port *port, struct port_cells *ret);
void port_read_shunt(struct port *port, struct port_shunt *ret);
void port_read_probes(struct port *port, struct port_probes *ret);
void port_read_rails(struct port *port, struct port_rails *ret);
void port_read_stage(struct port *port, struct port_stage *ret);

/* Changing the cell without a step of PORT_STAGE_OFF in between would connect two. */
void port_drive_stage(struct port *port, const struct port_stage_order *order);

/* Coils, and what the auxiliary contacts say; bits of enum port_relay. */
void port_drive_relays(struct port *port, uint8_t relays);
uint8_t port_relay_feedback(struct port *port);

/* What the heater draws now. */
int32_t port_heater_ma(struct port *port);

/* 1000 is the heater's full power. */
void port_heat(struct port *port, uint16_t permille);

/* Bits of enum port_dout. */
void port_digital_outputs(struct port *port, uint8_t outputs);

/* False: the supply goes, until an input wakes the board. */
void port_hold(struct port *port, bool on);

/* Above this magnitude the comparator sees a short circuit. */
void port_short_level(struct port *port, int32_t level_ma);

/* The coils have no supply unless this is called again in time. */
void port_watchdog_feed(struct port *port);

/* Bits of enum port_din. */
uint8_t port_digital_inputs(struct port *port);

/* Pages of flash: erased to 0xFF, written upwards, any byte order of power loss. False: the
 * hardware failed. */
bool port_nvm_read(struct port *port, unsigned page, size_t offset, uint8_t *data, size_t size);
bool port_nvm_erase(struct port *port, unsigned page);
bool port_nvm_write(
	struct port *port, unsigned page, size_t offset, const uint8_t *data, size_t size);

/* Serial lines; the port switches the direction of RS485. Reading gives what has come, 0 if
 * nothing; writing takes everything, at most one answer being under way. */
enum port_uart {
	PORT_UART_RS485,
	PORT_UART_GPS,
	PORT_UART_LCD,
	PORT_UART_BLE, /* the Bluetooth module, transparent */
	PORT_UARTS
};

size_t port_uart_read(struct port *port, enum port_uart uart, uint8_t *data, size_t size);
void port_uart_write(struct port *port, enum port_uart uart, const uint8_t *data, size_t size);

/* Another speed, once what is being sent is out. */
void port_uart_baud(struct port *port, enum port_uart uart, uint32_t baud);

/* The CAN controller at the port that RS485 shares. */
struct port_can_frame {
	uint32_t id;
	bool extended;
	uint8_t size;
	uint8_t data[8];
};

void port_can_bitrate(struct port *port, uint32_t bit_s);

/* The next data frame that has come. False: there is none. */
bool port_can_read(struct port *port, struct port_can_frame *ret);

/* False: there is no room for it now. */
bool port_can_write(struct port *port, const struct port_can_frame *frame);

#endif
