/* SPDX-License-Identifier: MIT */
/*
 * Loaded with LD_PRELOAD into a program that knows nothing of it: everything that the program does
 * to files in one directory is logged in iolog.h's form, and what it does is done as ever.
 *
 * What is told to the world: a Modbus request that writes, sent to a serial line (the daemon
 * promises that the intent is on the disk by then), and each write to a file named "acks".
 *
 * A call that could change a recorded file in a way that is not logged ends the program: a log with
 * a hole would prove nothing.
 */
/* Both spellings of each call are defined here. */
#undef _FILE_OFFSET_BITS

#include "iolog.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	FDS_MAX = 1024,
	FC_WRITE_REGISTERS = 0x10,
};

#define PUBLIC __attribute__((visibility("default")))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char directory[PATH_MAX];
static size_t directory_length;
static int log_fd = -1;
static uint64_t inodes[FDS_MAX]; /* 0: not recorded */
static bool is_acks[FDS_MAX];

__attribute__((noreturn)) static void fail(const char *what)
{
	dprintf(STDERR_FILENO, "iorec: %s\n", what);
	abort();
}

/* Before main, and before any thread. */
__attribute__((constructor)) static void start(void)
{
	const char *where = getenv(IOLOG_DIRECTORY_VARIABLE), *log = getenv(IOLOG_LOG_VARIABLE);

	if (!where || !log)
		return;
	snprintf(directory, sizeof(directory), "%s/", where);
	directory_length = strlen(directory);
	log_fd = (int)syscall(
		SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log_fd < 0)
		fail("cannot open the log");
}

/* The name inside of the directory, or NULL. */
static const char *recorded_name(const char *path)
{
	if (log_fd < 0 || strncmp(path, directory, directory_length) != 0)
		return NULL;
	return path + directory_length;
}

static uint64_t recorded_inode(int fd)
{
	return fd >= 0 && fd < FDS_MAX ? inodes[fd] : 0;
}

static void log_put(const struct iolog_record *record, const void *payload)
{
	const struct iovec parts[] = { { (void *)(uintptr_t)record, sizeof(*record) },
		{ (void *)(uintptr_t)payload, record->length } };
	ssize_t size = (ssize_t)(sizeof(*record) + record->length);

	if (syscall(SYS_writev, log_fd, parts, 2) != size)
		fail("cannot write the log");
}

static void log_call(
	enum iolog_kind kind, uint64_t file, uint64_t offset, const void *payload, size_t length)
{
	const struct iolog_record record = {
		.file = file,
		.offset = offset,
		.kind = kind,
		.length = (uint32_t)length,
	};
	int error = errno;

	log_put(&record, payload);
	errno = error;
}

static void log_open(int fd, const char *name, bool is_created)
{
	struct stat status;

	if (fd >= FDS_MAX)
		fail("too many files are open");
	if (fstat(fd, &status) < 0)
		fail("cannot tell which file was opened");
	if (!S_ISREG(status.st_mode))
		return;
	inodes[fd] = status.st_ino;
	is_acks[fd] = strcmp(name, IOLOG_ACKS) == 0;
	if (!is_acks[fd])
		log_call(IOLOG_OPEN, status.st_ino, is_created, name, strlen(name) + 1);
}

static int do_open(int at, const char *path, int flags, mode_t mode)
{
	const char *name = recorded_name(path);
	int fd;

	if (!name)
		return (int)syscall(SYS_openat, at, path, flags, mode);
	pthread_mutex_lock(&lock);

	bool is_created = flags & O_CREAT && access(path, F_OK) < 0;

	fd = (int)syscall(SYS_openat, at, path, flags, mode);
	if (fd >= 0)
		log_open(fd, name, is_created);
	if (fd >= 0 && flags & O_TRUNC && inodes[fd] && !is_acks[fd])
		log_call(IOLOG_TRUNCATE, inodes[fd], 0, NULL, 0);
	pthread_mutex_unlock(&lock);
	return fd;
}

static mode_t open_mode(int flags, va_list arguments)
{
	return flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(arguments, unsigned) : 0;
}

#define DEFINE_OPEN(name) \
	PUBLIC int name(const char *path, int flags, ...) \
	{ \
		va_list arguments; \
		va_start(arguments, flags); \
		mode_t mode = open_mode(flags, arguments); \
		va_end(arguments); \
		return do_open(AT_FDCWD, path, flags, mode); \
	}

#define DEFINE_OPENAT(name) \
	PUBLIC int name(int at, const char *path, int flags, ...) \
	{ \
		va_list arguments; \
		va_start(arguments, flags); \
		mode_t mode = open_mode(flags, arguments); \
		va_end(arguments); \
		return do_open(at, path, flags, mode); \
	}

DEFINE_OPEN(open)
DEFINE_OPEN(open64)
DEFINE_OPENAT(openat)
DEFINE_OPENAT(openat64)

PUBLIC int close(int fd)
{
	pthread_mutex_lock(&lock);
	if (recorded_inode(fd))
		inodes[fd] = 0;

	int r = (int)syscall(SYS_close, fd);

	pthread_mutex_unlock(&lock);
	return r;
}

/* A Modbus request that writes, on a serial line. */
static bool is_told(int fd, const void *data, size_t size)
{
	const uint8_t *bytes = data;
	struct stat status;

	return log_fd >= 0 && size >= 9 && size <= 260 && bytes[1] == FC_WRITE_REGISTERS &&
	       fstat(fd, &status) == 0 && S_ISCHR(status.st_mode);
}

PUBLIC ssize_t write(int fd, const void *data, size_t size)
{
	uint64_t inode = recorded_inode(fd);
	ssize_t r;

	if (!inode && !is_told(fd, data, size))
		return syscall(SYS_write, fd, data, size);
	pthread_mutex_lock(&lock);
	if (!inode || is_acks[fd])
		log_call(IOLOG_ACK, 0, 0, data, size);

	off_t offset = inode ? (off_t)syscall(SYS_lseek, fd, 0, SEEK_CUR) : 0;

	r = syscall(SYS_write, fd, data, size);
	if (r > 0 && inode && !is_acks[fd])
		log_call(IOLOG_WRITE, inode, (uint64_t)offset, data, (size_t)r);
	pthread_mutex_unlock(&lock);
	return r;
}

static ssize_t do_pwrite(int fd, const void *data, size_t size, off64_t offset)
{
	ssize_t r;

	pthread_mutex_lock(&lock);
	r = syscall(SYS_pwrite64, fd, data, size, offset);
	if (r > 0 && recorded_inode(fd))
		log_call(IOLOG_WRITE, inodes[fd], (uint64_t)offset, data, (size_t)r);
	pthread_mutex_unlock(&lock);
	return r;
}

PUBLIC ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
	return do_pwrite(fd, data, size, offset);
}

PUBLIC ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
	return do_pwrite(fd, data, size, offset);
}

static int do_ftruncate(int fd, off64_t size)
{
	int r;

	pthread_mutex_lock(&lock);
	r = (int)syscall(SYS_ftruncate, fd, size);
	if (r == 0 && recorded_inode(fd))
		log_call(IOLOG_TRUNCATE, inodes[fd], (uint64_t)size, NULL, 0);
	pthread_mutex_unlock(&lock);
	return r;
}

PUBLIC int ftruncate(int fd, off_t size)
{
	return do_ftruncate(fd, size);
}

PUBLIC int ftruncate64(int fd, off64_t size)
{
	return do_ftruncate(fd, size);
}

/* Writes of other threads may go on while the disk works; they are not covered by this sync. */
static int do_sync(long call, int fd)
{
	uint64_t inode = recorded_inode(fd);
	int r;

	if (!inode)
		return (int)syscall(call, fd);
	pthread_mutex_lock(&lock);
	r = (int)syscall(call, fd);
	if (r == 0)
		log_call(IOLOG_SYNC, inode, 0, NULL, 0);
	pthread_mutex_unlock(&lock);
	return r;
}

PUBLIC int fsync(int fd)
{
	return do_sync(SYS_fsync, fd);
}

PUBLIC int fdatasync(int fd)
{
	return do_sync(SYS_fdatasync, fd);
}

static int do_unlink(int at, const char *path, int flags)
{
	const char *name = recorded_name(path);
	int r;

	pthread_mutex_lock(&lock);
	r = (int)syscall(SYS_unlinkat, at, path, flags);
	if (r == 0 && name)
		log_call(IOLOG_UNLINK, 0, 0, name, strlen(name) + 1);
	pthread_mutex_unlock(&lock);
	return r;
}

PUBLIC int unlink(const char *path)
{
	return do_unlink(AT_FDCWD, path, 0);
}

PUBLIC int unlinkat(int at, const char *path, int flags)
{
	return do_unlink(at, path, flags);
}

static void log_rename(const char *from, const char *to)
{
	char names[2 * PATH_MAX];
	size_t first = strlen(from) + 1, second = strlen(to) + 1;

	if (first + second > sizeof(names))
		fail("names too long");
	memcpy(names, from, first);
	memcpy(names + first, to, second);
	log_call(IOLOG_RENAME, 0, 0, names, first + second);
}

static int do_rename(int from_at, const char *from, int to_at, const char *to, unsigned flags)
{
	const char *old_name = recorded_name(from), *new_name = recorded_name(to);
	int r;

	if (!old_name != !new_name)
		fail("a file was moved into or out of the recorded directory");
	pthread_mutex_lock(&lock);
	r = (int)syscall(SYS_renameat2, from_at, from, to_at, to, flags);
	if (r == 0 && old_name)
		log_rename(old_name, new_name);
	pthread_mutex_unlock(&lock);
	return r;
}

PUBLIC int rename(const char *from, const char *to)
{
	return do_rename(AT_FDCWD, from, AT_FDCWD, to, 0);
}

PUBLIC int renameat(int from_at, const char *from, int to_at, const char *to)
{
	return do_rename(from_at, from, to_at, to, 0);
}

PUBLIC int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags)
{
	return do_rename(from_at, from, to_at, to, flags);
}

static void *do_mmap(void *at, size_t size, int protection, int flags, int fd, off64_t offset)
{
	bool is_written = (flags & MAP_SHARED) && (protection & PROT_WRITE);

	if (is_written && recorded_inode(fd)) {
		pthread_mutex_lock(&lock);
		log_call(IOLOG_MAP, inodes[fd], 0, NULL, 0);
		pthread_mutex_unlock(&lock);
	}
	/* NOLINTNEXTLINE: the kernel's answer is an address */
	return (void *)syscall(SYS_mmap, at, size, protection, flags, fd, offset);
}

PUBLIC void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	return do_mmap(at, size, protection, flags, fd, offset);
}

PUBLIC void *mmap64(void *at, size_t size, int protection, int flags, int fd, off64_t offset)
{
	return do_mmap(at, size, protection, flags, fd, offset);
}

/* What nobody uses on the history today. */

static void refuse(int fd, const char *call)
{
	if (recorded_inode(fd))
		fail(call);
}

PUBLIC ssize_t writev(int fd, const struct iovec *parts, int count)
{
	refuse(fd, "writev is not recorded");
	return syscall(SYS_writev, fd, parts, count);
}

PUBLIC int fallocate(int fd, int mode, off_t offset, off_t size)
{
	refuse(fd, "fallocate is not recorded");
	return (int)syscall(SYS_fallocate, fd, mode, offset, size);
}

PUBLIC int fallocate64(int fd, int mode, off64_t offset, off64_t size)
{
	refuse(fd, "fallocate is not recorded");
	return (int)syscall(SYS_fallocate, fd, mode, offset, size);
}

PUBLIC int truncate(const char *path, off_t size)
{
	if (recorded_name(path))
		fail("truncate by name is not recorded");
	return (int)syscall(SYS_truncate, path, size);
}

PUBLIC int truncate64(const char *path, off64_t size)
{
	if (recorded_name(path))
		fail("truncate by name is not recorded");
	return (int)syscall(SYS_truncate, path, size);
}
