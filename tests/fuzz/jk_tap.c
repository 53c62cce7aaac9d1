/* SPDX-License-Identifier: MIT */
/* The listener on RS485: pieces of any size, silences in between. */
#include "fuzz.h"

#include "bms/jk_tap.h"

static struct bms_jk_tap tap;

static void drain(void)
{
	struct bms_jk_heard heard;

	while (bms_jk_tap_next(&tap, &heard)) {
		struct bms_jk_frame frame;

		if (heard.kind == BMS_JK_HEARD_FRAME)
			assert(bms_jk_frame_parse(heard.data, heard.size, &frame) == BMS_OK);
		if (heard.kind == BMS_JK_HEARD_READ)
			assert(heard.size == heard.count * 2u);
	}
	assert(tap.size <= sizeof(tap.buffer));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t cut = fuzz_take(&data, &size);

	bms_jk_tap_init(&tap);
	for (size_t piece = cut % 64 + 1; size > 0;) {
		size_t taken = bms_jk_tap_push(&tap, data, size < piece ? size : piece);

		assert(taken > 0);
		data += taken;
		size -= taken;
		if (cut & 0x80)
			bms_jk_tap_silence(&tap);
		drain();
	}
	bms_jk_tap_silence(&tap);
	drain();
	assert(tap.size == 0);
	return 0;
}
