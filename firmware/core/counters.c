/* SPDX-License-Identifier: MIT */
#include "core/counters.h"

/* Payload: seven numbers of 64 bits, little-endian. */
enum {
	NUMBERS = 7,
	NUMBERS_OLD = 4, /* before capacity and zero were learned */
	NUMBER = 8
};

static void number_put(uint8_t *at, int64_t value)
{
	for (size_t i = 0; i < NUMBER; i++)
		at[i] = (uint8_t)((uint64_t)value >> 8 * i);
}

static int64_t number_get(const uint8_t *at)
{
	uint64_t value = 0;

	for (size_t i = 0; i < NUMBER; i++)
		value |= (uint64_t)at[i] << 8 * i;
	return (int64_t)value;
}

bool counters_load(struct counters *counters, struct slots *slots, struct port *port,
	uint8_t record[SLOTS_RECORD_MAX])
{
	const uint8_t *payload = record + SLOTS_HEADER;
	size_t size;

	*counters = (struct counters){ 0 };
	if (slots_load(slots, port, COUNTERS_FIRST_PAGE, record, &size) != SLOTS_FOUND ||
		size < NUMBERS_OLD * NUMBER)
		return false;
	counters->charge.remaining_uams = number_get(payload);
	counters->charge.discharged_uams = number_get(payload + NUMBER);
	counters->runtime_s = (uint32_t)number_get(payload + 2 * NUMBER);
	counters->power_on_count = (uint32_t)number_get(payload + 3 * NUMBER);
	if (size < NUMBERS * NUMBER)
		return true;
	counters->charge.learned_uams = number_get(payload + 4 * NUMBER);
	counters->charge.zero_ua = number_get(payload + 5 * NUMBER);
	counters->watchdog_resets = (uint32_t)number_get(payload + 6 * NUMBER);
	return true;
}

bool counters_save(const struct counters *counters, struct slots *slots, struct port *port,
	uint8_t record[SLOTS_RECORD_MAX])
{
	uint8_t *payload = record + SLOTS_HEADER;

	number_put(payload, counters->charge.remaining_uams);
	number_put(payload + NUMBER, counters->charge.discharged_uams);
	number_put(payload + 2 * NUMBER, counters->runtime_s);
	number_put(payload + 3 * NUMBER, counters->power_on_count);
	number_put(payload + 4 * NUMBER, counters->charge.learned_uams);
	number_put(payload + 5 * NUMBER, counters->charge.zero_ua);
	number_put(payload + 6 * NUMBER, counters->watchdog_resets);
	return slots_save(slots, port, record, NUMBERS * NUMBER);
}
