/* SPDX-License-Identifier: MIT */
#include "link/can_socket.h"

#include <errno.h>
#include <linux/can/error.h>
#include <linux/can/raw.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum {
	RECEIVE_BUFFER = 1 << 20, /* as far as the system lets us */
	OLDEST_US = 10000000,
};

static int set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int set_options(int fd)
{
	can_err_mask_t errors = CAN_ERR_MASK;
	int r;

	if (setsockopt(fd, SOL_CAN_RAW, CAN_RAW_ERR_FILTER, &errors, sizeof(errors)) < 0)
		return -errno;
	r = can_socket_filter(fd, NULL, 0);
	if (r >= 0)
		r = set_int(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	if (r >= 0)
		r = set_int(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
	if (r >= 0)
		r = set_int(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	return r;
}

int can_socket_open(int index)
{
	struct sockaddr_can address = { .can_family = AF_CAN, .can_ifindex = index };
	int fd = socket(AF_CAN, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, CAN_RAW);
	int r;

	if (fd < 0)
		return -errno;
	r = set_options(fd);
	if (r >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		r = -errno;
	if (r >= 0)
		return fd;
	close(fd);
	return r;
}

int can_socket_filter(int fd, const struct can_filter *filters, size_t count)
{
	socklen_t size = (socklen_t)(count * sizeof(*filters));

	return setsockopt(fd, SOL_CAN_RAW, CAN_RAW_FILTER, filters, size) < 0 ? -errno : 0;
}

/* What has been waiting for longer was stamped before the wall clock was set. */
static uint64_t monotonic_of(const struct timespec *wall, uint64_t now_us, int64_t wall_now_us)
{
	int64_t age_us = wall_now_us - ((int64_t)wall->tv_sec * 1000000 + wall->tv_nsec / 1000);

	return age_us < 0 || age_us > OLDEST_US ? now_us : now_us - (uint64_t)age_us;
}

static int64_t wall_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct control {
	_Alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(struct timespec)) +
					    CMSG_SPACE(sizeof(uint32_t))];
};

static void read_control(struct msghdr *message, struct timespec *ret_stamp, uint32_t *ret_dropped)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_TIMESTAMPNS)
			memcpy(ret_stamp, CMSG_DATA(c), sizeof(*ret_stamp));
		if (c->cmsg_type == SO_RXQ_OVFL)
			memcpy(ret_dropped, CMSG_DATA(c), sizeof(*ret_dropped));
	}
}

int can_socket_receive(int fd, struct can_received out[CAN_SOCKET_BATCH], uint32_t *ret_dropped)
{
	struct mmsghdr messages[CAN_SOCKET_BATCH];
	struct iovec parts[CAN_SOCKET_BATCH];
	struct control controls[CAN_SOCKET_BATCH];
	uint64_t now_us;
	int64_t wall_now_us;
	int count;

	for (size_t i = 0; i < CAN_SOCKET_BATCH; i++) {
		parts[i] = (struct iovec){ &out[i].frame, sizeof(out[i].frame) };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i],
			.msg_iovlen = 1,
			.msg_control = &controls[i],
			.msg_controllen = sizeof(controls[i]) };
	}
	count = recvmmsg(fd, messages, CAN_SOCKET_BATCH, 0, NULL);
	if (count < 0)
		return -errno;
	now_us = clock_monotonic_us();
	wall_now_us = wall_us();
	for (int i = 0; i < count; i++) {
		struct timespec stamp = { 0 };

		read_control(&messages[i].msg_hdr, &stamp, ret_dropped);
		out[i].time_us = monotonic_of(&stamp, now_us, wall_now_us);
	}
	return count;
}
