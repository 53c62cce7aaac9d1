/* SPDX-License-Identifier: MIT */
#include "port/host/station.h"

#include <string.h>
#include <unistd.h>

enum {
	KILLED = 137,       /* what a shell says of kill -9 */
	SILENCE_US = 20000, /* of a loaded host, not of a wire */
	PARAMS_PAGES = 2,
	LINKED_US = 2000000, /* a port counts as talked to this long */
};

const char *const death_names[DEATHS] = {
	[DEATH_ACKED] = "acked",
	[DEATH_WRITTEN] = "written",
	[DEATH_TORN] = "torn",
};

uint64_t port_now_us(struct port *port)
{
	return port->now_us;
}

uint32_t port_rtc_s(struct port *port)
{
	return port->rtc_base_s + (uint32_t)(port->now_us / 1000000);
}

void port_rtc_set(struct port *port, uint32_t rtc_s)
{
	port->rtc_base_s = rtc_s - (uint32_t)(port->now_us / 1000000);
}

void port_restart(struct port *port)
{
	port->restarts = true;
}

enum port_reset port_reset_cause(struct port *port)
{
	return port->reset;
}

void port_read_cells(struct port *port, struct port_cells *ret)
{
	*ret = port->sense.cells;
}

void port_read_shunt(struct port *port, struct port_shunt *ret)
{
	*ret = port->sense.shunt;
}

void port_read_probes(struct port *port, struct port_probes *ret)
{
	*ret = port->sense.probes;
}

void port_read_rails(struct port *port, struct port_rails *ret)
{
	*ret = port->sense.rails;
}

void port_read_stage(struct port *port, struct port_stage *ret)
{
	*ret = port->sense.stage;
}

void port_drive_stage(struct port *port, const struct port_stage_order *order)
{
	plant_drive_stage(&port->plant, order);
}

void port_drive_relays(struct port *port, uint8_t relays)
{
	plant_drive(&port->plant, relays);
}

uint8_t port_relay_feedback(struct port *port)
{
	return plant_contacts(&port->plant);
}

int32_t port_heater_ma(struct port *port)
{
	return plant_heater_ma(&port->plant);
}

void port_heat(struct port *port, uint16_t permille)
{
	plant_heat(&port->plant, permille);
}

void port_digital_outputs(struct port *port, uint8_t outputs)
{
	port->outputs = outputs;
}

void port_hold(struct port *port, bool on)
{
	port->held = on;
}

void port_short_level(struct port *port, int32_t level_ma)
{
	plant_short_level(&port->plant, level_ma);
}

void port_watchdog_feed(struct port *port)
{
	port->fed_us = port->now_us;
}

uint8_t port_digital_inputs(struct port *port)
{
	return (uint8_t)(plant_digital_inputs(&port->plant) |
			 (port->now_us < port->linked_us ? PORT_DIN_LINK : 0));
}

bool port_nvm_read(struct port *port, unsigned page, size_t offset, uint8_t *data, size_t size)
{
	return nvm_read(&port->nvm, page, offset, data, size);
}

bool port_nvm_erase(struct port *port, unsigned page)
{
	return nvm_erase(&port->nvm, page);
}

static bool is_doomed(const struct fate *fate, enum death death)
{
	return fate->armed && fate->death == death && fate->after_writes > 0 &&
	       fate->writes + 1 == fate->after_writes;
}

bool port_nvm_write(
	struct port *port, unsigned page, size_t offset, const uint8_t *data, size_t size)
{
	if (page < PARAMS_PAGES && is_doomed(port->fate, DEATH_TORN)) {
		nvm_write(&port->nvm, page, offset, data, size / 2);
		_exit(KILLED);
	}
	return nvm_write(&port->nvm, page, offset, data, size);
}

size_t port_uart_read(struct port *port, enum port_uart uart, uint8_t *data, size_t size)
{
	struct uart *from = &port->uart[uart];
	size_t part = size < from->size ? size : from->size;

	memcpy(data, from->bytes, part);
	from->size -= part;
	memmove(from->bytes, from->bytes + part, from->size);
	return part;
}

void port_uart_baud(struct port *port, enum port_uart uart, uint32_t baud)
{
	if (port->line[uart])
		line_baud(port->line[uart], baud);
}

/* A SocketCAN interface has the bit rate its owner gave it. */
void port_can_bitrate(struct port *port, uint32_t bit_s)
{
	(void)port;
	(void)bit_s;
}

bool port_can_read(struct port *port, struct port_can_frame *ret)
{
	if (port->can_count == 0)
		return false;
	*ret = port->can[0];
	memmove(port->can, port->can + 1, --port->can_count * sizeof(*port->can));
	return true;
}

static struct station *station_of(struct port *port)
{
	return (struct station *)((char *)port - offsetof(struct station, port));
}

static unsigned accepted_writes(const struct station *station)
{
	return station->rs485.server.change.writes + station->uart1.gps.server.change.writes +
	       station->uart1.modbus.server.change.writes + station->can.change.writes +
	       station->ble.change.writes;
}

/* The server counts a write before it sends the acknowledgement. */
static void count_writes(struct station *station, struct fate *fate)
{
	while (station->seen_writes != accepted_writes(station)) {
		if (is_doomed(fate, DEATH_WRITTEN))
			_exit(KILLED);
		fate->sealed = fate->sealed || is_doomed(fate, DEATH_ACKED);
		fate->writes++;
		station->seen_writes++;
	}
}

void port_uart_write(struct port *port, enum port_uart uart, const uint8_t *data, size_t size)
{
	count_writes(station_of(port), port->fate);
	if (!port->line[uart])
		return;
	if (uart == PORT_UART_LCD || uart == PORT_UART_BLE)
		line_speak(port->line[uart], port->line_us);
	line_send(port->line[uart], data, size);
}

bool port_can_write(struct port *port, const struct port_can_frame *frame)
{
	count_writes(station_of(port), port->fate);
	return !port->bus || can_bus_write(port->bus, frame);
}

/* A board that was never set up gets what the command line says of its battery. */
static void commission(struct station *station, const struct station_config *config)
{
	struct params *params = &station->board.params;

	bms_settings_set(&params->settings, BMS_SETTING_SLOT_CELL_COUNT, config->plant.cells);
	bms_settings_set(
		&params->settings, BMS_SETTING_SLOT_NOMINAL_CAPACITY, config->plant.capacity_mah);
	bms_settings_set(&params->settings, BMS_SETTING_SLOT_DEVICE_ADDRESS, config->address);
	bms_settings_set(&params->settings, BMS_SETTING_SLOT_PORT_RS485, !config->bus);
	params_save(params, &station->port);
}

/* The battery is where the board left it; a new board is told where the battery is. */
static void join_charge(struct station *station, const struct station_config *config, bool known)
{
	struct plant_config plant = config->plant;
	struct soc *soc = &station->board.soc;

	soc_init(soc, &station->board.params.settings);
	if (known)
		plant.soc = (double)soc->count.remaining_uams / (double)soc->full_uams;
	plant_init(&station->port.plant, &plant);
	if (!known)
		soc_set_permille(soc, (uint16_t)(plant_soc(&station->port.plant) * 1000));
}

static void start_servers(struct station *station, const struct station_config *config)
{
	rs485_init(&station->rs485, PORT_UART_RS485, &station->board, &station->port);
	station->rs485.silence_us = SILENCE_US;
	station->rs485.server.counts_frames = config->counts_frames;
	uart1_init(&station->uart1, &station->board, &station->port);
	station->uart1.modbus.silence_us = SILENCE_US;
	can_init(&station->can, &station->board, &station->port);
	station->can.options = config->can_options;
	station->can.obeys = config->can_obeys;
	lcd_init(&station->lcd, &station->board, &station->port);
	ble_init(&station->ble, &station->board, &station->port);
}

int station_init(struct station *station, const struct station_config *config,
	struct line *const lines[PORT_UARTS], struct fate *fate)
{
	bool known;
	int r;

	*station = (struct station){ .address = config->address,
		.port = { .fate = fate, .held = true } };
	memcpy(station->port.line, lines, sizeof(station->port.line));
	r = nvm_init(&station->port.nvm, config->store);
	if (r < 0)
		return r;
	station->port.bus = config->bus;
	station->port.rtc_base_s = config->rtc_s;
	board_init(&station->board, config->plant.chemistry, 0);
	known = board_load(&station->board, &station->port);
	if (station->board.params.state == SLOTS_BLANK)
		commission(station, config);
	join_charge(station, config, known);
	board_keep(&station->board, &station->port, true);
	start_servers(station, config);
	return 0;
}

void station_deinit(struct station *station)
{
	board_keep(&station->board, &station->port, true);
	nvm_deinit(&station->port.nvm);
}

/* The coils have no supply meanwhile. */
static void restart(struct station *station)
{
	struct port *port = &station->port;

	port->restarts = false;
	board_init(
		&station->board, (enum bms_chemistry)station->board.params.chemistry, port->now_us);
	board_load(&station->board, port);
	port->reset = PORT_RESET_POWER;
}

void station_step(struct station *station, uint64_t step_us)
{
	struct port *port = &station->port;

	if (port->restarts)
		restart(station);
	port->now_us += step_us;
	plant_step(&port->plant, (double)step_us * 1e-6);
	sense_step(&port->sense, &port->plant, port->now_us);
	cycle_run(&station->board, port);
}

static void serve(struct station *station, enum port_uart uart)
{
	uint64_t now_us = station->port.line_us;

	if (!station->port.held) /* off */
		station->port.uart[uart].size = 0;
	else if (uart == PORT_UART_RS485)
		rs485_poll(&station->rs485, now_us);
	else if (uart == PORT_UART_GPS)
		uart1_poll(&station->uart1, now_us);
	else if (uart == PORT_UART_LCD)
		lcd_poll(&station->lcd, now_us);
	else
		ble_poll(&station->ble, now_us);
}

void station_hear(struct station *station, enum port_uart uart, const uint8_t *bytes, size_t size,
	uint64_t now_us)
{
	struct uart *into = &station->port.uart[uart];
	size_t room = sizeof(into->bytes) - into->size;

	if (size > room)
		size = room;
	memcpy(into->bytes + into->size, bytes, size);
	into->size += size;
	station->port.line_us = now_us;
	station->port.linked_us = station->port.now_us + LINKED_US;
	serve(station, uart);
}

static void serve_can(struct station *station, uint64_t now_us)
{
	if (!station->port.held) /* off */
		station->port.can_count = 0;
	else
		can_poll(&station->can, now_us);
}

void station_hear_can(struct station *station, const struct port_can_frame *frame, uint64_t now_us)
{
	struct port *port = &station->port;

	if (port->can_count < STATION_CAN_MAX)
		port->can[port->can_count++] = *frame;
	port->linked_us = port->now_us + LINKED_US;
	serve_can(station, now_us);
}

void station_serve(struct station *station, uint64_t now_us)
{
	station->port.line_us = now_us;
	if (station->port.bus)
		serve_can(station, now_us);
	for (int uart = PORT_UART_LCD; uart < PORT_UARTS; uart++)
		if (station->port.line[uart])
			serve(station, (enum port_uart)uart);
}
