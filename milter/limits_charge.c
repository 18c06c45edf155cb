/* SPDX-License-Identifier: Apache-2.0 */
/* What the recipients of one message are charged, and what they get back. */
#include "milter/limits_int.h"

#include <string.h>
#include <strings.h>

#include "lib/num.h"

int64_t
limits_declared(const struct session *s)
{
	const char *p = s->mail_params;
	char number[24];
	int64_t octets = 0;

	for (; p != NULL && *p != '\0'; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		if (len > 5 && len - 5 < sizeof(number) &&
		    strncasecmp(p, "SIZE=", 5) == 0) {
			memcpy(number, p + 5, len - 5);
			number[len - 5] = '\0';
			if (oct_num_int(number, 0, INT64_MAX, &octets) != 0)
				octets = 0;
		}
		p += len;
	}
	return octets;
}

/* A message is charged by its first RCPT: the others bear nothing. */
static void
share_messages(struct session *s, struct charges *own, size_t list)
{
	for (size_t i = 0; i < own->count; i++) {
		struct charge *c = &own->at[i];

		if (quota_unit(c->quota) != QUOTA_MESSAGES)
			continue;
		for (size_t k = s->rcpt_count; k-- > 0 && c->cost > 0;) {
			struct charges *other = &s->rcpts[k].charges[list];

			if (other->taken &&
			    charges_find(other, c->key) != NULL)
				c->cost = 0;
		}
	}
}

bool
limits_take(struct session *s, struct rcpt *r, size_t i,
    const struct charge **hit)
{
	struct charges *c = &r->charges[i];
	size_t over = 0;
	int rc;

	if (c->count == 0)
		return false;
	share_messages(s, c, i);
	rc = charges_take(s->app->store, c, &over);
	if (rc < 0)
		atomic_fetch_add_explicit(&s->app->quota_open, 1,
		    memory_order_relaxed);
	if (rc != 0)
		return false;
	*hit = &c->at[over];
	return true;
}

/* What r bore for the whole message goes to another RCPT that was charged. */
static void
hand_over(struct session *s, struct charges *c, size_t list)
{
	for (size_t i = 0; i < c->count; i++) {
		struct charge *at = &c->at[i];

		if (quota_unit(at->quota) != QUOTA_MESSAGES || at->cost == 0)
			continue;
		for (size_t k = 0; k < s->rcpt_count && at->cost > 0; k++) {
			struct charges *other = &s->rcpts[k].charges[list];
			struct charge *heir = other->taken && other != c
			    ? charges_find(other, at->key)
			    : NULL;

			if (heir == NULL)
				continue;
			heir->cost = at->cost;
			at->cost = 0;
		}
	}
}

void
limits_refund(struct session *s, struct rcpt *r)
{
	for (size_t i = 0; i < OCT_LEN(r->charges); i++) {
		if (!r->charges[i].taken)
			continue;
		hand_over(s, &r->charges[i], i);
		charges_refund(s->app->store, &r->charges[i]);
	}
}

void
limits_settle(struct session *s, int64_t octets)
{
	for (size_t i = 0; i < s->rcpt_count; i++)
		for (size_t k = 0; k < OCT_LEN(s->rcpts[i].charges); k++)
			charges_settle(s->app->store, &s->rcpts[i].charges[k],
			    octets);
}
