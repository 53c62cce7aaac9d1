/* SPDX-License-Identifier: MIT */
/*
 * Drives a fuzzer without an engine: replay [--rounds N] [FILE…]. First the files (inputs that
 * once failed, or that show what the format can say), then every captured frame, then N changed
 * and joined ones, the same every run; where there are files, half of them come of files.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "fuzz.h"

static uint8_t input[2 * FUZZ_INPUT_MAX];
static char **files;
static size_t file_count;

/* A copy of the exact size, so that a read behind its end is seen. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static size_t read_file(size_t index, uint8_t *out, size_t room)
{
	FILE *file = fopen(files[index], "rb");
	size_t size;

	if (!file) {
		fprintf(stderr, "replay: %s: %s\n", files[index], strerror(errno));
		exit(EXIT_FAILURE);
	}
	size = fread(out, 1, room, file);
	fclose(file);
	return size;
}

static size_t run_seeds(void)
{
	size_t count = 0;

	while (fuzz_seed(count, input, sizeof(input)) > 0)
		run(input, fuzz_seed(count++, input, sizeof(input)));
	return count;
}

static void change_byte(struct dice *dice, size_t size)
{
	static const uint8_t odd[] = { 0x00, 0x01, 0x7F, 0x80, 0xFF, 0x55, 0xAA };
	uint8_t *byte = &input[dice_roll(dice) % size];

	if (dice_roll(dice) % 2)
		*byte ^= (uint8_t)(1u << dice_roll(dice) % 8);
	else
		*byte = odd[dice_roll(dice) % sizeof(odd)];
}

static size_t pick(struct dice *dice, size_t seeds, uint8_t *out)
{
	if (file_count > 0 && dice_roll(dice) % 2)
		return read_file(dice_roll(dice) % file_count, out, FUZZ_INPUT_MAX);
	return fuzz_seed(dice_roll(dice) % seeds, out, FUZZ_INPUT_MAX);
}

/* One or two seeds, cut somewhere, with some bytes changed. */
static size_t make_input(struct dice *dice, size_t seeds)
{
	size_t size = pick(dice, seeds, input);

	if (dice_roll(dice) % 4 == 0)
		size = dice_roll(dice) % (size + 1);
	if (dice_roll(dice) % 4 == 0)
		size += pick(dice, seeds, input + size);
	for (uint64_t changes = dice_roll(dice) % 6; size > 0 && changes > 0; changes--)
		change_byte(dice, size);
	return size;
}

int main(int argc, char **argv)
{
	struct dice dice = { 11 };
	unsigned long rounds = 0;
	size_t seeds;
	int first = 1;

	if (argc > 2 && strcmp(argv[1], "--rounds") == 0) {
		rounds = strtoul(argv[2], NULL, 10);
		first = 3;
	}
	files = argv + first;
	file_count = (size_t)(argc - first);
	for (size_t i = 0; i < file_count; i++)
		run(input, read_file(i, input, FUZZ_INPUT_MAX));
	run(input, 0);
	seeds = run_seeds();
	for (unsigned long round = 0; round < rounds; round++)
		run(input, make_input(&dice, seeds));
	printf("%zu files, %zu captured frames, %lu changed ones\n", file_count, seeds, rounds);
	return EXIT_SUCCESS;
}
