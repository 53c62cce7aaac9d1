/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdlib.h>

#include "base/json.h"

struct document {
	struct json json;
	char *text;
	size_t size;
};

static void document_begin(struct document *document, bool pretty)
{
	FILE *out = open_memstream(&document->text, &document->size);

	assert_non_null(out);
	json_init(&document->json, out, pretty);
}

static void document_expect(struct document *document, const char *text)
{
	fclose(document->json.out);
	assert_string_equal(document->text, text);
	free(document->text);
}

static void write_sample(struct json *json)
{
	json_object_begin(json, NULL);
	json_integer(json, "a", -1);
	json_array_begin(json, "b");
	json_integer(json, NULL, INT64_MIN);
	json_null(json, NULL);
	json_bool(json, NULL, true);
	json_array_end(json);
	json_array_begin(json, "c");
	json_object_begin(json, NULL);
	json_string(json, "d", "e");
	json_object_end(json);
	json_object_begin(json, NULL);
	json_object_end(json);
	json_array_end(json);
	json_array_begin(json, "f");
	json_array_end(json);
	json_object_end(json);
	json_finish(json);
}

static void commas_stand_between_values_and_nowhere_else(void **state)
{
	struct document document;

	(void)state;
	document_begin(&document, false);
	write_sample(&document.json);
	document_expect(&document, "{\"a\":-1,\"b\":[-9223372036854775808,null,true],"
				   "\"c\":[{\"d\":\"e\"},{}],\"f\":[]}\n");
}

static void pretty_puts_members_on_lines_and_numbers_in_rows(void **state)
{
	struct document document;

	(void)state;
	document_begin(&document, true);
	write_sample(&document.json);
	document_expect(&document, "{\n"
				   "  \"a\": -1,\n"
				   "  \"b\": [-9223372036854775808, null, true],\n"
				   "  \"c\": [\n"
				   "    {\n"
				   "      \"d\": \"e\"\n"
				   "    },\n"
				   "    {}\n"
				   "  ],\n"
				   "  \"f\": []\n"
				   "}\n");
}

static void a_second_document_starts_afresh(void **state)
{
	struct document document;

	(void)state;
	document_begin(&document, false);
	for (int i = 0; i < 2; i++) {
		json_object_begin(&document.json, NULL);
		json_object_end(&document.json);
		json_finish(&document.json);
	}
	document_expect(&document, "{}\n{}\n");
}

static void expect_string_json(const char *value, const char *text)
{
	struct document document;

	document_begin(&document, false);
	json_string(&document.json, NULL, value);
	document_expect(&document, text);
}

static void strings_are_escaped(void **state)
{
	(void)state;
	expect_string_json(NULL, "null");
	expect_string_json("", "\"\"");
	expect_string_json("say \"\\\"", "\"say \\\"\\\\\\\"\"");
	expect_string_json("\b\f\n\r\t\x01\x1f\x7f", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f\"");
}

static void utf8_passes_and_everything_else_is_replaced(void **state)
{
	(void)state;
	expect_string_json("\u00e4\u20ac\U0001F50B", "\"\u00e4\u20ac\U0001F50B\"");
	expect_string_json("a\xFFz", "\"a\uFFFDz\"");
	expect_string_json("a\xC3", "\"a\uFFFD\"");                   /* cut off */
	expect_string_json("\xE2\x82", "\"\uFFFD\uFFFD\"");           /* cut off */
	expect_string_json("\xC0\x80", "\"\uFFFD\uFFFD\"");           /* overlong */
	expect_string_json("\xE0\x80\x80", "\"\uFFFD\uFFFD\uFFFD\""); /* overlong */
	expect_string_json("\xED\xA0\x80", "\"\uFFFD\uFFFD\uFFFD\""); /* surrogate */
	expect_string_json("\xF4\x90\x80\x80", "\"\uFFFD\uFFFD\uFFFD\uFFFD\"");
	expect_string_json("\xED\x9F\xBF", "\"\xED\x9F\xBF\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas_stand_between_values_and_nowhere_else),
		cmocka_unit_test(pretty_puts_members_on_lines_and_numbers_in_rows),
		cmocka_unit_test(a_second_document_starts_afresh),
		cmocka_unit_test(strings_are_escaped),
		cmocka_unit_test(utf8_passes_and_everything_else_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
