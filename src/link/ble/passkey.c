/* SPDX-License-Identifier: MIT */
#include "link/ble/passkey.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

enum {
	DIGITS_MAX = 6,
	TEXT_SIZE = 32,
};

static int open_file(const char *name)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];
	int fd;

	if (strchr(name, '/'))
		fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	else if (!credentials)
		return -ENXIO;
	else if (snprintf(path, sizeof(path), "%s/%s", credentials, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	else
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

static int parse(char *text, uint32_t *ret)
{
	size_t length = strcspn(text, " \t\r\n");

	if (length == 0 || length > DIGITS_MAX || text[length + strspn(text + length, " \t\r\n")])
		return -EBADMSG;
	*ret = 0;
	for (size_t i = 0; i < length; i++) {
		if (!isdigit((unsigned char)text[i]))
			return -EBADMSG;
		*ret = 10 * *ret + (uint32_t)(text[i] - '0');
	}
	return 0;
}

int passkey_read(const char *name, uint32_t *ret)
{
	_cleanup_(close_p) int fd = open_file(name);
	char text[TEXT_SIZE];
	struct stat status;
	uint32_t passkey;
	ssize_t size;
	int r;

	if (fd < 0)
		return fd;
	if (fstat(fd, &status) < 0)
		return -errno;
	/* systemd guards credentials itself, with an ACL that looks like the group's. */
	if (strchr(name, '/') && status.st_mode & (S_IRWXG | S_IRWXO))
		return -EPERM;
	size = read(fd, text, sizeof(text) - 1);
	if (size < 0)
		return -errno;
	text[size] = '\0';
	r = size == sizeof(text) - 1 ? -EBADMSG : parse(text, &passkey);
	explicit_bzero(text, sizeof(text));
	if (r == 0)
		*ret = passkey;
	return r;
}

const char *passkey_error_text(int error)
{
	switch (error) {
	case -EPERM:
		return "others than its owner may read it";
	case -EBADMSG:
		return "it must hold one to six digits";
	case -ENXIO:
		return "the unit passes no credentials (LoadCredential=)";
	default:
		return strerror(-error);
	}
}
