/* SPDX-License-Identifier: MIT */
/*
 * The history: an SQLite file written by one thread from a bounded queue of values.
 *
 * Nothing here blocks the caller and nothing fails towards it: what cannot be stored is counted
 * and told through on_state. One transaction for all packs every commit interval; at once for
 * events, setting changes and when the store is freed.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "bms/identity.h"
#include "bms/telemetry.h"

enum {
	STORE_NAME_MAX = 64,  /* pack and setting names, NUL included */
	STORE_TEXT_MAX = 256, /* event details, NUL included */
	STORE_LINK_MAX = 128, /* "/dev/ttyUSB0 address 1 (jk-modbus)" */
	STORE_FRAME_MAX = 512,
};

struct store_options {
	const char *path; /* copied */
	unsigned commit_interval_ms;
	unsigned retry_interval_ms; /* between attempts at an unusable file; 0 is ten seconds */
	bool raw_all;               /* store every sample, not only what moved */
};

/* How a write to a board ended; the text is what setting_change.result holds. */
enum store_result {
	STORE_RESULT_PENDING,    /* intent: nothing was sent yet */
	STORE_RESULT_OK,         /* sent, acknowledged and read back equal */
	STORE_RESULT_REFUSED,    /* the board said no */
	STORE_RESULT_UNVERIFIED, /* acknowledged, but reads back otherwise */
	STORE_RESULT_LOST,       /* no answer; the value is unknown until read again */
	STORE_RESULT_ABANDONED,  /* intent found at start, never finished */
	STORE_RESULT_COUNT
};

struct store_change {
	uint64_t id;     /* the caller's; unique in this process */
	unsigned pack;   /* from store_add_pack() */
	int64_t time_ms; /* wall clock */
	char setting[STORE_NAME_MAX];
	bool has_old;
	int64_t old_value;
	int64_t new_value;
	char source[STORE_NAME_MAX]; /* "config", "dbus:1000", … */
	char who[STORE_NAME_MAX];    /* the person or program behind it, empty if not known */
	char reason[STORE_NAME_MAX]; /* why, empty if nobody said */
};

struct store_outcome {
	uint64_t id; /* of the change */
	enum store_result result;
	bool has_readback;
	int64_t readback;
	unsigned duration_ms;
	char detail[STORE_TEXT_MAX];
};

struct store_event {
	unsigned pack; /* STORE_NO_PACK for the daemon's own */
	int64_t time_ms;
	/* "alarm_on", "alarm_off", "relay", "link", "refused_frame", … */
	char kind[STORE_NAME_MAX];
	char subject[STORE_NAME_MAX]; /* alarm key, relay name, line device … */
	bool has_value;
	int64_t value;
	char detail[STORE_TEXT_MAX];
};

/* How a link did in a period. */
struct store_link_stat {
	unsigned pack;
	int64_t time_ms; /* the begin of the period */
	int64_t period_ms;
	char link[STORE_LINK_MAX];
	int64_t polls;
	int64_t readings; /* that were believed */
	int64_t failed;
	int64_t refused;
	int64_t missed;
	bool has_answer;   /* of one at least the time was taken */
	int64_t answer_us; /* mean and most of the time to an answer */
	int64_t answer_max_us;
};

/* Bytes that were refused. */
struct store_frame {
	unsigned pack; /* STORE_NO_PACK when nobody knows whose they are */
	int64_t time_ms;
	char link[STORE_LINK_MAX];
	char kind[STORE_NAME_MAX]; /* a fault's name */
	char reason[STORE_TEXT_MAX];
	unsigned count; /* faults of this kind since the last one that was kept */
	uint16_t size;
	uint8_t bytes[STORE_FRAME_MAX];
};

#define STORE_NO_PACK (~0u)

struct store_stats {
	uint64_t samples; /* received */
	uint64_t rows;    /* written to sample */
	uint64_t commits;
	uint64_t dropped; /* values lost to a full queue or a failing file */
	int error;        /* 0, or the negative errno why nothing is written now */
};

struct store_callbacks {
	/* The intent row of this change is on the disk (error 0) or cannot be (negative errno). */
	void (*on_intent)(void *userdata, uint64_t change_id, int error);
	/* Writing stopped working (error, reason) or works again (0, NULL). */
	void (*on_state)(void *userdata, int error, const char *reason);
};

struct store;

/* Opens or creates the file and starts the writer. An unusable file is told by on_state; the
 * return value is negative only for want of memory or threads. */
int store_new(struct store **ret, sd_event *event, const struct store_options *options,
	const struct store_callbacks *callbacks, void *userdata);

/* Commits what is queued, closes the file and joins the writer; on_state tells if that failed. Takes
 * NULL, returns NULL. */
struct store *store_free(struct store *store);

/* The index to name this pack by; the same name gives the same index for the store's lifetime. */
unsigned store_add_pack(struct store *store, const char *name);

/* What the board is; written to the pack table. */
void store_put_identity(struct store *store, unsigned pack, const struct bms_identity *identity);

/* One accepted reading. edge: an alarm or a relay changed, so commit at once (rate limited). */
void store_put_sample(struct store *store, unsigned pack, int64_t time_ms,
	const struct bms_telemetry *telemetry, bool edge);

/* Committed at once (rate limited). */
void store_put_event(struct store *store, const struct store_event *event);

/* Rows of link_stat and quarantine; they go with the next commit. */
void store_put_link_stat(struct store *store, const struct store_link_stat *stat);
void store_put_frame(struct store *store, const struct store_frame *frame);

/* Writes the intent and commits; on_intent follows. Then, when the board answered: */
void store_begin_change(struct store *store, const struct store_change *change);
void store_finish_change(struct store *store, const struct store_outcome *outcome);

void store_stats(struct store *store, struct store_stats *ret);

#endif
