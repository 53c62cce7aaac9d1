/* SPDX-License-Identifier: MIT */
/*
 * Records of one size, appended to pages of flash in turn; when all are full the oldest page makes
 * room. Records and page headers have a CRC each, and a page is declared void before it is erased:
 * a power cut at any byte costs the record that was being written and no other. Every page is
 * erased equally often.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include "port/port.h"

enum {
	JOURNAL_PAGES_MAX = 4,
	JOURNAL_RECORD_MAX = 24,
};

struct journal_layout {
	uint8_t first_page;
	uint8_t pages;       /* at least 2 */
	uint8_t record_size; /* even, as some flash takes only half-words */
};

struct journal_page {
	uint16_t used; /* places that are written, well or not */
	uint16_t good; /* records among them */
};

struct journal {
	const struct journal_layout *layout; /* NULL: there is no flash, and nothing in it */
	uint8_t first;                       /* the oldest page that is in use */
	uint8_t pages;                       /* in use */
	uint32_t seq;                        /* of the newest page */
	struct journal_page page[JOURNAL_PAGES_MAX];
};

/* Finds what is there. */
void journal_load(struct journal *journal, struct port *port, const struct journal_layout *layout);

/* Records that can be read. */
size_t journal_count(const struct journal *journal);

/* The record at an index; 0 is the oldest. False: there is none, or it has become unreadable. */
bool journal_read(const struct journal *journal, struct port *port, size_t index, uint8_t *record);

/* False: the flash failed, and the record is lost. */
bool journal_append(struct journal *journal, struct port *port, const uint8_t *record);

/* Forgets the records, the oldest first. */
void journal_clear(struct journal *journal, struct port *port);

#endif
