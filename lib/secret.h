/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secret of a site: 32 random octets in a file of 64 hexadecimal digits,
 * shared by all programs of the site.  Every other key is derived from it for
 * one named purpose.  Any thread.
 */
#ifndef OCT_LIB_SECRET_H
#define OCT_LIB_SECRET_H

#include "lib/def.h"

#define OCT_KEY_OCTETS 32

struct oct_secret {
	uint8_t octets[OCT_KEY_OCTETS];
};

/*
 * Read it.  -errno; -EPERM if others could read or anybody but its owner change
 * the file (allowed: 0600, 0400, and group read for a group of ours), or if its
 * owner is neither root nor this user; OCT_EPARSE if it holds something else.
 */
OCT_CHECK int oct_secret_load(const char *path, struct oct_secret *out);

/*
 * Read the one that it replaced, in "<path>.previous": what was made with it
 * still counts for as long as that file is there.  1 read, 0 there is none, or
 * as oct_secret_load.
 */
OCT_CHECK int oct_secret_load_previous(const char *path,
    struct oct_secret *out);

/* Make a new one, mode 0600; whole or not at all.  -EEXIST if there is one. */
OCT_CHECK int oct_secret_create(const char *path);

/* Overwrite it. */
void oct_secret_fini(struct oct_secret *secret);

/* The key for a purpose ("token.page"): keyed BLAKE2b of the name. */
void oct_secret_key(const struct oct_secret *secret, const char *purpose,
    uint8_t out[OCT_KEY_OCTETS]);

#endif
