/* SPDX-License-Identifier: MIT */
/* The flash pages of one board: in memory, or written through to a file. */
#ifndef NVM_H
#define NVM_H

#include "port/port.h"

enum {
	NVM_SIZE = PORT_NVM_PAGES * PORT_NVM_PAGE_SIZE
};

struct nvm {
	int fd; /* -1: memory only */
	uint8_t bytes[NVM_SIZE];
};

/* path NULL: memory only. 0, -EBADMSG when the file is not a store, or a negative errno. */
int nvm_init(struct nvm *nvm, const char *path);
void nvm_deinit(struct nvm *nvm);

bool nvm_read(const struct nvm *nvm, unsigned page, size_t offset, uint8_t *data, size_t size);
bool nvm_erase(struct nvm *nvm, unsigned page);
bool nvm_write(struct nvm *nvm, unsigned page, size_t offset, const uint8_t *data, size_t size);

/* Turns bits of a page over, as no write could. */
void nvm_spoil(struct nvm *nvm, unsigned page);

#endif
