/* SPDX-License-Identifier: MIT */
#include "link/can_controller.h"

#include <errno.h>
#include <libsocketcan.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static bool ask(int fd, unsigned long request, const char *interface, struct ifreq *ret)
{
	*ret = (struct ifreq){ 0 };
	snprintf(ret->ifr_name, sizeof(ret->ifr_name), "%s", interface);
	return ioctl(fd, request, ret) == 0;
}

static enum can_presence presence_by(int fd, const char *interface, int *ret_index)
{
	struct ifreq request;

	if (strlen(interface) >= IFNAMSIZ || !ask(fd, SIOCGIFINDEX, interface, &request))
		return CAN_PRESENCE_MISSING;
	*ret_index = request.ifr_ifindex;
	if (!ask(fd, SIOCGIFHWADDR, interface, &request))
		return CAN_PRESENCE_MISSING;
	if (request.ifr_hwaddr.sa_family != ARPHRD_CAN)
		return CAN_PRESENCE_OTHER;
	if (!ask(fd, SIOCGIFFLAGS, interface, &request))
		return CAN_PRESENCE_MISSING;
	return request.ifr_flags & IFF_UP ? CAN_PRESENCE_UP : CAN_PRESENCE_DOWN;
}

enum can_presence can_controller_presence(const char *interface, int *ret_index)
{
	int fd = socket(AF_CAN, SOCK_RAW | SOCK_CLOEXEC, 1 /* CAN_RAW */);
	enum can_presence presence = CAN_PRESENCE_MISSING;

	*ret_index = 0;
	if (fd < 0)
		return presence;
	presence = presence_by(fd, interface, ret_index);
	close(fd);
	return presence;
}

const char *can_presence_text(enum can_presence presence)
{
	static const char *const texts[] = {
		[CAN_PRESENCE_MISSING] = "there is no such interface",
		[CAN_PRESENCE_OTHER] = "this interface is not for CAN",
		[CAN_PRESENCE_DOWN] = "the interface is down",
		[CAN_PRESENCE_UP] = "",
	};

	return texts[presence];
}

bool can_controller_is_off(const char *interface)
{
	int state;

	return can_get_state(interface, &state) == 0 && state == CAN_STATE_BUS_OFF;
}

int can_controller_start(const char *interface, unsigned bit_s)
{
	if (can_set_bitrate(interface, bit_s) < 0)
		return -EPERM; /* libsocketcan does not say why */
	return can_do_start(interface) < 0 ? -EPERM : 0;
}

int can_controller_restart(const char *interface)
{
	if (can_do_restart(interface) == 0)
		return 0;
	if (can_do_stop(interface) < 0)
		return -EPERM;
	return can_do_start(interface) < 0 ? -EPERM : 0;
}

void can_controller_describe(const char *interface, char *out, size_t size)
{
	static const char *const states[] = { "error-active", "error-warning", "error-passive",
		"bus-off", "stopped", "sleeping" };
	struct can_bittiming timing = { 0 };
	struct can_berr_counter counter = { 0 };
	int state;

	*out = '\0';
	if (can_get_state(interface, &state) < 0 || state < 0 ||
		(size_t)state >= sizeof(states) / sizeof(*states))
		return;
	(void)can_get_bittiming(interface, &timing);
	(void)can_get_berr_counter(interface, &counter);
	snprintf(out, size, "%u bit/s, %s, %u errors sending, %u receiving", timing.bitrate,
		states[state], counter.txerr, counter.rxerr);
}
