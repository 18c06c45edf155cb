/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a judgement to what the MTA is told: reply, header changes, recipients to
 * delete, and one log line a recipient.
 */
#ifndef OCT_MILTER_ACTIONS_H
#define OCT_MILTER_ACTIONS_H

#include "lib/str.h"
#include "milter/judge.h"

/* The value of X-Octroi-Symbols: SCORE_TEXT_MAX octets, the folds between them,
 * and the NUL. */
#define ACTIONS_SYMBOLS_SIZE 1280

/* List the forged fields for deletion, before anything is decided; more than can
 * be removed make the message malformed (j->facts). */
void actions_forged(struct judge *j, struct judge_actions *out);

/* An accepted message: all the rest, before anything is registered.  May be called
 * again when it was decided again. */
OCT_CHECK int actions_fill(struct judge *j, struct judge_actions *out);
/* A message that is not: the reply. */
OCT_CHECK int actions_refuse(const struct judge *j, struct judge_actions *out);
/* One log line a recipient. */
void actions_log(const struct judge *j);

/* Why DMARC's policy was not applied to a final of that fate: "arc",
 * "forwarder", "legacy", "policy"; NULL = it was, or none asks. */
const char *actions_override(const struct judge *j, const struct fate *fate);

/* The Authentication-Results value of this message. */
OCT_CHECK int actions_results(const struct judge *j, struct oct_str *out);

#endif
