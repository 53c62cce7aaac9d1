/* SPDX-License-Identifier: MIT */
#include "store/result.h"

#include <assert.h>

static const char *const texts[STORE_RESULT_COUNT] = {
	[STORE_RESULT_PENDING] = "pending",
	[STORE_RESULT_OK] = "ok",
	[STORE_RESULT_REFUSED] = "refused",
	[STORE_RESULT_UNVERIFIED] = "unverified",
	[STORE_RESULT_LOST] = "lost",
	[STORE_RESULT_ABANDONED] = "abandoned",
};

const char *store_result_text(enum store_result result)
{
	assert(result < STORE_RESULT_COUNT);
	return texts[result];
}
