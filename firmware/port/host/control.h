/* SPDX-License-Identifier: MIT */
/* A socket on which commands come, a line each, and answers go. One of zeros is none. */
#ifndef CONTROL_H
#define CONTROL_H

#include <poll.h>

#include "port/host/commands.h"

enum {
	CONTROL_CLIENTS = 4,
	CONTROL_POLLS = 1 + CONTROL_CLIENTS,
	CONTROL_LINE_MAX = 256,
};

struct control_client {
	int fd; /* -1: free */
	size_t size;
	char text[CONTROL_LINE_MAX];
};

struct control {
	const char *path; /* borrowed; NULL: there is no socket */
	int listener;
	struct control_client client[CONTROL_CLIENTS];
};

/* 0 or a negative errno; -EEXIST: something that is no socket is in the way. */
int control_init(struct control *control, const char *path);
void control_deinit(struct control *control);

/* What to wait for. */
void control_polls(const struct control *control, struct pollfd polls[CONTROL_POLLS]);

/* Takes new clients and does what has come. */
void control_serve(struct control *control, const struct pollfd polls[CONTROL_POLLS],
	struct station *stations, size_t count);

#endif
