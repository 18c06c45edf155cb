/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What provisioning does on its day, without being told: entries whose day of
 * closing has come are closed.  Any thread.
 */
#ifndef OCT_POLICY_CLOSING_H
#define OCT_POLICY_CLOSING_H

#include "lib/store.h"

/* Close what closes on that day or before it; each is an event of its own.  An
 * entry that was changed meanwhile is looked at again the next time.  0 or the
 * store's error; *done: how many. */
OCT_CHECK int closing_due(
    struct store *store, const char *today, const char *actor, size_t *done);

#endif
