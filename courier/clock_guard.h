/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A clock that is far ahead all at once (a dead battery, the snapshot of a
 * machine, a wrong server of time) would end all that has a time to end: held
 * messages, relations, journals.  So a leap is doubted: until it was taken back,
 * or has stood for a while, the courier lets nothing expire, purges and trims
 * nothing.  Also over a restart, by what the store knows.  One thread.
 */
#ifndef OCT_COURIER_CLOCK_GUARD_H
#define OCT_COURIER_CLOCK_GUARD_H

#include "lib/def.h"
#include "lib/store.h"

/* So much more than at the last look is a leap; a machine that was off is as one. */
#define CLOCK_GUARD_LEAP_MS (6LL * 3600000)
/* It is believed after so long, by the clock that is never set. */
#define CLOCK_GUARD_PATIENCE_MS (6LL * 3600000)
/* So much less than at the last look is no adjustment. */
#define CLOCK_GUARD_BACK_MS 60000

struct clock_guard {
	bool doubted;
	bool back;          /* set back since the look before: duties that were
			       put off meanwhile are to be looked for */
	int64_t last_ms;    /* wall, of the look before; 0 = none */
	int64_t looked_ms;  /* monotonic, of that look */
	bool read;          /* what the store knows */
	int64_t known_ms;   /* the last wall time that was believed; 0 = none */
	int64_t since_ms;   /* monotonic: of the doubt */
	int64_t written_ms; /* monotonic: into the store */
};

/* Look at both clocks; logs when doubt begins and ends. */
void clock_guard_see(struct clock_guard *g, int64_t wall_ms, int64_t mono_ms);
/* The same, with what the store knows of this node, where the time that is
 * believed is noted each minute.  0 or the store's error. */
OCT_CHECK int clock_guard_look(struct clock_guard *g, struct store *s,
    const char *node, int64_t wall_ms, int64_t mono_ms);
/* Does that duty end something, while the clock is doubted? */
bool clock_guard_stops(const struct clock_guard *g, const char *verb);

#endif
