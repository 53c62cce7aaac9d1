/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include <errno.h>

#include "conf_file.h"

static void what_is_not_given_has_its_default(void **state)
{
	struct config *config;

	(void)state;
	conf_write("bmsd.conf", "packs = ( { name = \"garage\"; device = \"/dev/ttyUSB0\"; } );");
	config = conf_load();
	assert_string_equal(config->daemon.history, "/var/lib/bmsd/history.db");
	assert_int_equal(config->daemon.commit_interval_s, 60);
	assert_int_equal(config->daemon.raw, CONFIG_RAW_DEADBAND);
	assert_int_equal(config->daemon.dbus, 0);
	assert_int_equal(config->daemon.log, 0);
	assert_int_equal(config->daemon.log_level, 3);
	assert_int_equal(config->pack_count, 1);
	assert_string_equal(config->packs[0].name, "garage");
	assert_int_equal(config->packs[0].address, 1);
	assert_int_equal(config->packs[0].period_ms, 1000);
	assert_int_equal(config->line_count, 1);
	assert_string_equal(config->lines[0].device, "/dev/ttyUSB0");
	assert_int_equal(config->lines[0].baud, 115200);
	assert_false(config->lines[0].rs485);
	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++)
		assert_false(bms_settings_has(&config->packs[0].desired, slot));
	config_free(config);
}

static const char full[] =
	"history = \"\";\n"
	"commit_interval_s = \"5 min\";\n"
	"raw = \"all\"; dbus = \"none\"; log = \"stderr\"; log_level = \"debug\";\n"
	"lines = ( { device = \"/dev/b\"; baud = 9600; rs485 = true;\n"
	"            answer_timeout_ms = 400; } );\n"
	"packs = (\n"
	"  { name = \"one\"; link = \"jk-modbus\"; device = \"/dev/a\"; address = 1;\n"
	"    period_ms = 0; settings_period_s = 30; stale_periods = 5;\n"
	"    settings = { cell_ovp = 3600; cell_ovp_release = \"3.55 V\";\n"
	"      balance_switch = true; charge_otp = \"60 C\"; heating_switch = 0;\n"
	"      charge_utp = -50; device_address = 1;\n"
	"      wire_resistance = [ 0, 0, 100 ]; }; },\n"
	"  { name = \"two\"; device = \"/dev/b\"; },\n"
	"  { name = \"three\"; device = \"/dev/a\"; address = 0x10;\n"
	"    settings = { wire_resistance = ( 5, \"0.25 mOhm\" ); }; }\n"
	");\n";

static void every_kind_of_value_is_read(void **state)
{
	const struct config_pack *one;
	struct config *config;

	(void)state;
	conf_write("bmsd.conf", full);
	config = conf_load();
	assert_string_equal(config->daemon.history, "");
	assert_int_equal(config->daemon.commit_interval_s, 300);
	assert_int_equal(config->daemon.raw, CONFIG_RAW_ALL);
	assert_int_equal(config->daemon.dbus, 2);
	assert_int_equal(config->daemon.log, 2);
	assert_int_equal(config->daemon.log_level, 4);
	one = &config->packs[0];
	assert_int_equal(one->period_ms, 0);
	assert_int_equal(one->settings_period_s, 30);
	assert_int_equal(one->stale_periods, 5);
	assert_int_equal(one->desired.value[BMS_SETTING_SLOT_CELL_OVP], 3600);
	assert_int_equal(one->desired.value[BMS_SETTING_SLOT_CELL_OVP_RELEASE], 3550);
	assert_int_equal(one->desired.value[BMS_SETTING_SLOT_BALANCE_SWITCH], 1);
	assert_true(bms_settings_has(&one->desired, BMS_SETTING_SLOT_HEATING_SWITCH));
	assert_int_equal(one->desired.value[BMS_SETTING_SLOT_HEATING_SWITCH], 0);
	assert_int_equal(one->desired.value[BMS_SETTING_SLOT_CHARGE_OTP], 600);
	assert_int_equal(one->desired.value[BMS_SETTING_SLOT_CHARGE_UTP], -50);
	assert_false(bms_settings_has(&one->desired, BMS_SETTING_SLOT_CELL_UVP));
	config_free(config);
}

static void a_cell_without_a_value_is_left_alone(void **state)
{
	const struct bms_settings *desired;
	struct config *config;

	(void)state;
	conf_write("bmsd.conf", full);
	config = conf_load();
	desired = &config->packs[0].desired;
	assert_int_equal(desired->value[BMS_SETTING_SLOT_WIRE_RESISTANCE + 2], 100);
	assert_true(bms_settings_has(desired, BMS_SETTING_SLOT_WIRE_RESISTANCE));
	assert_false(bms_settings_has(desired, BMS_SETTING_SLOT_WIRE_RESISTANCE + 3));
	desired = &config->packs[2].desired;
	assert_int_equal(desired->value[BMS_SETTING_SLOT_WIRE_RESISTANCE + 1], 250);
	config_free(config);
}

static void packs_on_one_device_share_a_line(void **state)
{
	struct config *config;

	(void)state;
	conf_write("bmsd.conf", full);
	config = conf_load();
	assert_int_equal(config->pack_count, 3);
	assert_int_equal(config->line_count, 2);
	assert_int_equal(config->packs[0].line_index, 0);
	assert_int_equal(config->packs[1].line_index, 1);
	assert_int_equal(config->packs[2].line_index, 0);
	assert_int_equal(config->packs[2].address, 16);
	assert_int_equal(config->lines[0].baud, 115200);
	assert_string_equal(config->lines[1].device, "/dev/b");
	assert_int_equal(config->lines[1].baud, 9600);
	assert_true(config->lines[1].rs485);
	assert_int_equal(config->lines[1].answer_timeout_ms, 400);
	config_free(config);
}

static void a_file_that_cannot_be_opened_is_named(void **state)
{
	(void)state;
	conf_expect_errors(-ENOENT, "bmsd.conf: No such file or directory\n");
	assert_int_equal(mkdir("bmsd.conf", 0700), 0);
	conf_expect_errors(-EISDIR, "bmsd.conf: Is a directory\n");
}

static void the_errors_of_a_whole_file_are_told_at_once(void **state)
{
	(void)state;
	conf_write("bmsd.conf", "commit_interval_s = 3;\n"
				"dbus = \"sytem\";\n"
				"lgo = \"auto\";\n"
				"packs = (\n"
				"  { name = \"a\";\n"
				"    adress = 1;\n"
				"    settings = {\n"
				"      cell_ovp = 3500;\n"
				"      cell_ovp_release = 3550;\n"
				"      cell_uvpp = 2600; }; }\n"
				");\n");
	conf_expect_errors(-EINVAL,
		"bmsd.conf:1: commit_interval_s 3 s is out of range: 5 to 600 s\n"
		"bmsd.conf:2: dbus must be system, session or none, not \"sytem\"\n"
		"bmsd.conf:3: unknown option \"lgo\", did you mean \"log\"?\n"
		"bmsd.conf:6: unknown option \"adress\", did you mean \"address\"?\n"
		"bmsd.conf:5: a pack must have \"device\"\n"
		"bmsd.conf:10: unknown setting \"cell_uvpp\", did you mean \"cell_uvp\"?\n"
		"bmsd.conf:9: cell_ovp_release 3550 mV must be below cell_ovp 3500 mV: "
		"overvoltage must be released below its limit\n");
}

static void a_flood_of_errors_is_cut_and_counted(void **state)
{
	struct config *config = NULL;
	struct config_errors errors;
	FILE *file = fopen("bmsd.conf", "w");

	(void)state;
	for (int i = 0; i < 150; i++)
		fprintf(file, "zzzzzzzz%d = 1;\n", i);
	fclose(file);
	assert_int_equal(config_load(&config, "bmsd.conf", &errors), -EINVAL);
	assert_int_equal(errors.count, 151);
	assert_non_null(strstr(errors.text, "bmsd.conf:100: unknown option \"zzzzzzzz99\"\n"
					    "bmsd.conf: and 51 more\n"));
	config_errors_deinit(&errors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(what_is_not_given_has_its_default),
		IN_DIRECTORY(every_kind_of_value_is_read),
		IN_DIRECTORY(a_cell_without_a_value_is_left_alone),
		IN_DIRECTORY(packs_on_one_device_share_a_line),
		IN_DIRECTORY(a_file_that_cannot_be_opened_is_named),
		IN_DIRECTORY(the_errors_of_a_whole_file_are_told_at_once),
		IN_DIRECTORY(a_flood_of_errors_is_cut_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
