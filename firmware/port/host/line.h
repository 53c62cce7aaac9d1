/* SPDX-License-Identifier: MIT */
/*
 * A pseudo-terminal that takes the time a serial line takes: the request's own bytes, the board's
 * turnaround, then the answer in chunks of a millisecond. It can also be a bad line.
 */
#ifndef LINE_H
#define LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum line_fault {
	LINE_FAULT_CRC,     /* the last byte is wrong */
	LINE_FAULT_ADDRESS, /* another station answers, with a valid CRC */
	LINE_FAULT_SHORT,   /* the second half is missing */
	LINE_FAULT_LONG,    /* three bytes follow */
	LINE_FAULT_SILENT,  /* no answer */
	LINE_FAULT_BABBLE,  /* noise instead of the answer */
	LINE_FAULTS
};

extern const char *const line_fault_names[LINE_FAULTS];

struct line_config {
	const char *link; /* borrowed; NULL: none */
	unsigned baud;
	unsigned turnaround_us;
	unsigned fault_every[LINE_FAULTS]; /* each n-th answer, 0: never */
};

enum {
	LINE_OUT_MAX = 1024
};

struct line {
	struct line_config config;
	int master;
	int slave; /* ours: keeps the line up while nobody else has it open */
	char path[64];
	uint64_t heard_us; /* the last byte of what came has passed the wire */
	uint64_t start_us; /* of the answer's first byte */
	uint64_t done_us;
	size_t size; /* of the answer */
	size_t sent;
	unsigned next_baud; /* once the answer is out; 0: as it is */
	unsigned answers;
	uint32_t noise;
	uint8_t out[LINE_OUT_MAX];
};

/* 0, or a negative errno; what went wrong is in ret_step. */
int line_init(struct line *line, const struct line_config *config, const char **ret_step);
void line_deinit(struct line *line);

/* Bytes that came, 0 if none. */
size_t line_read(struct line *line, uint8_t *bytes, size_t size, uint64_t now_us);

/* Another speed for what is sent from now on. */
void line_baud(struct line *line, unsigned baud);

/* The board speaks unasked: what it sends next begins now. */
void line_speak(struct line *line, uint64_t now_us);

/* Sends an answer in its time; while one is under way it follows behind. */
void line_send(struct line *line, const uint8_t *bytes, size_t size);

/* Delivers what is due. */
void line_run(struct line *line, uint64_t now_us);

/* When line_run() has something to do, or UINT64_MAX. */
uint64_t line_deadline_us(const struct line *line);

/* Nothing left to send, and the other side has taken everything. */
bool line_is_drained(const struct line *line);

#endif
