/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names made to be taken for others: letters of other scripts that look like
 * Latin ones, near misses, and names of one organisation inside another's.  Pure;
 * any thread.
 */
#ifndef OCT_POLICY_LOOKALIKE_H
#define OCT_POLICY_LOOKALIKE_H

#include "lib/addr.h"
#include "lib/def.h"

/* The text as it is read by eye: lower case, without accents, look-alike letters
 * as Latin ones; what has no such form becomes a space.  At most size - 1
 * octets. */
void lookalike_fold(const char *utf8, size_t len, char *out, size_t size);

enum lookalike {
	LOOKALIKE_NONE,
	LOOKALIKE_NEAR, /* one letter off, or a word more: so are honest
			   neighbours */
	LOOKALIKE_SAME  /* reads the same, or holds the whole name */
};
/* Does a host (A-labels) imitate a domain to which it does not belong? */
enum lookalike lookalike_of(const char *host, const char *domain);
/* Does it read as one of many names, or hold one whole, without being under one?
 * Looked up by name, so that it costs the same for one and for thousands: only what
 * reads the same is found (other letters, digits for letters, "rn" for "m"), or the
 * whole name before another's. */
typedef bool lookalike_known(const void *arg, const char *domain);
bool lookalike_of_known(const char *host, lookalike_known *known,
    const void *arg);
/* Is it of the State, or of one of the institutions that citizens trust? */
bool lookalike_is_institution(const char *host);
/* Does it imitate one of these institutions? */
enum lookalike lookalike_of_institution(const char *host);

#endif
