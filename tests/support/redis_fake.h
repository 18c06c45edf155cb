/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server that greets like Redis and then answers every command with the same
 * octets, right or wrong.  One thread of its own, many connections.
 */
#ifndef OCT_TESTS_SUPPORT_REDIS_FAKE_H
#define OCT_TESTS_SUPPORT_REDIS_FAKE_H

#include <stddef.h>

enum fake_then {
	FAKE_WAIT,  /* for the next command */
	FAKE_CLOSE,
	FAKE_DRIP,  /* an octet every 20 ms, without end */
	FAKE_FLOOD  /* as many octets as are taken */
};

struct fake_plan {
	const char *greeting; /* instead of the right one, or NULL */
	const char *answer;   /* to each command */
	enum fake_then then;
};

struct fake_redis;

/* NULL when it cannot be made.  plan is kept (borrowed). */
struct fake_redis *fake_redis_new(const struct fake_plan *plan);
const char *fake_redis_address(const struct fake_redis *f);
size_t fake_redis_connects(const struct fake_redis *f); /* so far */
void fake_redis_free(struct fake_redis *f);

#endif
