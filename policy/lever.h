/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two levers of an administrator (challenge.md 11): stop, after which no
 * challenge leaves, and bypass, which for some time delivers with a label what
 * rows 1 to 3 and 5 of the table let through.  Both lie in one hash of the store;
 * each program looks at most every second.  A store that is away leaves the last
 * state that was read.  Any thread.
 */
#ifndef OCT_POLICY_LEVER_H
#define OCT_POLICY_LEVER_H

#include "lib/def.h"
#include "lib/store.h"

struct lever_state {
	bool stopped;
	int64_t stopped_ms;      /* since */
	int64_t bypass_until_ms; /* 0 = none */
	char by[64];             /* who pulled the last one */
};

/* Reads and writes at once, for the command; 0 or the store's error. */
OCT_CHECK int lever_read(struct store *s, struct lever_state *out);
OCT_CHECK int lever_stop(struct store *s, bool stop, const char *by,
    int64_t now_ms);
OCT_CHECK int lever_bypass(struct store *s, int64_t until_ms, const char *by,
    int64_t now_ms);

/* A cached look, for daemons. */
struct lever;
OCT_CHECK int lever_new(struct store *s, struct lever **out);
void lever_free(struct lever *l);
void lever_get(struct lever *l, int64_t now_ms, struct lever_state *out);
bool lever_bypasses(const struct lever_state *l, int64_t now_ms);

#endif
