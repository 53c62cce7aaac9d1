/* SPDX-License-Identifier: MIT */
/* Scope-bound destructors: _cleanup_(fclose_p) FILE *file = NULL; */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(destructor) __attribute__((cleanup(destructor)))

static inline void free_p(void *pointer)
{
	free(*(void **)pointer);
}

static inline void fclose_p(FILE **file)
{
	if (*file)
		fclose(*file);
}

static inline void close_p(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#endif
