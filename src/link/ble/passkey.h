/* SPDX-License-Identifier: MIT */
/*
 * The passkey of a board: up to six digits in a file that only its owner may read. A name without
 * a slash is one of systemd's credentials (LoadCredential=). Never logged.
 */
#ifndef LINK_BLE_PASSKEY_H
#define LINK_BLE_PASSKEY_H

#include <stdint.h>

enum {
	PASSKEY_MAX = 999999
};

/*
 * -ENOENT: no such file; -EPERM: others may read it; -EBADMSG: not up to six digits; -ENXIO: a
 * credential, and there is no $CREDENTIALS_DIRECTORY; or another negative errno.
 */
int passkey_read(const char *name, uint32_t *ret);

/* What is wrong, in words. */
const char *passkey_error_text(int error);

#endif
