/* SPDX-License-Identifier: MIT */
#include "store/change_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void change_list_deinit(struct change_list *list)
{
	free(list->entries);
	*list = (struct change_list){ 0 };
}

int change_list_begin(struct change_list *list, const struct store_change *change, const char *pack)
{
	struct change_entry *entry;

	if (list->count >= CHANGE_LIST_MAX)
		return -ENOBUFS;
	entry = realloc(list->entries, (list->count + 1) * sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	list->entries = entry;
	entry += list->count++;
	*entry = (struct change_entry){ .change = *change };
	snprintf(entry->pack, sizeof(entry->pack), "%s", pack ? pack : "");
	return 0;
}

bool change_list_end(struct change_list *list, const struct store_outcome *outcome)
{
	for (size_t i = 0; i < list->count; i++) {
		struct change_entry *entry = &list->entries[i];

		if (entry->change.id != outcome->id || entry->has_outcome)
			continue;
		entry->outcome = *outcome;
		entry->has_outcome = true;
		return true;
	}
	return false;
}

static int entry_write(struct change_entry *entry, struct history *history)
{
	int r = 0;

	if (entry->row == 0)
		r = history_put_change(history, entry->pack, &entry->change, &entry->row);
	if (r < 0 || !entry->has_outcome || entry->is_ended)
		return r;
	r = history_end_change(history, entry->row, &entry->outcome);
	if (r > 0) {
		/* The row went with a file that was set aside. */
		r = history_put_change(history, entry->pack, &entry->change, &entry->row);
		if (r == 0)
			r = history_end_change(history, entry->row, &entry->outcome);
	}
	entry->is_ended = r == 0;
	return r;
}

int change_list_write(struct change_list *list, struct history *history)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = entry_write(&list->entries[i], history);
	return r;
}

static void entry_tell(struct change_entry *entry, int error, change_list_tell tell, void *userdata)
{
	if (!entry->is_told)
		tell(userdata, entry->change.id, error);
	entry->is_told = true;
}

void change_list_committed(struct change_list *list, change_list_tell tell, void *userdata)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		entry_tell(&list->entries[i], 0, tell, userdata);
		if (!list->entries[i].is_ended)
			list->entries[kept++] = list->entries[i];
	}
	list->count = kept;
}

void change_list_undone(struct change_list *list, int error, change_list_tell tell, void *userdata)
{
	for (size_t i = 0; i < list->count; i++) {
		struct change_entry *entry = &list->entries[i];

		if (!entry->is_told)
			entry->row = 0;
		entry->is_ended = false;
		entry_tell(entry, error, tell, userdata);
	}
}
