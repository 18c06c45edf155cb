/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What mail servers say of the storage that mailboxes use, on its way to the
 * store: kept in memory and written by a thread of its own, the last word of each
 * mailbox once.  Whoever tells never waits; while the store is away words wait
 * here, and one that is lost (we were killed) is said again with the next
 * message, or by 'octroictl quota import'.
 */
#ifndef OCT_PROVISIONING_MAPD_USAGE_H
#define OCT_PROVISIONING_MAPD_USAGE_H

#include "lib/def.h"
#include "lib/store.h"
#include "policy/directory.h"
#include "policy/limit.h"

#define MAPD_USAGE_MAX 1000000 /* mailboxes that wait; more are not taken */

struct mapd_usage;

/* limits, node and store are borrowed; the directory says which quota is in force
 * when a word is written. */
OCT_CHECK int mapd_usage_new(struct store *store, struct directory *directory,
    const struct limit_platform *limits, const char *node,
    struct mapd_usage **out);
/* A last try to write what waits, for a second at most. */
void mapd_usage_free(struct mapd_usage *u);

/* As dict_told (dict.h); arg is the mapd_usage.  Any thread. */
void mapd_usage_tell(void *arg, const struct dir_domain *d,
    const struct dir_mailbox *m, int64_t octets, int64_t messages);
/* Mailboxes that wait. */
size_t mapd_usage_waiting(struct mapd_usage *u);

#endif
