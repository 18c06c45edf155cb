/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The envelope of a stored message, guessed from its header where nobody says
 * what it was.  Pure.
 */
#ifndef OCT_PROVISIONING_CTL_GUESS_H
#define OCT_PROVISIONING_CTL_GUESS_H

#include "lib/addr.h"
#include "lib/msg.h"

struct ctl_guess {
	struct oct_ip client; /* AF_UNSPEC: not found */
	char helo[OCT_DOMAIN_SIZE];
	bool has_rpath;
	struct oct_addr rpath;
	bool has_rcpt;
	struct oct_addr rcpt;
	size_t received_own; /* Received fields at the top that the receiving
				site wrote, as far as can be told */
	int64_t received_ms; /* when it came: by them, else by Date; 0 = not
				known */
};

/*
 * Client and HELO: from the newest Received field whose client has a public
 * address (those before it are hops inside).  Reverse-path: Return-Path, else
 * From.  The site's own trace is told by a Return-Path before it (RFC 5321 4.4):
 * a delivered file.  Recipient: X-Original-To or Delivered-To, else the first in To.
 */
void ctl_guess(const struct oct_msg *m, struct ctl_guess *out);

#endif
