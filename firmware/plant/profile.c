/* SPDX-License-Identifier: MIT */
#include "plant/profile.h"

#define HOUR_S 3600.0
#define DAY_S  86400.0

const char *const profile_names[PROFILE_COUNT] = {
	[PROFILE_SOLAR] = "solar",
	[PROFILE_IDLE] = "idle",
	[PROFILE_CYCLE] = "cycle",
};

static const struct {
	double start_h, start_soc;
} starts[PROFILE_COUNT] = {
	[PROFILE_SOLAR] = { 9.5, 0.62 },
	[PROFILE_IDLE] = { 12, 0.80 },
	[PROFILE_CYCLE] = { 12, 0.55 },
};

static double wrap(double value, double period)
{
	return value - period * (double)(long long)(value / period);
}

/* A parabola over the hours of light is near enough to a clear day, with a cloud now and then. */
static double sun(double t_s)
{
	double hour = wrap(t_s, DAY_S) / HOUR_S;
	double height = (hour - 6.5) * (18.5 - hour) / 36.0;
	double minute = wrap(t_s / 60, 47);

	if (height <= 0)
		return 0;
	return minute < 4 ? height * 0.45 : height;
}

/* A refrigerator, an evening, a breakfast. */
static double household(double t_s)
{
	double hour = wrap(t_s, DAY_S) / HOUR_S;
	double share = wrap(t_s / 60, 33) < 11 ? 0.16 : 0.06;

	if (hour >= 6.5 && hour < 8)
		share += 0.25;
	if (hour >= 18 && hour < 22.5)
		share += 0.42;
	return share;
}

static struct profile_demand solar(double t_s, double rated_a)
{
	return (struct profile_demand){
		.charger_a = sun(t_s) * rated_a,
		.load_a = household(t_s) * rated_a,
	};
}

static struct profile_demand idle(double t_s, double rated_a)
{
	(void)t_s;
	return (struct profile_demand){ .load_a = rated_a * 0.002 };
}

/* Five minutes each way. */
static struct profile_demand cycle(double t_s, double rated_a)
{
	if (wrap(t_s, 600) < 300)
		return (struct profile_demand){ .charger_a = rated_a * 0.8 };
	return (struct profile_demand){ .load_a = rated_a * 0.8 };
}

struct profile_demand profile_at(enum profile profile, double t_s, double rated_a)
{
	static struct profile_demand (*const demands[PROFILE_COUNT])(double, double) = {
		[PROFILE_SOLAR] = solar,
		[PROFILE_IDLE] = idle,
		[PROFILE_CYCLE] = cycle,
	};

	return demands[profile](t_s, rated_a);
}

double profile_start_s(enum profile profile)
{
	return starts[profile].start_h * HOUR_S;
}

double profile_start_soc(enum profile profile)
{
	return starts[profile].start_soc;
}
