/* SPDX-License-Identifier: MIT */
#ifndef CTL_TIME_TEXT_H
#define CTL_TIME_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Unix milliseconds of what people write: "now", "today", "yesterday", a length of time before
 * now ("90s" "15min" "2h" "3d" "1w"), or a date with or without a time of day ("2026-11-22",
 * "2026-11-22 12:45", "2026-11-22T12:45:14.250Z"). Local time unless a Z follows.
 */
bool time_text_parse(const char *text, int64_t now_ms, int64_t *ret_ms);

#endif
