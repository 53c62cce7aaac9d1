/* SPDX-License-Identifier: MIT */
/* The board's diary in flash: what is added to the one in memory is appended to two journals, and
 * their newest entries are the diary of the next start. */
#ifndef DIARY_STORE_H
#define DIARY_STORE_H

#include "bms/jk_diary.h"
#include "core/journal.h"

enum {
	DIARY_EVENT_FIRST_PAGE = 4,
	DIARY_EVENT_PAGES = 2, /* 254 events a page */
	DIARY_RECORD_FIRST_PAGE = DIARY_EVENT_FIRST_PAGE + DIARY_EVENT_PAGES,
	DIARY_RECORD_PAGES = 2, /* 78 records a page */
};

struct diary_store {
	struct journal events;
	struct journal records;
	uint32_t kept_events; /* of those written in all */
	uint32_t kept_records;
};

/* Fills an empty diary with what the flash holds. */
void diary_store_load(struct diary_store *store, struct bms_jk_diary *diary, struct port *port);

/* Appends what is new; what the flash does not take is in memory only. Before loading nothing is
 * kept. */
void diary_store_keep(
	struct diary_store *store, const struct bms_jk_diary *diary, struct port *port);

/* Empties both. */
void diary_store_erase(struct diary_store *store, struct bms_jk_diary *diary, struct port *port);

#endif
