/* SPDX-License-Identifier: MIT */
#include "link/can_errors.h"

#include <linux/can/error.h>

enum {
	BABEL_FRAMES = 10,
	BABEL_US = 2000000,
};

/* Byte 1 of an error frame of class CRTL, and places of the counters; linux/can/error.h. */
enum {
	CONTROLLER = 1,
	TX_COUNT = 6,
	RX_COUNT = 7,
};

static enum can_bus_state state_of(const struct can_frame *frame, enum can_bus_state before)
{
	uint8_t controller = frame->data[CONTROLLER];

	if (frame->can_id & CAN_ERR_BUSOFF)
		return CAN_BUS_OFF;
	if (frame->can_id & CAN_ERR_RESTARTED)
		return CAN_BUS_ACTIVE;
	if (!(frame->can_id & CAN_ERR_CRTL))
		return before;
	if (controller & (CAN_ERR_CRTL_RX_PASSIVE | CAN_ERR_CRTL_TX_PASSIVE))
		return CAN_BUS_PASSIVE;
	if (controller & (CAN_ERR_CRTL_RX_WARNING | CAN_ERR_CRTL_TX_WARNING))
		return CAN_BUS_WARNING;
	return controller & CAN_ERR_CRTL_ACTIVE ? CAN_BUS_ACTIVE : before;
}

static void note_bad(struct can_errors *errors, uint64_t now_us)
{
	if (errors->bad_in_a_row == 0)
		errors->first_bad_us = now_us;
	errors->bad_in_a_row++;
}

bool can_errors_take(struct can_errors *errors, const struct can_frame *frame, uint64_t now_us)
{
	enum can_bus_state before = errors->state;
	bool was_babel = can_errors_is_babel(errors, now_us);
	bool has_news;

	errors->frames++;
	errors->state = state_of(frame, before);
	if (frame->can_id & CAN_ERR_CRTL) {
		uint8_t overruns = CAN_ERR_CRTL_RX_OVERFLOW | CAN_ERR_CRTL_TX_OVERFLOW;

		errors->overruns += (frame->data[CONTROLLER] & overruns) != 0;
	}
	if (frame->can_id & (CAN_ERR_CRTL | CAN_ERR_CNT)) {
		errors->tx_count = frame->data[TX_COUNT];
		errors->rx_count = frame->data[RX_COUNT];
	}
	if (frame->can_id & CAN_ERR_RESTARTED) {
		errors->restarts++;
		errors->bad_in_a_row = 0;
	} else {
		note_bad(errors, now_us);
	}
	has_news = errors->state != before;
	return has_news || was_babel != can_errors_is_babel(errors, now_us);
}

bool can_errors_take_good(struct can_errors *errors)
{
	bool has_news = errors->bad_in_a_row >= BABEL_FRAMES || errors->state == CAN_BUS_OFF;

	errors->bad_in_a_row = 0;
	if (errors->state == CAN_BUS_OFF)
		errors->state = CAN_BUS_ACTIVE;
	return has_news;
}

bool can_errors_is_babel(const struct can_errors *errors, uint64_t now_us)
{
	return errors->bad_in_a_row >= BABEL_FRAMES && now_us >= errors->first_bad_us + BABEL_US;
}

const char *can_errors_text(const struct can_errors *errors, uint64_t now_us)
{
	static const char *const texts[] = {
		[CAN_BUS_ACTIVE] = "",
		[CAN_BUS_WARNING] = "many errors on the bus (error-warning): look at wiring and "
				    "termination",
		[CAN_BUS_PASSIVE] = "so many errors that frames are lost (error-passive): look at "
				    "wiring, termination and bit rate",
		[CAN_BUS_OFF] = "bus-off: after too many errors the controller has switched itself "
				"off",
	};

	if (errors->state != CAN_BUS_OFF && can_errors_is_babel(errors, now_us))
		return "every frame is an error: wrong bit rate or no termination?";
	return texts[errors->state];
}
