/* SPDX-License-Identifier: MIT */
/*
 * A fuzzer is one file with LLVMFuzzerTestOneInput(). Built with clang and -Dfuzz=true libFuzzer
 * drives it; otherwise replay.c does, with what real boards sent and changes of it, so that the
 * ordinary tests run every fuzzer with gcc too.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	FUZZ_INPUT_MAX = 4096,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Captured bytes number index; 0 behind the last. */
size_t fuzz_seed(size_t index, uint8_t *out, size_t room);

/* Takes the next byte or size, 0 when there is none: inputs that say how they are cut. */
static inline uint8_t fuzz_take(const uint8_t **data, size_t *size)
{
	if (*size == 0)
		return 0;
	(*size)--;
	return *(*data)++;
}

#endif
