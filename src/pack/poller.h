/* SPDX-License-Identifier: MIT */
/*
 * What to ask a station next, and when. Pure: time in, decision out. Live data every period on a
 * fixed grid (no drift); settings and identity when the link comes up, on demand, and settings
 * again every settings period so that drift shows.
 */
#ifndef PACK_POLLER_H
#define PACK_POLLER_H

#include <stdbool.h>
#include <stdint.h>

enum poll_kind {
	POLL_NOTHING,
	POLL_LIVE,
	POLL_SETTINGS,
	POLL_IDENTITY,
};

struct poller {
	uint64_t period_us;
	uint64_t settings_period_us;
	uint64_t next_live_us;
	uint64_t next_settings_us;
	bool want_identity;
	bool in_flight; /* one job at a time per station */
	unsigned failures; /* in a row; slows down the asking of a silent station */
	uint64_t missed;   /* grid points passed while busy */
};

void poller_init(struct poller *poller, uint64_t period_us, uint64_t settings_period_us,
	uint64_t first_us);

/* What is due now; the caller submits it and says poller_on_sent(). */
enum poll_kind poller_due(struct poller *poller, uint64_t now_us);
void poller_on_sent(struct poller *poller, enum poll_kind kind, uint64_t now_us);
void poller_on_done(struct poller *poller, enum poll_kind kind, bool answered, uint64_t now_us);

/* When to look again; UINT64_MAX while a job is in flight. */
uint64_t poller_next_us(const struct poller *poller);

/* Read settings (and identity) as soon as possible. */
void poller_want_settings(struct poller *poller, uint64_t now_us);
void poller_want_identity(struct poller *poller);

#endif
