/* SPDX-License-Identifier: MIT */
/* A recorded log, and a directory in memory that its operations are applied to, wholly or in part. */
#ifndef TESTS_POWERCUT_DISK_H
#define TESTS_POWERCUT_DISK_H

#include <stdbool.h>
#include <stddef.h>

#include "iolog.h"

enum {
	DISK_FILES_MAX = 64,
	DISK_NAME_SIZE = 64,
};

struct op {
	enum iolog_kind kind;
	size_t file; /* index, in the order of creation; of a rename or unlink: none */
	bool is_created;
	uint64_t offset;
	size_t length;
	const uint8_t *payload; /* in the log */
};

struct oplog {
	struct op *ops;
	size_t count;
	size_t file_count;
	char names[DISK_FILES_MAX][DISK_NAME_SIZE]; /* of each file when it was created */
	uint8_t *bytes;
};

/* Ends the program if the log cannot be read or makes no sense. */
void oplog_load(struct oplog *oplog, const char *path);
void oplog_free(struct oplog *oplog);
bool op_is_of(const struct oplog *oplog, const struct op *op, const char *suffix);

struct disk_file {
	bool exists;
	bool is_mapped;
	char name[DISK_NAME_SIZE];
	uint8_t *bytes;
	size_t size;
	size_t room;
};

struct disk {
	struct disk_file files[DISK_FILES_MAX];
};

void disk_free(struct disk *disk);
void disk_copy(struct disk *disk, const struct disk *from);

void disk_apply(struct disk *disk, const struct oplog *oplog, const struct op *op);
/* Bytes of a write, at the write's offset plus from; a file that is not there takes none. */
void disk_write(
	struct disk *disk, const struct op *op, size_t from, const uint8_t *bytes, size_t length);

/* The files as they would be found, in a directory that is emptied first. */
void disk_store(const struct disk *disk, const char *directory);

#endif
