/* SPDX-License-Identifier: MIT */
#include "mirror/mirror.h"

#include <stdio.h>
#include <string.h>

#include "bms/jk_board.h"

static const uint64_t minute_us = UINT64_C(60) * 1000000;

static bool put_frame(void *userdata, uint8_t type, uint8_t counter, uint8_t out[BMS_JK_FRAME_SIZE])
{
	const struct mirror *mirror = userdata;
	struct bms_identity identity;
	struct bms_jk_board board = {
		.settings = &mirror->pack->settings,
		.telemetry = &mirror->pack->snapshot,
		.identity = &identity,
		.diary = &mirror->witness.diary,
		.profile = &mirror->profile,
	};

	if (type == BMS_JK_FRAME_SETTINGS && mirror->pack->settings_us == 0)
		return false;
	mirror_persona_identity(&mirror->options.persona, &mirror->pack->identity, &identity);
	bms_jk_board_frame(&board, type, counter, out);
	return true;
}

static size_t put_records(
	void *userdata, size_t first, uint8_t counter, uint8_t out[BMS_JK_FRAME_SIZE])
{
	const struct mirror *mirror = userdata;
	struct bms_jk_board board = { .diary = &mirror->witness.diary };

	return bms_jk_board_records(&board, first, counter, out);
}

static void refuse(struct mirror *mirror, struct mirror_refusal *refusal, const char *why)
{
	if (mirror->now_us - mirror->refusals_us >= minute_us) {
		mirror->refusals_us = mirror->now_us;
		refusal->untold = mirror->refusals > MIRROR_REFUSALS_MAX
					  ? mirror->refusals - MIRROR_REFUSALS_MAX
					  : 0;
		mirror->refusals = 0;
	}
	if (++mirror->refusals > MIRROR_REFUSALS_MAX)
		return;
	refusal->who = mirror->client.address;
	refusal->why = why;
	mirror->callbacks->refused(mirror->userdata, refusal);
}

/* NULL: nothing speaks against it here; plan and board have their own say. */
static const char *objection(const struct mirror *mirror, const struct mirror_refusal *wanted)
{
	if (!mirror->options.allows_writes)
		return "writes over Bluetooth are not allowed (mirror_writes)";
	if (!mirror->client.is_bonded)
		return "the client is not bonded";
	if (wanted->slot == BMS_SETTING_SLOTS)
		return "a mirror carries settings only";
	if (pack_health(mirror->pack, mirror->now_us) != PACK_FRESH)
		return "there is no fresh reading of the board";
	return NULL;
}

/* Apps set the clock whenever they connect; a board that is read has its own. */
static void execute(void *userdata, const struct bms_jk_command *command)
{
	struct mirror *mirror = userdata;
	struct mirror_refusal wanted = { .command = command->command };
	const char *why;

	if (command->command == BMS_JK_COMMAND_CLOCK)
		return;
	if (bms_jk_command_setting(command, &wanted.slot, &wanted.value) != BMS_OK)
		wanted.slot = BMS_SETTING_SLOTS;
	why = objection(mirror, &wanted);
	if (why) {
		refuse(mirror, &wanted, why);
		return;
	}
	mirror->held_until_us = mirror->now_us + MIRROR_HOLD_US;
	mirror->callbacks->write(
		mirror->userdata, wanted.slot, wanted.value, mirror->client.address);
}

static void send(void *userdata, const uint8_t *bytes, size_t size)
{
	const struct mirror *mirror = userdata;

	mirror->callbacks->send(mirror->userdata, bytes, size);
}

static const struct bms_jk_server_operations operations = {
	.frame = put_frame,
	.records = put_records,
	.execute = execute,
	.send = send,
};

void mirror_init(struct mirror *mirror, const struct pack *pack,
	const struct mirror_options *options, const struct mirror_callbacks *callbacks,
	void *userdata)
{
	*mirror = (struct mirror){
		.pack = pack,
		.options = *options,
		.callbacks = callbacks,
		.userdata = userdata,
	};
	bms_jk_server_init(&mirror->server, &operations, mirror, &mirror->profile);
	mirror_persona_profile(&pack->settings, &mirror->profile);
	mirror_on_pack(mirror);
}

void mirror_on_pack(struct mirror *mirror)
{
	const struct pack *pack = mirror->pack;

	if (pack->snapshot_us != mirror->snapshot_us)
		witness_reading(&mirror->witness, &pack->snapshot);
	if (pack->settings_us != mirror->settings_us) {
		witness_settings(&mirror->witness, &pack->settings, &pack->snapshot);
		mirror_persona_profile(&pack->settings, &mirror->profile);
	}
	mirror->snapshot_us = pack->snapshot_us;
	mirror->settings_us = pack->settings_us;
}

/* The halves of a command come from one client: whoever may write must not be made to end what
 * somebody else began. */
void mirror_hear(struct mirror *mirror, const struct mirror_client *client, const uint8_t *bytes,
	size_t size, uint64_t now_us)
{
	if (strcmp(mirror->client.address, client->address) != 0 ||
		mirror->client.is_bonded != client->is_bonded)
		bms_jk_server_cut(&mirror->server);
	mirror->client = *client;
	mirror->now_us = now_us;
	bms_jk_server_hear(&mirror->server, bytes, size, now_us);
}

void mirror_written(struct mirror *mirror)
{
	mirror->held_until_us = 0;
}

/* Nothing is said without a fresh reading, nor before a write shows. */
static uint64_t silent_until_us(const struct mirror *mirror, uint64_t now_us)
{
	if (pack_health(mirror->pack, now_us) != PACK_FRESH)
		return UINT64_MAX;
	return now_us < mirror->held_until_us ? mirror->held_until_us : 0;
}

void mirror_poll(struct mirror *mirror, uint64_t now_us)
{
	if (silent_until_us(mirror, now_us) == 0)
		bms_jk_server_poll(&mirror->server, now_us);
}

uint64_t mirror_next_us(const struct mirror *mirror, uint64_t now_us)
{
	uint64_t silent_us = silent_until_us(mirror, now_us);
	uint64_t next_us = bms_jk_server_next_us(&mirror->server);

	return silent_us > next_us ? silent_us : next_us;
}

void mirror_stop(struct mirror *mirror)
{
	bms_jk_server_stop(&mirror->server);
	mirror->client = (struct mirror_client){ 0 };
}
