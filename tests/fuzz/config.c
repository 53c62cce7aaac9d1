/* SPDX-License-Identifier: MIT */
/* The configuration reader: a file of these bytes is taken, or refused with a reason. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/config.h"

/* libconfig 1.5 loses the text of a string in a file that it refuses: up to 64 bytes a time. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:strbuf_append\nleak:libconfig_yylex\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_errors errors = { 0 };
	struct config *config = NULL;
	int fd = memfd_create("bmsd.conf", 0);
	char path[64];
	int r;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = config_load(&config, path, &errors);
	assert(r == 0 || (r < 0 && !config && errors.count > 0 && errors.text));
	config_free(config);
	config_errors_deinit(&errors);
	close(fd);
	return 0;
}
