/* SPDX-License-Identifier: MIT */
/* Apply answers when the board was read back, not when the work began: the callers that wait. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bus/service_internal.h"

static const char *const outcome_words[] = {
	[APPLY_OUTCOME_OK] = CODEC_APPLY_WRITTEN,
	[APPLY_OUTCOME_REFUSED] = "refused",
	[APPLY_OUTCOME_UNVERIFIED] = "unverified",
	[APPLY_OUTCOME_LOST] = "lost",
	[APPLY_OUTCOME_NOT_RECORDED] = "not_recorded",
};

static void forget_waiter(struct bus_service *service, size_t index)
{
	sd_bus_message_unref(service->waiters[index].message);
	service->waiters[index] = service->waiters[--service->waiter_count];
}

void applied_forget(struct bus_service *service)
{
	while (service->waiter_count > 0)
		forget_waiter(service, service->waiter_count - 1);
}

int applied_call(sd_bus_message *message, struct bus_service *service, const struct pack *pack,
	size_t index, sd_bus_error *error)
{
	char text[BUS_ERROR_SIZE] = "";
	struct bus_waiter *waiter;
	int r;

	if (service->waiter_count == BUS_WAITERS_MAX)
		return sd_bus_error_set(
			error, SD_BUS_ERROR_LIMITS_EXCEEDED, "too many callers wait already");
	r = service->operations.apply(service->userdata, index, text);
	if (r < 0)
		return sd_bus_error_set(error, CODEC_ERROR_FAILED, text[0] ? text : strerror(-r));
	waiter = &service->waiters[service->waiter_count++];
	waiter->message = sd_bus_message_ref(message);
	snprintf(waiter->pack, sizeof(waiter->pack), "%s", pack->name);
	return 1;
}

static int reply_items(sd_bus_message *call, const struct apply_write *writes, size_t write_count,
	const struct plan *plan)
{
	char reason[PLAN_REASON_SIZE];
	sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(call, &reply);

	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', "(" CODEC_PLAN_ITEM ")");
	for (size_t i = 0; r >= 0 && i < write_count; i++)
		r = plan_item_append(reply, &writes[i].item, true, outcome_words[writes[i].outcome],
			apply_outcome_text(writes[i].outcome));
	for (size_t i = 0; r >= 0 && i < plan->count; i++)
		if (plan->items[i].verdict != PLAN_SAME)
			r = plan_item_append(reply, &plan->items[i], false,
				plan_item_word(&plan->items[i]),
				plan_item_reason(&plan->items[i], reason));
	if (r >= 0)
		r = sd_bus_message_close_container(reply);
	if (r >= 0)
		r = sd_bus_message_send(reply);
	sd_bus_message_unref(reply);
	return r;
}

void bus_service_applied(struct bus_service *service, const char *pack,
	const struct apply_write *writes, size_t write_count, const struct plan *plan)
{
	for (size_t i = service->waiter_count; i-- > 0;) {
		if (strcmp(service->waiters[i].pack, pack) != 0)
			continue;
		/* A caller that left is no error of ours. */
		(void)reply_items(service->waiters[i].message, writes, write_count, plan);
		forget_waiter(service, i);
	}
}

void bus_service_apply_failed(struct bus_service *service, const char *pack, const char *reason)
{
	for (size_t i = service->waiter_count; i-- > 0;) {
		if (strcmp(service->waiters[i].pack, pack) != 0)
			continue;
		(void)sd_bus_reply_method_errorf(
			service->waiters[i].message, CODEC_ERROR_FAILED, "%s: %s", pack, reason);
		forget_waiter(service, i);
	}
}

void applied_drop_missing(struct bus_service *service)
{
	for (size_t i = service->waiter_count; i-- > 0;) {
		size_t index;

		if (service_find_pack(service, service->waiters[i].pack, &index))
			continue;
		(void)sd_bus_reply_method_errorf(service->waiters[i].message,
			CODEC_ERROR_UNKNOWN_PACK, "the pack '%s' was removed by a reload",
			service->waiters[i].pack);
		forget_waiter(service, i);
	}
}
