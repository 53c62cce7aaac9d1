/* SPDX-License-Identifier: MIT */
#include "server/actions.h"

#include "bms/jk_command.h"

static bool apply_preset(struct change *change, uint32_t value, uint8_t chemistry)
{
	(void)value;
	return change_preset(change, (enum bms_chemistry)chemistry);
}

static bool set_clock(struct change *change, uint32_t value, uint8_t unused)
{
	(void)unused;
	board_set_rtc(change->board, change->port, value);
	return true;
}

static bool calibrate_voltage(struct change *change, uint32_t value, uint8_t unused)
{
	(void)unused;
	return value <= INT32_MAX &&
	       board_calibrate_pack(change->board, change->port, (int32_t)value);
}

/* The meter shows a magnitude; the direction is the board's. */
static bool calibrate_current(struct change *change, uint32_t value, uint8_t unused)
{
	bool discharges = change->board->measure.shunt.current_ma < 0;

	(void)unused;
	return value <= INT32_MAX && board_calibrate_current(change->board, change->port,
					     discharges ? -(int32_t)value : (int32_t)value);
}

static bool request(struct change *change, uint32_t value, uint8_t which)
{
	(void)value;
	board_request(change->board, (enum power_request)which);
	return true;
}

static bool switch_emergency(struct change *change, uint32_t value, uint8_t unused)
{
	return value <= 1 &&
	       request(change, unused, value ? POWER_EMERGENCY_START : POWER_EMERGENCY_STOP);
}

/* What the flash holds stays; the answer is out before the port does it. */
static bool restart(struct change *change, uint32_t value, uint8_t unused)
{
	(void)value;
	(void)unused;
	board_keep(change->board, change->port, true);
	port_restart(change->port);
	return true;
}

static bool restore_factory(struct change *change, uint32_t value, uint8_t unused)
{
	(void)value;
	(void)unused;
	return change_factory(change);
}

static bool erase_log(struct change *change, uint32_t value, uint8_t unused)
{
	struct board *board = change->board;

	(void)value;
	(void)unused;
	diary_store_erase(&board->diary_store, &board->diary, change->port);
	return true;
}

/* Entering the boot loader (1626, FF) is refused: there is none. */
static const struct action actions[] = {
	{ 0x1600, BMS_JK_COMMAND_CALIBRATE_VOLTAGE, 4, 0, calibrate_voltage },
	{ 0x1604, BMS_JK_COMMAND_SHUT_DOWN, 2, POWER_SHUT_DOWN, request },
	{ 0x1606, BMS_JK_COMMAND_CALIBRATE_CURRENT, 4, 0, calibrate_current },
	{ 0x160A, BMS_JK_COMMAND_PRESET_NMC, 2, BMS_CHEMISTRY_NMC, apply_preset },
	{ 0x160C, BMS_JK_COMMAND_PRESET_LFP, 2, BMS_CHEMISTRY_LFP, apply_preset },
	{ 0x160E, BMS_JK_COMMAND_PRESET_LTO, 2, BMS_CHEMISTRY_LTO, apply_preset },
	{ 0x1610, 0, 2, POWER_EMERGENCY_START, request },
	{ 0, BMS_JK_COMMAND_EMERGENCY, 0, 0, switch_emergency },
	{ 0x1612, BMS_JK_COMMAND_CLOCK, 4, 0, set_clock },
	{ 0x1616, BMS_JK_COMMAND_RESTART, 2, 0, restart },
	{ 0x1618, 0, 2, 0, restore_factory },
	{ 0x161A, 0, 2, 0, erase_log },
};

enum {
	ACTIONS = sizeof(actions) / sizeof(*actions)
};

const struct action *action_by_register(uint16_t reg)
{
	for (size_t i = 0; reg && i < ACTIONS; i++)
		if (actions[i].reg == reg)
			return &actions[i];
	return NULL;
}

const struct action *action_by_command(uint8_t command)
{
	for (size_t i = 0; command && i < ACTIONS; i++)
		if (actions[i].command == command)
			return &actions[i];
	return NULL;
}

bool action_run(const struct action *action, struct change *change, uint32_t value)
{
	return action->run(change, value, action->argument);
}
