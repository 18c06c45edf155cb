/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One space of error codes: 0 is success, -1..-999 is a negated errno, below
 * -1000 are octroi's own.  Functions return int; look-ups return 1 (found),
 * 0 (absent) or a negative code.  All functions here: any thread.
 */
#ifndef OCT_LIB_ERR_H
#define OCT_LIB_ERR_H

#include "lib/def.h"

enum oct_err {
	OCT_OK = 0,
	OCT_EPARSE = -1001,    /* input does not follow its grammar */
	OCT_ELIMIT = -1002,    /* a stated bound was reached */
	OCT_ETIME = -1003,     /* the deadline passed */
	OCT_EDOWN = -1004,     /* a service is unreachable or not ready */
	OCT_EREPLY = -1005,    /* a service answered what it must not */
	OCT_ECONFLICT = -1006, /* the state moved under us: read again */
	OCT_EFULL = -1007,     /* a fixed buffer is too small */
	OCT_EAUTH = -1008,     /* a signature, MAC or credential is wrong */
	OCT_ECONF = -1009,     /* the configuration is wrong */
	OCT_ECORRUPT = -1010,  /* stored data do not match their checksum */
	OCT_EREFUSED = -1011,  /* a peer refused for good (5xx) */
	OCT_EDEFER = -1012,    /* a peer refused for now (4xx) */
	OCT_EABSENT = -1013    /* what was named does not exist */
};

/* A short English text for any code; static storage, never NULL. */
const char *oct_strerror(int err);

#endif
