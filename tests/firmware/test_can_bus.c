/* SPDX-License-Identifier: MIT */
/* The machine that builds this may have no CAN: a pair of sockets stands in for the interface. */
#include "check.h"

#include <errno.h>
#include <linux/can.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port/host/can_bus.h"

static struct can_bus bus;
static int other = -1;

static int start(void **state)
{
	int pair[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	bus = (struct can_bus){ .interface = "test", .fd = pair[0] };
	other = pair[1];
	return 0;
}

static int stop(void **state)
{
	(void)state;
	can_bus_deinit(&bus);
	if (other >= 0)
		close(other);
	return 0;
}

static void a_frame_is_what_the_kernel_calls_one(void **state)
{
	struct port_can_frame standard = { .id = 0x2F4, .size = 8, .data = "\1\2\3\4\5\6\7" };
	struct port_can_frame extended = { .id = 0x18F0F428, .extended = true, .size = 2 };
	struct can_frame frame;

	(void)state;
	assert_true(can_bus_write(&bus, &standard));
	assert_int_equal(read(other, &frame, sizeof(frame)), sizeof(frame));
	assert_int_equal(frame.can_id, 0x2F4);
	assert_int_equal(frame.can_dlc, 8);
	assert_memory_equal(frame.data, standard.data, 8);
	assert_true(can_bus_write(&bus, &extended));
	assert_int_equal(read(other, &frame, sizeof(frame)), sizeof(frame));
	assert_true(frame.can_id == (0x18F0F428 | CAN_EFF_FLAG));
}

static void a_frame_that_came_is_read_once(void **state)
{
	struct can_frame frame = {
		.can_id = 0x18F0F428 | CAN_EFF_FLAG, .can_dlc = 4, .data = { 1, 0, 0, 0, 9 }
	};
	struct port_can_frame heard;

	(void)state;
	assert_int_equal(write(other, &frame, sizeof(frame)), sizeof(frame));
	assert_true(can_bus_read(&bus, &heard));
	assert_int_equal(heard.id, 0x18F0F428);
	assert_true(heard.extended);
	assert_int_equal(heard.size, 4);
	assert_memory_equal(heard.data, "\1\0\0\0\0\0\0\0", 8);
	assert_false(can_bus_read(&bus, &heard));
}

static void a_frame_longer_than_any_is_none(void **state)
{
	struct can_frame frame = { .can_id = 0x18F0F428 | CAN_EFF_FLAG, .can_dlc = 9 };
	struct port_can_frame heard;

	(void)state;
	assert_int_equal(write(other, &frame, sizeof(frame)), sizeof(frame));
	assert_false(can_bus_read(&bus, &heard));
}

static void a_full_queue_takes_the_frame_later(void **state)
{
	struct port_can_frame frame = { .id = 0x2F4, .size = 8 };
	struct can_frame drained;
	unsigned taken = 0;

	(void)state;
	while (can_bus_write(&bus, &frame))
		assert_true(++taken < 100000);
	assert_true(taken > 0);
	assert_int_equal(read(other, &drained, sizeof(drained)), sizeof(drained));
	assert_true(can_bus_write(&bus, &frame));
}

static void a_bus_that_is_down_loses_frames(void **state)
{
	struct port_can_frame frame = { .id = 0x2F4, .size = 8 };

	(void)state;
	close(other);
	other = -1;
	assert_true(can_bus_write(&bus, &frame));
	assert_true(bus.error != 0);
}

static void an_interface_that_does_not_exist_is_said(void **state)
{
	struct can_bus none;
	const char *step = NULL;

	(void)state;
	assert_true(can_bus_init(&none, "nosuchcan0", &step) < 0);
	assert_non_null(step);
	assert_int_equal(none.fd, -1);
	assert_int_equal(can_bus_init(&none, NULL, &step), 0);
	assert_true(can_bus_write(&none, &(struct port_can_frame){ .id = 1 }));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(a_frame_is_what_the_kernel_calls_one),
		TEST(a_frame_that_came_is_read_once),
		TEST(a_frame_longer_than_any_is_none),
		TEST(a_full_queue_takes_the_frame_later),
		TEST(a_bus_that_is_down_loses_frames),
		TEST(an_interface_that_does_not_exist_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
