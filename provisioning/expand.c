/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/expand.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/detail.h"

struct place {
	const struct dir_domain *domain;
	const struct dir_mailbox *mailbox;
};

/* Mailboxes, each once; those from next on were not looked at. */
struct places {
	const struct dir_snapshot *snapshot;
	size_t *steps; /* of the whole answer */
	struct place *items;
	size_t count, next, cap;
};

/* Called for each target elsewhere; true: that is enough. */
typedef bool expand_outside(void *arg, const char *address);

bool
expand_is_closed(const struct dir_final *f)
{
	return f->domain != NULL && (f->domain->state == DIR_CLOSED ||
					f->mailbox->state == DIR_CLOSED);
}

static int
add_place(struct places *p, const struct dir_final *f)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->items[i].mailbox == f->mailbox)
			return 0;
	if (p->count == EXPAND_MAILBOXES_MAX)
		return OCT_ELIMIT;
	if (p->count == p->cap) {
		size_t cap = p->cap == 0 ? 8 : p->cap * 2;
		struct place *items =
		    reallocarray(p->items, cap, sizeof(*items));

		if (items == NULL)
			return -ENOMEM;
		p->items = items;
		p->cap = cap;
	}
	p->items[p->count++] = (struct place){f->domain, f->mailbox};
	return 0;
}

static const char *
forward_of(const struct dir_mailbox *m)
{
	return detail_get(m->details, DETAIL_FORWARD);
}

/* Is mail put into the mailbox though it is forwarded, or since it is not? */
static bool
keeps(const struct dir_mailbox *m)
{
	return *forward_of(m) == '\0' ||
	       detail_yes(m->details, DETAIL_KEEP_COPY, true);
}

/* --- One step ----------------------------------------------------------------- */

/* The finals of an address: mailboxes into p, what is elsewhere to outside.  1:
 * that is enough. */
static int
follow_address(struct places *p, const char *address, expand_outside *outside,
    void *arg)
{
	struct dir_finals finals;
	struct oct_addr a;
	int rc = 0;

	if (++*p->steps > EXPAND_STEPS_MAX)
		return OCT_ELIMIT;
	if (oct_addr_parse(address, &a) != 0)
		return 0;
	switch (dir_resolve(p->snapshot, &a, NULL, &finals)) {
	case DIR_NOT_OURS:
		return outside(arg, address) ? 1 : 0;
	case DIR_UNKNOWN:
	case DIR_LOOP:
		return 0;
	case DIR_FOUND:
		break;
	}
	for (size_t i = 0; rc == 0 && i < finals.count; i++) {
		const struct dir_final *f = &finals.finals[i];

		if (f->domain == NULL)
			rc = outside(arg, f->address) ? 1 : 0;
		else if (!expand_is_closed(f))
			rc = add_place(p, f);
	}
	dir_finals_free(&finals);
	return rc;
}

/* "a@b.fr, c@d.fr" */
static int
follow(struct places *p, const struct dir_mailbox *m, expand_outside *outside,
    void *arg)
{
	char address[OCT_ADDR_SIZE];
	int rc = 0;

	for (const char *at = forward_of(m); rc == 0 && *at != '\0';
	    at += strspn(at, ", ")) {
		size_t n = strcspn(at, ",");

		(void)snprintf(address, sizeof(address), "%.*s", (int)n, at);
		rc = follow_address(p, address, outside, arg);
		at += n;
	}
	return rc;
}

static bool
is_enough(OCT_UNUSED void *arg, OCT_UNUSED const char *address)
{
	return true;
}

/* Does what is forwarded come to anybody else?  1, 0 or an error. */
static int
reaches(const struct places *all, const struct place *from)
{
	const struct dir_final start = {
	    .domain = from->domain, .mailbox = from->mailbox};
	struct places p = {.snapshot = all->snapshot, .steps = all->steps};
	int rc = add_place(&p, &start);

	while (rc == 0 && p.next < p.count) {
		const struct dir_mailbox *m = p.items[p.next++].mailbox;

		if (m != from->mailbox && keeps(m))
			rc = 1;
		else
			rc = follow(&p, m, is_enough, NULL);
	}
	free(p.items);
	return rc;
}

/* --- The answer --------------------------------------------------------------- */

static void
add_text(const char *address, struct oct_str *out)
{
	if (out->len > 0)
		oct_str_addc(out, ',');
	oct_str_add(out, address);
}

static bool
add_outside(void *arg, const char *address)
{
	add_text(address, arg);
	return false;
}

/* self: how the mailbox is to be called. */
static int
expand_one(struct places *p, const struct place *at, const char *self,
    struct oct_str *out)
{
	const struct dir_mailbox *m = at->mailbox;
	int on = *forward_of(m) != '\0' ? reaches(p, at) : 0;

	if (on < 0)
		return on;
	if (keeps(m) || on == 0)
		add_text(self, out);
	return on == 1 ? follow(p, m, add_outside, out) : 0;
}

static void
own_address(const struct place *at, char out[OCT_ADDR_SIZE])
{
	struct oct_addr a;

	memset(&a, 0, sizeof(a));
	(void)snprintf(a.local, sizeof(a.local), "%s", at->mailbox->local);
	(void)snprintf(a.domain, sizeof(a.domain), "%s", at->domain->name);
	oct_addr_text(&a, out);
}

/* All that was found and not looked at yet. */
static int
drain(struct places *p, const struct oct_addr *written, struct oct_str *out)
{
	char self[OCT_ADDR_SIZE];
	int rc = 0;

	while (rc == 0 && p->next < p->count) {
		const struct place at = p->items[p->next];

		if (p->next++ == 0 && written != NULL)
			oct_addr_text(written, self);
		else
			own_address(&at, self);
		rc = expand_one(p, &at, self, out);
	}
	return rc;
}

/* A mailbox alone is nobody's alias. */
static void
drop_alone(const struct oct_addr *written, struct oct_str *out)
{
	char self[OCT_ADDR_SIZE];

	oct_addr_text(written, self);
	if (strcmp(oct_str_text(out), self) == 0)
		oct_str_clear(out);
}

int
expand_finals(const struct dir_snapshot *s, const struct dir_finals *finals,
    const struct oct_addr *written, struct oct_str *out)
{
	const struct oct_addr *alone = finals->aliased ? NULL : written;
	size_t steps = 0;
	struct places p = {.snapshot = s, .steps = &steps};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < finals->count; i++) {
		const struct dir_final *f = &finals->finals[i];

		if (f->domain == NULL)
			add_text(f->address, out);
		else if (!expand_is_closed(f))
			rc = add_place(&p, f);
		if (rc == 0)
			rc = drain(&p, alone, out);
	}
	free(p.items);
	if (rc == 0 && alone != NULL)
		drop_alone(alone, out);
	return rc;
}
