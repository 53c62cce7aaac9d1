/* SPDX-License-Identifier: MIT */
#include "bms/status.h"

static const char *const texts[BMS_STATUS_COUNT] = {
	[BMS_OK] = "ok",
	[BMS_SHORT] = "too short",
	[BMS_LONG] = "too long",
	[BMS_BAD_SUM] = "bad checksum",
	[BMS_BAD_ADDRESS] = "another station's address",
	[BMS_BAD_FUNCTION] = "unexpected function",
	[BMS_BAD_LENGTH] = "bad length field",
	[BMS_BAD_ECHO] = "acknowledges something else",
	[BMS_EXCEPTION] = "refused by the board",
	[BMS_UNKNOWN] = "unknown frame or register",
	[BMS_OUT_OF_RANGE] = "out of range",
	[BMS_BREAKS_RULE] = "contradicts another setting",
	[BMS_IMPLAUSIBLE] = "implausible",
	[BMS_SILENCE] = "no answer",
	[BMS_LINK_DOWN] = "link down",
};

const char *bms_status_text(enum bms_status status)
{
	return status < BMS_STATUS_COUNT ? texts[status] : "unknown status";
}
