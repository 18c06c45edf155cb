/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the milter reads from and writes to store and spool for one message.  The
 * order is the promise: temporary file, fsync, rename, fsync of the directory,
 * store, and only then the answer to the MTA (design 5).
 */
#ifndef OCT_MILTER_HOLD_H
#define OCT_MILTER_HOLD_H

#include "milter/judge.h"

/* Keep everything that this judgement holds or takes over.  0: all is safe (or
 * nothing was to be kept); OCT_ECONFLICT: read and decide again; else nothing
 * may be accepted. */
OCT_CHECK int hold_message(struct judge *j);

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
