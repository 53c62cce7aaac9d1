/* SPDX-License-Identifier: MIT */
/* A 300-byte frame to telemetry, settings, identity or log, and on to JSON. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/board_json.h"
#include "bms/checksum.h"
#include "bms/jk_frame.h"
#include "bms/jk_layout.h"
#include "bms/jk_log.h"

static struct bms_telemetry telemetry;
static struct bms_settings settings;
static struct bms_identity identity;

static void print(void)
{
	static char text[65536];
	FILE *out = fmemopen(text, sizeof(text), "w");
	struct json json;

	if (!out)
		abort();
	json_init(&json, out, false);
	json_object_begin(&json, NULL);
	board_json_telemetry(&json, &telemetry);
	board_json_settings(&json, "settings", &settings);
	board_json_identity(&json, "identity", &identity);
	json_object_end(&json);
	json_finish(&json);
	assert(ferror(out) == 0);
	fclose(out);
}

static void decode(const struct bms_jk_frame *frame)
{
	struct bms_jk_event events[BMS_JK_EVENTS_MAX];
	struct bms_jk_record records[BMS_JK_RECORDS_MAX];
	uint16_t first;

	if (frame->type == BMS_JK_FRAME_LIVE)
		bms_jk_decode_live(&frame->payload, &telemetry);
	if (frame->type == BMS_JK_FRAME_SETTINGS)
		bms_jk_decode_settings(&frame->payload, &settings);
	if (frame->type == BMS_JK_FRAME_DEVICE)
		bms_jk_decode_device(&frame->payload, &identity, &settings);
	if (frame->type == BMS_JK_FRAME_EVENT_LOG)
		assert(bms_jk_decode_events(&frame->payload, events) <= BMS_JK_EVENTS_MAX);
	if (frame->type == BMS_JK_FRAME_DETAIL_LOG)
		assert(bms_jk_decode_records(&frame->payload, &first, records) <=
			BMS_JK_RECORDS_MAX);
}

static void take(const uint8_t *data, size_t size)
{
	struct bms_jk_frame frame;

	if (bms_jk_frame_parse(data, size, &frame) != BMS_OK)
		return;
	memset(&telemetry, 0, sizeof(telemetry));
	memset(&settings, 0, sizeof(settings));
	memset(&identity, 0, sizeof(identity));
	decode(&frame);
	print();
}

/* As it is, and with the sum put right, or hardly anything would get past it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t frame[BMS_JK_FRAME_SIZE];

	take(data, size);
	if (size < sizeof(frame))
		return 0;
	memcpy(frame, data, sizeof(frame));
	frame[sizeof(frame) - 1] = bms_sum8(frame, sizeof(frame) - 1);
	take(frame, sizeof(frame));
	return 0;
}
