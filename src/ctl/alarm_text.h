/* SPDX-License-Identifier: MIT */
#ifndef CTL_ALARM_TEXT_H
#define CTL_ALARM_TEXT_H

#include <stdint.h>

#include "ctl/ctl.h"

/* A line for every bit that is set: severity, key and text. */
void alarm_text_lines(const struct ctl *ctl, int64_t bits);

/* "fault" */
const char *alarm_text_severity(unsigned severity);

#endif
