/* SPDX-License-Identifier: MIT */
#include "port/host/line.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "bms/checksum.h"

enum {
	CHUNK_US = 1000,
	BITS_PER_BYTE = 10, /* 8N1 */
	STALE_US = 1000000,
	UNREAD_MAX = 2048, /* of a board that speaks unasked while nobody listens */
	ACK_SIZE = 8,
	FRAME_SIZE = 300,
	LONG_BY = 3,
	BABBLE_SIZE = 41,
};

const char *const line_fault_names[LINE_FAULTS] = {
	[LINE_FAULT_CRC] = "crc",
	[LINE_FAULT_ADDRESS] = "address",
	[LINE_FAULT_SHORT] = "short",
	[LINE_FAULT_LONG] = "long",
	[LINE_FAULT_SILENT] = "silent",
	[LINE_FAULT_BABBLE] = "babble",
};

static uint64_t wire_us(const struct line *line, size_t bytes)
{
	return (uint64_t)bytes * BITS_PER_BYTE * 1000000 / line->config.baud;
}

/* Beside the link and then over it, so that it never points nowhere. */
static int link_set(const char *link, const char *path)
{
	char beside[4096];

	if (snprintf(beside, sizeof(beside), "%s.%ld", link, (long)getpid()) >= (int)sizeof(beside))
		return -ENAMETOOLONG;
	unlink(beside);
	if (symlink(path, beside) < 0)
		return -errno;
	if (rename(beside, link) < 0) {
		int r = -errno;

		unlink(beside);
		return r;
	}
	return 0;
}

/* Only ours: a later instance may have taken the link over. */
static void link_remove(const char *link, const char *path)
{
	char target[64];
	ssize_t size = readlink(link, target, sizeof(target) - 1);

	if (size < 0)
		return;
	target[size] = '\0';
	if (!strcmp(target, path))
		unlink(link);
}

static int pty_open(struct line *line, const char **ret_step)
{
	struct termios raw;

	*ret_step = "cannot open a pseudo-terminal";
	line->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (line->master < 0 || grantpt(line->master) < 0 || unlockpt(line->master) < 0 ||
		ptsname_r(line->master, line->path, sizeof(line->path)) != 0)
		return -errno;
	line->slave = open(line->path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (line->slave < 0 || tcgetattr(line->slave, &raw) < 0)
		return -errno;
	cfmakeraw(&raw);
	return tcsetattr(line->slave, TCSANOW, &raw) < 0 ? -errno : 0;
}

int line_init(struct line *line, const struct line_config *config, const char **ret_step)
{
	int r;

	*line = (struct line){ .config = *config, .master = -1, .slave = -1, .noise = 1 };
	r = pty_open(line, ret_step);
	if (r == 0 && config->link) {
		*ret_step = "cannot make the link";
		r = link_set(config->link, line->path);
	}
	if (r < 0)
		line_deinit(line);
	return r;
}

void line_deinit(struct line *line)
{
	if (line->config.link && line->path[0])
		link_remove(line->config.link, line->path);
	if (line->slave >= 0)
		close(line->slave);
	if (line->master >= 0)
		close(line->master);
	line->slave = line->master = -1;
}

size_t line_read(struct line *line, uint8_t *bytes, size_t size, uint64_t now_us)
{
	ssize_t got = read(line->master, bytes, size);

	if (got <= 0)
		return 0;
	if (line->heard_us < now_us)
		line->heard_us = now_us;
	line->heard_us += wire_us(line, (size_t)got);
	return (size_t)got;
}

/* The fault of this answer, or LINE_FAULTS. */
static enum line_fault fault_due(struct line *line)
{
	line->answers++;
	for (int i = 0; i < LINE_FAULTS; i++)
		if (line->config.fault_every[i] && line->answers % line->config.fault_every[i] == 0)
			return (enum line_fault)i;
	return LINE_FAULTS;
}

/* The address is the first byte of a Modbus answer; a 300-byte frame stands before it. */
static void change_address(uint8_t *answer, size_t size)
{
	uint8_t *modbus = size == FRAME_SIZE + ACK_SIZE ? answer + FRAME_SIZE : answer;
	size_t body = size - (size_t)(modbus - answer) - 2;
	uint16_t crc;

	modbus[0] ^= 0x15;
	crc = bms_crc16_modbus(modbus, body);
	modbus[body] = (uint8_t)crc;
	modbus[body + 1] = (uint8_t)(crc >> 8);
}

static size_t make_noise(struct line *line, uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		line->noise = line->noise * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(line->noise >> 24);
	}
	return size;
}

static size_t spoil(struct line *line, uint8_t *answer, size_t size)
{
	enum line_fault fault = fault_due(line);

	if (fault == LINE_FAULT_CRC)
		answer[size - 1] ^= 0x5a;
	else if (fault == LINE_FAULT_ADDRESS)
		change_address(answer, size);
	else if (fault == LINE_FAULT_SHORT)
		return size / 2;
	else if (fault == LINE_FAULT_LONG)
		return size + make_noise(line, answer + size, LONG_BY);
	else if (fault == LINE_FAULT_SILENT)
		return 0;
	else if (fault == LINE_FAULT_BABBLE)
		return make_noise(line, answer, BABBLE_SIZE);
	return size;
}

static int unread(const struct line *line)
{
	int bytes = 0;

	return ioctl(line->slave, FIONREAD, &bytes) < 0 ? 0 : bytes;
}

/* A real line does not keep what nobody was there to read. */
static void drop_stale(struct line *line)
{
	int bytes = unread(line);

	if (bytes > UNREAD_MAX || (bytes > 0 && line->heard_us > line->done_us + STALE_US))
		tcflush(line->slave, TCIFLUSH);
}

static void change_speed(struct line *line)
{
	if (line->size == 0 && line->next_baud) {
		line->config.baud = line->next_baud;
		line->next_baud = 0;
	}
}

void line_baud(struct line *line, unsigned baud)
{
	line->next_baud = baud;
	change_speed(line);
}

void line_speak(struct line *line, uint64_t now_us)
{
	if (line->size == 0)
		line->heard_us = now_us - line->config.turnaround_us;
}

void line_send(struct line *line, const uint8_t *bytes, size_t size)
{
	if (size == 0 || line->size + size + BABBLE_SIZE > sizeof(line->out))
		return;
	if (line->size == 0) {
		drop_stale(line);
		line->sent = 0;
		line->start_us = line->heard_us + line->config.turnaround_us;
	}
	memcpy(line->out + line->size, bytes, size);
	line->size += spoil(line, line->out + line->size, size);
}

void line_run(struct line *line, uint64_t now_us)
{
	uint64_t passed_us = now_us > line->start_us ? now_us - line->start_us : 0;
	size_t due = (size_t)(passed_us * line->config.baud / (BITS_PER_BYTE * UINT64_C(1000000)));

	if (line->size == 0)
		return;
	if (due > line->size)
		due = line->size;
	if (due > line->sent) {
		/* What does not fit is lost, as in a receiver nobody empties. */
		ssize_t written = write(line->master, line->out + line->sent, due - line->sent);

		(void)written;
		line->sent = due;
	}
	if (line->sent == line->size) {
		line->size = line->sent = 0;
		line->done_us = now_us;
		change_speed(line);
	}
}

uint64_t line_deadline_us(const struct line *line)
{
	uint64_t end_us, chunk_us;

	if (line->size == 0)
		return UINT64_MAX;
	end_us = line->start_us + wire_us(line, line->size) + 1;
	chunk_us = line->start_us + wire_us(line, line->sent + 1) + CHUNK_US;
	return chunk_us < end_us ? chunk_us : end_us;
}

bool line_is_drained(const struct line *line)
{
	return line->size == 0 && unread(line) == 0;
}
