/* SPDX-License-Identifier: MIT */
/* write_seeds DIRECTORY: the captured frames as files, for libFuzzer to begin with. */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

static int write_seed(const char *directory, size_t index, const uint8_t *data, size_t size)
{
	char path[FUZZ_INPUT_MAX];
	FILE *file;
	int failed;

	snprintf(path, sizeof(path), "%s/capture-%03zu", directory, index);
	file = fopen(path, "wb");
	if (!file) {
		perror(path);
		return -1;
	}
	failed = fwrite(data, 1, size, file) != size;
	failed |= fclose(file) != 0;
	return failed ? -1 : 0;
}

int main(int argc, char **argv)
{
	static uint8_t seed[FUZZ_INPUT_MAX];
	size_t size;

	if (argc != 2) {
		fprintf(stderr, "usage: write_seeds DIRECTORY\n");
		return EXIT_FAILURE;
	}
	for (size_t i = 0; (size = fuzz_seed(i, seed, sizeof(seed))) > 0; i++)
		if (write_seed(argv[1], i, seed, size) < 0)
			return EXIT_FAILURE;
	return EXIT_SUCCESS;
}
