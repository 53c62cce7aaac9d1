/* SPDX-License-Identifier: MIT */
/*
 * Where the JK family puts things: three blocks of bytes, one table each, serialised twice.
 *
 *   block     Modbus   300-byte frame
 *   settings  0x1000   type 01
 *   live      0x1200   type 02
 *   device    0x1400   type 03
 *
 * Modbus register number = base + BYTE offset, big-endian; frame byte = offset + 6, little-endian.
 * Proven on captures of ten boards; the register map's names are the vendor document's (V1.1).
 */
#ifndef BMS_JK_LAYOUT_H
#define BMS_JK_LAYOUT_H

#include "bms/identity.h"
#include "bms/settings.h"
#include "bms/status.h"
#include "bms/telemetry.h"
#include "bms/window.h"

enum bms_jk_block {
	BMS_JK_SETTINGS,
	BMS_JK_LIVE,
	BMS_JK_DEVICE,
	BMS_JK_BLOCKS
};

enum {
	BMS_JK_SETTINGS_BASE = 0x1000,
	BMS_JK_LIVE_BASE = 0x1200,
	BMS_JK_DEVICE_BASE = 0x1400,
	BMS_JK_ACTIONS_BASE = 0x1600,
	BMS_JK_BLOCK_STRIDE = 0x200,
	/* Payload of a 300-byte frame, rounded up to whole registers. */
	BMS_JK_PAYLOAD_SIZE = 293,
	BMS_JK_BLOCK_SIZE = 294,
};

/* The register of a block's first byte. */
uint16_t bms_jk_block_base(enum bms_jk_block block);

/* The block a register lies in, or BMS_JK_BLOCKS. */
enum bms_jk_block bms_jk_block_of_register(uint16_t reg);

/*
 * Bitmaps a board publishes of itself, LSB first: bit n of settings is register number n, of
 * commands BLE command n, of live and device the n-th field of the block (1-based).
 */
struct bms_jk_profile {
	uint8_t settings[8];
	uint8_t commands[32];
	uint8_t live[12];
	uint8_t device[11];
	uint8_t uart1_protocols[4];
	uint8_t can_protocols[4];
};

/* JK_B2A25SRP 11A/11.55, from its own frames. */
extern const struct bms_jk_profile bms_jk_relay_profile;

/* Decoders add what lies wholly inside the window; other values of the output stay. */
void bms_jk_decode_settings(const struct bms_window *window, struct bms_settings *settings);
void bms_jk_decode_live(const struct bms_window *window, struct bms_telemetry *telemetry);
/* The device block also carries some settings (protocols, buzzer). */
void bms_jk_decode_device(const struct bms_window *window, struct bms_identity *identity,
	struct bms_settings *settings);

/* Encoders write what is present and lies wholly inside the window; other bytes stay. */
void bms_jk_encode_settings(const struct bms_window *window, const struct bms_settings *settings,
	const struct bms_jk_profile *profile);
void bms_jk_encode_live(const struct bms_window *window, const struct bms_telemetry *telemetry,
	const struct bms_jk_profile *profile);
void bms_jk_encode_device(const struct bms_window *window, const struct bms_identity *identity,
	const struct bms_settings *settings, const struct bms_jk_profile *profile);

/* Does the profile's board list this setting? */
bool bms_jk_profile_lists(const struct bms_jk_profile *profile, enum bms_setting setting);

/* Do the blocks have a place for this setting's slot? */
bool bms_jk_has_place(size_t slot);

/* True when every byte of the range belongs to a writable setting or text of the block. */
bool bms_jk_is_writable(enum bms_jk_block block, size_t offset, size_t size);

/* A setting as function 10 writes it: whole registers. */
struct bms_jk_write {
	uint16_t reg;
	uint8_t size; /* 2 or 4 */
	uint8_t data[4];
};

/*
 * Bytes that write one setting. Settings that share a register (switch bits, 8-bit values) take
 * their neighbours from board, which must then hold them. BMS_UNKNOWN: the layout has no place
 * for it, or a neighbour is absent.
 */
enum bms_status bms_jk_write_setting(
	const struct bms_settings *board, size_t slot, int64_t value, struct bms_jk_write *ret);

#endif
