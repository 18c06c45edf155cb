/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The acts on items.  A label is marked before the act that ends the item, for
 * the courier makes it when it removes the message (policy/learn_item.h).
 */
#include "policy/owner.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/str.h"
#include "policy/learn_item.h"
#include "policy/owner_senders.h"
#include "policy/owner_stood.h"
#include "policy/proof.h"

#define UNDO_ROUNDS 20 /* pages of the bin that one undo looks at */

int
owner_item(const struct owner *o, const char *id, struct case_item *out)
{
	int rc = case_item_read(o->store, o->domain, id, out);

	if (rc == OCT_EPARSE)
		return 0; /* a damaged record is nobody's */
	if (rc == 1 && strcmp(out->held.local, o->local) != 0) {
		case_item_fini(out);
		rc = 0;
	}
	return rc;
}

const char *
owner_item_sender(const struct case_item *item)
{
	return *item->held.from != '\0' ? item->held.from : item->held.rpath;
}

static void
note(const struct owner *o, enum owner_act act, const struct case_item *item)
{
	const struct owner_entry_text e = { .act = act, .id = item->held.id,
		.what = owner_item_sender(item),
		.subject = item->held.subject };

	owner_note(o, &e);
}

/* Best effort: what cannot be learnt of must not stop the act. */
static void
mark(const struct owner *o, const char *id, enum learn_mark m)
{
	(void)!learn_mark(o->store, o->domain, id, m);
}

static bool
is_virus(const struct case_item *item)
{
	return strcmp(item->held.reason, fate_reason_name(FATE_R_VIRUS)) == 0;
}

/* One item, an act on it, and its end: what the acts have in common. */
typedef int act_fn(const struct owner *o, const struct case_item *item,
    enum case_outcome *out);

static int
with_item(const struct owner *o, const char *id, act_fn *act,
    enum case_outcome *out)
{
	struct case_item item;
	int rc = owner_item(o, id, &item);

	*out = CASE_OVER;
	if (rc <= 0)
		return rc;
	rc = act(o, &item, out);
	case_item_fini(&item);
	return rc;
}

/* --- Delivering ---------------------------------------------------------- */

static int
release_item(const struct owner *o, const struct case_item *item, bool accept,
    enum case_outcome *out)
{
	int rc;

	if (is_virus(item)) {
		*out = CASE_IMPOSSIBLE;
		return 0;
	}
	if (held_is_live(item->state))
		mark(o, item->held.id, LEARN_HAM);
	rc = case_release(o->store, o->timers, o->domain, item->held.id,
	    !accept, CASE_BY_OWNER, o->now_ms, out);
	if (rc == 0 && *out == CASE_DONE)
		note(o, accept ? OWNER_ACT_ACCEPT : OWNER_ACT_RELEASE, item);
	return rc;
}

static int
release_once(const struct owner *o, const struct case_item *item,
    enum case_outcome *out)
{
	return release_item(o, item, false, out);
}

static int
release_accept(const struct owner *o, const struct case_item *item,
    enum case_outcome *out)
{
	return release_item(o, item, true, out);
}

int
owner_release(const struct owner *o, const char *id, bool accept,
    enum case_outcome *out)
{
	return with_item(o, id, accept ? release_accept : release_once, out);
}

/* --- Throwing away ------------------------------------------------------- */

static int
discard_item(const struct owner *o, const struct case_item *item, bool spam,
    enum case_outcome *out)
{
	int rc;

	/* An earlier wish to have it does not stand against this one. */
	mark(o, item->held.id, spam ? LEARN_SPAM : LEARN_NO_MARK);
	rc = case_discard(o->store, o->timers, o->domain, item->held.id,
	    o->now_ms, out);
	if (rc == 0 && *out == CASE_DONE)
		note(o, spam ? OWNER_ACT_SPAM : OWNER_ACT_DISCARD, item);
	return rc;
}

static int
discard_only(const struct owner *o, const struct case_item *item,
    enum case_outcome *out)
{
	return discard_item(o, item, false, out);
}

static int
discard_spam(const struct owner *o, const struct case_item *item,
    enum case_outcome *out)
{
	return discard_item(o, item, true, out);
}

int
owner_discard(const struct owner *o, const char *id, bool spam,
    enum case_outcome *out)
{
	return with_item(o, id, spam ? discard_spam : discard_only, out);
}

/* --- Blocking ------------------------------------------------------------ */

bool
owner_item_is_proven(const struct case_item *item)
{
	char from[OCT_ADDR_SIZE];

	return proof_sid_from(item->held.sid, from) && *from != '\0';
}

/* "addr:..." of a proven From, else "sid:..." of how it came; "" if it has
 * neither. */
static void
name_sender(const struct case_item *item, char out[OWNER_WHO_SIZE])
{
	char from[OCT_ADDR_SIZE];
	struct oct_str s;

	oct_str_fixed(&s, out, OWNER_WHO_SIZE);
	if (proof_sid_from(item->held.sid, from) && *from != '\0')
		oct_str_addf(&s, "addr:%s", from);
	else if (*item->held.sid != '\0')
		oct_str_addf(&s, "sid:%s", item->held.sid);
	if (oct_str_err(&s) != 0)
		*out = '\0';
}

static int
refuse_item(const struct owner *o, const struct case_item *item,
    enum case_outcome *out)
{
	char who[OWNER_WHO_SIZE];
	bool live = held_is_live(item->state);
	int rc = 0;

	name_sender(item, who);
	if (live)
		mark(o, item->held.id, LEARN_SPAM);
	if (live && *who != '\0')
		rc = owner_stood_keep(o, item, who);
	if (rc == 0 && *who != '\0')
		rc = owner_sender_block(o, who, OWNER_QUIETLY);
	/* Blocking takes with it what is held of him, but not what no relation
	 * names. */
	if (rc == 0)
		rc = case_discard(o->store, o->timers, o->domain,
		    item->held.id, o->now_ms, out);
	if (rc != 0)
		return rc;
	if (live && *out == CASE_ALREADY)
		*out = CASE_DONE;
	if (*out == CASE_DONE)
		note(o, OWNER_ACT_REFUSE, item);
	return 0;
}

int
owner_refuse(const struct owner *o, const char *id, enum case_outcome *out)
{
	return with_item(o, id, refuse_item, out);
}

/* --- Taking back --------------------------------------------------------- */

/* Did it go when he was blocked, as one of his? */
static bool
went_with(const struct case_item *item, const char *who,
    const struct case_item *other)
{
	if (other->released_ms != item->released_ms)
		return false;
	return (*item->held.sid != '\0' &&
		   strcmp(other->held.sid, item->held.sid) == 0) ||
	    case_held_named(&other->held, who);
}

/* Those among the first of the bin; back: how many came. */
static int
undo_some(const struct owner *o, const struct case_item *item, size_t *back)
{
	struct owner_page *bin = NULL;
	char who[OWNER_WHO_SIZE];
	int rc = owner_bin(o, &bin);

	name_sender(item, who);
	*back = 0;
	for (size_t i = 0; rc == 0 && i < bin->count; i++) {
		const struct case_item *other = &bin->item[i];
		enum case_outcome out = CASE_OVER;

		if (went_with(item, who, other))
			rc = case_undiscard(o->store, o->timers, o->domain,
			    other->held.id, o->now_ms, &out);
		*back += rc == 0 && out == CASE_DONE;
	}
	owner_page_free(bin);
	return rc;
}

/* All that went with the block comes back with it, and leaves the bin. */
static int
undo_others(const struct owner *o, const struct case_item *item)
{
	size_t back = 1;
	int rc = 0;

	for (int i = 0; rc == 0 && back > 0 && i < UNDO_ROUNDS; i++)
		rc = undo_some(o, item, &back);
	return rc;
}

static int
undo_item(const struct owner *o, const struct case_item *item,
    enum case_outcome *out)
{
	char who[OWNER_WHO_SIZE];
	int rc = case_undiscard(o->store, o->timers, o->domain, item->held.id,
	    o->now_ms, out);

	if (rc == 0 && *out == CASE_IMPOSSIBLE) {
		name_sender(item, who);
		rc = owner_sender_forget(o, who, OWNER_QUIETLY);
		if (rc == 0)
			rc = case_undiscard(o->store, o->timers, o->domain,
			    item->held.id, o->now_ms, out);
		if (rc == 0)
			rc = undo_others(o, item);
		if (rc == 0)
			rc = owner_stood_again(o, item, who);
	}
	if (rc == 0 && *out == CASE_DONE)
		note(o, OWNER_ACT_UNDO, item);
	return rc;
}

int
owner_undo(const struct owner *o, const char *id, enum case_outcome *out)
{
	return with_item(o, id, undo_item, out);
}
