/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/arrival.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "milter/hold_item.h"

static void
fill_entry(const struct judge *j, const struct judge_final *f,
    struct ledger_entry *e)
{
	const struct session *s = j->session;
	enum fate_reason reason = f->transit ? FATE_R_TRANSIT : f->fate.reason;
	char rpath[OCT_ADDR_SIZE];

	oct_addr_text(&s->rpath, rpath);
	e->time_ms = j->now_ms;
	e->size = (int64_t)oct_msg_size(j->msg);
	ledger_address(s->app->ledger_key, rpath, e->sender);
	ledger_address(s->app->ledger_key, f->final->address, e->rcpt);
	memcpy(e->item, f->id, sizeof(e->item));
	(void)snprintf(e->reason, sizeof(e->reason), "%s",
	    fate_reason_name(reason));
}

/* Once for each: a lost race decides again, but it arrived once. */
static size_t
fill_entries(const struct judge *j, struct ledger_entry *entries,
    struct judge_final **of)
{
	size_t n = 0;

	for (size_t i = 0; i < j->count; i++) {
		struct judge_final *f = &j->finals[i];

		if (!hold_keeps(f) || f->ledger[0] != '\0')
			continue;
		of[n] = f;
		fill_entry(j, f, &entries[n++]);
	}
	return n;
}

uint64_t
arrival_note(struct judge *j)
{
	struct ledger *l = j->session->app->ledger;
	char digest[sizeof(((struct ledger_entry *)NULL)->digest)];
	struct ledger_entry *entries = NULL;
	struct judge_final **of = NULL;
	uint64_t ticket = 0;
	size_t n = 0;

	if (l == NULL || ledger_digest(j->msg, digest) != 0)
		return 0;
	entries = calloc(j->count, sizeof(*entries));
	of = calloc(j->count, sizeof(struct judge_final *));
	if (entries != NULL && of != NULL)
		n = fill_entries(j, entries, of);
	for (size_t i = 0; i < n; i++)
		memcpy(entries[i].digest, digest, sizeof(digest));
	if (n > 0 && ledger_append(l, entries, n, &ticket) == 0)
		for (size_t i = 0; i < n; i++)
			ledger_ref(&entries[i], of[i]->ledger);
	free(of);
	free(entries);
	return ticket;
}

void
arrival_wait(const struct judge *j, uint64_t noted)
{
	if (noted > 0)
		(void)!ledger_wait(j->session->app->ledger, noted);
}
