/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bms/jk_frame.h"
#include "captures_24s.h"
#include "captures_boards.h"
#include "captures_modbus.h"
#include "captures_relay.h"
#include "captures_writes.h"
#include "ctl/decode.h"

struct result {
	char *text;
	size_t bad_frames;
};

static struct result decode_layout_of(const char *protocol, const char *input, const char *layout)
{
	struct result result = { 0 };
	struct decode decode;
	size_t size;
	FILE *in = fmemopen((char *)(uintptr_t)input, strlen(input), "r");
	FILE *out = open_memstream(&result.text, &size);

	assert_non_null(in);
	assert_non_null(out);
	decode_init(&decode, out);
	assert_true(decode_take_layout(&decode, layout));
	decode_stream(&decode, in, decode_protocol(protocol));
	result.bad_frames = decode.bad_frames;
	fclose(in);
	fclose(out);
	return result;
}

static void expect(const char *protocol, const char *input, const char *output, size_t bad_frames)
{
	struct result result = decode_layout_of(protocol, input, "auto");

	assert_string_equal(result.text, output);
	assert_int_equal(result.bad_frames, bad_frames);
	free(result.text);
}

/* The output begins and holds as told, and nothing was bad. */
static void expect_parts(
	const char *protocol, const char *input, const char *const *parts, size_t count)
{
	struct result result = decode_layout_of(protocol, input, "auto");

	assert_int_equal(result.bad_frames, 0);
	for (size_t i = 0; i < count; i++)
		if (!strstr(result.text, parts[i]))
			fail_msg("%s is not in %s", parts[i], result.text);
	free(result.text);
}

static const char relay_live_json[] =
	"{\"frame\":\"live\",\"counter\":149,\"pack\":null,\"time\":null,"
	"\"cell_mv\":[3645,3644,3642,3643,3642,3644,3645,3645,3643,3645,3645,3642,3643,3645,3642,"
	"3644,3642,3644,3643,3645,3645,3645,3645,3645,3642],\"cell_mask\":33554431,"
	"\"cell_average_mv\":3644,\"cell_delta_mv\":3,\"cell_highest\":0,\"cell_lowest\":2,"
	"\"wire_mohm\":[67,64,63,61,58,56,54,52,50,48,47,45,45,47,48,50,51,53,56,57,59,62,64,65,"
	"67],\"wire_high_mask\":0,\"pack_mv\":91098,\"pack_cv\":9109,\"power_mw\":0,"
	"\"current_ma\":0,\"mos_dc\":null,\"probe_dc\":[null,null,null],\"alarm_bits\":589840,"
	"\"alarms\":[\"cell_ovp\",\"charge_switch\",\"default_password\"],\"balance_ma\":0,"
	"\"balance_state\":0,\"soc_pct\":99,\"soh_pct\":100,\"remaining_mah\":328304,"
	"\"full_mah\":330000,\"cycles\":0,\"cycled_mah\":1783,\"precharge_on\":false,"
	"\"charge_on\":false,\"discharge_on\":false,\"heater_on\":false,\"heater_ma\":0,";

static void a_live_frame_of_the_relay_board_is_one_object(void **state)
{
	const char *const parts[] = { relay_live_json, "\"acc_on\":false", "\"runtime_s\":228643" };

	(void)state;
	expect_parts("jk02", relay_live_frames[0], parts, LENGTH(parts));
}

static void a_settings_frame_lists_the_settings(void **state)
{
	const char *const parts[] = { ("{\"frame\":\"settings\",\"counter\":158,\"settings\":{"
				       "\"smart_sleep_voltage\":3500,\"cell_uvp\":2600,"),
		"\"charge_utp\":-200,", "\"cell_count\":25,\"charge_switch\":false,",
		"\"balance_switch\":true,\"nominal_capacity\":330000,", "\"wire_resistance\":[0,0,",
		"\"current_range\":500000," };

	(void)state;
	expect_parts("jk02", relay_settings_frame, parts, LENGTH(parts));
}

static void a_device_frame_shows_no_secret(void **state)
{
	const char *const parts[] = { "{\"frame\":\"device\",\"counter\":0,\"device\":{"
				      "\"model\":\"JK_B2A25SRP\",\"hardware\":\"11A\","
				      "\"software\":\"11.55\",\"name\":\"bms\"",
		"\"total_runtime_s\":619502,\"power_on_count\":9",
		"\"settings\":{\"uart1_protocol\":0,\"can_protocol\":0,\"buzzer_trigger\":9," };
	struct result result = decode_layout_of("jk02", relay_device_frame, "auto");

	(void)state;
	assert_null(strstr(result.text, "1234"));
	assert_null(strstr(result.text, "password"));
	free(result.text);
	expect_parts("jk02", relay_device_frame, parts, LENGTH(parts));
}

static void boards_with_probes_show_their_temperatures(void **state)
{
	const char *const parts[] = { "\"pack_mv\":26509", "\"current_ma\":-7063",
		"\"mos_dc\":310,\"probe_dc\":[284,292,null]", "\"soc_pct\":68" };

	(void)state;
	expect_parts("jk02", b2a8s20p_live_frame, parts, LENGTH(parts));
}

static void an_acknowledgement_glued_to_a_frame_is_an_object_of_its_own(void **state)
{
	char input[1024];
	struct result result;

	(void)state;
	snprintf(input, sizeof(input), "%s%s41540d0a\n", relay_device_frame, board_ack);
	result = decode_layout_of("jk02", input, "auto");
	assert_int_equal(result.bad_frames, 0);
	assert_non_null(
		strstr(result.text, "}}\n{\"frame\":\"ack\",\"number\":200,\"value\":1}\n"));
	free(result.text);
}

static void commands_show_their_number_and_value(void **state)
{
	(void)state;
	expect("jk02", "AA5590EB 97 00 00000000000000000000000000 11\n",
		"{\"frame\":\"command\",\"number\":151,\"value\":null}\n", 0);
	expect("jk02", "aa5590eb 04 04 420e0000 000000000000000000 d2\n",
		"{\"frame\":\"command\",\"number\":4,\"value\":3650}\n", 0);
}

static void a_password_in_a_command_is_not_shown(void **state)
{
	(void)state;
	/* 0x9C with the text "1234" */
	expect("jk02", "aa5590eb 9c 04 31323334 000000000000000000 e4\n",
		"{\"frame\":\"command\",\"number\":156,\"value\":null}\n", 0);
}

static void comments_and_empty_lines_are_skipped(void **state)
{
	(void)state;
	expect("jk02",
		"# the app asks\n\n   \t\r\n"
		"AA 55 90 EB 97 00 0000 0000 0000 0000 0000 0000 00 11 # info\r\n",
		"{\"frame\":\"command\",\"number\":151,\"value\":null}\n", 0);
}

static void a_bad_line_is_told_and_the_others_are_decoded(void **state)
{
	(void)state;
	expect("jk02",
		"xyz\n"
		"aa5\n"
		"55aaeb9002\n"
		"aa5590ebc8010100000000000000000000000045\n"
		"aa5590ebc801010000000000000000000000004400\n"
		"00112233445566778899\n"
		"aa5590ebc8010100000000000000000000000044\n",
		"{\"frame\":null,\"line\":1,\"error\":\"not a hex digit\"}\n"
		"{\"frame\":null,\"line\":2,\"error\":\"odd number of hex digits\"}\n"
		"{\"frame\":null,\"line\":3,\"error\":\"too short\"}\n"
		"{\"frame\":null,\"line\":4,\"error\":\"bad checksum\"}\n"
		"{\"frame\":\"ack\",\"number\":200,\"value\":1}\n"
		"{\"frame\":null,\"line\":5,\"error\":\"too long\"}\n"
		"{\"frame\":null,\"line\":6,\"error\":\"unknown frame or register\"}\n"
		"{\"frame\":\"ack\",\"number\":200,\"value\":1}\n",
		6);
}

static void a_line_with_a_nul_or_without_an_end_is_no_trap(void **state)
{
	static const char nul[] = "aa55\0 90eb\n";
	char *text = NULL;
	size_t size;
	FILE *in = fmemopen((char *)(uintptr_t)nul, sizeof(nul) - 1, "r");
	FILE *out = open_memstream(&text, &size);
	struct decode decode;

	(void)state;
	decode_init(&decode, out);
	decode_stream(&decode, in, decode_protocol("jk02"));
	fclose(in);
	fclose(out);
	assert_string_equal(text, "{\"frame\":null,\"line\":1,\"error\":\"not a hex digit\"}\n");
	free(text);
	expect("jk02", "aa55", "{\"frame\":null,\"line\":1,\"error\":\"too short\"}\n", 1);
}

static void the_logs_are_named(void **state)
{
	uint8_t frame[BMS_JK_FRAME_SIZE] = { 0 };
	char input[2 * sizeof(frame) + 1];

	(void)state;
	bms_jk_frame_seal(frame, BMS_JK_FRAME_DETAIL_LOG, 7);
	for (size_t i = 0; i < sizeof(frame); i++)
		snprintf(input + 2 * i, 3, "%02X", frame[i]);
	expect("jk02", input, "{\"frame\":\"detail_log\",\"counter\":7}\n", 0);
}

#define NO_LAYOUT    "shows no layout, and no device frame came before; --layout NAME insists on one"
#define ODD_SOFTWARE "the board's software has no known layout; --layout NAME insists on one"

static void an_old_boards_device_frame_says_how_its_others_are_read(void **state)
{
	const char *const parts[] = { "\"software\":\"10.02\"", "\"settings\":{}}\n",
		"\"cell_ovp\":3500,", "\"cell_count\":8,",
		"\"cell_mv\":[3362,3364,3365,3370,3364,3362,3365,3362],", "\"pack_mv\":26911,",
		"\"current_ma\":12219,", "\"mos_dc\":283,", "\"probe_dc\":[268,248,null]," };
	char input[4096];

	(void)state;
	snprintf(input, sizeof(input), "%s\n%s\n%s\n", old_device_frame, old_settings_frame,
		old_live_frame);
	expect_parts("jk02", input, parts, LENGTH(parts));
}

static void live_data_shows_its_layout_by_the_sum_of_its_cells(void **state)
{
	const char *const parts[] = { "\"pack_mv\":26911," };

	(void)state;
	expect_parts("jk02", old_live_frame, parts, LENGTH(parts));
}

static void settings_alone_that_show_no_layout_give_no_wrong_numbers(void **state)
{
	(void)state;
	expect("jk02", old_settings_frame,
		"{\"frame\":null,\"line\":1,\"error\":\"" NO_LAYOUT "\"}\n", 1);
}

static void a_software_nobody_knows_is_not_guessed_at(void **state)
{
	uint8_t frame[BMS_JK_FRAME_SIZE];
	char input[4096];
	char device[2 * BMS_JK_FRAME_SIZE + 1];
	struct result result;

	(void)state;
	assert_int_equal(capture_bytes(old_device_frame, frame, sizeof(frame)), sizeof(frame));
	memcpy(frame + 30, "5.02\0", 5);
	bms_jk_frame_seal(frame, BMS_JK_FRAME_DEVICE, 1);
	for (size_t i = 0; i < sizeof(frame); i++)
		snprintf(device + 2 * i, 3, "%02X", frame[i]);
	snprintf(input, sizeof(input), "%s\n%s\n", device, old_live_frame);
	result = decode_layout_of("jk02", input, "auto");
	assert_int_equal(result.bad_frames, 1);
	assert_non_null(strstr(result.text, "\"software\":\"5.02\""));
	assert_non_null(strstr(
		result.text, "{\"frame\":null,\"line\":2,\"error\":\"" ODD_SOFTWARE "\"}\n"));
	free(result.text);
}

static void who_insists_on_a_layout_gets_it(void **state)
{
	struct result result = decode_layout_of("jk02", old_live_frame, "jk02-32s");

	(void)state;
	assert_int_equal(result.bad_frames, 0);
	assert_non_null(strstr(result.text, "{\"frame\":\"live\""));
	assert_null(strstr(result.text, "\"pack_mv\":26911,"));
	free(result.text);
}

static void a_read_reply_is_placed_by_its_request(void **state)
{
	const char *const parts[] = { ("{\"frame\":\"request\",\"unit\":1,\"function\":3,"
				       "\"register\":4656,\"count\":16}\n"),
		"{\"frame\":\"live\",\"unit\":1,\"register\":4656,\"count\":16,",
		"\"cell_mv\":null,", "\"cell_mask\":65535,\"cell_average_mv\":3576,",
		"\"wire_mohm\":[69,66,69],", "\"pack_mv\":null,", "\"alarms\":null," };
	char input[512];

	(void)state;
	assert_int_equal(modbus_reads[0].reg, 4656);
	snprintf(input, sizeof(input), "%s\n%s\n", modbus_reads[0].request, modbus_reads[0].reply);
	expect_parts("jk-modbus", input, parts, LENGTH(parts));
}

static void a_whole_captured_conversation_is_decoded(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(modbus_reads); i++) {
		char input[1024], place[64];
		const char *const parts[] = { place };

		snprintf(place, sizeof(place), "\"live\",\"unit\":1,\"register\":%u,\"count\":%u,",
			modbus_reads[i].reg, modbus_reads[i].count);
		snprintf(input, sizeof(input), "%s\n%s\n", modbus_reads[i].request,
			modbus_reads[i].reply);
		expect_parts("jk-modbus", input, parts, LENGTH(parts));
	}
}

static void writes_name_the_setting_and_acknowledgements_the_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(modbus_writes); i++) {
		const struct bms_setting_row *row =
			&bms_setting_rows[bms_setting_of_slot(modbus_writes[i].slot)];
		char input[256], setting[64];
		const char *const parts[] = { "{\"frame\":\"write\",\"unit\":1,\"register\":",
			setting, "{\"frame\":\"ack\",\"unit\":1,\"register\":" };

		snprintf(setting, sizeof(setting), "\"%s\":", row->key);
		snprintf(input, sizeof(input), "%s\n%s\n", modbus_writes[i].request,
			modbus_writes[i].reply);
		expect_parts("jk-modbus", input, parts, LENGTH(parts));
	}
	expect("jk-modbus", "0110100000020400000dd43aa0\n0110100000024508\n",
		"{\"frame\":\"write\",\"unit\":1,\"register\":4096,\"count\":2,"
		"\"settings\":{\"smart_sleep_voltage\":3540}}\n"
		"{\"frame\":\"ack\",\"unit\":1,\"register\":4096,\"count\":2}\n",
		0);
}

static void an_exception_answers_the_request(void **state)
{
	char input[512];

	(void)state;
	snprintf(input, sizeof(input), "%s\n018302c0f1\n%s\n", modbus_reads[0].request,
		modbus_reads[0].reply);
	expect("jk-modbus", input,
		"{\"frame\":\"request\",\"unit\":1,\"function\":3,\"register\":4656,\"count\":16}\n"
		"{\"frame\":\"exception\",\"unit\":1,\"function\":3,\"code\":2}\n"
		"{\"frame\":null,\"line\":3,"
		"\"error\":\"a read reply without the request before it\"}\n",
		1);
}

static void a_reply_without_its_request_is_refused(void **state)
{
	char input[512];

	(void)state;
	snprintf(input, sizeof(input), "%s\n", modbus_reads[0].reply);
	expect("jk-modbus", input,
		"{\"frame\":null,\"line\":1,"
		"\"error\":\"a read reply without the request before it\"}\n",
		1);
	/* A longer request before it: the reply's own bytes are all that may be read. */
	snprintf(input, sizeof(input), "%s\n%s\n", modbus_reads[1].request, modbus_reads[0].reply);
	expect("jk-modbus", input,
		"{\"frame\":\"request\",\"unit\":1,\"function\":3,\"register\":4672,\"count\":32}\n"
		"{\"frame\":null,\"line\":2,\"error\":\"bad length field\"}\n",
		1);
}

static void foreign_functions_and_short_lines_are_refused(void **state)
{
	(void)state;
	expect("jk-modbus", "01\n0104123000104060\n0106\n",
		"{\"frame\":null,\"line\":1,\"error\":\"too short\"}\n"
		"{\"frame\":null,\"line\":2,\"error\":\"bad checksum\"}\n"
		"{\"frame\":null,\"line\":3,\"error\":\"too short\"}\n",
		3);
}

static void a_frame_between_a_trigger_and_its_answer_is_decoded(void **state)
{
	const char *const parts[] = { ("\"register\":5664,\"count\":1,\"settings\":{}}\n"
				       "{\"frame\":\"live\",\"counter\":149,"),
		"\"pack_mv\":91098",
		"}\n{\"frame\":\"ack\",\"unit\":1,\"register\":5664,\"count\":1}\n" };
	char input[2048];

	(void)state;
	snprintf(input, sizeof(input), "01 10 16 20 00 01 02 00 00 D6 F1\n%s\n%s\n",
		relay_live_frames[0], "01 10 16 20 00 01 04 4B");
	expect_parts("jk-modbus", input, parts, LENGTH(parts));
	snprintf(input, sizeof(input), "01 10 16 20 00 01 02 00 00 D6 F1\n%s%s\n",
		relay_live_frames[0], "011016200001044B");
	expect_parts("jk-modbus", input, parts, LENGTH(parts));
}

static void protocols_and_layouts_are_known_by_name(void **state)
{
	const char *const known[] = { "auto", "jk02-32s", "jk02-24s", "jk04" };
	struct decode decode = { 0 };

	(void)state;
	assert_null(decode_protocol("jk03"));
	for (size_t i = 0; i < LENGTH(known); i++)
		assert_true(decode_take_layout(&decode, known[i]));
	assert_int_equal(decode.layout, DECODE_LAYOUT_GIVEN);
	assert_int_equal(decode.dialect, BMS_JK_DIALECT_04);
	assert_false(decode_take_layout(&decode, "jk05"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_live_frame_of_the_relay_board_is_one_object),
		cmocka_unit_test(a_settings_frame_lists_the_settings),
		cmocka_unit_test(a_device_frame_shows_no_secret),
		cmocka_unit_test(boards_with_probes_show_their_temperatures),
		cmocka_unit_test(an_acknowledgement_glued_to_a_frame_is_an_object_of_its_own),
		cmocka_unit_test(commands_show_their_number_and_value),
		cmocka_unit_test(a_password_in_a_command_is_not_shown),
		cmocka_unit_test(comments_and_empty_lines_are_skipped),
		cmocka_unit_test(a_bad_line_is_told_and_the_others_are_decoded),
		cmocka_unit_test(a_line_with_a_nul_or_without_an_end_is_no_trap),
		cmocka_unit_test(the_logs_are_named),
		cmocka_unit_test(an_old_boards_device_frame_says_how_its_others_are_read),
		cmocka_unit_test(live_data_shows_its_layout_by_the_sum_of_its_cells),
		cmocka_unit_test(settings_alone_that_show_no_layout_give_no_wrong_numbers),
		cmocka_unit_test(a_software_nobody_knows_is_not_guessed_at),
		cmocka_unit_test(who_insists_on_a_layout_gets_it),
		cmocka_unit_test(a_read_reply_is_placed_by_its_request),
		cmocka_unit_test(a_whole_captured_conversation_is_decoded),
		cmocka_unit_test(writes_name_the_setting_and_acknowledgements_the_place),
		cmocka_unit_test(an_exception_answers_the_request),
		cmocka_unit_test(a_reply_without_its_request_is_refused),
		cmocka_unit_test(foreign_functions_and_short_lines_are_refused),
		cmocka_unit_test(a_frame_between_a_trigger_and_its_answer_is_decoded),
		cmocka_unit_test(protocols_and_layouts_are_known_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
