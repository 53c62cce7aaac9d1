/* SPDX-License-Identifier: MIT */
/* switch: charging, discharging or balancing, on or off, and what the board made of it. */
#include <string.h>

#include "ctl/client.h"

static int show(struct ctl *ctl, sd_bus_message *reply)
{
	const char *text;
	struct json json;
	int done;
	int r = sd_bus_message_read(reply, "bs", &done, &text);

	if (r < 0)
		return client_bad_reply(r);
	if (ctl->options.json) {
		ctl_json(ctl, &json);
		json_object_begin(&json, NULL);
		json_string(&json, "pack", ctl_argument(ctl, 0));
		json_string(&json, "switch", ctl_argument(ctl, 1));
		json_string(&json, "wanted", ctl_argument(ctl, 2));
		json_bool(&json, "done", done);
		json_string(&json, "outcome", text);
		json_object_end(&json);
		json_finish(&json);
	} else {
		fprintf(ctl->out, "%s: %s %s: %s\n", ctl_argument(ctl, 0), ctl_argument(ctl, 1),
			ctl_argument(ctl, 2), text);
	}
	return done ? EX_OK : EXIT_NOT_WRITTEN;
}

int verb_switch(struct ctl *ctl)
{
	const char *wanted = ctl_argument(ctl, 2);
	bool on = strcmp(wanted, "on") == 0;
	sd_bus_message *reply = NULL;
	sd_bus *bus = NULL;
	int status;

	if (!on && strcmp(wanted, "off") != 0) {
		ctl_complain("'%s' is neither on nor off", wanted);
		return EX_USAGE;
	}
	status = client_open(ctl, &bus);
	if (status == EX_OK)
		status = client_switch(bus, ctl_argument(ctl, 0), ctl_argument(ctl, 1), on, &reply);
	if (status == EX_OK)
		status = show(ctl, reply);
	sd_bus_message_unref(reply);
	client_close(bus);
	return status;
}
