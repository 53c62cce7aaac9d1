/* SPDX-License-Identifier: MIT */
#include "store/rollup_rest.h"

enum {
	REST_COUNTS = 1,
	REST_TOTALS = 2,
};

struct writing {
	uint8_t *bytes;
	size_t size;
};

struct reading {
	const uint8_t *bytes;
	size_t left;
	bool is_bad;
};

static void put(struct writing *writing, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		writing->bytes[writing->size++] = (uint8_t)(value | 0x80);
	writing->bytes[writing->size++] = (uint8_t)value;
}

static uint64_t get(struct reading *reading)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64 && reading->left > 0; shift += 7) {
		uint8_t byte = *reading->bytes++;

		reading->left--;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	reading->is_bad = true;
	return 0;
}

static uint64_t zigzag(int64_t value)
{
	return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

static int64_t unzigzag(uint64_t value)
{
	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static bool counts_differ(const struct rollup *rollup)
{
	for (size_t i = 0; i < COLUMN_ROLLED; i++)
		if (rollup->range[i].n > 0 && rollup->range[i].n != rollup->n)
			return true;
	return false;
}

size_t rollup_rest_write(const struct rollup *rollup, bool has_totals, uint8_t out[ROLLUP_REST_MAX])
{
	bool has_counts = counts_differ(rollup);
	struct writing writing = { out, 0 };

	put(&writing, (has_counts ? REST_COUNTS : 0u) | (has_totals ? REST_TOTALS : 0u));
	for (size_t i = 0; i < COLUMN_ROLLED; i++) {
		const struct rollup_range *range = &rollup->range[i];

		if (has_counts)
			put(&writing, (uint64_t)range->n);
		if (range->n > 0)
			put(&writing, zigzag(range->sum - rollup_range_average(range) * range->n));
	}
	for (size_t i = 0; has_totals && i < COLUMN_TOTALS; i++)
		put(&writing, (uint64_t)(rollup->total[i] % column_total_divisors[i]));
	return writing.size;
}

bool rollup_rest_read(struct rollup_rest *ret, const uint8_t *bytes, size_t size, int64_t n,
	const struct rollup_value averages[COLUMN_ROLLED])
{
	struct reading reading = { bytes, size, false };
	struct rollup_rest rest = { 0 };
	uint64_t format = get(&reading);

	for (size_t i = 0; i < COLUMN_ROLLED; i++) {
		int64_t count = averages[i].has ? n : 0;

		if (format & REST_COUNTS)
			count = (int64_t)get(&reading);
		if (count <= 0 || count > n)
			continue;
		rest.n[i] = count;
		rest.sum[i] = averages[i].value * count + unzigzag(get(&reading));
	}
	for (size_t i = 0; (format & REST_TOTALS) && i < COLUMN_TOTALS; i++)
		rest.total[i] = (int64_t)get(&reading);
	if (reading.is_bad || reading.left > 0 || format > (REST_COUNTS | REST_TOTALS))
		return false;
	*ret = rest;
	return true;
}
