/* SPDX-License-Identifier: MIT */
/*
 * Frames out of what a Bluetooth module notifies: pieces of any size, its own chatter ("AT\r\n")
 * between them, acknowledgements glued to a frame, frames cut by lost pieces. A header inside a
 * frame begins another one, and the first is given up: no sound frame holds one.
 */
#ifndef BMS_JK_STREAM_H
#define BMS_JK_STREAM_H

#include <stdbool.h>

#include "bms/jk_frame.h"

enum bms_jk_item {
	BMS_JK_ITEM_NONE,
	BMS_JK_ITEM_FRAME,
	BMS_JK_ITEM_ACK,
};

struct bms_jk_stream {
	uint8_t bytes[BMS_JK_FRAME_SIZE]; /* begins as a frame or an acknowledgement does */
	size_t size;
	bool is_told; /* the item in bytes was returned */

	uint64_t frames;
	uint64_t acks;
	uint64_t cut;     /* frames that another one began in */
	uint64_t damaged; /* whole, but with a wrong checksum or of no known type */
	uint64_t skipped; /* bytes of neither */
};

/* Forgets a frame that has begun: the link was down. The counters go on. */
void bms_jk_stream_reset(struct bms_jk_stream *stream);

/*
 * Takes bytes up to the end of the next item and says in ret_used how many; to be called again
 * with the rest. A frame is a view into the stream until the next call.
 */
enum bms_jk_item bms_jk_stream_take(struct bms_jk_stream *stream, const uint8_t *data, size_t size,
	size_t *ret_used, struct bms_jk_frame *ret_frame);

#endif
