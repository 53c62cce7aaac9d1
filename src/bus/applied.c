/* SPDX-License-Identifier: MIT */
/* Apply and Switch answer when the board shows the outcome, not when the work began: who waits. */
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

static int add_waiter(struct bus_service *service, sd_bus_message *message, const struct pack *pack,
	bool is_switch)
{
	struct bus_waiter *waiter = &service->waiters[service->waiter_count++];

	waiter->message = sd_bus_message_ref(message);
	waiter->is_switch = is_switch;
	snprintf(waiter->pack, sizeof(waiter->pack), "%s", pack->name);
	return 1;
}

static int check_room(const struct bus_service *service, sd_bus_error *error)
{
	if (service->waiter_count < BUS_WAITERS_MAX)
		return 0;
	return sd_bus_error_set(
		error, SD_BUS_ERROR_LIMITS_EXCEEDED, "too many callers wait already");
}

static bool is_waiting(const struct bus_waiter *waiter, const char *pack, bool for_switch)
{
	return waiter->is_switch == for_switch && strcmp(waiter->pack, pack) == 0;
}

int applied_call(sd_bus_message *message, struct bus_service *service, const struct pack *pack,
	size_t index, sd_bus_error *error)
{
	char text[BUS_ERROR_SIZE] = "";
	int r = check_room(service, error);

	if (r < 0)
		return r;
	r = service->operations.apply(service->userdata, index, text);
	if (r < 0)
		return sd_bus_error_set(error, CODEC_ERROR_FAILED, text[0] ? text : strerror(-r));
	return add_waiter(service, message, pack, false);
}

static int read_switch(sd_bus_message *message, const struct switch_row **ret_row, int *ret_on,
	unsigned *ret_uid, sd_bus_error *error)
{
	sd_bus_creds *creds = NULL;
	const char *name;
	uid_t uid = 0;
	int r = sd_bus_message_read(message, "sb", &name, ret_on);

	if (r >= 0)
		r = sd_bus_query_sender_creds(message, SD_BUS_CREDS_EUID, &creds);
	if (r >= 0)
		r = sd_bus_creds_get_euid(creds, &uid);
	sd_bus_creds_unref(creds);
	if (r < 0)
		return r;
	*ret_uid = (unsigned)uid;
	*ret_row = switch_by_name(name);
	if (*ret_row)
		return 0;
	return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
		"there is no switch '%s': charge, discharge and balance are", name);
}

int switched_call(sd_bus_message *message, struct bus_service *service, const struct pack *pack,
	size_t index, sd_bus_error *error)
{
	char text[BUS_ERROR_SIZE] = "";
	const struct switch_row *row;
	unsigned uid;
	int on;
	int r = check_room(service, error);

	if (r >= 0)
		r = read_switch(message, &row, &on, &uid, error);
	if (r < 0)
		return r;
	/* Before it begins: it may end at once. */
	add_waiter(service, message, pack, true);
	r = service->operations.switch_to(service->userdata, index, row, on, uid, text);
	if (r >= 0)
		return 1;
	forget_waiter(service, service->waiter_count - 1);
	return sd_bus_error_set(error, CODEC_ERROR_FAILED, text[0] ? text : strerror(-r));
}

void bus_service_switched(struct bus_service *service, const char *pack, bool ok, const char *text)
{
	for (size_t i = service->waiter_count; i-- > 0;) {
		if (!is_waiting(&service->waiters[i], pack, true))
			continue;
		(void)sd_bus_reply_method_return(service->waiters[i].message, "bs", ok, text);
		forget_waiter(service, i);
	}
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
		if (!is_waiting(&service->waiters[i], pack, false))
			continue;
		/* A caller that left is no error of ours. */
		(void)reply_items(service->waiters[i].message, writes, write_count, plan);
		forget_waiter(service, i);
	}
}

void bus_service_apply_failed(struct bus_service *service, const char *pack, const char *reason)
{
	for (size_t i = service->waiter_count; i-- > 0;) {
		if (!is_waiting(&service->waiters[i], pack, false))
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
