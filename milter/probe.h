/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A probe of a legacy address that comes back (policy/probe.h).
 */
#ifndef OCT_MILTER_PROBE_H
#define OCT_MILTER_PROBE_H

#include "milter/judge.h"

/*
 * Is the message one, for the mailbox that it was made for, and the first of
 * its token?  1: what it shows is recorded, and it is to be dropped; 0: it is
 * none, and goes the way of any message; or an error of the store.
 */
OCT_CHECK int probe_arrival(struct judge *j);

/* A bounce came back for that token: 1: it was a probe's, 0: it was not, or an
 * error of the store. */
OCT_CHECK int probe_bounce(struct judge *j, const char *id);

#endif
