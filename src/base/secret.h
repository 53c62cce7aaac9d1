/* SPDX-License-Identifier: MIT */
/*
 * A short text from a file that only its owner may read. A name without a slash is one of systemd's
 * credentials (LoadCredential=). What is in it is never logged.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stddef.h>

/*
 * The whole file as a text. -EPERM: others may read it; -EFBIG: it does not fit; -ENXIO: a
 * credential, and there is no $CREDENTIALS_DIRECTORY; or another negative errno.
 */
int secret_read(const char *name, char *out, size_t size);

/* What is wrong, in words. */
const char *secret_error_text(int error);

#endif
