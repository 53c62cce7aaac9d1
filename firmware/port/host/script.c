/* SPDX-License-Identifier: MIT */
#include "port/host/script.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A pipe is held open for writing too, so that it does not end with its first writer. */
int script_init(struct script *script, const char *path)
{
	struct stat status;
	int flags = O_RDONLY;

	*script = (struct script){ .path = path, .fd = -1 };
	if (!path)
		return 0;
	if (stat(path, &status) == 0 && S_ISFIFO(status.st_mode))
		flags = O_RDWR;
	script->fd = open(path, flags | O_NONBLOCK | O_CLOEXEC);
	return script->fd < 0 ? -errno : 0;
}

void script_deinit(struct script *script)
{
	if (script->fd >= 0)
		close(script->fd);
	script->fd = -1;
}

static void refuse(struct script *script, const char *why)
{
	fprintf(stderr, "bms-sim: %s:%u: %s\n", script->path, script->line, why);
	script->refused++;
}

static void take_line(struct script *script)
{
	struct fault_event event;
	const char *wrong;

	if (script->text[0] == '\0' || script->text[0] == '#')
		return;
	wrong = fault_event_parse(script->text, &event);
	if (wrong)
		refuse(script, wrong);
	else if (script->count == SCRIPT_EVENTS_MAX)
		refuse(script, "too many lines wait for their time");
	else
		script->events[script->count++] = event;
}

static void take(struct script *script, char byte)
{
	if (byte != '\n') {
		/* One more than fits marks a line that is too long. */
		if (script->size < SCRIPT_LINE_MAX)
			script->text[script->size++] = byte;
		return;
	}
	script->line++;
	if (script->size == SCRIPT_LINE_MAX) {
		refuse(script, "the line is too long");
	} else {
		script->text[script->size] = '\0';
		take_line(script);
	}
	script->size = 0;
}

void script_read(struct script *script)
{
	char bytes[512];
	ssize_t size;

	if (script->fd < 0)
		return;
	while ((size = read(script->fd, bytes, sizeof(bytes))) > 0)
		for (ssize_t i = 0; i < size; i++)
			take(script, bytes[i]);
}

bool script_next(struct script *script, uint64_t now_us, struct fault_event *ret)
{
	for (size_t i = 0; i < script->count; i++) {
		if (script->events[i].at_us > now_us)
			continue;
		*ret = script->events[i];
		script->count--;
		memmove(script->events + i, script->events + i + 1,
			(script->count - i) * sizeof(*ret));
		return true;
	}
	return false;
}
