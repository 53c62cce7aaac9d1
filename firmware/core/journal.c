/* SPDX-License-Identifier: MIT */
#include "core/journal.h"

#include <string.h>

#include "bms/checksum.h"

/* Header of a page: magic, sequence number, record size, a byte that stays erased, CRC-16;
 * little-endian. A record is followed by its CRC-16. */
enum {
	MAGIC = 0x314a4d42, /* "BMJ1" */
	SEQ_AT = 4,
	RECORD_SIZE_AT = 8,
	CRC_AT = 10,
	HEADER = 12,
	CRC = 2,
	ERASED = 0xff,
	PLACE_MAX = JOURNAL_RECORD_MAX + CRC,
};

static void put(uint8_t *at, size_t size, uint32_t value)
{
	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get(const uint8_t *at, size_t size)
{
	uint32_t value = 0;

	for (size_t i = 0; i < size; i++)
		value |= (uint32_t)at[i] << 8 * i;
	return value;
}

static unsigned page_of(const struct journal *journal, unsigned index)
{
	return journal->layout->first_page + index;
}

static unsigned after(const struct journal *journal, unsigned index, unsigned steps)
{
	return (index + steps) % journal->layout->pages;
}

static unsigned newest(const struct journal *journal)
{
	return after(journal, journal->first, journal->pages - 1u);
}

static size_t place_size(const struct journal *journal)
{
	return journal->layout->record_size + CRC;
}

static size_t places(const struct journal *journal)
{
	return (PORT_NVM_PAGE_SIZE - HEADER) / place_size(journal);
}

static size_t offset_of(const struct journal *journal, size_t place)
{
	return HEADER + place * place_size(journal);
}

/* False: the page is not in use. */
static bool header_read(
	const struct journal *journal, struct port *port, unsigned index, uint32_t *ret_seq)
{
	uint8_t header[HEADER];

	if (!port_nvm_read(port, page_of(journal, index), 0, header, HEADER) ||
		get(header, SEQ_AT) != MAGIC ||
		header[RECORD_SIZE_AT] != journal->layout->record_size ||
		get(header + CRC_AT, CRC) != bms_crc16_modbus(header, CRC_AT))
		return false;
	*ret_seq = get(header + SEQ_AT, 4);
	return true;
}

enum place_state {
	PLACE_BLANK,
	PLACE_GOOD,
	PLACE_BAD
};

static enum place_state place_read(const struct journal *journal, struct port *port, unsigned index,
	size_t place, uint8_t bytes[PLACE_MAX])
{
	size_t size = journal->layout->record_size;
	bool blank = true;

	if (!port_nvm_read(port, page_of(journal, index), offset_of(journal, place), bytes,
		    place_size(journal)))
		return PLACE_BAD;
	for (size_t i = 0; i < place_size(journal) && blank; i++)
		blank = bytes[i] == ERASED;
	if (blank)
		return PLACE_BLANK;
	return get(bytes + size, CRC) == bms_crc16_modbus(bytes, size) ? PLACE_GOOD : PLACE_BAD;
}

/* Behind a record that was cut off others may follow. */
static struct journal_page page_scan(
	const struct journal *journal, struct port *port, unsigned index)
{
	struct journal_page page = { 0 };
	uint8_t bytes[PLACE_MAX];

	for (size_t place = 0; place < places(journal); place++) {
		enum place_state state = place_read(journal, port, index, place, bytes);

		if (state != PLACE_BLANK)
			page.used = (uint16_t)(place + 1);
		page.good = (uint16_t)(page.good + (state == PLACE_GOOD));
	}
	return page;
}

/* The page with the highest number, and those before it as far as the numbers go down by one. */
static void find_pages(struct journal *journal, struct port *port)
{
	unsigned count = journal->layout->pages, last = 0;
	uint32_t seq;

	for (unsigned i = 0; i < count; i++) {
		if (!header_read(journal, port, i, &seq) ||
			(journal->pages > 0 && (int32_t)(seq - journal->seq) < 0))
			continue;
		journal->seq = seq;
		journal->pages = 1;
		last = i;
	}
	journal->first = (uint8_t)last;
	while (journal->pages > 0 && journal->pages < count) {
		unsigned before = after(journal, journal->first, count - 1);

		if (!header_read(journal, port, before, &seq) ||
			seq != journal->seq - journal->pages)
			return;
		journal->first = (uint8_t)before;
		journal->pages++;
	}
}

void journal_load(struct journal *journal, struct port *port, const struct journal_layout *layout)
{
	*journal = (struct journal){ .layout = layout };
	find_pages(journal, port);
	for (unsigned i = 0; i < journal->pages; i++) {
		unsigned index = after(journal, journal->first, i);

		journal->page[index] = page_scan(journal, port, index);
	}
}

size_t journal_count(const struct journal *journal)
{
	size_t count = 0;

	for (unsigned i = 0; i < journal->pages; i++)
		count += journal->page[after(journal, journal->first, i)].good;
	return count;
}

/* The place of a page's record; usually every place that is used holds one. */
static bool record_read(const struct journal *journal, struct port *port, unsigned index,
	size_t record, uint8_t bytes[PLACE_MAX])
{
	const struct journal_page *page = &journal->page[index];

	if (page->good == page->used)
		return place_read(journal, port, index, record, bytes) == PLACE_GOOD;
	for (size_t place = 0; place < page->used; place++)
		if (place_read(journal, port, index, place, bytes) == PLACE_GOOD && record-- == 0)
			return true;
	return false;
}

bool journal_read(const struct journal *journal, struct port *port, size_t index, uint8_t *record)
{
	uint8_t bytes[PLACE_MAX];

	for (unsigned i = 0; i < journal->pages; i++) {
		unsigned page = after(journal, journal->first, i);

		if (index < journal->page[page].good) {
			if (!record_read(journal, port, page, index, bytes))
				return false;
			memcpy(record, bytes, journal->layout->record_size);
			return true;
		}
		index -= journal->page[page].good;
	}
	return false;
}

/* Half-erased, a page might still look like one; so its header goes first. */
static bool page_free(struct journal *journal, struct port *port, unsigned index)
{
	static const uint8_t nothing[SEQ_AT];

	return port_nvm_write(port, page_of(journal, index), 0, nothing, sizeof(nothing)) &&
	       port_nvm_erase(port, page_of(journal, index));
}

static void drop_oldest(struct journal *journal)
{
	journal->page[journal->first] = (struct journal_page){ 0 };
	journal->first = (uint8_t)after(journal, journal->first, 1);
	journal->pages--;
}

static bool page_begin(struct journal *journal, struct port *port)
{
	unsigned next = journal->pages == 0 ? journal->first : after(journal, newest(journal), 1);
	uint8_t header[HEADER];

	if (journal->pages == journal->layout->pages)
		drop_oldest(journal);
	put(header, SEQ_AT, MAGIC);
	put(header + SEQ_AT, 4, journal->seq + 1);
	header[RECORD_SIZE_AT] = journal->layout->record_size;
	header[RECORD_SIZE_AT + 1] = ERASED;
	put(header + CRC_AT, CRC, bms_crc16_modbus(header, CRC_AT));
	if (!page_free(journal, port, next) ||
		!port_nvm_write(port, page_of(journal, next), 0, header, HEADER))
		return false;
	journal->first = journal->pages == 0 ? (uint8_t)next : journal->first;
	journal->page[next] = (struct journal_page){ 0 };
	journal->pages++;
	journal->seq++;
	return true;
}

/* A place that fails is not tried again. */
static bool place_write(struct journal *journal, struct port *port, const uint8_t *record)
{
	struct journal_page *page = &journal->page[newest(journal)];
	size_t size = journal->layout->record_size, place = page->used++;
	uint8_t bytes[PLACE_MAX], back[PLACE_MAX];

	memcpy(bytes, record, size);
	put(bytes + size, CRC, bms_crc16_modbus(bytes, size));
	if (!port_nvm_write(port, page_of(journal, newest(journal)), offset_of(journal, place),
		    bytes, size + CRC) ||
		place_read(journal, port, newest(journal), place, back) != PLACE_GOOD ||
		memcmp(bytes, back, size + CRC) != 0)
		return false;
	page->good++;
	return true;
}

bool journal_append(struct journal *journal, struct port *port, const uint8_t *record)
{
	bool full = journal->pages == 0 || journal->page[newest(journal)].used == places(journal);

	return (!full || page_begin(journal, port)) && place_write(journal, port, record);
}

void journal_clear(struct journal *journal, struct port *port)
{
	while (journal->pages > 0) {
		page_free(journal, port, journal->first);
		drop_oldest(journal);
	}
}
