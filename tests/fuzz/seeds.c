/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "captures_boards.h"
#include "captures_bus.h"
#include "captures_log.h"
#include "captures_modbus.h"
#include "captures_nw.h"
#include "captures_relay.h"
#include "captures_writes.h"
#include "check.h"

static const char *const frames[] = {
	relay_device_frame,
	relay_settings_frame,
	b2a8s20p_live_frame,
	pb2a16s20p_live_frame,
	pb2a16s15p_live_frame,
	pb2a16s20p_device_frame,
	board_ack,
	log_events_frame,
	log_records_frame1,
	log_records_frame2,
	nw_14_cells,
	nw_4_cells,
};

static const char *seed_text(size_t index)
{
	if (index < LENGTH(frames))
		return frames[index];
	index -= LENGTH(frames);
	if (index < LENGTH(relay_live_frames))
		return relay_live_frames[index];
	index -= LENGTH(relay_live_frames);
	if (index < LENGTH(app_commands))
		return app_commands[index];
	index -= LENGTH(app_commands);
	if (index < LENGTH(bus_master_and_slave))
		return bus_master_and_slave[index];
	index -= LENGTH(bus_master_and_slave);
	if (index < LENGTH(modbus_reads) * 2)
		return index % 2 ? modbus_reads[index / 2].reply : modbus_reads[index / 2].request;
	index -= LENGTH(modbus_reads) * 2;
	return index < LENGTH(modbus_writes) ? modbus_writes[index].request : NULL;
}

size_t fuzz_seed(size_t index, uint8_t *out, size_t room)
{
	const char *text = seed_text(index);

	return text ? capture_bytes(text, out, room) : 0;
}
