/* SPDX-License-Identifier: MIT */
#include "port/host/nvm.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Before boards kept their log in flash, they had four pages. */
enum {
	NVM_SIZE_OLD = 4 * PORT_NVM_PAGE_SIZE,
	SPOILED = 64, /* bytes of a page */
};

static int file_open(struct nvm *nvm, const char *path)
{
	struct stat status;

	nvm->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (nvm->fd < 0 || fstat(nvm->fd, &status) < 0)
		return -errno;
	if (status.st_size == 0)
		return pwrite(nvm->fd, nvm->bytes, NVM_SIZE, 0) == NVM_SIZE ? 0 : -EIO;
	if (!S_ISREG(status.st_mode) ||
		(status.st_size != NVM_SIZE && status.st_size != NVM_SIZE_OLD))
		return -EBADMSG;
	if (pread(nvm->fd, nvm->bytes, NVM_SIZE, 0) != status.st_size)
		return -EIO;
	if (status.st_size == NVM_SIZE)
		return 0;
	return pwrite(nvm->fd, nvm->bytes, NVM_SIZE, 0) == NVM_SIZE ? 0 : -EIO;
}

int nvm_init(struct nvm *nvm, const char *path)
{
	int r;

	nvm->fd = -1;
	memset(nvm->bytes, 0xff, sizeof(nvm->bytes));
	if (!path)
		return 0;
	r = file_open(nvm, path);
	if (r < 0)
		nvm_deinit(nvm);
	return r;
}

void nvm_deinit(struct nvm *nvm)
{
	if (nvm->fd >= 0)
		close(nvm->fd);
	nvm->fd = -1;
}

static bool is_inside(unsigned page, size_t offset, size_t size)
{
	return page < PORT_NVM_PAGES && offset <= PORT_NVM_PAGE_SIZE &&
	       size <= PORT_NVM_PAGE_SIZE - offset;
}

static bool write_through(const struct nvm *nvm, size_t at, size_t size)
{
	if (nvm->fd < 0)
		return true;
	return pwrite(nvm->fd, nvm->bytes + at, size, (off_t)at) == (ssize_t)size;
}

bool nvm_read(const struct nvm *nvm, unsigned page, size_t offset, uint8_t *data, size_t size)
{
	if (!is_inside(page, offset, size))
		return false;
	memcpy(data, nvm->bytes + page * PORT_NVM_PAGE_SIZE + offset, size);
	return true;
}

bool nvm_erase(struct nvm *nvm, unsigned page)
{
	size_t at = (size_t)page * PORT_NVM_PAGE_SIZE;

	if (!is_inside(page, 0, PORT_NVM_PAGE_SIZE))
		return false;
	memset(nvm->bytes + at, 0xff, PORT_NVM_PAGE_SIZE);
	return write_through(nvm, at, PORT_NVM_PAGE_SIZE);
}

bool nvm_write(struct nvm *nvm, unsigned page, size_t offset, const uint8_t *data, size_t size)
{
	size_t at = (size_t)page * PORT_NVM_PAGE_SIZE + offset;

	if (!is_inside(page, offset, size))
		return false;
	/* Flash only clears bits. */
	for (size_t i = 0; i < size; i++)
		nvm->bytes[at + i] &= data[i];
	return write_through(nvm, at, size);
}

void nvm_spoil(struct nvm *nvm, unsigned page)
{
	size_t at = (size_t)page * PORT_NVM_PAGE_SIZE;

	for (size_t i = 0; i < SPOILED; i++)
		nvm->bytes[at + i * PORT_NVM_PAGE_SIZE / SPOILED] ^= 0x5a;
	write_through(nvm, at, PORT_NVM_PAGE_SIZE);
}
