/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One reply for all (challenge.md 2): end of data has one answer, whatever the
 * table says of each recipient.
 */
#include <string.h>

#include "policy/decide.h"

static bool
is_refusal(const struct fate *f)
{
	return f->verdict == FATE_REFUSE || f->verdict == FATE_DEFER;
}

/* Deferral that must reach the client whatever the others' fate: what would have
 * to be kept cannot be (challenge.md 5: the 452 is for all). */
static bool
is_binding(const struct fate *f)
{
	return f->verdict == FATE_DEFER &&
	    (f->reason == FATE_R_FULL || f->reason == FATE_R_MALFORMED ||
		f->reason == FATE_R_VIRUS);
}

static bool
is_store_down(const struct fate *f)
{
	return f->verdict == FATE_DEFER && f->reason == FATE_R_STORE_DOWN;
}

/* Row 12 where the domain chose DEFER. */
static bool
is_deferred_contact(const struct fate *f)
{
	return f->verdict == FATE_DEFER && f->reason == FATE_R_FIRST_CONTACT;
}

static bool
is_delivered(const struct fate *f)
{
	return f->verdict == FATE_DELIVER;
}

static const struct fate *
find(const struct fate *fates, size_t count, bool (*is)(const struct fate *))
{
	for (size_t i = 0; i < count; i++)
		if (is(&fates[i]))
			return &fates[i];
	return NULL;
}

static size_t
count_of(const struct fate *fates, size_t count, bool (*is)(const struct fate *))
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += is(&fates[i]);
	return n;
}

/* Collectors and declared forwarders: a 5xx would bounce to strangers, or delete
 * (rule d). */
static bool
never_5xx(const struct decide_msg *m)
{
	return m->direction == DIR_COLLECTED || m->direction == DIR_FORWARDED;
}

static void
hold_instead(struct fate *f)
{
	f->verdict = FATE_HOLD;
	f->ask = false;
}

/* Rule (c): the transaction is accepted for others, so this refusal cannot be
 * said any more. */
static void
soften(struct fate *f)
{
	if (f->verdict == FATE_REFUSE && f->reason == FATE_R_BLOCKED)
		f->verdict = FATE_DROP;
	else
		hold_instead(f);
}

/* With the store away the sender can be told to come again only if nobody gets
 * the message now (challenge.md 11).  True: reply is set. */
static bool
without_store(struct fate *fates, size_t count, struct fate *reply)
{
	const struct fate *down = find(fates, count, is_store_down);

	if (down == NULL)
		return false;
	if (find(fates, count, is_delivered) == NULL) {
		*reply = *down;
		return true;
	}
	for (size_t i = 0; i < count; i++) {
		if (!is_store_down(&fates[i]))
			continue;
		hold_instead(&fates[i]);
		fates[i].reason = FATE_R_UNDECIDED;
	}
	return false;
}

/* Row 12: DEFER only if all share that fate; else he is held, and asked. */
static void
share_deferral(struct fate *fates, size_t count)
{
	if (count_of(fates, count, is_deferred_contact) == count)
		return;
	for (size_t i = 0; i < count; i++)
		if (is_deferred_contact(&fates[i]))
			fates[i].verdict = FATE_HOLD;
}

/* Of refusals of that kind, the lowest row. */
static const struct fate *
lowest(const struct fate *fates, size_t count, enum fate_verdict verdict)
{
	const struct fate *best = NULL;

	for (size_t i = 0; i < count; i++)
		if (fates[i].verdict == verdict &&
		    (best == NULL || fates[i].row < best->row))
			best = &fates[i];
	return best;
}

static bool
is_row_13(const struct fate *f)
{
	return f->verdict == FATE_REFUSE && f->row == 13;
}

static bool
same_domain(const struct fate *fates, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fates[i].domain == NULL || fates[0].domain == NULL ||
		    strcmp(fates[i].domain, fates[0].domain) != 0)
			return false;
	return true;
}

/* Rules (a) and (b): the refusal that speaks for all, or NULL. */
static const struct fate *
speaks_for_all(const struct fate *fates, size_t count, bool *link)
{
	const struct fate *later = lowest(fates, count, FATE_DEFER);
	size_t strangers = count_of(fates, count, is_row_13);

	*link = false;
	if (count == 0 || count_of(fates, count, is_refusal) < count)
		return NULL;
	if (later != NULL)
		return later;
	/* A stranger without a link would have no way in: he is refused only
	 * with one. */
	if (strangers > 0) {
		*link = strangers == count && same_domain(fates, count);
		return *link ? &fates[0] : NULL;
	}
	return lowest(fates, count, FATE_REFUSE);
}

static bool
is_without_room(const struct fate *f)
{
	return f->verdict == FATE_HOLD && f->full;
}

void
decide_reply(const struct decide_msg *m, struct fate *fates, size_t count,
    struct fate *reply)
{
	const struct fate *speaks;
	bool link = false;

	for (size_t i = 0; never_5xx(m) && i < count; i++)
		if (fates[i].verdict == FATE_REFUSE)
			hold_instead(&fates[i]);
	speaks = find(fates, count, is_binding);
	if (speaks != NULL) {
		*reply = *speaks;
		return;
	}
	if (without_store(fates, count, reply))
		return;
	share_deferral(fates, count);
	speaks = speaks_for_all(fates, count, &link);
	if (speaks != NULL) {
		*reply = *speaks;
		reply->link = link;
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (is_refusal(&fates[i]))
			soften(&fates[i]);
	/* A refusal that became a hold needs room like any other. */
	speaks = find(fates, count, is_without_room);
	if (speaks != NULL)
		*reply = (struct fate){ .verdict = FATE_DEFER,
			.reason = FATE_R_FULL, .row = speaks->row,
			.code = 452, .enhanced = "4.2.2" };
	else
		*reply = (struct fate){ .verdict = FATE_DELIVER };
}
