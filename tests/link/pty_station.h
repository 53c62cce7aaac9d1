/* SPDX-License-Identifier: MIT */
/*
 * A Modbus station on a pseudo-terminal that answers what the test tells it to: given bytes, late,
 * in pieces, not at all. Without instructions it answers well: byte k of a read of register r is
 * the low byte of r + k. The device's path is a symbolic link, as udev makes them.
 */
#ifndef TESTS_PTY_STATION_H
#define TESTS_PTY_STATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PTY_ANSWER_MAX = 600
};

struct pty_answer {
	bool is_good; /* the good answer, in this manner, instead of bytes */
	unsigned delay_ms;
	size_t chunk_size; /* 0: all at once */
	unsigned chunk_gap_us;
	unsigned repeat; /* say it so many times more */
	size_t size;     /* 0 and not is_good: silence */
	uint8_t bytes[PTY_ANSWER_MAX];
};

struct pty_station;

struct pty_station *pty_station_new(void);
struct pty_station *pty_station_free(struct pty_station *station);

const char *pty_station_path(const struct pty_station *station);

/* How the next request that has no instruction yet is answered. */
void pty_station_answer_next(struct pty_station *station, const struct pty_answer *answer);

/* Unasked. */
void pty_station_say(struct pty_station *station, const uint8_t *bytes, size_t size);

/* Stays connected and no longer reads. */
void pty_station_freeze(struct pty_station *station);

void pty_station_unplug(struct pty_station *station);
/* On another pseudo-terminal than before, under the same path. */
void pty_station_plug(struct pty_station *station);

/* Moves the path to a new pseudo-terminal while the old one stays open and silent. */
void pty_station_move(struct pty_station *station);

/* Registers asked for, in order; SIZE_MAX beyond the last. */
size_t pty_station_asked(struct pty_station *station, size_t index);

#endif
