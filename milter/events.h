/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decisions remembered for a week (policy/event.h), written behind the answer by
 * a thread of its own, many in one round trip.  Best effort: what does not fit
 * into the queue, or what the store does not take, is lost, and logged when that
 * begins and ends.
 */
#ifndef OCT_MILTER_EVENTS_H
#define OCT_MILTER_EVENTS_H

#include "lib/store.h"

#define EVENTS_QUEUE 4096

struct events;

OCT_CHECK int events_new(struct store *store, struct events **out);
/* Writes what waits, once; may be NULL. */
void events_free(struct events *e);
/* Takes over json (may be NULL).  Never waits.  Any thread. */
void events_put(struct events *e, char *json);

struct judge;
/* An entry for each final of a judged message. */
void events_note(const struct judge *j);

#endif
