/* SPDX-License-Identifier: MIT */
#ifndef STORE_RESULT_H
#define STORE_RESULT_H

#include "store/store.h"

/* What setting_change.result holds. */
const char *store_result_text(enum store_result result);

#endif
