-- SPDX-License-Identifier: MIT
-- The tables of the history that do not follow from the rows of a board's values. The tables
-- behind the views sample, m1, m15 and d1 and the columns of pack that hold what a board says of
-- itself are made by bmsd, the other views are in views.sql; see bmsd-history(5).

CREATE TABLE IF NOT EXISTS meta(
	key TEXT NOT NULL PRIMARY KEY,
	value
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS pack(
	id INTEGER NOT NULL PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	first_seen_ms INTEGER NOT NULL,
	last_seen_ms INTEGER NOT NULL
);

-- Stretches in which wall clock and monotonic clock ran side by side. A row's monotonic time is
-- its time_ms less the stretch's time_ms plus the stretch's monotonic_ms.
CREATE TABLE IF NOT EXISTS clock(
	id INTEGER NOT NULL PRIMARY KEY,
	boot_id TEXT NOT NULL,
	monotonic_ms INTEGER NOT NULL,
	time_ms INTEGER NOT NULL,
	is_set INTEGER NOT NULL,
	moved_to INTEGER
);

CREATE TABLE IF NOT EXISTS event(
	id INTEGER NOT NULL PRIMARY KEY,
	time_ms INTEGER NOT NULL,
	pack TEXT,
	kind TEXT NOT NULL,
	subject TEXT,
	value INTEGER,
	detail TEXT,
	clock_id INTEGER
);

CREATE INDEX IF NOT EXISTS event_time ON event(time_ms);

CREATE TABLE IF NOT EXISTS setting_change(
	id INTEGER NOT NULL PRIMARY KEY,
	time_ms INTEGER NOT NULL,
	pack TEXT,
	setting TEXT NOT NULL,
	old INTEGER,
	new INTEGER NOT NULL,
	source TEXT,
	result TEXT NOT NULL,
	readback INTEGER,
	duration_ms INTEGER,
	detail TEXT,
	who TEXT,
	reason TEXT,
	clock_id INTEGER
);

CREATE INDEX IF NOT EXISTS setting_change_time ON setting_change(time_ms);

CREATE TABLE IF NOT EXISTS wire(
	pack TEXT NOT NULL,
	cell INTEGER NOT NULL,
	time_ms INTEGER NOT NULL,
	mohm INTEGER NOT NULL,
	clock_id INTEGER,
	PRIMARY KEY(pack, cell, time_ms)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS link_stat(
	id INTEGER NOT NULL PRIMARY KEY,
	time_ms INTEGER NOT NULL,
	pack TEXT,
	link TEXT NOT NULL,
	period_ms INTEGER NOT NULL,
	polls INTEGER,
	readings INTEGER,
	failed INTEGER,
	refused INTEGER,
	missed INTEGER,
	answer_us INTEGER,
	answer_max_us INTEGER,
	clock_id INTEGER
);

CREATE INDEX IF NOT EXISTS link_stat_time ON link_stat(time_ms);

CREATE TABLE IF NOT EXISTS quarantine(
	id INTEGER NOT NULL PRIMARY KEY,
	time_ms INTEGER NOT NULL,
	pack TEXT,
	link TEXT NOT NULL,
	kind TEXT NOT NULL,
	reason TEXT,
	count INTEGER NOT NULL,
	frame BLOB,
	clock_id INTEGER
);

CREATE INDEX IF NOT EXISTS quarantine_time ON quarantine(time_ms);

-- Quarters of an hour whose rows of m15 and d1 lag behind m1.
CREATE TABLE IF NOT EXISTS rollup_due(
	time_ms INTEGER NOT NULL,
	pack INTEGER NOT NULL,
	PRIMARY KEY(time_ms, pack)
) WITHOUT ROWID;
