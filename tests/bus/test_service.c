/* SPDX-License-Identifier: MIT */
/* The service on a dbus-daemon of its own; the test plays the gateway and the clients. */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/codec.h"
#include "bus/service.h"
#include "private_bus.h"

enum {
	PATIENCE_US = 20000000,
	PACKS_MAX = 3,
	STALE_US = 3000000,
};

struct fixture {
	struct private_bus daemon;
	sd_event *event;
	sd_bus *client;
	struct bus_service *service;
	struct pack packs[PACKS_MAX];
	size_t pack_count;
	uint64_t now_us;
	char mirror[32]; /* state of the first pack's */
	int reload_result;
	const char *reload_text;
	unsigned applied; /* bit per index */
	unsigned samples; /* Samples signals seen */
	sd_bus_message *last_samples;
	unsigned properties_changed;
	unsigned interfaces_added;
	unsigned interfaces_removed;
};

static size_t on_pack_count(void *userdata)
{
	return ((struct fixture *)userdata)->pack_count;
}

static const struct pack *on_pack_at(void *userdata, size_t index)
{
	return &((struct fixture *)userdata)->packs[index];
}

static const char *on_pack_link(void *userdata, size_t index)
{
	(void)userdata;
	return index == 0 ? "/dev/ttyUSB0 address 1 (jk-modbus)" : "/dev/ttyUSB0 address 2";
}

static const char *on_pack_mirror(void *userdata, size_t index, char out[BUS_MIRROR_SIZE])
{
	const struct fixture *fixture = userdata;

	snprintf(out, BUS_MIRROR_SIZE, "%s", index == 0 ? fixture->mirror : "");
	return out;
}

static uint64_t on_now_us(void *userdata)
{
	return ((struct fixture *)userdata)->now_us;
}

static const char *on_history_path(void *userdata)
{
	(void)userdata;
	return "/var/lib/bmsd/history.db";
}

static int on_plan(void *userdata, size_t index, struct plan *ret, char error[BUS_ERROR_SIZE])
{
	struct fixture *fixture = userdata;
	struct bms_settings desired = { 0 };

	if (index != 0) {
		snprintf(error, BUS_ERROR_SIZE, "the settings were not read yet");
		return -EAGAIN;
	}
	bms_settings_set(&desired, BMS_SETTING_SLOT_CELL_OVP, 3610);
	bms_settings_set(&desired, BMS_SETTING_SLOT_BALANCE_TRIGGER, 10);
	plan_make(ret, &fixture->packs[index].settings, &desired, &plan_carrier_jk_registers);
	return 0;
}

static int on_apply(void *userdata, size_t index, char error[BUS_ERROR_SIZE])
{
	(void)error;
	((struct fixture *)userdata)->applied |= 1u << index;
	return 0;
}

static int on_reload(void *userdata, char error[BUS_ERROR_SIZE])
{
	struct fixture *fixture = userdata;

	if (fixture->reload_result < 0)
		snprintf(error, BUS_ERROR_SIZE, "%s", fixture->reload_text);
	return fixture->reload_result;
}

static const struct bus_operations operations = {
	.pack_count = on_pack_count,
	.pack_at = on_pack_at,
	.pack_link = on_pack_link,
	.pack_mirror = on_pack_mirror,
	.now_us = on_now_us,
	.history_path = on_history_path,
	.plan = on_plan,
	.apply = on_apply,
	.reload = on_reload,
};

static void take_reading(struct fixture *fixture, size_t index, int64_t soc_pct)
{
	struct bms_telemetry report = { 0 };
	char reason[PLAUSIBILITY_REASON_SIZE];

	bms_telemetry_set(&report, BMS_SLOT_PACK_MV, 6600);
	bms_telemetry_set(&report, BMS_SLOT_CELL_MV, 3300);
	bms_telemetry_set(&report, BMS_SLOT_CELL_MV + 1, 3300);
	bms_telemetry_set(&report, BMS_SLOT_SOC_PCT, soc_pct);
	fixture->now_us += 1000000;
	assert_true(pack_take_reading(&fixture->packs[index], &report, fixture->now_us,
		1700000000000 + (int64_t)(fixture->now_us / 1000), reason));
}

static int on_samples(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct fixture *fixture = userdata;

	(void)error;
	fixture->samples++;
	sd_bus_message_unref(fixture->last_samples);
	fixture->last_samples = sd_bus_message_ref(message);
	return 0;
}

static int on_count(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	(void)message;
	(void)error;
	++*(unsigned *)userdata;
	return 0;
}

static void watch(struct fixture *fixture, const char *interface, const char *member,
	sd_bus_message_handler_t handler, void *userdata)
{
	assert_true(sd_bus_match_signal(fixture->client, NULL, CODEC_SERVICE, NULL, interface,
			    member, handler, userdata) >= 0);
}

static void open_client(struct fixture *fixture)
{
	assert_true(sd_bus_open_user(&fixture->client) >= 0);
	assert_true(sd_bus_attach_event(fixture->client, fixture->event, 0) >= 0);
	watch(fixture, CODEC_MANAGER_INTERFACE, "Samples", on_samples, fixture);
	watch(fixture, "org.freedesktop.DBus.Properties", "PropertiesChanged", on_count,
		&fixture->properties_changed);
	watch(fixture, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded", on_count,
		&fixture->interfaces_added);
	watch(fixture, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved", on_count,
		&fixture->interfaces_removed);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	assert_non_null(fixture);
	assert_true(private_bus_start(&fixture->daemon, NULL));
	assert_true(sd_event_new(&fixture->event) >= 0);
	fixture->now_us = 1000000;
	fixture->pack_count = 2;
	pack_init(&fixture->packs[0], "house", STALE_US);
	pack_init(&fixture->packs[1], "boat-2", STALE_US);
	assert_int_equal(bus_service_new(&fixture->service, fixture->event, BUS_SESSION,
				 &operations, fixture),
		0);
	open_client(fixture);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	assert_null(bus_service_free(fixture->service));
	sd_bus_message_unref(fixture->last_samples);
	sd_bus_flush_close_unref(fixture->client);
	sd_event_unref(fixture->event);
	private_bus_stop(&fixture->daemon);
	free(fixture);
	return 0;
}

static int on_reply(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	(void)error;
	*(sd_bus_message **)userdata = sd_bus_message_ref(message);
	return 0;
}

/* Client and service share the loop, so a call is a request and turns of the loop. */
static sd_bus_message *await(struct fixture *fixture, sd_bus_message *call)
{
	sd_bus_message *reply = NULL;

	assert_true(
		sd_bus_call_async(fixture->client, NULL, call, on_reply, &reply, PATIENCE_US) >= 0);
	sd_bus_message_unref(call);
	while (!reply)
		assert_true(sd_event_run(fixture->event, PATIENCE_US) >= 0);
	return reply;
}

static sd_bus_message *ask(struct fixture *fixture, const char *path, const char *interface,
	const char *method, const char *first, const char *second)
{
	sd_bus_message *call = NULL;

	assert_true(sd_bus_message_new_method_call(
			    fixture->client, &call, CODEC_SERVICE, path, interface, method) >= 0);
	if (first)
		assert_true(sd_bus_message_append(call, "s", first) >= 0);
	if (second)
		assert_true(sd_bus_message_append(call, "s", second) >= 0);
	return await(fixture, call);
}

static sd_bus_message *ask_manager(
	struct fixture *fixture, const char *method, const char *argument)
{
	sd_bus_message *reply =
		ask(fixture, CODEC_MANAGER_PATH, CODEC_MANAGER_INTERFACE, method, argument, NULL);

	return reply;
}

/* A method that answers nothing but that it is done. */
static void tell_manager(struct fixture *fixture, const char *method, const char *argument)
{
	sd_bus_message *reply = ask_manager(fixture, method, argument);

	assert_false(sd_bus_message_is_method_error(reply, NULL));
	sd_bus_message_unref(reply);
}

static void expect_error(
	struct fixture *fixture, const char *method, const char *argument, const char *name)
{
	sd_bus_message *reply = ask_manager(fixture, method, argument);

	assert_true(sd_bus_message_is_method_error(reply, name));
	sd_bus_message_unref(reply);
}

/* Everything sent before this has arrived when the answer has. */
static void settle(struct fixture *fixture)
{
	sd_bus_message_unref(ask_manager(fixture, "ListPacks", NULL));
}

static void every_pack_is_listed_with_its_object(void **state)
{
	struct fixture *fixture = *state;
	sd_bus_message *reply = ask_manager(fixture, "ListPacks", NULL);
	const char *name, *path;

	assert_true(sd_bus_message_enter_container(reply, 'a', "(so)") > 0);
	assert_true(sd_bus_message_read(reply, "(so)", &name, &path) > 0);
	assert_string_equal(name, "house");
	assert_string_equal(path, "/org/bmsd1/pack/house");
	assert_true(sd_bus_message_read(reply, "(so)", &name, &path) > 0);
	assert_string_equal(name, "boat-2");
	assert_string_equal(path, "/org/bmsd1/pack/boat_2d2");
	assert_int_equal(sd_bus_message_read(reply, "(so)", &name, &path), 0);
	sd_bus_message_unref(reply);
}

static struct codec_snapshot get_snapshot(struct fixture *fixture, const char *pack)
{
	sd_bus_message *reply = ask_manager(fixture, "GetSnapshot", pack);
	struct codec_snapshot snapshot;

	assert_true(codec_read_snapshot(reply, &snapshot) >= 0);
	sd_bus_message_unref(reply);
	return snapshot;
}

static void a_snapshot_tells_its_age_and_health(void **state)
{
	struct fixture *fixture = *state;
	struct codec_snapshot snapshot;

	assert_string_equal(get_snapshot(fixture, "house").health, "unseen");
	take_reading(fixture, 0, 77);
	fixture->now_us += 250000;
	snapshot = get_snapshot(fixture, "house");
	assert_string_equal(snapshot.name, "house");
	assert_string_equal(snapshot.health, "fresh");
	assert_string_equal(snapshot.link, "/dev/ttyUSB0 address 1 (jk-modbus)");
	assert_int_equal(snapshot.age_ms, 250);
	assert_int_equal(snapshot.time_ms, fixture->packs[0].snapshot_wall_ms);
	assert_int_equal(bms_telemetry_or(&snapshot.telemetry, BMS_SLOT_SOC_PCT, -1), 77);
	fixture->now_us += STALE_US;
	assert_string_equal(get_snapshot(fixture, "house").health, "stale");
}

static void an_unknown_pack_is_an_error(void **state)
{
	expect_error(*state, "GetSnapshot", "garage", CODEC_ERROR_UNKNOWN_PACK);
	expect_error(*state, "Plan", "garage", CODEC_ERROR_UNKNOWN_PACK);
	expect_error(*state, "Apply", "garage", CODEC_ERROR_UNKNOWN_PACK);
}

static void a_refused_reload_carries_every_line_of_what_is_wrong(void **state)
{
	struct fixture *fixture = *state;
	sd_bus_message *reply;

	tell_manager(fixture, "Reload", NULL);
	fixture->reload_result = -EINVAL;
	fixture->reload_text = "/etc/bmsd/bmsd.conf:3: unknown option\nbmsd.conf:9: too high\n";
	reply = ask_manager(fixture, "Reload", NULL);
	assert_true(sd_bus_message_is_method_error(reply, CODEC_ERROR_CONFIGURATION));
	assert_string_equal(sd_bus_message_get_error(reply)->message, fixture->reload_text);
	sd_bus_message_unref(reply);
}

static void a_plan_is_sent_item_by_item(void **state)
{
	struct fixture *fixture = *state;
	const char *key, *verdict, *reason;
	sd_bus_message *reply;
	int64_t old_value, new_value;
	uint16_t element;
	int has_old;

	bms_settings_set(&fixture->packs[0].settings, BMS_SETTING_SLOT_CELL_OVP, 3600);
	bms_settings_set(&fixture->packs[0].settings, BMS_SETTING_SLOT_BALANCE_TRIGGER, 10);
	reply = ask_manager(fixture, "Plan", "house");
	assert_true(sd_bus_message_enter_container(reply, 'a', "(" CODEC_PLAN_ITEM ")") > 0);
	assert_true(sd_bus_message_read(reply, "(" CODEC_PLAN_ITEM ")", &key, &element, &has_old,
			    &old_value, &new_value, &verdict, &reason) > 0);
	assert_string_equal(key, "cell_ovp");
	assert_int_equal(element, 0);
	assert_true(has_old);
	assert_int_equal(old_value, 3600);
	assert_int_equal(new_value, 3610);
	assert_string_equal(verdict, CODEC_PLAN_WRITE);
	assert_true(sd_bus_message_read(reply, "(" CODEC_PLAN_ITEM ")", &key, &element, &has_old,
			    &old_value, &new_value, &verdict, &reason) > 0);
	assert_string_equal(key, "balance_trigger");
	assert_string_equal(verdict, CODEC_PLAN_SAME);
	sd_bus_message_unref(reply);
	expect_error(fixture, "Plan", "boat-2", CODEC_ERROR_FAILED);
}

static int on_apply_reply(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	(void)error;
	*(sd_bus_message **)userdata = sd_bus_message_ref(reply);
	return 0;
}

/* A call that is answered later. */
static sd_bus_message **begin_apply(struct fixture *fixture, const char *pack)
{
	static sd_bus_message *reply;

	reply = NULL;
	assert_true(
		sd_bus_call_method_async(fixture->client, NULL, CODEC_SERVICE, CODEC_MANAGER_PATH,
			CODEC_MANAGER_INTERFACE, "Apply", on_apply_reply, &reply, "s", pack) >= 0);
	settle(fixture);
	return &reply;
}

static void apply_answers_when_the_named_pack_is_done(void **state)
{
	static const struct apply_write write = {
		.item = { .slot = BMS_SETTING_SLOT_CELL_OVP, .old_value = 3600, .new_value = 3620 },
		.outcome = APPLY_OUTCOME_REFUSED,
	};
	static const struct plan plan;
	struct fixture *fixture = *state;
	sd_bus_message **reply = begin_apply(fixture, "boat-2");
	const char *key, *word, *reason;
	int64_t old_value, new_value;
	uint16_t element;
	int has_old;

	assert_int_equal(fixture->applied, 2);
	bus_service_applied(fixture->service, "house", &write, 1, &plan);
	settle(fixture);
	assert_null(*reply);
	bus_service_applied(fixture->service, "boat-2", &write, 1, &plan);
	settle(fixture);
	assert_non_null(*reply);
	assert_true(sd_bus_message_enter_container(*reply, 'a', "(" CODEC_PLAN_ITEM ")") > 0);
	assert_true(sd_bus_message_read(*reply, "(" CODEC_PLAN_ITEM ")", &key, &element, &has_old,
			    &old_value, &new_value, &word, &reason) > 0);
	assert_string_equal(key, "cell_ovp");
	assert_string_equal(word, "refused");
	assert_int_equal(old_value, 3600);
	assert_int_equal(new_value, 3620);
	sd_bus_message_unref(*reply);
}

static void apply_fails_when_the_link_goes_down(void **state)
{
	struct fixture *fixture = *state;
	sd_bus_message **reply = begin_apply(fixture, "boat-2");

	bus_service_apply_failed(fixture->service, "boat-2", "the link went down");
	settle(fixture);
	assert_non_null(*reply);
	assert_true(sd_bus_message_is_method_error(*reply, CODEC_ERROR_FAILED));
	sd_bus_message_unref(*reply);
}

static void samples_are_sent_only_while_somebody_subscribed(void **state)
{
	struct fixture *fixture = *state;

	take_reading(fixture, 0, 50);
	bus_service_tick(fixture->service);
	settle(fixture);
	assert_int_equal(fixture->samples, 0);

	tell_manager(fixture, "Subscribe", NULL);
	take_reading(fixture, 0, 51);
	take_reading(fixture, 1, 52);
	bus_service_tick(fixture->service);
	settle(fixture);
	assert_int_equal(fixture->samples, 1);

	tell_manager(fixture, "Unsubscribe", NULL);
	take_reading(fixture, 0, 53);
	bus_service_tick(fixture->service);
	settle(fixture);
	assert_int_equal(fixture->samples, 1);
}

static void samples_hold_the_packs_that_have_news(void **state)
{
	struct fixture *fixture = *state;
	struct bms_telemetry telemetry;
	const char *name;
	int64_t time_ms;

	tell_manager(fixture, "Subscribe", NULL);
	take_reading(fixture, 0, 40);
	take_reading(fixture, 1, 41);
	bus_service_tick(fixture->service);
	take_reading(fixture, 1, 42);
	bus_service_tick(fixture->service);
	bus_service_tick(fixture->service);
	settle(fixture);
	assert_int_equal(fixture->samples, 2);
	assert_true(sd_bus_message_enter_container(
			    fixture->last_samples, 'a', "(" CODEC_SAMPLE ")") > 0);
	assert_true(sd_bus_message_enter_container(fixture->last_samples, 'r', CODEC_SAMPLE) > 0);
	assert_true(sd_bus_message_read(fixture->last_samples, "sx", &name, &time_ms) > 0);
	assert_string_equal(name, "boat-2");
	assert_int_equal(time_ms, fixture->packs[1].snapshot_wall_ms);
	assert_true(codec_read_telemetry(fixture->last_samples, &telemetry) >= 0);
	assert_int_equal(bms_telemetry_or(&telemetry, BMS_SLOT_SOC_PCT, -1), 42);
	assert_true(sd_bus_message_exit_container(fixture->last_samples) >= 0);
	assert_int_equal(sd_bus_message_at_end(fixture->last_samples, false), 1);
}

static void a_subscriber_that_leaves_the_bus_is_forgotten(void **state)
{
	struct fixture *fixture = *state;
	sd_bus *keep;

	tell_manager(fixture, "Subscribe", NULL);
	keep = fixture->client;
	open_client(fixture);
	sd_bus_flush_close_unref(keep);
	/* The dbus-daemon tells the service before it can answer later calls. */
	settle(fixture);
	settle(fixture);
	take_reading(fixture, 0, 60);
	bus_service_tick(fixture->service);
	settle(fixture);
	assert_int_equal(fixture->samples, 0);
}

static void a_pack_object_has_properties(void **state)
{
	struct fixture *fixture = *state;
	struct bms_settings settings;
	sd_bus_message *reply;
	const char *name;
	int64_t age_ms;

	reply = ask(fixture, "/org/bmsd1/pack/boat_2d2", "org.freedesktop.DBus.Properties", "Get",
		CODEC_PACK_INTERFACE, "Name");
	assert_true(sd_bus_message_read(reply, "v", "s", &name) > 0);
	assert_string_equal(name, "boat-2");
	sd_bus_message_unref(reply);

	reply = ask(fixture, "/org/bmsd1/pack/house", "org.freedesktop.DBus.Properties", "Get",
		CODEC_PACK_INTERFACE, "SettingsAgeMs");
	assert_true(sd_bus_message_read(reply, "v", "x", &age_ms) > 0);
	assert_int_equal(age_ms, -1);
	sd_bus_message_unref(reply);

	strcpy(fixture->mirror, "on the air");
	reply = ask(fixture, "/org/bmsd1/pack/house", "org.freedesktop.DBus.Properties", "Get",
		CODEC_PACK_INTERFACE, "Mirror");
	assert_true(sd_bus_message_read(reply, "v", "s", &name) > 0);
	assert_string_equal(name, "on the air");
	sd_bus_message_unref(reply);

	bms_settings_set(&fixture->packs[0].settings, BMS_SETTING_SLOT_CELL_OVP, 3600);
	reply = ask(fixture, "/org/bmsd1/pack/house", "org.freedesktop.DBus.Properties", "Get",
		CODEC_PACK_INTERFACE, "Settings");
	assert_true(sd_bus_message_enter_container(reply, 'v', "a{sv}") > 0);
	assert_true(codec_read_settings(reply, &settings) >= 0);
	assert_int_equal(settings.value[BMS_SETTING_SLOT_CELL_OVP], 3600);
	sd_bus_message_unref(reply);
}

static void there_is_no_object_for_a_pack_that_is_not_there(void **state)
{
	struct fixture *fixture = *state;
	sd_bus_message *reply = ask(fixture, "/org/bmsd1/pack/garage",
		"org.freedesktop.DBus.Properties", "Get", CODEC_PACK_INTERFACE, "Name");

	assert_true(sd_bus_message_is_method_error(reply, NULL));
	sd_bus_message_unref(reply);
}

static void introspection_shows_the_interfaces(void **state)
{
	struct fixture *fixture = *state;
	static const char *const members[] = { "ListPacks", "GetSnapshot", "Plan", "Apply",
		"Reload", "Subscribe", "Unsubscribe", "Samples", "HistoryPath", "Version",
		"org.freedesktop.DBus.ObjectManager" };
	sd_bus_message *reply = ask(fixture, CODEC_MANAGER_PATH,
		"org.freedesktop.DBus.Introspectable", "Introspect", NULL, NULL);
	const char *text;

	assert_true(sd_bus_message_read(reply, "s", &text) > 0);
	for (size_t i = 0; i < LENGTH(members); i++)
		assert_non_null(strstr(text, members[i]));
	sd_bus_message_unref(reply);
	reply = ask(fixture, "/org/bmsd1/pack", "org.freedesktop.DBus.Introspectable", "Introspect",
		NULL, NULL);
	assert_true(sd_bus_message_read(reply, "s", &text) > 0);
	assert_non_null(strstr(text, "boat_2d2"));
	sd_bus_message_unref(reply);
}

static void the_object_manager_knows_every_pack(void **state)
{
	struct fixture *fixture = *state;
	sd_bus_message *reply = ask(fixture, CODEC_MANAGER_PATH,
		"org.freedesktop.DBus.ObjectManager", "GetManagedObjects", NULL, NULL);
	unsigned found = 0;
	const char *path;

	assert_true(sd_bus_message_enter_container(reply, 'a', "{oa{sa{sv}}}") > 0);
	while (sd_bus_message_enter_container(reply, 'e', "oa{sa{sv}}") > 0) {
		assert_true(sd_bus_message_read(reply, "o", &path) > 0);
		found += strcmp(path, "/org/bmsd1/pack/house") == 0;
		found += strcmp(path, "/org/bmsd1/pack/boat_2d2") == 0;
		assert_true(sd_bus_message_skip(reply, "a{sa{sv}}") >= 0);
		assert_true(sd_bus_message_exit_container(reply) >= 0);
	}
	assert_int_equal(found, 2);
	sd_bus_message_unref(reply);
}

static void a_tick_announces_only_what_changed(void **state)
{
	struct fixture *fixture = *state;

	bus_service_tick(fixture->service);
	settle(fixture);
	fixture->properties_changed = 0;
	take_reading(fixture, 0, 10);
	bus_service_tick(fixture->service); /* health: unseen -> fresh */
	settle(fixture);
	assert_int_equal(fixture->properties_changed, 1);
	take_reading(fixture, 0, 11);
	bus_service_tick(fixture->service);
	settle(fixture);
	assert_int_equal(fixture->properties_changed, 1);
	fixture->packs[0].settings_us = fixture->now_us;
	bus_service_tick(fixture->service);
	settle(fixture);
	assert_int_equal(fixture->properties_changed, 2);
	strcpy(fixture->mirror, "silent");
	bus_service_tick(fixture->service);
	bus_service_tick(fixture->service);
	settle(fixture);
	assert_int_equal(fixture->properties_changed, 3);
}

static void packs_that_come_and_go_are_announced(void **state)
{
	struct fixture *fixture = *state;

	pack_init(&fixture->packs[1], "garage", STALE_US);
	pack_init(&fixture->packs[2], "shed", STALE_US);
	fixture->pack_count = 3;
	bus_service_packs_changed(fixture->service);
	settle(fixture);
	assert_int_equal(fixture->interfaces_added, 2);
	assert_int_equal(fixture->interfaces_removed, 1);
	expect_error(fixture, "GetSnapshot", "boat-2", CODEC_ERROR_UNKNOWN_PACK);
	assert_string_equal(get_snapshot(fixture, "shed").name, "shed");
}

static void without_a_bus_everything_is_quietly_left_out(void **state)
{
	struct bus_service *service = NULL;
	sd_event *event = NULL;

	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(bus_service_new(&service, event, BUS_NONE, &operations, *state), 0);
	bus_service_tick(service);
	bus_service_packs_changed(service);
	assert_null(bus_service_free(service));
	assert_null(bus_service_free(NULL));
	sd_event_unref(event);
}

/* Turns the loop until the service can be asked again, at most for a while. */
static void await_service(struct fixture *fixture)
{
	uint64_t start_us = 0, now_us = 0;
	bool is_back = false;

	assert_true(sd_event_now(fixture->event, CLOCK_MONOTONIC, &start_us) >= 0);
	while (!is_back) {
		sd_bus_message *reply = ask_manager(fixture, "ListPacks", NULL);

		is_back = !sd_bus_message_is_method_error(reply, NULL);
		sd_bus_message_unref(reply);
		assert_true(sd_event_now(fixture->event, CLOCK_MONOTONIC, &now_us) >= 0);
		assert_true(now_us - start_us < 2 * (uint64_t)PATIENCE_US);
		assert_true(sd_event_run(fixture->event, 100000) >= 0);
	}
}

static void a_bus_that_comes_back_finds_the_service_again(void **state)
{
	struct fixture *fixture = *state;
	char address[sizeof(fixture->daemon.address)];

	snprintf(address, sizeof(address), "%.*s", (int)strcspn(fixture->daemon.address, ","),
		fixture->daemon.address);
	fixture->client = sd_bus_flush_close_unref(fixture->client);
	private_bus_stop(&fixture->daemon);
	for (int i = 0; i < 5; i++)
		assert_true(sd_event_run(fixture->event, 100000) >= 0);
	take_reading(fixture, 0, 33);
	bus_service_tick(fixture->service);
	assert_true(private_bus_start(&fixture->daemon, address));
	open_client(fixture);
	await_service(fixture);
	assert_string_equal(get_snapshot(fixture, "house").health, "fresh");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(every_pack_is_listed_with_its_object),
		TEST(a_snapshot_tells_its_age_and_health),
		TEST(an_unknown_pack_is_an_error),
		TEST(a_refused_reload_carries_every_line_of_what_is_wrong),
		TEST(a_plan_is_sent_item_by_item),
		TEST(apply_answers_when_the_named_pack_is_done),
		TEST(apply_fails_when_the_link_goes_down),
		TEST(samples_are_sent_only_while_somebody_subscribed),
		TEST(samples_hold_the_packs_that_have_news),
		TEST(a_subscriber_that_leaves_the_bus_is_forgotten),
		TEST(a_pack_object_has_properties),
		TEST(there_is_no_object_for_a_pack_that_is_not_there),
		TEST(introspection_shows_the_interfaces),
		TEST(the_object_manager_knows_every_pack),
		TEST(a_tick_announces_only_what_changed),
		TEST(packs_that_come_and_go_are_announced),
		TEST(without_a_bus_everything_is_quietly_left_out),
		TEST(a_bus_that_comes_back_finds_the_service_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
