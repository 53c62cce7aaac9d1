/* SPDX-License-Identifier: MIT */
/* What a mirror says it is: the board, under the mirror's own name and with its own secrets. */
#ifndef MIRROR_PERSONA_H
#define MIRROR_PERSONA_H

#include "bms/identity.h"
#include "bms/jk_layout.h"

/* Texts that are empty are those of a new board: "1234", "123456". */
struct mirror_persona {
	char name[BMS_IDENTITY_TEXT_SIZE];
	char pin[BMS_IDENTITY_TEXT_SIZE];
	char settings_password[BMS_IDENTITY_TEXT_SIZE];
};

/*
 * The board's identity as the app shall see it. The frames of a mirror have the layout for 32
 * cells, and apps choose the layout by model and software version: a board that says none, or is
 * older than that layout (software before 11), is shown as the model whose frames we have.
 */
void mirror_persona_identity(const struct mirror_persona *persona, const struct bms_identity *board,
	struct bms_identity *ret);

/* The relay board's, less what the board has no value of. */
void mirror_persona_profile(const struct bms_settings *settings, struct bms_jk_profile *ret);

#endif
