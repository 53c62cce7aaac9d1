/* SPDX-License-Identifier: MIT */
/* Settings in flash: pages that rot, power that goes while they are written. */
#include "scenario/suites.h"

#include <string.h>

enum {
	OLD_MV = 3610, /* of cell_ovp */
	NEW_MV = 3620,
	OPEN_MS = 15000,
	BROKEN_AT = 100,
};

static const enum bms_setting_slot slot = BMS_SETTING_SLOT_CELL_OVP;

/* The older value in one page, the newer in the other. */
static void begin(struct trial *trial)
{
	trial_begin(trial, NULL);
	rig_set(&trial->rig, slot, OLD_MV);
	params_save(&trial->rig.board.params, &trial->rig.port);
	rig_set(&trial->rig, slot, NEW_MV);
	params_save(&trial->rig.board.params, &trial->rig.port);
}

static void rot(struct rig *rig, unsigned page)
{
	rig->port.nvm[page][BROKEN_AT] ^= 0x10;
}

static bool has_alarm(const struct trial *trial)
{
	return rig_alarmed(&trial->rig, BMS_ALARM_COPROCESSOR);
}

static void both_pages(struct trial *trial)
{
	begin(trial);
	rot(&trial->rig, 0);
	rot(&trial->rig, 1);
	rig_reset(&trial->rig, PORT_RESET_POWER);
	rig_run_ms(&trial->rig, 50);
	trial_while(trial, trial_is_open, OPEN_MS, "a relay closed on settings nobody made");
	trial_expect(trial, has_alarm(trial), "no alarm");
}

static void newer_page(struct trial *trial)
{
	unsigned newest;

	begin(trial);
	newest = trial->rig.board.params.slots.newest;
	rot(&trial->rig, newest);
	rig_reset(&trial->rig, PORT_RESET_POWER);
	trial_expect(trial, rig_setting(&trial->rig, slot) == OLD_MV, "not the older settings");
	trial_expect(trial, trial_wait_ms(trial, trial_is_closed, OPEN_MS) >= 0, "did not start");
}

static void older_page(struct trial *trial)
{
	unsigned newest;

	begin(trial);
	newest = trial->rig.board.params.slots.newest;
	rot(&trial->rig, newest ^ 1);
	rig_reset(&trial->rig, PORT_RESET_POWER);
	trial_expect(trial, rig_setting(&trial->rig, slot) == NEW_MV, "not the newer settings");
	trial_expect(trial, trial_wait_ms(trial, trial_is_closed, OPEN_MS) >= 0, "did not start");
}

static void written_again(struct trial *trial)
{
	begin(trial);
	rot(&trial->rig, 0);
	rot(&trial->rig, 1);
	rig_reset(&trial->rig, PORT_RESET_POWER);
	rig_run_ms(&trial->rig, 5000);
	rig_set(&trial->rig, BMS_SETTING_SLOT_CELL_COUNT, trial->rig.plant.config.cells);
	params_save(&trial->rig.board.params, &trial->rig.port);
	trial_expect(trial, trial_wait_ms(trial, trial_is_closed, 30000) >= 0,
		"does not start after the settings were written");
	trial_expect(trial, !has_alarm(trial), "the alarm stays");
}

/* Every bit of both pages: never settings that were not written. */
static void any_bit(struct trial *trial)
{
	static struct rig healthy;
	unsigned size = 0, bit;

	begin(trial);
	healthy = trial->rig;
	while (size < PORT_NVM_PAGE_SIZE && (healthy.port.nvm[0][size] != 0xff || size < 600))
		size++;
	for (bit = 0; bit < size * 8 && !trial->failed; bit += 3) {
		unsigned newest = healthy.board.params.slots.newest;

		trial->rig.port = healthy.port;
		trial->rig.port.nvm[newest][bit / 8] ^= (uint8_t)(1u << bit % 8);
		rig_reset(&trial->rig, PORT_RESET_POWER);
		trial_expect(trial,
			trial->rig.board.params.state == SLOTS_LOST ||
				rig_setting(&trial->rig, slot) == OLD_MV ||
				rig_setting(&trial->rig, slot) == NEW_MV,
			"bit %u of the newer page makes %lld mV", bit,
			(long long)rig_setting(&trial->rig, slot));
	}
	trial_margin(trial, "%u bits", bit / 3);
}

/* The power goes at each byte of a write: old or new, never a mix, and it starts. */
static void cut_write(struct trial *trial)
{
	static struct rig before;
	long cut;
	bool written = false;

	begin(trial);
	before = trial->rig;
	for (cut = 0; !written && !trial->failed; cut++) {
		trial->rig = before;
		rig_set(&trial->rig, slot, OLD_MV + 20);
		trial->rig.port.power = cut;
		written = params_save(&trial->rig.board.params, &trial->rig.port);
		trial->rig.port.power = RIG_POWERED;
		rig_reset(&trial->rig, PORT_RESET_POWER);
		trial_expect(trial,
			rig_setting(&trial->rig, slot) == NEW_MV ||
				rig_setting(&trial->rig, slot) == OLD_MV + 20,
			"cut after %ld bytes: %lld mV", cut,
			(long long)rig_setting(&trial->rig, slot));
		trial_expect(trial, trial->rig.board.params.state == SLOTS_FOUND,
			"cut after %ld bytes: lost", cut);
	}
	trial_expect(trial, rig_setting(&trial->rig, slot) == OLD_MV + 20, "the write was lost");
	trial_margin(trial, "%ld places", cut);
}

static void survive_a_reset(struct trial *trial)
{
	begin(trial);
	rig_reset(&trial->rig, PORT_RESET_POWER);
	trial_expect(trial, rig_setting(&trial->rig, slot) == NEW_MV, "not what was written");
}

static void limits_of_flash(struct trial *trial)
{
	begin(trial);
	rig_set(&trial->rig, slot, 99999);
	params_save(&trial->rig.board.params, &trial->rig.port);
	rig_reset(&trial->rig, PORT_RESET_POWER);
	trial_expect(trial,
		bms_setting_in_range(BMS_SETTING_CELL_OVP, rig_setting(&trial->rig, slot)),
		"a value outside its limits came out of the flash");
}

static const struct scenario scenarios[] = {
	{ "settings", "both-pages", both_pages, 0 },
	{ "settings", "newer-page", newer_page, 0 },
	{ "settings", "older-page", older_page, 0 },
	{ "settings", "written-again", written_again, 0 },
	{ "settings", "any-bit", any_bit, 0 },
	{ "settings", "cut-write", cut_write, 0 },
	{ "settings", "survive-a-reset", survive_a_reset, 0 },
	{ "settings", "limits", limits_of_flash, 0 },
};

struct suite settings_suite(void)
{
	return (struct suite){ scenarios, sizeof(scenarios) / sizeof(*scenarios) };
}
