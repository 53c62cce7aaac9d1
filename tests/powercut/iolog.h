/* SPDX-License-Identifier: MIT */
/*
 * What the recorder writes and the replayer reads: one record after another, each followed by its
 * payload, in the order in which the calls returned.
 */
#ifndef TESTS_POWERCUT_IOLOG_H
#define TESTS_POWERCUT_IOLOG_H

#include <stdint.h>

enum iolog_kind {
	IOLOG_OPEN,     /* payload: name, NUL included; offset is 1 if the call created the file */
	IOLOG_WRITE,    /* payload: the bytes */
	IOLOG_TRUNCATE, /* to offset */
	IOLOG_SYNC,     /* fsync or fdatasync of the file returned 0 */
	IOLOG_MAP,      /* shared and writable: from here on its content is anything */
	IOLOG_UNLINK,   /* payload: name, NUL included */
	IOLOG_RENAME,   /* payload: old and new name, each with its NUL */
	IOLOG_ACK,      /* payload: what was told to the world outside, about to be sent */
	IOLOG_KINDS
};

/* Names are those inside of the recorded directory. */
struct iolog_record {
	uint64_t file; /* inode */
	uint64_t offset;
	uint32_t kind;
	uint32_t length; /* of the payload */
};

#define IOLOG_DIRECTORY_VARIABLE "POWERCUT_DIRECTORY" /* recorded; an absolute path */
#define IOLOG_LOG_VARIABLE       "POWERCUT_LOG"       /* where the records go */
#define IOLOG_ACKS               "acks" /* a file in the directory of which every write is an ack */

#endif
