/* SPDX-License-Identifier: MIT */
/*
 * What to ask a station next, and when. Pure: time in, decision out. Live data every period on a
 * fixed grid (no drift); settings when the link comes up, on demand, and again every settings
 * period so that drift shows.
 */
#ifndef PACK_POLLER_H
#define PACK_POLLER_H

#include <stdbool.h>
#include <stdint.h>

enum poll_kind {
	POLL_NOTHING,
	POLL_LIVE,
	POLL_SETTINGS,
};

enum {
	POLLER_SILENT_AFTER = 3, /* failures in a row make a station silent */
};

struct poller {
	uint64_t period_us;
	uint64_t settings_period_us;
	uint64_t next_live_us;
	uint64_t next_settings_us; /* UINT64_MAX: only when wanted */
	enum poll_kind last;       /* sent */
	bool in_flight;            /* one job at a time per station */
	bool hold_settings;        /* another station of the line reads its settings */
	unsigned failures;         /* in a row; slows down the asking of a silent station */
	unsigned silent_peers;     /* silent stations of the line; slow it down further */
	uint64_t missed;           /* grid points passed while busy */
};

/* A period of 0 polls as fast as the answers come; a settings period of 0 reads settings only at
 * first and when wanted. */
void poller_init(
	struct poller *poller, uint64_t period_us, uint64_t settings_period_us, uint64_t first_us);

/* New periods; what is due sooner with them is asked sooner. */
void poller_set_periods(
	struct poller *poller, uint64_t period_us, uint64_t settings_period_us, uint64_t now_us);

/* What is due now; the caller submits it and says poller_on_sent(). */
enum poll_kind poller_due(const struct poller *poller, uint64_t now_us);
void poller_on_sent(struct poller *poller, enum poll_kind kind, uint64_t now_us);
void poller_on_done(struct poller *poller, enum poll_kind kind, bool answered, uint64_t now_us);

/* The station said something, if not all that was asked for: a spoilt answer on a noisy line is a
 * failure, but no silence. To be said before poller_on_done(). */
void poller_on_heard(struct poller *poller);

/* The link is back: ask at once, settings too, and do not call the time without it missed. */
void poller_on_link_up(struct poller *poller, uint64_t now_us);

/* Has not answered for a while and is asked less often. */
bool poller_is_silent(const struct poller *poller);

/* When to look again; UINT64_MAX while a job is in flight. */
uint64_t poller_next_us(const struct poller *poller);

/* Read settings as soon as the line is free and the station answers. */
void poller_want_settings(struct poller *poller, uint64_t now_us);

#endif
