/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line of a log without the addresses of outsiders: each becomes a keyed hash,
 * the same for the same address, so that what belongs together can still be seen;
 * client addresses are cut to their network.  Pure; any thread.
 */
#ifndef OCT_PROVISIONING_CTL_REDACT_H
#define OCT_PROVISIONING_CTL_REDACT_H

#include "lib/def.h"
#include "lib/secret.h"
#include "lib/str.h"

#define CTL_REDACT_PURPOSE "log.redact"

/* Is that (normalised) domain hosted here? */
typedef bool ctl_redact_hosted(void *arg, const char *domain);

struct ctl_redact {
	uint8_t key[OCT_KEY_OCTETS];
	ctl_redact_hosted *hosted;
	void *arg;
};

/* Append the line (without its end) to out. */
void ctl_redact_line(const struct ctl_redact *r, const char *line, size_t len,
    struct oct_str *out);

/* When a line was written: "2026-11-21T17:31:59..." or the time of a syslog file,
 * "Nov 21 17:31:59", of the year before now_ms.  False: it does not say. */
bool ctl_redact_time(const char *line, int64_t now_ms, int64_t *out);

#endif
