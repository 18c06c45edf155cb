/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What administrators and referents were told already: a mark in the store for
 * each mail, set just before it is handed over, so that of several couriers, and
 * after a restart, one tells it.  Any thread.
 */
#ifndef OCT_POLICY_TOLD_H
#define OCT_POLICY_TOLD_H

#include "lib/def.h"
#include "lib/store.h"

/* Long enough for "extension:", an id of a tenant and a day; "breaker:", a
 * kind, a name and a time; or "suspended:", an address and two hashes. */
#define TOLD_SIZE 384

/* 1: marked by this call; 0: it was marked; or an error of the store, after which
 * it may be marked or not. */
OCT_CHECK int told_mark(struct store *s, const char *what, int64_t ttl_ms);
/* 1: marked, 0, or an error. */
OCT_CHECK int told_read(struct store *s, const char *what);
/* It was not handed over after all. */
OCT_CHECK int told_unmark(struct store *s, const char *what);

#endif
