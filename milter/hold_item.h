/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts of a held item, out of a judgement: for hold.c only.
 */
#ifndef OCT_MILTER_HOLD_ITEM_H
#define OCT_MILTER_HOLD_ITEM_H

#include "milter/judge.h"

/* Everything that the items of one message share. */
struct hold_shared {
	char *trace, *symbols;
	char rpath[OCT_ADDR_SIZE], client[OCT_IP_SIZE], from[OCT_ADDR_SIZE];
	char subject[512], message_id[1000], references[4000];
};
OCT_CHECK int hold_shared_init(struct judge *j, struct hold_shared *sh);
void hold_shared_fini(struct hold_shared *sh);

/* Does a copy for this final go to the spool? */
bool hold_keeps(const struct judge_final *f);

/* Points into the judgement and sh. */
void hold_item_fill(struct judge *j, const struct hold_shared *sh,
    struct judge_final *f, struct held *h);

/* The mailbox, or whom the alias of an external final belongs to. */
const char *hold_local_of(const struct judge *j, const struct judge_final *f);
const char *hold_lang_of(const struct judge_final *f);

#endif
