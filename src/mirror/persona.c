/* SPDX-License-Identifier: MIT */
#include "mirror/persona.h"

#include <string.h>

enum {
	FIRST_MAJOR = 11, /* of the layout for 32 cells */
};

static const struct {
	enum bms_identity_text text;
	const char *value;
} stand_in[] = {
	{ BMS_IDENTITY_MODEL, "JK_B2A25SRP" },
	{ BMS_IDENTITY_HARDWARE, "11A" },
	{ BMS_IDENTITY_SOFTWARE, "11.55" },
};

static void put(struct bms_identity *identity, enum bms_identity_text text, const char *value)
{
	char *to = identity->text[text];

	memset(to, 0, BMS_IDENTITY_TEXT_SIZE);
	memcpy(to, value, strnlen(value, bms_identity_text_rows[text].size));
}

static unsigned major_of(const char *software)
{
	unsigned major = 0;

	for (; *software >= '0' && *software <= '9' && major < FIRST_MAJOR; software++)
		major = 10 * major + (unsigned)(*software - '0');
	return major;
}

void mirror_persona_identity(const struct mirror_persona *persona, const struct bms_identity *board,
	struct bms_identity *ret)
{
	bool other_layout = major_of(board->text[BMS_IDENTITY_SOFTWARE]) < FIRST_MAJOR;

	*ret = *board;
	for (size_t i = 0; i < sizeof(stand_in) / sizeof(*stand_in); i++)
		if (other_layout || board->text[stand_in[i].text][0] == '\0')
			put(ret, stand_in[i].text, stand_in[i].value);
	put(ret, BMS_IDENTITY_NAME, persona->name);
	put(ret, BMS_IDENTITY_PIN, *persona->pin ? persona->pin : "1234");
	put(ret, BMS_IDENTITY_SETTINGS_PASSWORD,
		*persona->settings_password ? persona->settings_password : "123456");
}

void mirror_persona_profile(const struct bms_settings *settings, struct bms_jk_profile *ret)
{
	*ret = bms_jk_relay_profile;
	for (unsigned setting = 0; setting < BMS_SETTING_COUNT; setting++)
		if (!bms_settings_has(settings, bms_setting_rows[setting].slot))
			bms_jk_profile_unlist(ret, (enum bms_setting)setting);
}
