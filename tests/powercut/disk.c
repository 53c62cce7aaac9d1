/* SPDX-License-Identifier: MIT */
#include "disk.h"

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint8_t *file_bytes(const char *path, size_t *ret_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	uint8_t *bytes;

	if (fd < 0 || fstat(fd, &status) < 0)
		err(1, "%s", path);
	*ret_size = (size_t)status.st_size;
	bytes = malloc(*ret_size + 1);
	if (!bytes || read(fd, bytes, *ret_size) != (ssize_t)*ret_size)
		err(1, "%s", path);
	close(fd);
	return bytes;
}

/* Inodes are reused, so that a file is one from its creation on. */
static size_t file_find(const uint64_t *inodes, size_t count, uint64_t inode)
{
	while (count > 0)
		if (inodes[--count] == inode)
			return count;
	errx(1, "the log does not begin with an empty directory");
}

static void op_read(struct oplog *oplog, struct op *op, const struct iolog_record *record,
	const uint8_t *payload, uint64_t inodes[DISK_FILES_MAX])
{
	if (record->kind >= IOLOG_KINDS)
		errx(1, "the log has a record of kind %u", record->kind);
	*op = (struct op){
		.kind = (enum iolog_kind)record->kind,
		.is_created = record->kind == IOLOG_OPEN && record->offset,
		.offset = record->offset,
		.length = record->length,
		.payload = payload,
	};
	if (op->is_created) {
		if (oplog->file_count == DISK_FILES_MAX || op->length > DISK_NAME_SIZE)
			errx(1, "too many files, or too long a name");
		memcpy(oplog->names[oplog->file_count], op->payload, op->length);
		inodes[oplog->file_count++] = record->file;
	}
	if (op->kind != IOLOG_UNLINK && op->kind != IOLOG_RENAME && op->kind != IOLOG_ACK)
		op->file = file_find(inodes, oplog->file_count, record->file);
}

void oplog_load(struct oplog *oplog, const char *path)
{
	uint64_t inodes[DISK_FILES_MAX];
	struct iolog_record record;
	size_t size, at = 0, room = 0;

	*oplog = (struct oplog){ .bytes = file_bytes(path, &size) };
	while (at < size) {
		if (size - at < sizeof(record))
			break;
		memcpy(&record, oplog->bytes + at, sizeof(record));
		if (size - at - sizeof(record) < record.length)
			break;
		if (oplog->count == room) {
			room = 2 * room + 1024;
			oplog->ops = realloc(oplog->ops, room * sizeof(struct op));
			if (!oplog->ops)
				err(1, "memory");
		}
		op_read(oplog, &oplog->ops[oplog->count++], &record,
			oplog->bytes + at + sizeof(record), inodes);
		at += sizeof(record) + record.length;
	}
	if (at != size)
		errx(1, "%s: ends within a record", path);
}

void oplog_free(struct oplog *oplog)
{
	free(oplog->ops);
	free(oplog->bytes);
}

bool op_is_of(const struct oplog *oplog, const struct op *op, const char *suffix)
{
	const char *name = oplog->names[op->file];
	size_t length = strlen(name), tail = strlen(suffix);

	return length >= tail && strcmp(name + length - tail, suffix) == 0;
}

void disk_free(struct disk *disk)
{
	for (size_t i = 0; i < DISK_FILES_MAX; i++)
		free(disk->files[i].bytes);
}

/* What is between the old end and the new one reads as zeros. */
static void file_resize(struct disk_file *file, size_t size)
{
	if (size > file->room) {
		file->room = size + size / 2 + 65536;
		file->bytes = realloc(file->bytes, file->room);
		if (!file->bytes)
			err(1, "memory");
	}
	if (size > file->size)
		memset(file->bytes + file->size, 0, size - file->size);
	file->size = size;
}

void disk_copy(struct disk *disk, const struct disk *from)
{
	for (size_t i = 0; i < DISK_FILES_MAX; i++) {
		struct disk_file *to = &disk->files[i];
		const struct disk_file *file = &from->files[i];

		to->exists = file->exists;
		to->is_mapped = file->is_mapped;
		memcpy(to->name, file->name, sizeof(to->name));
		file_resize(to, file->size);
		if (file->size > 0)
			memcpy(to->bytes, file->bytes, file->size);
	}
}

void disk_write(
	struct disk *disk, const struct op *op, size_t from, const uint8_t *bytes, size_t length)
{
	struct disk_file *file = &disk->files[op->file];
	size_t at = (size_t)op->offset + from;

	if (!file->exists || length == 0)
		return;
	if (file->size < at + length)
		file_resize(file, at + length);
	memcpy(file->bytes + at, bytes, length);
}

static struct disk_file *file_by_name(struct disk *disk, const char *name)
{
	for (size_t i = 0; i < DISK_FILES_MAX; i++)
		if (disk->files[i].exists && strcmp(disk->files[i].name, name) == 0)
			return &disk->files[i];
	return NULL;
}

static void name_remove(struct disk *disk, const char *name)
{
	struct disk_file *file = file_by_name(disk, name);

	if (file)
		file->exists = false;
}

static void name_change(struct disk *disk, const char *from, const char *to)
{
	struct disk_file *file = file_by_name(disk, from);

	if (!file)
		return;
	name_remove(disk, to);
	snprintf(file->name, sizeof(file->name), "%s", to);
}

void disk_apply(struct disk *disk, const struct oplog *oplog, const struct op *op)
{
	struct disk_file *file = &disk->files[op->file];
	const char *name = (const char *)op->payload;

	switch (op->kind) {
	case IOLOG_OPEN:
		if (op->is_created) {
			file->exists = true;
			memcpy(file->name, oplog->names[op->file], sizeof(file->name));
		}
		break;
	case IOLOG_WRITE:
		disk_write(disk, op, 0, op->payload, op->length);
		break;
	case IOLOG_TRUNCATE:
		if (file->exists)
			file_resize(file, (size_t)op->offset);
		break;
	case IOLOG_MAP:
		file->is_mapped = true;
		break;
	case IOLOG_UNLINK:
		name_remove(disk, name);
		break;
	case IOLOG_RENAME:
		name_change(disk, name, name + strlen(name) + 1);
		break;
	case IOLOG_SYNC:
	case IOLOG_ACK:
	case IOLOG_KINDS:
		break;
	}
}

static void directory_empty(const char *directory)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;

	if (!dir)
		err(1, "%s", directory);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && unlinkat(dirfd(dir), entry->d_name, 0) < 0)
			err(1, "%s/%s", directory, entry->d_name);
	closedir(dir);
}

void disk_store(const struct disk *disk, const char *directory)
{
	directory_empty(directory);
	for (size_t i = 0; i < DISK_FILES_MAX; i++) {
		const struct disk_file *file = &disk->files[i];
		char path[PATH_MAX];
		int fd;

		if (!file->exists)
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, file->name);
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
		if (fd < 0 || write(fd, file->bytes, file->size) != (ssize_t)file->size)
			err(1, "%s", path);
		close(fd);
	}
}
