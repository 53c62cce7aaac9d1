/* SPDX-License-Identifier: MIT */
#include "server/can.h"

#include <string.h>

#include "server/protocols.h"

void can_init(struct can *can, struct board *board, struct port *port)
{
	*can = (struct can){ 0 };
	change_init(&can->change, board, port);
}

static int64_t setting(const struct can *can, enum bms_setting_slot slot)
{
	return params_setting(&can->change.board->params, slot);
}

/* False: RS485 has the port, or the address has no ids of its own. */
static bool is_live(struct can *can)
{
	int64_t address = setting(can, BMS_SETTING_SLOT_DEVICE_ADDRESS) - CAN_FIRST_ADDRESS;

	if (setting(can, BMS_SETTING_SLOT_PORT_RS485) || address < 0 ||
		address > BMS_JK_CAN_ADDRESS_MAX)
		return false;
	can->options.address = (uint8_t)address;
	return true;
}

/* A port that comes to life says everything at once. */
static void start(struct can *can, uint64_t now_us)
{
	const struct can_protocol *protocol =
		can_protocol_by_number(setting(can, BMS_SETTING_SLOT_CAN_PROTOCOL));

	if (protocol && (!can->live || protocol != can->protocol))
		port_can_bitrate(can->change.port, protocol->bit_s);
	can->protocol = protocol;
	for (size_t i = 0; !can->live && i < BMS_JK_CAN_FRAMES; i++)
		can->due_us[i] = now_us;
}

/* All the switches of a frame or none. */
static void obey(struct can *can, const struct port_can_frame *heard)
{
	struct bms_can_frame frame = {
		.id = heard->id - can->options.address,
		.extended = heard->extended,
		.size = heard->size,
	};
	struct bms_settings settings = can->change.board->params.settings;
	size_t slots[3];
	int64_t wanted[3];
	size_t count;

	memcpy(frame.data, heard->data, sizeof(frame.data));
	count = bms_jk_can_control(&frame, slots, wanted);
	for (size_t i = 0; i < count; i++)
		bms_settings_set(&settings, slots[i], wanted[i]);
	if (count > 0)
		change_commit(&can->change, &settings, &can->change.board->params.identity);
}

static void hear(struct can *can)
{
	struct port_can_frame frame;

	while (port_can_read(can->change.port, &frame))
		if (can->live && can->obeys)
			obey(can, &frame);
}

/* Zeros of a board that has not seen its cells yet would be taken for an empty battery. */
static bool is_known(enum bms_jk_can frame, const struct bms_telemetry *telemetry)
{
	return frame == BMS_JK_CAN_ALARMS || frame == BMS_JK_CAN_ERRORS ||
	       frame == BMS_JK_CAN_STATE || frame == BMS_JK_CAN_SWITCHES ||
	       (bms_telemetry_has(telemetry, BMS_SLOT_CELL_MV) &&
		       bms_telemetry_has(telemetry, BMS_SLOT_PACK_MV));
}

/* False: the controller takes no more. What the board has nothing to say of is skipped. */
static bool send(
	const struct can *can, enum bms_jk_can which, const struct bms_telemetry *telemetry)
{
	struct bms_can_frame frame;
	struct port_can_frame out;

	if (!is_known(which, telemetry) ||
		!bms_jk_can_encode(which, telemetry, &can->change.board->params.settings,
			&can->options, &frame))
		return true;
	out = (struct port_can_frame){
		.id = frame.id, .extended = frame.extended, .size = frame.size
	};
	memcpy(out.data, frame.data, sizeof(out.data));
	return port_can_write(can->change.port, &out);
}

/* On the grid of its period; a board that was late does not send twice. */
static void schedule(struct can *can, enum bms_jk_can which, uint64_t now_us)
{
	uint64_t period_us = (uint64_t)bms_jk_can_rows[which].period_ms * 1000;

	can->due_us[which] += period_us;
	if (can->due_us[which] <= now_us)
		can->due_us[which] = now_us + period_us;
}

static void send_due(struct can *can, uint64_t now_us)
{
	struct bms_telemetry telemetry;
	bool known = false;

	for (int i = 0; i < BMS_JK_CAN_FRAMES; i++) {
		if (now_us < can->due_us[i])
			continue;
		if (!known)
			board_telemetry(can->change.board, &telemetry);
		known = true;
		if (!send(can, (enum bms_jk_can)i, &telemetry))
			return;
		schedule(can, (enum bms_jk_can)i, now_us);
	}
}

void can_poll(struct can *can, uint64_t now_us)
{
	bool live = is_live(can);

	if (live)
		start(can, now_us);
	can->live = live;
	hear(can);
	if (can->live && can->protocol)
		send_due(can, now_us);
}
