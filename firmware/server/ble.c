/* SPDX-License-Identifier: MIT */
#include "server/ble.h"

#include "server/actions.h"
#include "server/frames.h"

static bool put_frame(void *userdata, uint8_t type, uint8_t counter, uint8_t out[BMS_JK_FRAME_SIZE])
{
	const struct ble *ble = userdata;

	frames_put(&ble->change, type, counter, out);
	return true;
}

static size_t put_records(
	void *userdata, size_t first, uint8_t counter, uint8_t out[BMS_JK_FRAME_SIZE])
{
	const struct ble *ble = userdata;

	return frames_put_records(&ble->change, first, counter, out);
}

static void execute(void *userdata, const struct bms_jk_command *command)
{
	struct ble *ble = userdata;
	const struct action *action = action_by_command(command->command);
	size_t slot;
	int64_t value;

	if (action)
		action_run(action, &ble->change, bms_jk_command_u32(command));
	else if (command->command == BMS_JK_COMMAND_USER_DATA)
		change_text(&ble->change, BMS_IDENTITY_USER_DATA, command->value, command->size);
	else if (bms_jk_command_setting(command, &slot, &value) == BMS_OK)
		change_setting(&ble->change, slot, value);
}

static void send(void *userdata, const uint8_t *bytes, size_t size)
{
	struct ble *ble = userdata;

	port_uart_write(ble->change.port, PORT_UART_BLE, bytes, size);
}

static const struct bms_jk_server_operations operations = {
	.frame = put_frame,
	.records = put_records,
	.execute = execute,
	.send = send,
};

void ble_init(struct ble *ble, struct board *board, struct port *port)
{
	change_init(&ble->change, board, port);
	bms_jk_server_init(&ble->server, &operations, ble, ble->change.profile);
}

void ble_poll(struct ble *ble, uint64_t now_us)
{
	uint8_t in[BMS_JK_COMMAND_SIZE];
	size_t size;

	while ((size = port_uart_read(ble->change.port, PORT_UART_BLE, in, sizeof(in))) > 0)
		bms_jk_server_hear(&ble->server, in, size, now_us);
	bms_jk_server_poll(&ble->server, now_us);
}
