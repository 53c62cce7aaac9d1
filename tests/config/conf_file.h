/* SPDX-License-Identifier: MIT */
/* Configuration files of a test, in a directory of its own that is the working directory. */
#ifndef TESTS_CONF_FILE_H
#define TESTS_CONF_FILE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "config/config.h"

/* libconfig 1.5 loses a text that stands where the syntax does not allow one. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

static inline int conf_directory_enter(void **state)
{
	char *path = strdup("/tmp/bmsd-conf-XXXXXX");

	*state = path;
	return path && mkdtemp(path) && chdir(path) == 0 ? 0 : -1;
}

static inline int conf_directory_leave(void **state)
{
	static const char *const names[] = { "bmsd.conf", "sub/inner.conf", "sub/outer.conf",
		"sub/packs.conf", "packs.conf", "settings.conf", "sub" };

	for (size_t i = 0; i < LENGTH(names); i++)
		remove(names[i]);
	if (chdir("/") < 0 || rmdir(*state) < 0)
		return -1;
	free(*state);
	return 0;
}

static inline void conf_write_bytes(const char *path, const char *text, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static inline void conf_write(const char *path, const char *text)
{
	conf_write_bytes(path, text, strlen(text));
}

/* Loads bmsd.conf, which must be right. */
static inline struct config *conf_load(void)
{
	struct config *config = NULL;
	struct config_errors errors;
	int r = config_load(&config, "bmsd.conf", &errors);

	if (r < 0)
		print_error("%s", errors.text);
	assert_int_equal(r, 0);
	assert_int_equal(errors.count, 0);
	config_errors_deinit(&errors);
	return config;
}

/* Loads bmsd.conf, which must have exactly these errors. */
static inline void conf_expect_errors(int result, const char *text)
{
	struct config *config = NULL;
	struct config_errors errors;
	int r = config_load(&config, "bmsd.conf", &errors);

	assert_int_equal(r, result);
	assert_null(config);
	assert_string_equal(errors.text, text);
	config_errors_deinit(&errors);
}

#define IN_DIRECTORY(function) \
	cmocka_unit_test_setup_teardown(function, conf_directory_enter, conf_directory_leave)

#endif
