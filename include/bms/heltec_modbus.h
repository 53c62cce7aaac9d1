/* SPDX-License-Identifier: MIT */
/*
 * Heltec's own register map: boards of 9600 baud sold as "Heltec Smart BMS", function 03 only.
 *
 * Known from one public client in use in the field (mr-manuel/venus-os_dbus-serialbattery,
 * heltecmodbus.py); no capture of a board is public. So only the reads that client makes are made,
 * nothing is ever written, and the register of the Bluetooth password is not read.
 */
#ifndef BMS_HELTEC_MODBUS_H
#define BMS_HELTEC_MODBUS_H

#include "bms/identity.h"
#include "bms/settings.h"
#include "bms/telemetry.h"

/* Consecutive registers read by one request. */
struct bms_heltec_read {
	uint8_t reg;
	uint8_t count;
};

enum {
	BMS_HELTEC_CELLS_REG = 75, /* cell count and chemistry; read before the cells */
	BMS_HELTEC_READ_MAX = 25,  /* registers; the longest read known to be answered */
	BMS_HELTEC_BAUD = 9600,
	BMS_HELTEC_PACING_MS = 30,  /* between an answer and the next request */
	BMS_HELTEC_ANSWER_MS = 400, /* the slowest answer seen by the client */
	BMS_HELTEC_TRIES = 4,
};

/* What to read for a whole picture; the read of the cells is as long as a board of 25 needs. */
extern const struct bms_heltec_read bms_heltec_live_reads[];
extern const size_t bms_heltec_live_read_count;
extern const struct bms_heltec_read bms_heltec_settings_reads[];
extern const size_t bms_heltec_settings_read_count;

/*
 * Adds what the data of a read reply holds; values of other registers stay. Cells are taken only
 * for the count that telemetry knows by then (its cell mask): begin with BMS_HELTEC_CELLS_REG.
 */
void bms_heltec_decode_live(
	uint8_t reg, const uint8_t *data, size_t size, struct bms_telemetry *telemetry);
void bms_heltec_decode_settings(uint8_t reg, const uint8_t *data, size_t size,
	struct bms_settings *settings, struct bms_identity *identity);

#endif
