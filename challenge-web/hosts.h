/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom this site serves, for the pages: the directory in memory and the table of
 * domain hashes over it.  It follows the directory rather than ask the store for
 * each page: the options that a page goes by are inherited over four levels, the
 * table must hold every domain at once, and so a page can be told apart from a
 * bad link even while the store is away.  Any thread.
 */
#ifndef OCT_CHALLENGE_WEB_HOSTS_H
#define OCT_CHALLENGE_WEB_HOSTS_H

#include "policy/directory.h"
#include "policy/pass_domains.h"

/* One state of the directory; immutable, held until hosts_put. */
struct hosted {
	const struct dir_snapshot *snapshot;
	const struct pass_domains *domains;
};

struct hosts;

/* All borrowed.  copy NULL: no disk copy.  Nothing is read yet. */
OCT_CHECK int hosts_new(struct store *store, const char *copy,
    const struct pass_keys *keys, struct hosts **out);
/* For tests: this snapshot, for ever (it is handed over). */
OCT_CHECK int hosts_new_fixed(const struct dir_snapshot *snapshot,
    const struct pass_keys *keys, struct hosts **out);
void hosts_free(struct hosts *h);

/* Read the directory and follow it, unless that is done; to be called again
 * until it is 0.  Waits for the store; one thread at a time. */
OCT_CHECK int hosts_open(struct hosts *h);

/* As it is now; NULL: not known yet, or no memory. */
const struct hosted *hosts_hold(struct hosts *h);
void hosts_put(struct hosts *h, const struct hosted *held);

#endif
