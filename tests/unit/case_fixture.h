/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of casework share: a private Redis, and messages that arrive as
 * the milter registers them.
 */
#ifndef OCT_TESTS_CASE_FIXTURE_H
#define OCT_TESTS_CASE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/err.h"
#include "policy/case_int.h"
#include "policy/keys.h"
#include "tests/support/redis.h"

#define D "ville.example"
#define NODE "main"
#define SID "A|alice@example.org|example.org"
#define CH "0123456789abcdef"
#define CH2 "fedcba9876543210"
#define NOW 1795255200000LL
#define DAY 86400000LL
#define SIZE 1000

static struct {
	struct test_redis redis;
	struct store *store;
	struct case_timers t;
} world;

/* Ids of items: 32 of base 32. */
static inline const char *
id_of(int n, char out[HELD_ID_SIZE])
{
	(void)snprintf(out, HELD_ID_SIZE, "iiiiiiiiiiiiiiiiiiiiiiiiiiii%c%c%c%c",
	    'a' + n / 1000 % 10, 'a' + n / 100 % 10, 'a' + n / 10 % 10,
	    'a' + n % 10);
	return out;
}

static inline int
reset(void **state)
{
	(void)state;
	case_timers_init(&world.t);
	return test_redis_do(&world.redis, "FLUSHALL") == 1 ? 0 : -1;
}

static inline int
start_world(void **state)
{
	struct store_conf conf;

	(void)state;
	store_conf_init(&conf);
	conf.address = world.redis.address;
	if (store_new(&conf, &world.store) != 0)
		return -1;
	return store_ping(world.store);
}

static inline int
end_world(void **state)
{
	(void)state;
	store_free(world.store);
	return 0;
}

/* One message for one mailbox. */
struct arrival {
	int n;
	const char *local, *sid;
	enum fate_reason reason;
	const char *ask; /* id of the challenge, NULL = held silently */
	int64_t at_ms;
	const char *state_old, *file_old;
};

/* Fill in the item of an arrival; id lives in the caller. */
static inline void
item_of(const struct arrival *a, const char *id, struct held *h)
{
	held_init(h);
	h->id = id;
	h->domain = D;
	h->local = a->local;
	h->rcpt = h->typed = "x@" D;
	h->rpath = h->from = "alice@example.org";
	h->class = "A";
	h->client = "192.0.2.9";
	h->sid = a->sid != NULL ? a->sid : "";
	h->reason = fate_reason_name(a->reason);
	h->node = NODE;
	h->lang = "fr";
	h->share = a->reason == FATE_R_TRANSIT ? "" : "org:example.org";
	h->challenge = a->ask != NULL ? a->ask : "";
	h->size = SIZE;
	h->arrival_ms = a->at_ms;
	h->expires_ms = a->at_ms +
	    case_hold_ms(&world.t, a->reason, a->ask != NULL);
}

static inline void
challenge_of(const struct arrival *a, struct challenge *c)
{
	challenge_init(c);
	c->id = a->ask;
	c->domain = D;
	c->rpath = "alice@example.org";
	c->client = "192.0.2.9";
	c->sid = a->sid;
	c->node = NODE;
	c->lang = "fr";
	c->arrival_ms = a->at_ms;
	c->expires_ms = a->at_ms + world.t.hold;
	c->count = 1;
	c->local[0] = a->local;
	c->typed[0] = "x@" D;
}

/* As the milter does it; what case_register returns. */
static OCT_UNUSED __attribute__((noinline)) int
arrive(const struct arrival *a)
{
	struct rel_guard g = { .now_ms = a->at_ms, .quiet_ms = world.t.quiet,
		.asks_max = world.t.asks_max };
	struct case_new n = { .sid = a->sid, .state_old = a->state_old,
		.file_old = a->file_old,
		.transit = a->reason == FATE_R_TRANSIT };
	char id[HELD_ID_SIZE];
	struct challenge c;
	struct case_rel r;
	struct oct_str json;
	struct held h;
	bool asked = false;
	int rc;

	item_of(a, id_of(a->n, id), &h);
	if (a->sid != NULL) {
		assert_int_equal(case_rel_read(world.store, D, a->local, a->sid,
				     &r),
		    0);
		(void)relation_age(&r.rel, &world.t.ages, a->at_ms);
		asked = (relation_apply(&r.rel,
			     a->reason == FATE_R_VIRUS ? REL_EV_HELD_VIRUS
				 : a->ask != NULL      ? REL_EV_HELD_ASK
						       : REL_EV_HELD_SILENT,
			     &g, NULL, NULL) &
			    REL_ACT_ASK) != 0;
		if (asked)
			memcpy(r.rel.challenge, a->ask, REL_CHALLENGE_SIZE);
		relation_add_item(&r.rel, id, SIZE);
		relation_pack(&r.rel, n.rel_new);
		n.rel_old = r.present ? r.packed : NULL;
	}
	oct_str_heap(&json, HELD_JSON_MAX);
	assert_int_equal(held_write(&h, &json), 0);
	n.item = &h;
	n.json = oct_str_text(&json);
	if (asked)
		challenge_of(a, &c);
	rc = case_register(world.store, &world.t, &n, 1, asked ? &c : NULL,
	    a->at_ms);
	oct_str_free(&json);
	return rc;
}

/* First contact of that item, asked by the challenge (or not). */
static inline void
first_contact(int n, const char *local, const char *ask)
{
	const struct arrival a = { .n = n, .local = local, .sid = SID,
		.reason = FATE_R_FIRST_CONTACT, .ask = ask, .at_ms = NOW };

	assert_int_equal(arrive(&a), 0);
}

static inline void
held_for(int n, const char *local, enum fate_reason reason)
{
	const struct arrival a = { .n = n, .local = local, .sid = SID,
		.reason = reason, .at_ms = NOW };

	assert_int_equal(arrive(&a), 0);
}

static OCT_UNUSED __attribute__((noinline)) struct case_item
item(int n)
{
	struct case_item i;
	char id[HELD_ID_SIZE];

	assert_int_equal(case_item_read(world.store, D, id_of(n, id), &i), 1);
	return i;
}

static inline enum held_state
state_of(int n)
{
	struct case_item i = item(n);

	case_item_fini(&i);
	return i.state;
}

/* Who wants its release, "" = nobody. */
static inline const char *
wanted(int n)
{
	static char want[REL_ORIGIN_SIZE];
	struct case_item i = item(n);

	memcpy(want, i.want, sizeof(want));
	case_item_fini(&i);
	return want;
}

static OCT_UNUSED __attribute__((noinline)) struct relation
relation_of(const char *local)
{
	struct relation r;

	assert_true(case_relation_read(world.store, D, local, SID, &r) >= 0);
	return r;
}

/* The due time of a duty, INT64_MIN if there is none. */
static inline long long
due(const char *verb, int n)
{
	char id[HELD_ID_SIZE], key[KEY_SIZE], member[OCT_DOMAIN_SIZE + 64];

	case_duty_write(verb, D, id_of(n, id), member);
	return test_redis_do(&world.redis, "ZSCORE %s %s", key_due(key, NODE),
	    member);
}

static inline long long
due_challenge(const char *id)
{
	char key[KEY_SIZE], member[OCT_DOMAIN_SIZE + 64];

	case_duty_write("challenge", D, id, member);
	return test_redis_do(&world.redis, "ZSCORE %s %s", key_due(key, NODE),
	    member);
}

static inline long long
work_entries(void)
{
	char key[KEY_SIZE];

	return test_redis_do(&world.redis, "XLEN %s", key_work(key, NODE));
}

static inline bool
is_indexed(const char *local, int n)
{
	char key[KEY_SIZE], id[HELD_ID_SIZE];

	return test_redis_do(&world.redis, "ZSCORE %s %s",
		   key_held_index(key, D, local), id_of(n, id)) != INT64_MIN;
}

static inline bool
relation_holds(const char *local, int n)
{
	struct relation r = relation_of(local);
	char id[HELD_ID_SIZE];

	return relation_has_item(&r, id_of(n, id));
}

#endif
