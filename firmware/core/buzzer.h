/* SPDX-License-Identifier: MIT */
/* The display's buzzer: one chosen quantity, a value at which it sounds, one at which it stops. */
#ifndef BUZZER_H
#define BUZZER_H

#include "bms/settings.h"
#include "core/measure.h"

/* Values of the setting buzzer_trigger, as the vendor's application lists them. */
enum buzzer_trigger {
	BUZZER_OFF,
	BUZZER_SOC_LOW, /* % */
	BUZZER_PACK_HIGH,
	BUZZER_PACK_LOW, /* mV, as every voltage of the settings */
	BUZZER_CELL_HIGH,
	BUZZER_CELL_LOW,
	BUZZER_CHARGE_CURRENT, /* mA */
	BUZZER_DISCHARGE_CURRENT,
	BUZZER_BATTERY_HOT, /* C: the factory's values are 100 and 95 for the next one */
	BUZZER_BOARD_HOT,
	BUZZER_ALARM, /* any fault; the values mean nothing */
	BUZZER_BATTERY_COLD,
	BUZZER_REMOTE, /* nobody has published how */
	BUZZER_SOC_HIGH,
	BUZZER_RELAY, /* a relay that is not as it should be */
	BUZZER_TRIGGERS
};

struct buzzer {
	bool on;
	uint8_t trigger; /* as of the last step */
};

struct buzzer_input {
	const struct bms_settings *settings;
	const struct measure *measure;
	int32_t soc_pct;
	uint32_t alarms;
	bool fault; /* one of the alarms is one */
};

/* True: it sounds. What is not known sounds nothing: a lost sensor is an alarm of its own. */
bool buzzer_step(struct buzzer *buzzer, const struct buzzer_input *input);

#endif
