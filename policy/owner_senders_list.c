/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One list out of grants and relations.  An address that both know is one line:
 * what was said of it, not what followed from that.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/str.h"
#include "policy/keys.h"
#include "policy/owner_fold.h"
#include "policy/owner_senders.h"

struct listing {
	const struct owner *owner;
	bool block;
	struct owner_words words;
	struct oct_str folded;
	struct owner_senders *out;
	size_t room;
};

static bool
is_wanted(struct listing *l, const char *name)
{
	if (l->words.count == 0)
		return true;
	oct_str_clear(&l->folded);
	owner_fold(&l->folded, name);
	return oct_str_err(&l->folded) == 0 &&
	    owner_words_match(&l->words, oct_str_text(&l->folded));
}

/* The place of a new one, its name taken; NULL in *at: it is not wanted. */
static int
add(struct listing *l, const char *prefix, const char *name,
    struct owner_sender **at)
{
	struct owner_senders *out = l->out;
	size_t room = l->room == 0 ? 64 : l->room * 2;
	struct owner_sender *more;
	struct oct_str who;

	*at = NULL;
	if (!is_wanted(l, name))
		return 0;
	if (out->count == OWNER_SENDERS_MAX) {
		out->cut = true;
		return 0;
	}
	if (out->count == l->room) {
		more = reallocarray(out->sender, room, sizeof(*more));
		if (more == NULL)
			return -ENOMEM;
		out->sender = more;
		l->room = room;
	}
	oct_str_heap(&who, OWNER_WHO_SIZE);
	oct_str_addf(&who, "%s%s", prefix, name);
	if (oct_str_err(&who) != 0) {
		int rc = oct_str_err(&who);

		oct_str_free(&who);
		return rc;
	}
	*at = &out->sender[out->count++];
	memset(*at, 0, sizeof(**at));
	(*at)->who = strdup(oct_str_text(&who));
	oct_str_free(&who);
	return (*at)->who != NULL ? 0 : -ENOMEM;
}

static int
see_grant(struct listing *l, const char *who, const char *packed, bool whole)
{
	bool sent = strncmp(who, GRANT_SENT ":", 5) == 0;
	const char *colon = strchr(who, ':');
	struct owner_sender *at;
	struct case_grant g;
	int rc;

	if (colon == NULL || case_grant_parse(packed, &g) != 0 ||
	    g.block != l->block || !grant_is_live(&g, l->owner->now_ms))
		return 0;
	rc = add(l, sent || *who == 'a' ? "addr:" : "dom:", colon + 1, &at);
	if (rc != 0 || at == NULL)
		return rc;
	at->block = g.block;
	at->drop = g.drop;
	at->whole = whole;
	at->since_ms = g.since_ms;
	at->until_ms = g.until_ms;
	memcpy(at->origin, g.origin, sizeof(at->origin));
	memcpy(at->actor, g.actor, sizeof(at->actor));
	return 0;
}

static int
see_relation(struct listing *l, const char *sid, const char *packed)
{
	char from[OCT_ADDR_SIZE];
	struct owner_sender *at;
	struct relation r;
	bool proven;
	int rc;

	if (relation_unpack(packed, &r) != 0)
		return 0;
	(void)relation_age(&r, &l->owner->timers->ages, l->owner->now_ms);
	if (r.state != (l->block ? REL_BLOCKED : REL_ALLOWED))
		return 0;
	proven = proof_sid_from(sid, from) && *from != '\0';
	rc = add(l, proven ? "addr:" : "sid:", proven ? from : sid, &at);
	if (rc != 0 || at == NULL)
		return rc;
	at->block = l->block;
	at->since_ms = r.since_ms;
	memcpy(at->origin, r.origin, sizeof(at->origin));
	return 0;
}

static int
see_all(struct listing *l, const struct store_batch *b, const int slot[3])
{
	int rc = 0;

	for (int s = 0; s < 3; s++)
		for (size_t i = 0; rc == 0 &&
		    i + 1 < store_batch_count(b, slot[s]); i += 2) {
			const char *name = store_batch_value(b, slot[s],
			    i)->data;
			const char *v = store_batch_value(b, slot[s],
			    i + 1)->data;

			if (name == NULL || v == NULL)
				continue;
			rc = s == 2 ? see_relation(l, name, v)
				    : see_grant(l, name, v, s == 1);
		}
	return rc;
}

static int
by_name(const void *a, const void *b)
{
	const struct owner_sender *x = a, *y = b;
	int order = strcmp(strchr(x->who, ':') + 1, strchr(y->who, ':') + 1);

	if (order == 0)
		order = strcmp(x->who, y->who);
	if (order != 0)
		return order;
	/* What somebody said comes before what followed from it. */
	if ((*x->actor != '\0') != (*y->actor != '\0'))
		return *x->actor != '\0' ? -1 : 1;
	return (int)x->whole - (int)y->whole;
}

static void
sort_and_merge(struct owner_senders *l)
{
	size_t n = 0;

	if (l->count == 0)
		return;
	qsort(l->sender, l->count, sizeof(*l->sender), by_name);
	for (size_t i = 1; i < l->count; i++) {
		if (strcmp(l->sender[n].who, l->sender[i].who) == 0)
			free(l->sender[i].who);
		else
			l->sender[++n] = l->sender[i];
	}
	l->count = n + 1;
}

static int
read_all(struct listing *l)
{
	const struct owner *o = l->owner;
	struct store_batch *b = NULL;
	char key[KEY_SIZE];
	int slot[3], rc = store_batch_new(&b);

	if (rc != 0)
		return rc;
	slot[0] = store_batch_hgetall(b, key_grants(key, o->domain, o->local));
	slot[1] = store_batch_hgetall(b, key_grants(key, o->domain, "@"));
	slot[2] = store_batch_hgetall(b,
	    key_relations(key, o->domain, o->local));
	rc = slot[0] < 0 || slot[1] < 0 || slot[2] < 0
	    ? OCT_ELIMIT
	    : store_batch_run(o->store, b);
	if (rc == 0)
		rc = see_all(l, b, slot);
	store_batch_free(b);
	return rc;
}

int
owner_senders(const struct owner *o, bool block, const char *words,
    struct owner_senders *out)
{
	struct listing l = { .owner = o, .block = block, .out = out };
	int rc;

	memset(out, 0, sizeof(*out));
	owner_words_read(words, &l.words);
	oct_str_heap(&l.folded, 2 * OWNER_WHO_SIZE);
	rc = read_all(&l);
	oct_str_free(&l.folded);
	if (rc != 0) {
		owner_senders_free(out);
		return rc;
	}
	sort_and_merge(out);
	return 0;
}

/* Before lines of the same name are one. */
int
owner_any_block(const struct owner *o, bool *out)
{
	struct owner_senders senders = { .count = 0 };
	struct listing l = { .owner = o, .block = true, .out = &senders };
	bool any = false;
	int rc = read_all(&l);

	for (size_t i = 0; i < senders.count; i++)
		any |= !senders.sender[i].whole;
	owner_senders_free(&senders);
	if (rc == 0)
		*out = any;
	return rc;
}

void
owner_senders_free(struct owner_senders *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->sender[i].who);
	free(l->sender);
	memset(l, 0, sizeof(*l));
}
