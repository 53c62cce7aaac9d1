/* SPDX-License-Identifier: MIT */
/* One scenario under way: its rig, what it found and by how much. */
#ifndef TRIAL_H
#define TRIAL_H

#include "scenario/rig.h"

enum {
	TRIAL_TEXT = 120
};

struct trial;

struct scenario {
	const char *row;
	const char *name;
	void (*run)(struct trial *trial);
	size_t of;                    /* what it is generated from */
	enum bms_chemistry chemistry; /* of the battery, where it makes a difference */
};

/* Scenarios of a file. */
struct suite {
	const struct scenario *scenario;
	size_t count;
};

struct trial {
	struct rig rig;
	const struct scenario *scenario;
	uint64_t seed;
	bool failed;
	char why[TRIAL_TEXT]; /* the first thing that was wrong */
	char margin[TRIAL_TEXT];
};

/* Notes what was wrong, the first time; returns right. */
bool trial_expect(struct trial *trial, bool right, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void trial_margin(struct trial *trial, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

typedef bool (*trial_condition)(const struct trial *trial);

/* Steps until the condition holds; the ms that took, or -1 after the limit. */
int64_t trial_wait_ms(struct trial *trial, trial_condition condition, uint32_t limit_ms);

/* Steps for as long and expects that the condition holds after each. */
bool trial_while(struct trial *trial, trial_condition condition, uint32_t ms, const char *what);

/* The usual rig, or one made by the scenario, run until both ports are closed. */
void trial_begin(struct trial *trial, const struct rig_config *config);

bool trial_is_closed(const struct trial *trial);         /* charge and discharge, nothing else */
bool trial_is_open(const struct trial *trial);           /* everything */
bool trial_is_discharge_open(const struct trial *trial); /* and pre-charge */
bool trial_is_charge_open(const struct trial *trial);

#endif
