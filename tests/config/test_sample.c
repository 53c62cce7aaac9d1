/* SPDX-License-Identifier: MIT */
/* The sample configuration; that it equals the rows is config-reference's to check. */
#include <errno.h>

#include "conf_file.h"
#include "config/options.h"

static char sample[65536];
static size_t sample_size;

static int read_sample(void **state)
{
	FILE *file = fopen(SAMPLE, "r");

	(void)state;
	if (!file)
		return -1;
	sample_size = fread(sample, 1, sizeof(sample) - 1, file);
	fclose(file);
	return sample_size > 0 && sample_size < sizeof(sample) - 1 ? 0 : -1;
}

/* Writes the sample with every option that is commented out put in force. */
static void write_uncommented(void)
{
	FILE *file = fopen("bmsd.conf", "w");
	bool at_start = true;

	assert_non_null(file);
	for (const char *p = sample; *p; p++) {
		bool is_option = at_start && *p == '#' && p[1] != ' ' && p[1] != '\n';

		if (!is_option)
			fputc(*p, file);
		at_start = *p == '\n' || (at_start && *p == ' ');
	}
	fclose(file);
}

static void the_sample_as_shipped_is_sound(void **state)
{
	struct config *config;

	(void)state;
	conf_write("bmsd.conf", sample);
	config = conf_load();
	assert_int_equal(config->pack_count, 1);
	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++)
		assert_false(bms_settings_has(&config->packs[0].desired, slot));
	config_free(config);
}

static void the_sample_with_everything_in_force_is_sound(void **state)
{
	struct config *config;

	(void)state;
	write_uncommented();
	config = conf_load();
	for (size_t i = 0; i < BMS_SETTING_COUNT; i++) {
		const struct bms_setting_row *row = &bms_setting_rows[i];

		assert_int_equal(bms_settings_has(&config->packs[0].desired, row->slot),
			row->offer == BMS_OFFER_RELAY);
		if (row->offer == BMS_OFFER_RELAY)
			assert_int_equal(config->packs[0].desired.value[row->slot],
				row->preset[BMS_CHEMISTRY_LFP]);
	}
	config_free(config);
}

static void what_the_sample_shows_is_the_default(void **state)
{
	struct config *shipped;
	struct config *in_force;

	(void)state;
	conf_write("bmsd.conf", sample);
	shipped = conf_load();
	write_uncommented();
	in_force = conf_load();
	assert_memory_equal(&shipped->daemon, &in_force->daemon, sizeof(shipped->daemon));
	assert_int_equal(shipped->line_count, in_force->line_count);
	assert_int_equal(shipped->lines[0].baud, in_force->lines[0].baud);
	assert_int_equal(shipped->lines[0].answer_timeout_ms, in_force->lines[0].answer_timeout_ms);
	assert_int_equal(shipped->packs[0].period_ms, in_force->packs[0].period_ms);
	assert_int_equal(shipped->packs[0].stale_periods, in_force->packs[0].stale_periods);
	config_free(shipped);
	config_free(in_force);
}

/* Either a configuration or at least one error, for whatever is left of the file. */
static void load_anything(void)
{
	struct config *config = NULL;
	struct config_errors errors;
	int r = config_load(&config, "bmsd.conf", &errors);

	assert_int_equal(r == 0, config != NULL);
	assert_int_equal(r == 0, errors.count == 0);
	assert_int_equal(errors.count == 0, errors.text == NULL || *errors.text == '\0');
	config_free(config);
	config_errors_deinit(&errors);
}

static void a_sample_cut_anywhere_is_answered(void **state)
{
	struct dice dice = { 7 };

	(void)state;
	for (int i = 0; i < 300; i++) {
		size_t size = (size_t)dice_between(&dice, 0, (int64_t)sample_size);

		conf_write_bytes("bmsd.conf", sample, size);
		load_anything();
	}
}

static void a_sample_with_wrong_bytes_is_answered(void **state)
{
	static const char wrong[] = "{}()[]\"=;,#/*@\\\n 0-.LxeV\x80";
	static char text[sizeof(sample)];
	struct dice dice = { 8 };
	size_t size;
	FILE *file;

	(void)state;
	write_uncommented();
	file = fopen("bmsd.conf", "r");
	size = fread(text, 1, sizeof(text), file);
	fclose(file);
	for (int i = 0; i < 500; i++) {
		size_t at = (size_t)dice_between(&dice, 0, (int64_t)size - 1);
		char right = text[at];

		text[at] = wrong[dice_roll(&dice) % (sizeof(wrong) - 1)];
		conf_write_bytes("bmsd.conf", text, size);
		load_anything();
		/* Every tenth stays, so that wrongs meet. */
		if (i % 10)
			text[at] = right;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(the_sample_as_shipped_is_sound),
		IN_DIRECTORY(the_sample_with_everything_in_force_is_sound),
		IN_DIRECTORY(what_the_sample_shows_is_the_default),
		IN_DIRECTORY(a_sample_cut_anywhere_is_answered),
		IN_DIRECTORY(a_sample_with_wrong_bytes_is_answered),
	};

	return cmocka_run_group_tests(tests, read_sample, NULL);
}
