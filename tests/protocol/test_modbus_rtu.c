/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "bms/checksum.h"
#include "bms/modbus_rtu.h"
#include "captures_modbus.h"
#include "captures_writes.h"

struct bytes {
	uint8_t at[BMS_MODBUS_FRAME_MAX];
	size_t size;
};

static struct bytes bytes_from(const char *hex)
{
	struct bytes bytes = { .size = 0 };

	bytes.size = capture_bytes(hex, bytes.at, sizeof(bytes.at));
	return bytes;
}

/* Makes the CRC of a changed frame right again. */
static void reseal(struct bytes *bytes)
{
	uint16_t crc = bms_crc16_modbus(bytes->at, bytes->size - BMS_MODBUS_CRC_SIZE);

	bytes->at[bytes->size - 2] = (uint8_t)crc;
	bytes->at[bytes->size - 1] = (uint8_t)(crc >> 8);
}

static void captured_reads_are_taken_apart_and_match(void **state)
{
	(void)state;
	assert_int_equal(LENGTH(modbus_reads), 39);
	for (size_t i = 0; i < LENGTH(modbus_reads); i++) {
		struct bytes request = bytes_from(modbus_reads[i].request);
		struct bytes reply = bytes_from(modbus_reads[i].reply);
		struct bms_modbus_frame asked;
		struct bms_modbus_frame answered;

		assert_int_equal(
			bms_modbus_parse_request(request.at, request.size, &asked), BMS_OK);
		assert_int_equal(asked.unit, 1);
		assert_int_equal(asked.function, BMS_MODBUS_READ);
		assert_int_equal(asked.reg, modbus_reads[i].reg);
		assert_int_equal(asked.count, modbus_reads[i].count);
		assert_null(asked.data);
		assert_int_equal(bms_modbus_parse_reply(reply.at, reply.size, &answered), BMS_OK);
		assert_int_equal(answered.data_size, 2 * asked.count);
		assert_ptr_equal(answered.data, reply.at + 3);
		assert_int_equal(bms_modbus_match(&asked, &answered), BMS_OK);
		assert_int_equal(bms_modbus_reply_size(BMS_MODBUS_READ, asked.count), reply.size);
	}
}

static void captured_reads_are_built_byte_for_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(modbus_reads); i++) {
		const struct modbus_read *read = &modbus_reads[i];
		struct bytes request = bytes_from(read->request);
		struct bytes reply = bytes_from(read->reply);
		uint8_t out[BMS_MODBUS_FRAME_MAX];

		assert_int_equal(
			bms_modbus_read_request(out, 1, read->reg, read->count), request.size);
		assert_memory_equal(out, request.at, request.size);
		assert_int_equal(
			bms_modbus_read_reply(out, 1, reply.at + 3, (uint8_t)(2 * read->count)),
			reply.size);
		assert_memory_equal(out, reply.at, reply.size);
	}
}

static void the_vendors_writes_are_taken_apart_and_match(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < LENGTH(modbus_writes); i++) {
		struct bytes request = bytes_from(modbus_writes[i].request);
		struct bytes reply = bytes_from(modbus_writes[i].reply);
		struct bms_modbus_frame asked;
		struct bms_modbus_frame answered;

		assert_int_equal(
			bms_modbus_parse_request(request.at, request.size, &asked), BMS_OK);
		assert_int_equal(asked.function, BMS_MODBUS_WRITE);
		assert_int_equal(asked.reg, modbus_writes[i].reg);
		assert_int_equal(asked.count, 2);
		assert_int_equal(asked.data_size, 4);
		assert_int_equal(bms_modbus_parse_reply(reply.at, reply.size, &answered), BMS_OK);
		assert_null(answered.data);
		assert_int_equal(bms_modbus_match(&asked, &answered),
			modbus_writes[i].wrong_reply ? BMS_BAD_ECHO : BMS_OK);
		wrong += modbus_writes[i].wrong_reply;
	}
	assert_int_equal(wrong, 2);
}

static void the_vendors_writes_are_built_byte_for_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(modbus_writes); i++) {
		const struct modbus_write *write = &modbus_writes[i];
		struct bytes request = bytes_from(write->request);
		struct bytes reply = bytes_from(write->reply);
		uint8_t out[BMS_MODBUS_FRAME_MAX];

		assert_int_equal(bms_modbus_write_request(out, 1, write->reg, request.at + 7, 4),
			request.size);
		assert_memory_equal(out, request.at, request.size);
		if (write->wrong_reply)
			continue;
		assert_int_equal(bms_modbus_write_reply(out, 1, write->reg, 2), reply.size);
		assert_memory_equal(out, reply.at, reply.size);
	}
}

static void the_size_of_a_request_is_known_as_soon_as_its_length_byte_is_here(void **state)
{
	struct bytes read = bytes_from(modbus_reads[0].request);
	struct bytes write = bytes_from(modbus_writes[0].request);
	const uint8_t other[] = { 1, 0x06 };

	(void)state;
	for (size_t size = 0; size <= read.size; size++)
		assert_int_equal(bms_modbus_request_size(read.at, size), size < 2 ? 0 : 8);
	for (size_t size = 0; size <= write.size; size++)
		assert_int_equal(bms_modbus_request_size(write.at, size), size < 7 ? 0 : 13);
	assert_int_equal(bms_modbus_request_size(other, sizeof(other)), 8);
}

static void replies_have_the_size_of_their_function(void **state)
{
	(void)state;
	assert_int_equal(bms_modbus_reply_size(BMS_MODBUS_READ, BMS_MODBUS_READ_MAX), 249);
	assert_int_equal(bms_modbus_reply_size(BMS_MODBUS_WRITE, 2), 8);
	assert_int_equal(bms_modbus_reply_size(BMS_MODBUS_READ | BMS_MODBUS_ERROR, 0), 5);
}

static void requests_and_replies_cut_or_grown_are_refused(void **state)
{
	const char *frames[] = { modbus_reads[0].request, modbus_writes[0].request,
		modbus_reads[0].reply, modbus_writes[0].reply };

	(void)state;
	for (size_t i = 0; i < LENGTH(frames); i++) {
		struct bytes bytes = bytes_from(frames[i]);
		struct bms_modbus_frame parsed = { .unit = 0xEE };

		for (size_t size = 0; size < bytes.size; size++)
			assert_int_equal(i < 2 ? bms_modbus_parse_request(bytes.at, size, &parsed)
					       : bms_modbus_parse_reply(bytes.at, size, &parsed),
				BMS_SHORT);
		assert_int_equal(i < 2 ? bms_modbus_parse_request(bytes.at, bytes.size + 1, &parsed)
				       : bms_modbus_parse_reply(bytes.at, bytes.size + 1, &parsed),
			BMS_LONG);
		assert_int_equal(parsed.unit, 0xEE);
	}
}

static void a_frame_with_any_one_bit_wrong_is_refused(void **state)
{
	struct bytes request = bytes_from(modbus_writes[1].request);
	struct bytes reply = bytes_from(modbus_reads[3].reply);
	struct bms_modbus_frame parsed;

	(void)state;
	for (size_t bit = 0; bit < request.size * 8; bit++) {
		request.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(
			bms_modbus_parse_request(request.at, request.size, &parsed), BMS_OK);
		request.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t bit = 0; bit < reply.size * 8; bit++) {
		reply.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(bms_modbus_parse_reply(reply.at, reply.size, &parsed), BMS_OK);
		reply.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void a_damaged_crc_is_a_bad_sum(void **state)
{
	struct bytes request = bytes_from(modbus_reads[0].request);
	struct bytes reply = bytes_from(modbus_reads[0].reply);
	struct bms_modbus_frame parsed;

	(void)state;
	request.at[request.size - 1] ^= 1;
	reply.at[reply.size - 1] ^= 1;
	assert_int_equal(bms_modbus_parse_request(request.at, request.size, &parsed), BMS_BAD_SUM);
	assert_int_equal(bms_modbus_parse_reply(reply.at, reply.size, &parsed), BMS_BAD_SUM);
}

static void functions_other_than_read_and_write_are_refused(void **state)
{
	struct bytes request = bytes_from(modbus_reads[0].request);
	struct bytes reply = { { 1, 0x06, 0 }, 5 };
	struct bms_modbus_frame parsed;

	(void)state;
	request.at[1] = 0x06;
	reseal(&request);
	assert_int_equal(
		bms_modbus_parse_request(request.at, request.size, &parsed), BMS_BAD_FUNCTION);
	reseal(&reply);
	assert_int_equal(bms_modbus_parse_reply(reply.at, reply.size, &parsed), BMS_BAD_FUNCTION);
}

static void a_write_whose_byte_count_is_not_twice_its_registers_is_refused(void **state)
{
	struct bytes request = bytes_from(modbus_writes[0].request);
	struct bms_modbus_frame parsed;

	(void)state;
	for (uint8_t count = 0; count < 4; count++) {
		request.at[5] = count;
		reseal(&request);
		assert_int_equal(bms_modbus_parse_request(request.at, request.size, &parsed),
			count == 2 ? BMS_OK : BMS_BAD_LENGTH);
	}
}

static void a_read_reply_of_half_a_register_is_refused(void **state)
{
	struct bytes reply = { { 1, 3, 3, 0, 0, 0 }, 8 };
	struct bms_modbus_frame parsed;

	(void)state;
	reseal(&reply);
	assert_int_equal(bms_modbus_parse_reply(reply.at, reply.size, &parsed), BMS_BAD_LENGTH);
}

static void an_exception_is_a_reply_that_refuses(void **state)
{
	struct bytes request = bytes_from(modbus_reads[0].request);
	struct bytes reply = { .size = 0 };
	struct bms_modbus_frame asked;
	struct bms_modbus_frame answered;

	(void)state;
	reply.size =
		bms_modbus_exception_reply(reply.at, 1, BMS_MODBUS_READ, BMS_MODBUS_BAD_REGISTER);
	assert_int_equal(reply.size, 5);
	assert_memory_equal(reply.at, "\x01\x83\x02\xC0\xF1", 5);
	assert_int_equal(bms_modbus_parse_request(request.at, request.size, &asked), BMS_OK);
	assert_int_equal(bms_modbus_parse_reply(reply.at, reply.size, &answered), BMS_OK);
	assert_int_equal(answered.function, BMS_MODBUS_READ);
	assert_int_equal(answered.exception, BMS_MODBUS_BAD_REGISTER);
	assert_int_equal(bms_modbus_match(&asked, &answered), BMS_EXCEPTION);
	reply.at[2] = 0;
	reseal(&reply);
	assert_int_equal(bms_modbus_parse_reply(reply.at, reply.size, &answered), BMS_BAD_LENGTH);
}

static void a_reply_of_another_station_function_or_length_does_not_match(void **state)
{
	const struct bms_modbus_frame asked = {
		.unit = 1, .function = 3, .reg = 0x1200, .count = 2
	};
	const struct bms_modbus_frame station = { .unit = 2, .function = 3, .data_size = 4 };
	const struct bms_modbus_frame function = { .unit = 1, .function = 16, .data_size = 4 };
	const struct bms_modbus_frame length = { .unit = 1, .function = 3, .data_size = 6 };

	(void)state;
	assert_int_equal(bms_modbus_match(&asked, &station), BMS_BAD_ADDRESS);
	assert_int_equal(bms_modbus_match(&asked, &function), BMS_BAD_FUNCTION);
	assert_int_equal(bms_modbus_match(&asked, &length), BMS_BAD_LENGTH);
}

static void an_acknowledgement_of_another_count_does_not_match(void **state)
{
	const struct bms_modbus_frame asked = {
		.unit = 1, .function = 16, .reg = 0x1000, .count = 2
	};
	const struct bms_modbus_frame answered = {
		.unit = 1, .function = 16, .reg = 0x1000, .count = 1
	};

	(void)state;
	assert_int_equal(bms_modbus_match(&asked, &answered), BMS_BAD_ECHO);
}

static void noise_is_refused_without_harm(void **state)
{
	struct dice dice = { 3 };
	size_t accepted = 0;

	(void)state;
	for (unsigned round = 0; round < 100000; round++) {
		uint8_t noise[24];
		size_t size = (size_t)dice_between(&dice, 0, sizeof(noise));
		struct bms_modbus_frame parsed;

		for (size_t i = 0; i < size; i++)
			noise[i] = (uint8_t)dice_roll(&dice);
		/* Half of them look like what we speak. */
		if (size > 1 && round % 2)
			noise[1] = round % 4 == 1 ? BMS_MODBUS_READ : BMS_MODBUS_WRITE;
		accepted += bms_modbus_parse_request(noise, size, &parsed) == BMS_OK;
		accepted += bms_modbus_parse_reply(noise, size, &parsed) == BMS_OK;
	}
	/* A CRC of 16 bits lets one in 65536 through, and most have a wrong length. */
	assert_in_range(accepted, 0, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captured_reads_are_taken_apart_and_match),
		cmocka_unit_test(captured_reads_are_built_byte_for_byte),
		cmocka_unit_test(the_vendors_writes_are_taken_apart_and_match),
		cmocka_unit_test(the_vendors_writes_are_built_byte_for_byte),
		cmocka_unit_test(the_size_of_a_request_is_known_as_soon_as_its_length_byte_is_here),
		cmocka_unit_test(replies_have_the_size_of_their_function),
		cmocka_unit_test(requests_and_replies_cut_or_grown_are_refused),
		cmocka_unit_test(a_frame_with_any_one_bit_wrong_is_refused),
		cmocka_unit_test(a_damaged_crc_is_a_bad_sum),
		cmocka_unit_test(functions_other_than_read_and_write_are_refused),
		cmocka_unit_test(a_write_whose_byte_count_is_not_twice_its_registers_is_refused),
		cmocka_unit_test(a_read_reply_of_half_a_register_is_refused),
		cmocka_unit_test(an_exception_is_a_reply_that_refuses),
		cmocka_unit_test(a_reply_of_another_station_function_or_length_does_not_match),
		cmocka_unit_test(an_acknowledgement_of_another_count_does_not_match),
		cmocka_unit_test(noise_is_refused_without_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
