-- SPDX-License-Identifier: MIT
-- The views of the history over sample, m1 and d1; cell_day follows from the rows and is made by
-- bmsd. See bmsd-history(5).

-- The newest row of each pack. last_seen_ms is at most an hour behind.
CREATE VIEW last AS
SELECT s.*
FROM pack p CROSS JOIN sample s
	ON s.pack_id = p.id AND s.time_ms = (
		SELECT time_ms FROM sample
		WHERE pack_id = p.id AND time_ms >= p.last_seen_ms - 120000
		ORDER BY time_ms DESC LIMIT 1);

CREATE VIEW cell_spread AS
SELECT pack, time_ms, spread_mv_max AS spread_mv, low_cell, high_cell,
	spread_mv_avg, spread_mv_min
FROM m1
WHERE spread_mv_max IS NOT NULL;

CREATE VIEW energy_day AS
SELECT printf('%d-%02d-%02d', day / 10000, day / 100 % 100, day % 100) AS day, pack, time_ms,
	energy_in_mj / 3600000 AS energy_in_wh,
	energy_out_mj / 3600000 AS energy_out_wh,
	charge_in_mas / 3600 AS charge_in_mah,
	charge_out_mas / 3600 AS charge_out_mah
FROM d1;

CREATE VIEW balance_day AS
SELECT printf('%d-%02d-%02d', day / 10000, day / 100 % 100, day % 100) AS day, pack, time_ms,
	balance_ms / 1000 AS balance_s,
	balance_mas / 3600 AS balance_mah,
	spread_mv_max AS spread_mv, low_cell, high_cell, spread_mv_avg
FROM d1;
