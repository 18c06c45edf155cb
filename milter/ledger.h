/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing the ledger of arrivals (policy/ledger.h): appended to and brought to
 * the disk before the sender is answered.  Messages that arrive at the same time
 * share one fdatasync.  Any thread; one process a folder and node at a time.
 *
 * A ledger that cannot be written stops no mail: what is held is held, its
 * release quotes nothing, the failure is logged when it begins and when it is
 * over, and counted.  The law that asks for a proof of arrival asks for the mail
 * first.
 */
#ifndef OCT_MILTER_LEDGER_H
#define OCT_MILTER_LEDGER_H

#include "policy/ledger.h"

struct ledger;

/* folder is made if it is missing (not its parents); NULL in *out and 0 for
 * "none".  A folder that cannot be used is no error: it is tried again. */
OCT_CHECK int ledger_open(const char *folder, const char *node,
    struct ledger **out);
void ledger_close(struct ledger *l);

/*
 * Append the entries (one message's): n, prev and hash are filled in here.  An
 * error: none was written.  What is written is brought to the disk by a thread of
 * the ledger's own, so that it happens beside the spool's work: wait for the
 * ticket before the sender is answered.
 */
OCT_CHECK int ledger_append(struct ledger *l, struct ledger_entry *entries,
    size_t count, uint64_t *ticket);
/* Until that append is on the disk. */
OCT_CHECK int ledger_wait(struct ledger *l, uint64_t ticket);

/* Messages that are not in it (or not for sure) since the start. */
uint64_t ledger_lost(struct ledger *l);

#endif
