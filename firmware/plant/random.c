/* SPDX-License-Identifier: MIT */
#include "plant/random.h"

/* splitmix64 */
uint64_t random_next(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

double random_uniform(uint64_t *state)
{
	return (double)(random_next(state) >> 11) * 0x1p-53;
}

int32_t random_between(uint64_t *state, int32_t low, int32_t high)
{
	uint64_t span = (uint64_t)((int64_t)high - low) + 1;

	return (int32_t)(low + (int64_t)(random_next(state) % span));
}

double random_normal(uint64_t *state)
{
	double sum = 0;

	for (int i = 0; i < 4; i++)
		sum += random_uniform(state);
	return (sum - 2.0) * 1.7320508;
}
