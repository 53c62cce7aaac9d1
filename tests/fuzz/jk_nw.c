/* SPDX-License-Identifier: MIT */
/* 4E 57: frames, and their information as it is; what was decoded encodes to the same. */
#include "fuzz.h"

#include "bms/jk_nw.h"

static void take(const uint8_t *info, size_t size)
{
	static uint8_t encoded[BMS_NW_INFO_MAX];
	static struct bms_nw_report report;
	static struct bms_nw_report again;
	struct bms_telemetry telemetry = { 0 };

	memset(&report, 0, sizeof(report));
	memset(&again, 0, sizeof(again));
	(void)bms_nw_decode(info, size, &report);
	assert(report.cells <= BMS_CELLS_MAX);
	bms_nw_report_telemetry(&report, &telemetry);
	assert(bms_nw_decode(encoded, bms_nw_encode(&report, encoded), &again) == BMS_OK);
	assert(again.cells == report.cells);
	assert(memcmp(again.has_number, report.has_number, sizeof(again.has_number)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bms_nw_frame frame;

	assert(bms_nw_frame_size(data, size) <= BMS_NW_FRAME_MAX);
	if (bms_nw_parse(data, size, &frame) == BMS_OK)
		take(frame.info, frame.info_size);
	if (size > BMS_NW_OVERHEAD)
		take(data + BMS_NW_INFO, size - BMS_NW_OVERHEAD);
	return 0;
}
