/* SPDX-License-Identifier: MIT */
/* Without this the journal would name this file as the place of every message. */
#define SD_JOURNAL_SUPPRESS_LOCATION

#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

enum {
	LOG_LINE_SIZE = 2048
};

static const char *const level_words[] = {
	[LOG_EMERG] = "emergency",
	[LOG_ALERT] = "alert",
	[LOG_CRIT] = "critical",
	[LOG_ERR] = "error",
	[LOG_WARNING] = "warning",
	[LOG_NOTICE] = "notice",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

/* Written by log_open() before the first thread starts, read by all of them. */
static bool to_journal;
static int level_shown = LOG_INFO;

/* systemd sets JOURNAL_STREAM=DEVICE:INODE; somebody may have redirected stderr since. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device;
	uintmax_t inode;
	struct stat stat;

	if (!stream || sscanf(stream, "%ju:%ju", &device, &inode) != 2)
		return false;
	if (fstat(STDERR_FILENO, &stat) < 0)
		return false;
	return device == stat.st_dev && inode == stat.st_ino;
}

void log_open(enum log_target target, int max_level)
{
	level_shown = max_level;
	to_journal =
		target == LOG_TARGET_JOURNAL || (target == LOG_TARGET_AUTO && stderr_is_journal());
}

void log_write(int level, const char *format, ...)
{
	int saved_errno = errno;
	char line[LOG_LINE_SIZE];
	va_list arguments;

	if (level > level_shown)
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);

	if (!to_journal || sd_journal_print(level, "%s", line) < 0)
		fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name,
			level_words[LOG_PRI(level)], line);
	errno = saved_errno;
}
