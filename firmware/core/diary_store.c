/* SPDX-License-Identifier: MIT */
#include "core/diary_store.h"

#include <string.h>

/* An event in flash: time and code; a byte keeps the size even. */
enum {
	EVENT_SIZE = 6,
	EVENT_CODE = 4,
	RECORD_SIZE = 24,
};

static const struct journal_layout event_layout = { DIARY_EVENT_FIRST_PAGE, DIARY_EVENT_PAGES,
	EVENT_SIZE };
static const struct journal_layout record_layout = { DIARY_RECORD_FIRST_PAGE, DIARY_RECORD_PAGES,
	RECORD_SIZE };

_Static_assert(
	DIARY_RECORD_FIRST_PAGE + DIARY_RECORD_PAGES <= (int)PORT_NVM_PAGES, "there is flash");
_Static_assert(DIARY_EVENT_PAGES <= (int)JOURNAL_PAGES_MAX, "a journal has room");
_Static_assert(DIARY_RECORD_PAGES <= (int)JOURNAL_PAGES_MAX, "a journal has room");
_Static_assert(RECORD_SIZE <= (int)JOURNAL_RECORD_MAX, "a journal has room");
/* Nobody else reads this flash, so a record lies there as in memory. */
_Static_assert(sizeof(struct bms_jk_record) == RECORD_SIZE, "a record has no gaps");

/* Where the newest of them begin. */
static size_t newest(const struct journal *journal, size_t most)
{
	size_t count = journal_count(journal);

	return count > most ? count - most : 0;
}

static void load_events(struct diary_store *store, struct bms_jk_diary *diary, struct port *port)
{
	uint8_t bytes[EVENT_SIZE];
	uint32_t runtime_s;

	for (size_t i = newest(&store->events, BMS_JK_DIARY_EVENTS);
		i < journal_count(&store->events); i++) {
		if (!journal_read(&store->events, port, i, bytes))
			continue;
		memcpy(&runtime_s, bytes, EVENT_CODE);
		bms_jk_diary_add_event(diary, runtime_s, (enum bms_jk_code)bytes[EVENT_CODE]);
	}
}

static void load_records(struct diary_store *store, struct bms_jk_diary *diary, struct port *port)
{
	struct bms_jk_record record;

	for (size_t i = newest(&store->records, BMS_JK_DIARY_RECORDS);
		i < journal_count(&store->records); i++)
		if (journal_read(&store->records, port, i, (uint8_t *)&record))
			bms_jk_diary_add_record(diary, &record);
}

void diary_store_load(struct diary_store *store, struct bms_jk_diary *diary, struct port *port)
{
	journal_load(&store->events, port, &event_layout);
	journal_load(&store->records, port, &record_layout);
	load_events(store, diary, port);
	load_records(store, diary, port);
	store->kept_events = diary->events;
	store->kept_records = diary->records;
}

/* The newest of count entries has the number count - 1; those that have left memory are gone. */
static size_t new_entries(uint32_t count, uint32_t kept, size_t held)
{
	return count - kept < held ? count - kept : held;
}

static void keep_event(
	struct diary_store *store, const struct bms_jk_event *event, struct port *port)
{
	uint8_t bytes[EVENT_SIZE] = { 0 };

	memcpy(bytes, &event->runtime_s, EVENT_CODE);
	bytes[EVENT_CODE] = event->code;
	journal_append(&store->events, port, bytes);
}

void diary_store_keep(
	struct diary_store *store, const struct bms_jk_diary *diary, struct port *port)
{
	size_t events = bms_jk_diary_event_count(diary);
	size_t records = bms_jk_diary_record_count(diary);

	if (!store->events.layout)
		return;
	for (size_t i = events - new_entries(diary->events, store->kept_events, events); i < events;
		i++)
		keep_event(store, bms_jk_diary_event(diary, i), port);
	for (size_t i = records - new_entries(diary->records, store->kept_records, records);
		i < records; i++)
		journal_append(
			&store->records, port, (const uint8_t *)bms_jk_diary_record(diary, i));
	store->kept_events = diary->events;
	store->kept_records = diary->records;
}

void diary_store_erase(struct diary_store *store, struct bms_jk_diary *diary, struct port *port)
{
	diary->events = diary->records = 0;
	store->kept_events = store->kept_records = 0;
	if (!store->events.layout)
		return;
	journal_clear(&store->events, port);
	journal_clear(&store->records, port);
}
