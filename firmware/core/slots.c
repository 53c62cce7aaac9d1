/* SPDX-License-Identifier: MIT */
#include "core/slots.h"

#include <string.h>

#include "bms/checksum.h"

/* Header: magic, sequence number, payload size; little-endian. */
#define MAGIC UINT32_C(0x31534d42) /* "BMS1" */

static void put(uint8_t *at, size_t size, uint32_t value)
{
	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get(const uint8_t *at, size_t size)
{
	uint32_t value = 0;

	for (size_t i = 0; i < size; i++)
		value |= (uint32_t)at[i] << 8 * i;
	return value;
}

enum copy_state {
	COPY_BLANK,
	COPY_WHOLE,
	COPY_BROKEN
};

/* Reads one copy; COPY_WHOLE fills record, seq and size. */
static enum copy_state copy_read(
	struct port *port, unsigned page, uint8_t *record, uint32_t *seq, size_t *size)
{
	bool blank = true;
	size_t payload;

	if (!port_nvm_read(port, page, 0, record, SLOTS_RECORD_MAX))
		return COPY_BROKEN;
	for (size_t i = 0; i < SLOTS_RECORD_MAX && blank; i++)
		blank = record[i] == 0xff;
	if (blank)
		return COPY_BLANK;
	payload = get(record + 8, 2);
	if (get(record, 4) != MAGIC || payload > SLOTS_PAYLOAD_MAX)
		return COPY_BROKEN;
	if (bms_crc32(record, SLOTS_HEADER + payload) !=
		get(record + SLOTS_HEADER + payload, SLOTS_CRC))
		return COPY_BROKEN;
	*seq = get(record + 4, 4);
	*size = payload;
	return COPY_WHOLE;
}

/* Sequence numbers wrap. */
static bool is_newer(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

enum slots_state slots_load(struct slots *slots, struct port *port, unsigned first,
	uint8_t record[SLOTS_RECORD_MAX], size_t *ret_size)
{
	enum copy_state state[2];
	uint32_t seq[2] = { 0 };
	size_t size = 0;

	*slots = (struct slots){ .first = (uint8_t)first };
	for (unsigned i = 0; i < 2; i++)
		state[i] = copy_read(port, first + i, record, &seq[i], &size);
	if (state[0] == COPY_BLANK && state[1] == COPY_BLANK)
		return SLOTS_BLANK;
	if (state[0] != COPY_WHOLE && state[1] != COPY_WHOLE)
		return SLOTS_LOST;
	if (state[1] == COPY_WHOLE && (state[0] != COPY_WHOLE || is_newer(seq[1], seq[0])))
		slots->newest = 1;
	if (copy_read(port, first + slots->newest, record, &slots->seq, ret_size) != COPY_WHOLE)
		return SLOTS_LOST;
	return SLOTS_FOUND;
}

static bool page_holds(struct port *port, unsigned page, const uint8_t *record, size_t size)
{
	uint8_t back[64];

	for (size_t at = 0; at < size; at += sizeof(back)) {
		size_t part = size - at < sizeof(back) ? size - at : sizeof(back);

		if (!port_nvm_read(port, page, at, back, part) || memcmp(back, record + at, part))
			return false;
	}
	return true;
}

bool slots_save(struct slots *slots, struct port *port, uint8_t record[SLOTS_RECORD_MAX],
	size_t payload_size)
{
	uint8_t older = slots->newest ^ 1;
	unsigned page = slots->first + older;
	size_t size = SLOTS_HEADER + payload_size;

	put(record, 4, MAGIC);
	put(record + 4, 4, slots->seq + 1);
	put(record + 8, 2, (uint32_t)payload_size);
	put(record + size, SLOTS_CRC, bms_crc32(record, size));
	size += SLOTS_CRC;
	if (!port_nvm_erase(port, page) || !port_nvm_write(port, page, 0, record, size) ||
		!page_holds(port, page, record, size))
		return false;
	slots->newest = older;
	slots->seq++;
	return true;
}
