/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "bms/jk_frame.h"
#include "bms/jk_log.h"
#include "captures_log.h"

enum {
	PAYLOAD_SIZE = BMS_JK_FRAME_SIZE - BMS_JK_FRAME_PAYLOAD - 1
};

static uint8_t captured[BMS_JK_FRAME_SIZE];
static uint8_t built[BMS_JK_FRAME_SIZE];
static struct bms_jk_frame frame;
static const struct bms_window payload = {
	.data = built + BMS_JK_FRAME_PAYLOAD, .size = PAYLOAD_SIZE, .order = BMS_ORDER_LITTLE
};

static void take(const char *hex)
{
	memset(built, 0, sizeof(built));
	assert_int_equal(capture_bytes(hex, captured, sizeof(captured)), sizeof(captured));
	assert_int_equal(bms_jk_frame_parse(captured, sizeof(captured), &frame), BMS_OK);
}

static void the_captured_events_are_read_and_written_byte_for_byte(void **state)
{
	static const struct bms_jk_event first[] = { { 0, 0x01 }, { 1023, 0x44 }, { 2700, 0x01 },
		{ 3067, 0x3C } };
	struct bms_jk_event events[BMS_JK_EVENTS_MAX];

	(void)state;
	take(log_events_frame);
	assert_int_equal(frame.type, BMS_JK_FRAME_EVENT_LOG);
	assert_int_equal(bms_jk_decode_events(&frame.payload, events), 28);
	for (size_t i = 0; i < LENGTH(first); i++) {
		assert_int_equal(events[i].runtime_s, first[i].runtime_s);
		assert_int_equal(events[i].code, first[i].code);
	}
	/* Cell 1 overvoltage, then released. */
	assert_int_equal(events[26].runtime_s, 5686830);
	assert_int_equal(events[26].code, 100);
	assert_int_equal(events[27].code, 0x12);
	bms_jk_encode_events(&payload, events, 28);
	bms_jk_frame_seal(built, frame.type, frame.counter);
	assert_memory_equal(built, captured, sizeof(built));
}

static void the_captured_records_are_read_and_written_byte_for_byte(void **state)
{
	struct bms_jk_record records[BMS_JK_RECORDS_MAX];
	uint16_t first;

	(void)state;
	take(log_records_frame1);
	assert_int_equal(bms_jk_decode_records(&frame.payload, &first, records), 12);
	assert_int_equal(first, 0);
	assert_int_equal(records[2].rtc_s, 204920127);
	assert_int_equal(records[2].bits, BMS_JK_RECORD_CHARGE | BMS_JK_RECORD_DISCHARGE);
	assert_int_equal(records[2].highest_mv, 3405);
	assert_int_equal(records[2].pack_cv, 1361);
	assert_int_equal(records[2].current_da, -1);
	assert_int_equal(records[2].remaining_dah, 3095);
	assert_int_equal(records[2].mos_c, 39);
	bms_jk_encode_records(&payload, first, records, 12);
	bms_jk_frame_seal(built, frame.type, frame.counter);
	assert_memory_equal(built, captured, sizeof(built));
}

static void the_last_frame_of_a_burst_has_fewer_records(void **state)
{
	struct bms_jk_record records[BMS_JK_RECORDS_MAX];
	uint16_t first;

	(void)state;
	take(log_records_frame2);
	assert_int_equal(bms_jk_decode_records(&frame.payload, &first, records), 8);
	assert_int_equal(first, 828);
	assert_int_equal(records[7].bits,
		BMS_JK_RECORD_CHARGE | BMS_JK_RECORD_DISCHARGE | BMS_JK_RECORD_BALANCING);
}

static void counts_beyond_the_frame_are_cut(void **state)
{
	struct bms_jk_event events[BMS_JK_EVENTS_MAX];
	struct bms_jk_record records[BMS_JK_RECORDS_MAX];
	uint16_t first;

	(void)state;
	memset(built, 0xFF, sizeof(built));
	assert_int_equal(bms_jk_decode_events(&payload, events), BMS_JK_EVENTS_MAX);
	assert_int_equal(bms_jk_decode_records(&payload, &first, records), BMS_JK_RECORDS_MAX);
}

static void an_empty_log_says_so(void **state)
{
	struct bms_jk_event events[BMS_JK_EVENTS_MAX];
	struct bms_jk_record records[BMS_JK_RECORDS_MAX];
	uint16_t first;

	(void)state;
	memset(built, 0, sizeof(built));
	bms_jk_encode_events(&payload, NULL, 0);
	assert_int_equal(bms_jk_decode_events(&payload, events), 0);
	bms_jk_encode_records(&payload, 0, NULL, 0);
	assert_int_equal(bms_jk_decode_records(&payload, &first, records), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_captured_events_are_read_and_written_byte_for_byte),
		cmocka_unit_test(the_captured_records_are_read_and_written_byte_for_byte),
		cmocka_unit_test(the_last_frame_of_a_burst_has_fewer_records),
		cmocka_unit_test(counts_beyond_the_frame_are_cut),
		cmocka_unit_test(an_empty_log_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
