/* SPDX-License-Identifier: MIT */
#include "port/host/station.h"

#include <string.h>
#include <unistd.h>

enum {
	SCAN_US = 250000,
	KILLED = 137,       /* what a shell says of kill -9 */
	SILENCE_US = 20000, /* of a loaded host, not of a wire */
	PARAMS_PAGES = 2,
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

enum port_reset port_reset_cause(struct port *port)
{
	(void)port;
	return PORT_RESET_POWER;
}

void port_read_cells(struct port *port, struct port_cells *ret)
{
	*ret = port->cells;
}

void port_read_shunt(struct port *port, struct port_shunt *ret)
{
	*ret = port->shunt;
}

void port_read_probes(struct port *port, struct port_probes *ret)
{
	*ret = port->probes;
}

void port_read_rails(struct port *port, struct port_rails *ret)
{
	*ret = port->rails;
}

void port_drive_relays(struct port *port, uint8_t relays)
{
	plant_drive(&port->plant, relays);
}

uint8_t port_relay_feedback(struct port *port)
{
	return plant_contacts(&port->plant);
}

uint8_t port_digital_inputs(struct port *port)
{
	return PORT_DIN_ACC | (plant_has_charger(&port->plant) ? PORT_DIN_CHARGER : 0);
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

size_t port_uart_read(struct port *port, uint8_t *data, size_t size)
{
	size_t part = size < port->uart_size ? size : port->uart_size;

	memcpy(data, port->uart, part);
	port->uart_size -= part;
	memmove(port->uart, port->uart + part, port->uart_size);
	return part;
}

static struct station *station_of(struct port *port)
{
	return (struct station *)((char *)port - offsetof(struct station, port));
}

/* The server counts a write before it sends the acknowledgement. */
static void count_writes(struct station *station, struct fate *fate)
{
	while (station->seen_writes != station->rs485.server.writes) {
		if (is_doomed(fate, DEATH_WRITTEN))
			_exit(KILLED);
		fate->sealed = fate->sealed || is_doomed(fate, DEATH_ACKED);
		fate->writes++;
		station->seen_writes++;
	}
}

void port_uart_write(struct port *port, const uint8_t *data, size_t size)
{
	count_writes(station_of(port), port->fate);
	line_send(port->line, data, size);
}

static void stamp(struct port_stamp *stamp, const struct port *port)
{
	*stamp = (struct port_stamp){ .t_us = port->now_us, .seq = port->seq, .valid = true };
}

static void sense(struct port *port)
{
	port->seq++;
	port->shunt.current_ma = plant_sense_current_ma(&port->plant);
	port->shunt.charge_uams = plant_counted_uams(&port->plant);
	stamp(&port->shunt.stamp, port);
	if (port->now_us < port->next_scan_us)
		return;
	port->next_scan_us = port->now_us + SCAN_US;
	plant_sense_cells(&port->plant, &port->cells);
	plant_sense_probes(&port->plant, &port->probes);
	port->rails.pack_mv = plant_sense_pack_mv(&port->plant);
	port->rails.load_mv = plant_sense_load_mv(&port->plant);
	stamp(&port->cells.stamp, port);
	stamp(&port->probes.stamp, port);
	stamp(&port->rails.stamp, port);
}

/* A board that was never set up gets what the command line says of its battery. */
static void commission(struct station *station, const struct station_config *config)
{
	struct params *params = &station->board.params;

	bms_settings_set(&params->settings, BMS_SETTING_SLOT_CELL_COUNT, config->plant.cells);
	bms_settings_set(
		&params->settings, BMS_SETTING_SLOT_NOMINAL_CAPACITY, config->plant.capacity_mah);
	bms_settings_set(&params->settings, BMS_SETTING_SLOT_DEVICE_ADDRESS, config->address);
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

int station_init(struct station *station, const struct station_config *config, struct line *line,
	struct fate *fate)
{
	bool known;
	int r;

	*station = (struct station){ .port = { .line = line, .fate = fate } };
	r = nvm_init(&station->port.nvm, config->store);
	if (r < 0)
		return r;
	station->port.rtc_base_s = config->rtc_s;
	board_init(&station->board, config->plant.chemistry, 0);
	known = board_load(&station->board, &station->port);
	if (station->board.params.state == SLOTS_BLANK)
		commission(station, config);
	join_charge(station, config, known);
	board_keep(&station->board, &station->port, true);
	rs485_init(&station->rs485, &station->board, &station->port);
	station->rs485.silence_us = SILENCE_US;
	station->rs485.server.counts_frames = config->counts_frames;
	return 0;
}

void station_deinit(struct station *station)
{
	board_keep(&station->board, &station->port, true);
	nvm_deinit(&station->port.nvm);
}

void station_step(struct station *station, uint64_t step_us)
{
	struct port *port = &station->port;

	port->now_us += step_us;
	plant_step(&port->plant, (double)step_us * 1e-6);
	sense(port);
	cycle_run(&station->board, port);
}

void station_hear(struct station *station, const uint8_t *bytes, size_t size, uint64_t now_us)
{
	struct port *port = &station->port;
	size_t room = sizeof(port->uart) - port->uart_size;

	if (size > room)
		size = room;
	memcpy(port->uart + port->uart_size, bytes, size);
	port->uart_size += size;
	rs485_poll(&station->rs485, now_us);
}
