/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the milter writes to spool and store for one message.  The order is the
 * promise: all that is kept goes to the spool (temporary file, fsync, link,
 * fsync of the folder), then to the store, domain by domain, and only then the
 * answer goes to the MTA (design 5).
 *
 * A message for several domains is registered waiting: nothing acts on it before
 * all of them have it.  If one fails, the sender is told to come again, and what
 * the others have merges with his next try.
 */
#ifndef OCT_MILTER_HOLD_H
#define OCT_MILTER_HOLD_H

#include "milter/judge.h"

struct hold;

/*
 * Plan and bring to the disk everything that this judgement holds or takes over;
 * *out is NULL if that is nothing.  OCT_ECONFLICT: read and decide again; else
 * nothing may be accepted.  With the store away, what others of the message are
 * delivered without is kept in the spool alone (challenge.md 11).
 */
OCT_CHECK int hold_prepare(struct judge *j, struct hold **out);
/* Then the store: 0, all is safe.  OCT_ECONFLICT: read and decide again. */
OCT_CHECK int hold_register(struct judge *j, struct hold *h);
void hold_free(struct hold *h);

/* DEFER (challenge.md 2, row 12): nothing is kept, but the sender is asked. */
OCT_CHECK int hold_ask_deferred(struct judge *j);

/* Replay memory of the signature that class A would rest on: looks up and
 * remembers this envelope (challenge.md 1).  A store that is away is UNKNOWN. */
enum proof_replay hold_replay(struct judge *j, const struct judge_final *f,
    const struct auth_dkim_sig *sig);

/*
 * The message is deferred: what hold_replay remembered of it is forgotten, for
 * the sender was told to come again.  (A replay and a retry are the same octets
 * in the same envelope: only our own answer tells them apart.)
 */
void hold_replay_undo(struct session *s);

/* Pure: does this envelope replay?  seen: what is stored, or NULL; next: what to
 * store now. */
#define HOLD_SEEN_SIZE 512
#define HOLD_SEEN_TYPED_MAX 3 /* times for one typed recipient */
enum proof_replay hold_replay_judge(const char *seen, const char *rpath,
    const char *typed, char next[HOLD_SEEN_SIZE]);

/* Pure: seen without one sighting for typed, "" = nothing is left.  False: there
 * is none to take back. */
bool hold_replay_forget(const char *seen, const char *typed,
    char next[HOLD_SEEN_SIZE]);

#endif
