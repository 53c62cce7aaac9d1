/* SPDX-License-Identifier: MIT */
#include "port/host/control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* What an instance that was killed has left is taken over. */
static int clear_path(const char *path)
{
	struct stat status;

	if (lstat(path, &status) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode))
		return -EEXIST;
	return unlink(path) < 0 ? -errno : 0;
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, r = clear_path(path);

	if (r < 0)
		return r;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* Nobody but the owner: the path gets the mode of the socket. */
	if (fchmod(fd, 0600) < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(fd, CONTROL_CLIENTS) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

int control_init(struct control *control, const char *path)
{
	*control = (struct control){ .listener = -1 };
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		control->client[i].fd = -1;
	if (!path)
		return 0;
	control->listener = listen_at(path);
	if (control->listener < 0)
		return control->listener;
	control->path = path;
	return 0;
}

static void hang_up(struct control_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	*client = (struct control_client){ .fd = -1 };
}

void control_deinit(struct control *control)
{
	if (!control->path)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		hang_up(&control->client[i]);
	close(control->listener);
	unlink(control->path);
	*control = (struct control){ .listener = -1 };
}

void control_polls(const struct control *control, struct pollfd polls[CONTROL_POLLS])
{
	polls[0] =
		(struct pollfd){ .fd = control->path ? control->listener : -1, .events = POLLIN };
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		polls[1 + i] = (struct pollfd){ .fd = control->path ? control->client[i].fd : -1,
			.events = POLLIN };
}

/* One too many is turned away. */
static void welcome(struct control *control)
{
	int fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	for (size_t i = 0; i < CONTROL_CLIENTS && fd >= 0; i++)
		if (control->client[i].fd < 0) {
			control->client[i] = (struct control_client){ .fd = fd };
			return;
		}
	if (fd >= 0)
		close(fd);
}

/* A client that does not read its answers is not waited for. */
static bool answer_line(struct control_client *client, struct station *stations, size_t count)
{
	struct answer answer;
	ssize_t sent;

	commands_run(stations, count, client->text, &answer);
	sent = send(client->fd, answer.text, answer.size, MSG_NOSIGNAL);
	return sent == (ssize_t)answer.size;
}

/* What does not fit is left out, and the line is refused as too long. */
static void take(struct control_client *client, char byte, struct station *stations, size_t count)
{
	if (byte != '\n') {
		if (client->size < CONTROL_LINE_MAX - 1)
			client->text[client->size++] = byte;
		return;
	}
	client->text[client->size] = '\0';
	client->size = 0;
	if (!answer_line(client, stations, count))
		hang_up(client);
}

static void hear(struct control_client *client, struct station *stations, size_t count)
{
	char bytes[CONTROL_LINE_MAX];
	ssize_t size = read(client->fd, bytes, sizeof(bytes));

	if (size == 0 || (size < 0 && errno != EAGAIN))
		hang_up(client);
	for (ssize_t i = 0; i < size && client->fd >= 0; i++)
		take(client, bytes[i], stations, count);
}

void control_serve(struct control *control, const struct pollfd polls[CONTROL_POLLS],
	struct station *stations, size_t count)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (polls[1 + i].revents && control->client[i].fd >= 0)
			hear(&control->client[i], stations, count);
	if (polls[0].revents)
		welcome(control);
}
