/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an address to its final mailboxes.  A depth-first walk; every alias is
 * expanded at most twice (with and without a statutory address before it), so
 * that nested groups cost what they hold and not the product.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/directory.h"

#define LEVELS_MAX 10
#define TARGETS_SEEN_MAX (DIR_TARGETS_MAX * 4)
#define DELIMITER '+'

/* An alias that was expanded, or a domain whose catch-all was. */
struct step {
	const void *what;
	bool open; /* on the present path */
	bool statutory;
};

struct walk {
	const struct dir_snapshot *snapshot;
	const char *const *statutory;
	struct dir_finals *out;
	size_t cap; /* of out->finals */
	struct step *steps;
	size_t step_count, step_cap;
	size_t seen; /* targets looked at */
};

enum opened { STEP_NEW, STEP_DONE, STEP_OPEN, STEP_NO_MEMORY };

/* Who an address is, in its own domain. */
struct holder {
	const struct dir_mailbox *mailbox;
	const struct dir_alias *alias;
};

static bool
find_holder(const struct dir_domain *d, const char *local, struct holder *out)
{
	out->mailbox = dir_mailbox(d, local);
	out->alias = out->mailbox == NULL ? dir_alias(d, local) : NULL;
	return out->mailbox != NULL || out->alias != NULL;
}

/* The same final by another path: protected if any of its paths is. */
static bool
is_known(struct walk *w, const struct dir_final *f)
{
	for (size_t i = 0; i < w->out->count; i++) {
		struct dir_final *old = &w->out->finals[i];

		if (old->mailbox != f->mailbox ||
		    strcmp(old->address, f->address) != 0)
			continue;
		old->protected_path |= f->protected_path;
		return true;
	}
	return false;
}

static enum dir_resolve
add_final(struct walk *w, const struct dir_final *f)
{
	w->out->protected_path |= f->protected_path;
	if (is_known(w, f))
		return DIR_FOUND;
	if (w->out->count == DIR_TARGETS_MAX)
		return DIR_LOOP;
	if (w->out->count == w->cap) {
		size_t cap = w->cap == 0 ? 1 : w->cap * 4;
		void *p = reallocarray(w->out->finals, cap, sizeof(*f));

		if (p == NULL)
			return DIR_LOOP;
		w->out->finals = p;
		w->cap = cap;
	}
	w->out->finals[w->out->count++] = *f;
	return DIR_FOUND;
}

static enum dir_resolve
add_external(struct walk *w, const struct oct_addr *a)
{
	struct dir_final f = {.domain = NULL};

	oct_addr_text(a, f.address);
	return add_final(w, &f);
}

static enum dir_resolve
add_mailbox(struct walk *w, const struct dir_domain *d,
    const struct dir_mailbox *m, bool statutory)
{
	struct dir_final f = {.domain = d, .mailbox = m};
	struct oct_addr a;

	f.protected_path = statutory && !dir_is_lifted(d, m);
	memset(&a, 0, sizeof(a));
	memcpy(a.local, m->local, strlen(m->local) + 1);
	memcpy(a.domain, d->name, strlen(d->name) + 1);
	oct_addr_text(&a, f.address);
	return add_final(w, &f);
}

/* Begin to expand what, at *place, unless that was done already or is being
 * done. */
static enum opened
open_step(struct walk *w, const void *what, bool statutory, size_t *place)
{
	for (size_t i = 0; i < w->step_count; i++) {
		if (w->steps[i].what != what)
			continue;
		if (w->steps[i].open)
			return STEP_OPEN;
		if (w->steps[i].statutory || !statutory)
			return STEP_DONE;
	}
	if (w->step_count == w->step_cap) {
		size_t cap = w->step_cap == 0 ? 8 : w->step_cap * 2;
		void *p = reallocarray(w->steps, cap, sizeof(*w->steps));

		if (p == NULL)
			return STEP_NO_MEMORY;
		w->steps = p;
		w->step_cap = cap;
	}
	*place = w->step_count++;
	w->steps[*place] = (struct step){what, true, statutory};
	return STEP_NEW;
}

static enum dir_resolve walk_address(struct walk *w, const struct oct_addr *a,
    bool statutory, unsigned int level);

static enum dir_resolve
walk_text(
    struct walk *w, const char *target, bool statutory, unsigned int level)
{
	struct oct_addr a;

	/* Targets were normalised when they were read. */
	if (++w->seen > TARGETS_SEEN_MAX || oct_addr_parse(target, &a) != 0)
		return DIR_LOOP;
	return walk_address(w, &a, statutory, level);
}

static enum dir_resolve
expand(struct walk *w, const void *what, const char *const *targets,
    size_t count, bool statutory, unsigned int level)
{
	size_t place;

	w->out->aliased = true;
	if (level == LEVELS_MAX || count == 0)
		return DIR_LOOP;
	switch (open_step(w, what, statutory, &place)) {
	case STEP_NEW:
		break;
	case STEP_OPEN:
		/* Round in a circle: whoever is on it, or beside it, is found
		 * by the rest of the walk. */
		w->out->looped = true;
		return DIR_FOUND;
	case STEP_DONE:
		return DIR_FOUND;
	case STEP_NO_MEMORY:
		return DIR_LOOP;
	}
	for (size_t i = 0; i < count; i++)
		if (walk_text(w, targets[i], statutory, level + 1) == DIR_LOOP)
			return DIR_LOOP;
	w->steps[place].open = false;
	return DIR_FOUND;
}

static enum dir_resolve
walk_address(struct walk *w, const struct oct_addr *a, bool statutory,
    unsigned int level)
{
	const struct dir_domain *d = dir_domain(w->snapshot, a->domain);
	struct oct_addr folded, base;
	struct holder who;

	if (d == NULL)
		return level == 0 ? DIR_NOT_OURS : add_external(w, a);
	oct_addr_fold(a, '\0', &folded);
	oct_addr_fold(a, DELIMITER, &base);
	statutory = statutory || dir_statutory(d, base.local, w->statutory) !=
				     DIR_LEVEL_NONE;
	if (!find_holder(d, folded.local, &who) &&
	    !find_holder(d, base.local, &who)) {
		if (*d->catch_all == '\0')
			return DIR_UNKNOWN;
		return expand(w, d, &d->catch_all, 1, statutory, level);
	}
	if (who.mailbox != NULL)
		return add_mailbox(w, d, who.mailbox, statutory);
	return expand(w, who.alias, who.alias->targets, who.alias->count,
	    statutory, level);
}

enum dir_resolve
dir_resolve(const struct dir_snapshot *s, const struct oct_addr *rcpt,
    const char *const *statutory, struct dir_finals *out)
{
	struct walk w = {.snapshot = s, .statutory = statutory, .out = out};
	enum dir_resolve rc;

	memset(out, 0, sizeof(*out));
	rc = walk_address(&w, rcpt, false, 0);
	free(w.steps);
	if (rc == DIR_FOUND && out->count == 0)
		rc = out->looped ? DIR_LOOP : DIR_UNKNOWN;
	if (rc != DIR_FOUND)
		dir_finals_free(out);
	return rc;
}

void
dir_finals_free(struct dir_finals *f)
{
	free(f->finals);
	memset(f, 0, sizeof(*f));
}

static int32_t
threshold(int32_t mailbox, int32_t domain, int32_t platform)
{
	if (mailbox != INT32_MIN)
		return mailbox;
	return domain != INT32_MIN ? domain : platform;
}

void
dir_thresholds_of(const struct dir_domain *d, const struct dir_mailbox *m,
    const struct dir_thresholds *platform, struct dir_thresholds *out)
{
	static const struct dir_thresholds unset = { INT32_MIN, INT32_MIN,
		INT32_MIN };
	const struct dir_thresholds *t = m != NULL ? &m->thresholds : &unset;
	const struct dir_thresholds *u = d != NULL ? &d->thresholds : &unset;

	out->tag = threshold(t->tag, u->tag, platform->tag);
	out->hold = threshold(t->hold, u->hold, platform->hold);
	out->reject = threshold(t->reject, u->reject, platform->reject);
}
