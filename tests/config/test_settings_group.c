/* SPDX-License-Identifier: MIT */
#include "config/settings_group.h"

#include <errno.h>
#include <inttypes.h>

#include "conf_file.h"

/* A file whose only pack has these settings, one line each from line 2 on. */
static void write_settings(const char *settings)
{
	FILE *file = fopen("bmsd.conf", "w");

	fprintf(file,
		"packs = ( { name = \"a\"; device = \"/dev/a\"; settings = {\n"
		"%s\n"
		"}; } );\n",
		settings);
	fclose(file);
}

static void each_wrong_setting_has_its_words(void **state)
{
	static const struct {
		const char *settings;
		const char *errors;
	} rows[] = {
		{ "cell_ovp = 4501;", "bmsd.conf:2: cell_ovp 4501 mV is out of range: "
				      "1000 to 4500 mV (1.000 V to 4.500 V)\n" },
		{ "cell_ovp = \"4.501 V\";", "bmsd.conf:2: cell_ovp 4501 mV is out of range: "
					     "1000 to 4500 mV (1.000 V to 4.500 V)\n" },
		{ "charge_otp = 60;", "bmsd.conf:2: charge_otp 60 (6.0 C) is out of range: "
				      "300 to 800 (30.0 C to 80.0 C)\n" },
		{ "cell_ovp = 3.65;", "bmsd.conf:2: cell_ovp must be an integer or a text with a "
				      "unit: write 3650 or \"3.65 V\"\n" },
		{ "cell_ovp = 3650.0;", "bmsd.conf:2: cell_ovp must be an integer or a text with a "
					"unit: write 3600 or \"3.600 V\"\n" },
		{ "cell_count = 3.5;", "bmsd.conf:2: cell_count must be an integer, not a number "
				       "with decimals\n" },
		{ "cell_ovp = \"3650\";",
			"bmsd.conf:2: cell_ovp \"3650\" has no unit: write V or mV after the "
			"number\n" },
		{ "cell_ovp = \"3,65 V\";",
			"bmsd.conf:2: cell_ovp \"3,65 V\" is not a number with a unit, such as "
			"\"3.600 V\"\n" },
		{ "cell_ovp = \"3 A\";", "bmsd.conf:2: cell_ovp \"3 A\" must be in V or mV\n" },
		{ "cell_ovp = \"3.6505 V\";",
			"bmsd.conf:2: cell_ovp \"3.6505 V\" is finer than the "
			"smallest step, 0.001 V\n" },
		{ "cell_ovp = \"9223372036854775807 V\";",
			"bmsd.conf:2: cell_ovp \"9223372036854775807 V\" is too large\n" },
		{ "cell_ovp = true;",
			"bmsd.conf:2: cell_ovp must be an integer, not true or false\n" },
		{ "balance_switch = 2;", "bmsd.conf:2: balance_switch must be true or false\n" },
		{ "balance_switch = \"on\";",
			"bmsd.conf:2: balance_switch must be true or false\n" },
		{ "cell_ovpp = 3600;", "bmsd.conf:2: unknown setting \"cell_ovpp\", did you mean "
				       "\"cell_ovp\"?\n" },
		{ "chemistry = \"lfp\";", "bmsd.conf:2: unknown setting \"chemistry\"\n" },
		{ "wire_resistance = 5;", "bmsd.conf:2: wire_resistance has one value a cell: "
					  "write an array [ ], not an integer\n" },
		{ "wire_resistance = [ ];",
			"bmsd.conf:2: wire_resistance has 0 values, 1 to 32 are allowed\n" },
		{ "wire_resistance = [ 1,1,1,1,1,1,1,1, 1,1,1,1,1,1,1,1, 1,1,1,1,1,1,1,1, "
		  "1,1,1,1,1,1,1,1, 1 ];",
			"bmsd.conf:2: wire_resistance has 33 values, 1 to 32 are allowed\n" },
		{ "wire_resistance = [ 1,\n1000001 ];",
			"bmsd.conf:3: wire_resistance 1000001 uOhm is out of range: "
			"0 to 1000000 uOhm (0.000 mOhm to 1000.000 mOhm)\n" },
		{ "device_address = 2;",
			"bmsd.conf:2: device_address 2 must equal the pack's address 1: "
			"the board is reached by it\n" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		write_settings(rows[i].settings);
		conf_expect_errors(-EINVAL, rows[i].errors);
	}
}

static void a_broken_rule_is_told_at_the_later_setting(void **state)
{
	(void)state;
	write_settings("cell_ovp_release = 3550;\ncell_ovp = 3500;");
	conf_expect_errors(-EINVAL,
		"bmsd.conf:3: cell_ovp 3500 mV must be above cell_ovp_release 3550 mV: "
		"overvoltage must be released below its limit\n");
	write_settings("cell_ovp = 3500; cell_ovp_release = \"3.5 V\";");
	conf_expect_errors(-EINVAL,
		"bmsd.conf:2: cell_ovp_release 3500 mV must be below cell_ovp 3500 mV: "
		"overvoltage must be released below its limit\n");
	write_settings("soc100_voltage = 3601;\ncell_ovp = 3600;");
	conf_expect_errors(-EINVAL,
		"bmsd.conf:3: cell_ovp 3600 mV must be at least soc100_voltage 3601 mV: "
		"SOC 100 % must be reached before overvoltage protection acts\n");
	write_settings("cell_ovp = 3600;\nsoc100_voltage = 3601;");
	conf_expect_errors(-EINVAL,
		"bmsd.conf:3: soc100_voltage 3601 mV must be at most cell_ovp 3600 mV: "
		"SOC 100 % must be reached before overvoltage protection acts\n");
	write_settings("charge_otp = 600;\ncharge_otp_release = 600;");
	conf_expect_errors(-EINVAL, "bmsd.conf:3: charge_otp_release 600 (60.0 C) must be below "
				    "charge_otp 600 (60.0 C): "
				    "over-temperature must be released below its limit\n");
}

static void a_rule_with_one_side_absent_is_not_checked(void **state)
{
	(void)state;
	write_settings("cell_ovp = 1000;");
	config_free(conf_load());
}

/* Every rule, broken by one and kept at its edge. */
static void every_rule_is_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < BMS_RULE_COUNT; i++) {
		const struct bms_setting_row *low = &bms_setting_rows[bms_rules[i].low];
		const struct bms_setting_row *high = &bms_setting_rows[bms_rules[i].high];
		int32_t edge = low->min > high->min ? low->min : high->min;
		int32_t gap = bms_rules[i].op == BMS_RULE_LESS;
		struct config_errors errors;
		struct config *config = NULL;
		char text[128];

		edge++;
		snprintf(text, sizeof(text), "%s = %" PRId32 ";\n%s = %" PRId32 ";", low->key, edge,
			high->key, edge + gap);
		write_settings(text);
		config_free(conf_load());
		snprintf(text, sizeof(text), "%s = %" PRId32 ";\n%s = %" PRId32 ";", low->key, edge,
			high->key, edge + gap - 1);
		write_settings(text);
		assert_int_equal(config_load(&config, "bmsd.conf", &errors), -EINVAL);
		assert_int_equal(errors.count, 1);
		assert_non_null(strstr(errors.text, bms_rules[i].text));
		config_errors_deinit(&errors);
	}
}

/* At its lower limit, at its upper one, and refused one beyond either. */
static void every_setting_keeps_its_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < BMS_SETTING_COUNT; i++) {
		const struct bms_setting_row *row = &bms_setting_rows[i];
		const int64_t values[] = { row->min, row->max, (int64_t)row->min - 1,
			(int64_t)row->max + 1 };

		if (i == BMS_SETTING_DEVICE_ADDRESS)
			continue;
		for (size_t j = 0; j < LENGTH(values); j++) {
			struct config *config = NULL;
			struct config_errors errors;
			char text[128];
			int r;

			if (row->count > 1)
				snprintf(text, sizeof(text), "%s = [ %" PRId64 " ];", row->key,
					values[j]);
			else
				snprintf(text, sizeof(text), "%s = %" PRId64 ";", row->key,
					values[j]);
			write_settings(text);
			r = config_load(&config, "bmsd.conf", &errors);
			assert_int_equal(r, j < 2 ? 0 : -EINVAL);
			if (config)
				assert_int_equal(
					config->packs[0].desired.value[row->slot], values[j]);
			config_free(config);
			config_errors_deinit(&errors);
		}
	}
}

static void every_setting_of_every_preset_is_sound(void **state)
{
	(void)state;
	for (size_t chemistry = 0; chemistry < BMS_CHEMISTRY_COUNT; chemistry++) {
		char text[8192] = "";
		size_t len = 0;

		for (size_t i = 0; i < BMS_SETTING_COUNT; i++) {
			const struct bms_setting_row *row = &bms_setting_rows[i];

			len += (size_t)snprintf(text + len, sizeof(text) - len,
				row->count > 1 ? "%s = [ %d ];\n" : "%s = %d;\n", row->key,
				row->preset[chemistry]);
		}
		write_settings(text);
		config_free(conf_load());
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(each_wrong_setting_has_its_words),
		IN_DIRECTORY(a_broken_rule_is_told_at_the_later_setting),
		IN_DIRECTORY(a_rule_with_one_side_absent_is_not_checked),
		IN_DIRECTORY(every_rule_is_checked),
		IN_DIRECTORY(every_setting_keeps_its_limits),
		IN_DIRECTORY(every_setting_of_every_preset_is_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
