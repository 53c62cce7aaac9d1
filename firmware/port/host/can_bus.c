/* SPDX-License-Identifier: MIT */
#include "port/host/can_bus.h"

#include <errno.h>
#include <linux/can.h>
#include <linux/can/raw.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bms/jk_can.h"

/* What boards listen to, and nothing else of a busy bus. */
static int filter_set(int fd)
{
	struct can_filter filters[BMS_JK_CAN_ADDRESS_MAX + 1];

	for (canid_t i = 0; i <= BMS_JK_CAN_ADDRESS_MAX; i++)
		filters[i] = (struct can_filter){
			.can_id = (BMS_JK_CAN_CONTROL_ID + i) | CAN_EFF_FLAG,
			.can_mask = CAN_EFF_MASK | CAN_EFF_FLAG | CAN_RTR_FLAG,
		};
	return setsockopt(fd, SOL_CAN_RAW, CAN_RAW_FILTER, filters, sizeof(filters));
}

static int bus_open(struct can_bus *bus, const char **ret_step)
{
	struct sockaddr_can address = { .can_family = AF_CAN };

	*ret_step = "cannot open a CAN socket for";
	bus->fd = socket(PF_CAN, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, CAN_RAW);
	if (bus->fd < 0 || filter_set(bus->fd) < 0)
		return -errno;
	*ret_step = "cannot find the CAN interface";
	address.can_ifindex = (int)if_nametoindex(bus->interface);
	if (address.can_ifindex == 0)
		return -errno;
	*ret_step = "cannot use the CAN interface";
	return bind(bus->fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

int can_bus_init(struct can_bus *bus, const char *interface, const char **ret_step)
{
	int r;

	*bus = (struct can_bus){ .interface = interface, .fd = -1 };
	if (!interface)
		return 0;
	r = bus_open(bus, ret_step);
	if (r < 0)
		can_bus_deinit(bus);
	return r;
}

void can_bus_deinit(struct can_bus *bus)
{
	if (bus->fd >= 0)
		close(bus->fd);
	bus->fd = -1;
}

bool can_bus_read(struct can_bus *bus, struct port_can_frame *ret)
{
	struct can_frame frame;

	if (bus->fd < 0 || read(bus->fd, &frame, sizeof(frame)) != sizeof(frame) ||
		frame.can_dlc > sizeof(ret->data))
		return false;
	*ret = (struct port_can_frame){
		.id = frame.can_id & CAN_EFF_MASK,
		.extended = (frame.can_id & CAN_EFF_FLAG) != 0,
		.size = frame.can_dlc,
	};
	memcpy(ret->data, frame.data, frame.can_dlc);
	return true;
}

/* Once when it breaks and once when it works again. */
static void tell(struct can_bus *bus, int error)
{
	if (error != bus->error)
		fprintf(stderr, "bms-sim: %s: %s\n", bus->interface,
			error ? strerror(error) : "sends again");
	bus->error = error;
}

bool can_bus_write(struct can_bus *bus, const struct port_can_frame *frame)
{
	struct can_frame out = {
		.can_id = frame->id | (frame->extended ? CAN_EFF_FLAG : 0),
		.can_dlc = frame->size,
	};

	if (bus->fd < 0)
		return true;
	memcpy(out.data, frame->data, sizeof(out.data));
	if (write(bus->fd, &out, sizeof(out)) == sizeof(out))
		tell(bus, 0);
	else if (errno == ENOBUFS || errno == EAGAIN)
		return false;
	else
		tell(bus, errno);
	return true;
}
