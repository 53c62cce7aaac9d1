-- SPDX-License-Identifier: MIT
-- The tables of the history that do not follow from the rows of a board's values. The daily
-- tables behind the view sample, the monthly ones behind m1 and the columns of pack that hold
-- what a board says of itself are made by bmsd; see bmsd-history(5).

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

CREATE TABLE IF NOT EXISTS event(
	id INTEGER NOT NULL PRIMARY KEY,
	time_ms INTEGER NOT NULL,
	pack TEXT,
	kind TEXT NOT NULL,
	subject TEXT,
	value INTEGER,
	detail TEXT
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
	detail TEXT
);

CREATE INDEX IF NOT EXISTS setting_change_time ON setting_change(time_ms);

CREATE TABLE IF NOT EXISTS wire(
	pack TEXT NOT NULL,
	cell INTEGER NOT NULL,
	time_ms INTEGER NOT NULL,
	mohm INTEGER NOT NULL,
	PRIMARY KEY(pack, cell, time_ms)
) WITHOUT ROWID;
