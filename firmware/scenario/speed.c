/* SPDX-License-Identifier: MIT */
#include "scenario/speed.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "scenario/rig.h"

enum {
	STEPS = 500000,
	ROUNDS = 3,
	WANTED = 100000, /* steps a second: a day of battery life in less than two minutes */
};

static struct rig rig;

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double round_rate(void)
{
	struct rig_config config = rig_usual(1);
	double start_s;

	config.plant.cells = 25;
	config.plant.capacity_mah = 280000;
	config.plant.profile = PROFILE_CYCLE;
	rig_init(&rig, &config);
	start_s = now_s();
	for (int step = 0; step < STEPS; step++)
		rig_step(&rig);
	return STEPS / (now_s() - start_s);
}

int speed_run(void)
{
	double best = 0;

	for (int i = 0; i < ROUNDS; i++) {
		double rate = round_rate();

		best = rate > best ? rate : best;
	}
	printf("%.0f steps/s with 25 cells, at least %d wanted\n", best, WANTED);
	return best >= WANTED ? EXIT_SUCCESS : EXIT_FAILURE;
}
