/* SPDX-License-Identifier: MIT */
#include "scenario/rig.h"

#include <string.h>

/* Seconds since 2020 at the start of every scenario. */
#define RTC_START UINT32_C(200000000)

static bool spend(struct port *port)
{
	if (port->power == RIG_POWERED)
		return true;
	if (port->power == 0)
		return false;
	port->power--;
	return true;
}

bool port_nvm_read(struct port *port, unsigned page, size_t offset, uint8_t *data, size_t size)
{
	memcpy(data, port->nvm[page] + offset, size);
	return true;
}

bool port_nvm_erase(struct port *port, unsigned page)
{
	for (size_t i = 0; i < PORT_NVM_PAGE_SIZE; i++) {
		if (!spend(port))
			return false;
		port->nvm[page][i] = 0xff;
	}
	return true;
}

bool port_nvm_write(
	struct port *port, unsigned page, size_t offset, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (!spend(port))
			return false;
		port->nvm[page][offset + i] &= data[i];
	}
	return true;
}

enum port_reset port_reset_cause(struct port *port)
{
	return port->reset;
}

void port_rtc_set(struct port *port, uint32_t rtc_s)
{
	port->rtc_s = rtc_s;
}

struct rig_config rig_usual(uint64_t seed)
{
	return (struct rig_config){
		.plant = { .chemistry = BMS_CHEMISTRY_LFP,
			.profile = PROFILE_IDLE,
			.cells = 16,
			.capacity_mah = 100000,
			.seed = seed,
			.soc = 0.5 },
		.precharge_s = 5,
	};
}

void rig_set(struct rig *rig, enum bms_setting_slot slot, int64_t value)
{
	bms_settings_set(&rig->board.params.settings, slot, value);
}

int64_t rig_setting(const struct rig *rig, enum bms_setting_slot slot)
{
	return rig->board.params.settings.value[slot];
}

static void commission(struct rig *rig, const struct rig_config *config)
{
	rig_set(rig, BMS_SETTING_SLOT_CELL_COUNT, config->plant.cells);
	rig_set(rig, BMS_SETTING_SLOT_NOMINAL_CAPACITY, config->plant.capacity_mah);
	rig_set(rig, BMS_SETTING_SLOT_PRECHARGE_TIME, config->precharge_s);
	params_save(&rig->board.params, &rig->port);
}

static void start(struct rig *rig)
{
	board_init(&rig->board, rig->plant.config.chemistry, rig->now_us);
	board_load(&rig->board, &rig->port);
	rig->board.wiring = rig->wiring;
	rig->start_us = rig->now_us;
	rig->coils = 0;
	rig->fed_us = 0;
	rig->held = rig->off = false;
	plant_drive(&rig->plant, 0);
}

void rig_init(struct rig *rig, const struct rig_config *config)
{
	memset(rig, 0, sizeof(*rig));
	memset(rig->port.nvm, 0xff, sizeof(rig->port.nvm));
	rig->port.power = RIG_POWERED;
	rig->port.rtc_s = RTC_START;
	rig->now_us = config->start_us;
	rig->step_us = RIG_STEP_MS * 1000;
	rig->wiring = config->wiring;
	plant_init(&rig->plant, &config->plant);
	sense_init(&rig->sense, rig->now_us);
	start(rig);
	if (!config->blank) {
		commission(rig, config);
		start(rig);
	}
	soc_set_permille(&rig->board.soc, (uint16_t)(plant_soc(&rig->plant) * 1000));
}

void rig_reset(struct rig *rig, enum port_reset cause)
{
	rig->port.reset = cause;
	start(rig);
}

static void read_inputs(struct rig *rig)
{
	struct board_input *input = &rig->input;

	input->now_us = rig->now_us;
	input->cells = rig->sense.cells;
	input->shunt = rig->sense.shunt;
	input->probes = rig->sense.probes;
	input->rails = rig->sense.rails;
	input->stage = rig->sense.stage;
	input->heater_ma = plant_heater_ma(&rig->plant);
	input->relays = plant_contacts(&rig->plant);
	input->din = plant_digital_inputs(&rig->plant);
	input->rtc_s = rig->port.rtc_s + (uint32_t)((rig->now_us - rig->start_us) / 1000000);
}

/* The coils have no supply when the watchdog starves. A core that has never fed one has none. */
static bool starves(const struct rig *rig)
{
	return rig->fed_us && rig->now_us - rig->fed_us > RIG_WATCHDOG_MS * 1000;
}

static void write_outputs(struct rig *rig)
{
	const struct board_output *output = &rig->output;

	if (output->feed)
		rig->fed_us = rig->now_us;
	rig->held = rig->held || output->hold;
	rig->off = rig->held && !output->hold;
	rig->coils = starves(rig) || rig->off ? 0 : output->relays;
	plant_drive(&rig->plant, rig->coils);
	plant_heat(&rig->plant, rig->off ? 0 : output->heat_permille);
	plant_short_level(&rig->plant, output->short_ma);
	plant_drive_stage(&rig->plant, &output->stage);
}

/* The supply comes on with an edge of the key, the charger or the switch. */
static bool is_woken(struct rig *rig)
{
	uint8_t din = plant_digital_inputs(&rig->plant);
	uint8_t risen = (uint8_t)(din & ~rig->din);

	rig->din = din;
	return risen & (PORT_DIN_ACC | PORT_DIN_CHARGER | PORT_DIN_BUTTON);
}

void rig_step(struct rig *rig)
{
	rig->now_us += rig->step_us;
	plant_step(&rig->plant, rig->step_us * 1e-6);
	sense_step(&rig->sense, &rig->plant, rig->now_us);
	if (rig->off) {
		if (is_woken(rig))
			rig_reset(rig, PORT_RESET_POWER);
		return;
	}
	read_inputs(rig);
	rig->din = rig->input.din;
	rig->output = (struct board_output){ 0 };
	board_step(&rig->board, &rig->input, &rig->output);
	write_outputs(rig);
	board_keep(&rig->board, &rig->port, false);
}

void rig_run_ms(struct rig *rig, uint32_t ms)
{
	uint64_t end_us = rig->now_us + ms * UINT64_C(1000);

	while (rig->now_us < end_us)
		rig_step(rig);
}

void rig_fault(struct rig *rig, enum plant_fault fault, unsigned element, int32_t value)
{
	plant_fault_set(&rig->plant, fault, element, value);
}

void rig_heal(struct rig *rig, enum plant_fault fault)
{
	const struct plant_fault_row *row = &plant_fault_rows[fault];

	for (unsigned element = 0; element < row->count; element++)
		plant_fault_set(&rig->plant, fault, element, row->normal);
}

void rig_bench(struct rig *rig, int32_t cell_mv)
{
	for (unsigned i = 0; i < rig->plant.config.cells; i++)
		rig_fault(rig, PLANT_FAULT_CELL_MV, i, cell_mv);
	for (unsigned i = 0; i < PORT_PROBES; i++)
		rig_fault(rig, PLANT_FAULT_PROBE_DC, i, 250);
	rig_fault(rig, PLANT_FAULT_BOARD_DC, 0, 300);
	rig_fault(rig, PLANT_FAULT_NOISE_PCT, 0, 0);
	rig_fault(rig, PLANT_FAULT_LOAD_MA, 0, 0);
	rig_fault(rig, PLANT_FAULT_CHARGER_MA, 0, 0);
	rig_fault(rig, PLANT_FAULT_CHARGER_DUMB, 0, 1);
}

uint8_t rig_contacts(const struct rig *rig)
{
	return plant_contacts(&rig->plant);
}

bool rig_alarmed(const struct rig *rig, enum bms_alarm alarm)
{
	return board_alarms(&rig->board) & BMS_ALARM_BIT(alarm);
}
