/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arrival of what is held, in the ledger (challenge.md 8): for hold.c only.
 * It stops no mail: a failure is the ledger's to tell (ledger.h).
 */
#ifndef OCT_MILTER_ARRIVAL_H
#define OCT_MILTER_ARRIVAL_H

#include "milter/judge.h"

/* An entry for each copy that is kept, and its place in judge_final.ledger.
 * Returns what arrival_wait takes. */
uint64_t arrival_note(struct judge *j);
/* Before anybody is answered: until it is on the disk, which happens beside what
 * the spool does meanwhile. */
void arrival_wait(const struct judge *j, uint64_t noted);

#endif
