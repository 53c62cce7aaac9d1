/* SPDX-License-Identifier: MIT */
/* What can be wrong with bytes. 0 is fine; none of these is our fault, so none asserts. */
#ifndef BMS_STATUS_H
#define BMS_STATUS_H

enum bms_status {
	BMS_OK = 0,
	BMS_SHORT,        /* fewer bytes than the frame needs */
	BMS_LONG,         /* more bytes than the frame has */
	BMS_BAD_SUM,      /* checksum or CRC */
	BMS_BAD_ADDRESS,  /* another station answered */
	BMS_BAD_FUNCTION, /* another function than asked for, or one we do not speak */
	BMS_BAD_LENGTH,   /* a length field that does not fit */
	BMS_BAD_ECHO,     /* an acknowledgement for something else */
	BMS_EXCEPTION,    /* the station refused */
	BMS_UNKNOWN,      /* no such frame type, register or setting */
	BMS_OUT_OF_RANGE, /* the value is outside its limits */
	BMS_BREAKS_RULE,  /* the value contradicts another setting */
	BMS_IMPLAUSIBLE,  /* well formed, but no sound board says this */
	BMS_SILENCE,      /* no answer in time */
	BMS_LINK_DOWN,    /* the port is gone */
	BMS_STATUS_COUNT
};

/* A word for people and logs, e.g. "bad checksum". */
const char *bms_status_text(enum bms_status status);

#endif
