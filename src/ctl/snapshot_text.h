/* SPDX-License-Identifier: MIT */
/* What is said of a pack before any of its readings: who, how old, by which link. */
#ifndef CTL_SNAPSHOT_TEXT_H
#define CTL_SNAPSHOT_TEXT_H

#include "base/json.h"
#include "bus/codec.h"
#include "ctl/ctl.h"

/* "house: fresh, 0.4 s ago" */
void snapshot_text_head(const struct ctl *ctl, const struct codec_snapshot *snapshot);

/* The colour of its health. */
const char *snapshot_text_color(const struct ctl *ctl, const struct codec_snapshot *snapshot);

/* pack, time, age_ms, health and link, into the open object. */
void snapshot_text_members(struct json *json, const struct codec_snapshot *snapshot);

#endif
