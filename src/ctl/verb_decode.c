/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "ctl/ctl.h"
#include "ctl/decode.h"

int verb_decode(struct ctl *ctl)
{
	const char *path = ctl_argument(ctl, 0);
	const char *layout = ctl->options.layout ? ctl->options.layout : "auto";
	decode_bytes bytes = ctl->options.protocol ? decode_protocol(ctl->options.protocol) : NULL;
	bool is_stdin = !path || strcmp(path, "-") == 0;
	_cleanup_(fclose_p) FILE *file = NULL;
	struct decode decode;

	if (!bytes) {
		ctl_complain("decode needs --protocol jk-modbus or --protocol jk02");
		return EX_USAGE;
	}
	decode_init(&decode, ctl->out);
	if (!decode_take_layout(&decode, layout)) {
		ctl_complain("there is no layout '%s'; auto, jk02-32s, jk02-24s and jk04 are known",
			layout);
		return EX_USAGE;
	}
	if (!is_stdin)
		file = fopen(path, "re");
	if (!is_stdin && !file) {
		ctl_complain("%s: %s", path, strerror(errno));
		return EX_NOINPUT;
	}
	decode_stream(&decode, is_stdin ? stdin : file, bytes);
	if (ferror(is_stdin ? stdin : file)) {
		ctl_complain("%s: cannot be read", is_stdin ? "standard input" : path);
		return EX_IOERR;
	}
	return decode.bad_frames > 0 ? EX_DATAERR : EX_OK;
}
