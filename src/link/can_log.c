/* SPDX-License-Identifier: MIT */
#include "link/can_log.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	STANDARD_DIGITS = 3,
	EXTENDED_DIGITS = 8,
	EXTENDED_ID_MAX = 0x1FFFFFFF,
	INTERFACE_MAX = 15,
};

/* "(seconds.fraction)"; returns what follows, or NULL. */
static const char *parse_time(const char *p, int64_t *ret_us)
{
	int64_t seconds = 0, fraction_us = 0, step_us = 100000;

	if (*p++ != '(' || !isdigit((unsigned char)*p))
		return NULL;
	for (; isdigit((unsigned char)*p); p++) {
		if (seconds > INT64_MAX / 100000000)
			return NULL;
		seconds = seconds * 10 + (*p - '0');
	}
	if (*p == '.')
		for (p++; isdigit((unsigned char)*p); p++, step_us /= 10)
			fraction_us += (*p - '0') * step_us;
	if (*p != ')')
		return NULL;
	*ret_us = seconds * 1000000 + fraction_us;
	return p + 1;
}

static int digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *found = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return found ? (int)(found - digits) : -1;
}

static const char *parse_id(const char *p, struct bms_can_frame *frame)
{
	size_t length = 0;
	uint32_t id = 0;

	for (; digit(p[length]) >= 0 && length < EXTENDED_DIGITS; length++)
		id = id << 4 | (uint32_t)digit(p[length]);
	if ((length != STANDARD_DIGITS && length != EXTENDED_DIGITS) || p[length] != '#')
		return NULL;
	frame->id = id;
	frame->extended = length == EXTENDED_DIGITS;
	return p + length + 1;
}

/* Bytes may be separated by dots. */
static bool parse_data(const char *p, struct bms_can_frame *frame)
{
	while (digit(p[0]) >= 0) {
		if (digit(p[1]) < 0 || frame->size == BMS_CAN_DATA_MAX)
			return false;
		frame->data[frame->size++] = (uint8_t)(digit(p[0]) << 4 | digit(p[1]));
		p += p[2] == '.' ? 3 : 2;
	}
	return *p == '\0' || isspace((unsigned char)*p);
}

enum can_log_line can_log_parse(const char *line, struct can_log_entry *ret)
{
	struct can_log_entry entry = { 0 };
	const char *p = line + strspn(line, " \t");

	if (*p == '\0' || *p == '\n' || *p == '\r' || *p == '#')
		return CAN_LOG_OTHER;
	p = parse_time(p, &entry.time_us);
	if (!p || *p != ' ')
		return CAN_LOG_BAD;
	p += strspn(p, " ");
	p += strcspn(p, " \t\r\n");
	p += strspn(p, " ");
	p = parse_id(p, &entry.frame);
	if (!p)
		return CAN_LOG_BAD;
	if (*p == 'R' || *p == '#' || entry.frame.id > EXTENDED_ID_MAX)
		return CAN_LOG_OTHER;
	if (!parse_data(p, &entry.frame))
		return CAN_LOG_BAD;
	*ret = entry;
	return CAN_LOG_FRAME;
}

const char *can_log_format(
	char out[CAN_LOG_LINE_SIZE], const struct can_log_entry *entry, const char *interface)
{
	const struct bms_can_frame *frame = &entry->frame;
	int length = snprintf(out, CAN_LOG_LINE_SIZE, "(%010" PRId64 ".%06d) %.*s %0*" PRIX32 "#",
		entry->time_us / 1000000, (int)(entry->time_us % 1000000), INTERFACE_MAX, interface,
		frame->extended ? EXTENDED_DIGITS : STANDARD_DIGITS, frame->id);

	for (size_t i = 0; i < frame->size && i < BMS_CAN_DATA_MAX; i++)
		length += snprintf(
			out + length, CAN_LOG_LINE_SIZE - (size_t)length, "%02X", frame->data[i]);
	return out;
}
