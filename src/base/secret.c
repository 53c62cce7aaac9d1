/* SPDX-License-Identifier: MIT */
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

static int open_file(const char *name)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];
	int fd;

	if (strchr(name, '/')) {
		fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	} else {
		if (!credentials)
			return -ENXIO;
		if (snprintf(path, sizeof(path), "%s/%s", credentials, name) >= (int)sizeof(path))
			return -ENAMETOOLONG;
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	}
	return fd < 0 ? -errno : fd;
}

int secret_read(const char *name, char *out, size_t size)
{
	_cleanup_(close_p) int fd = open_file(name);
	struct stat status;
	ssize_t got;

	if (fd < 0)
		return fd;
	if (fstat(fd, &status) < 0)
		return -errno;
	/* systemd guards credentials itself, with an ACL that looks like the group's. */
	if (strchr(name, '/') && status.st_mode & (S_IRWXG | S_IRWXO))
		return -EPERM;
	got = read(fd, out, size);
	if (got < 0)
		return -errno;
	if ((size_t)got == size) {
		explicit_bzero(out, size);
		return -EFBIG;
	}
	out[got] = '\0';
	return 0;
}

const char *secret_error_text(int error)
{
	switch (error) {
	case -EPERM:
		return "others than its owner may read it";
	case -EFBIG:
		return "it is too long";
	case -ENXIO:
		return "the unit passes no credentials (LoadCredential=)";
	default:
		return strerror(-error);
	}
}
