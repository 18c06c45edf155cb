/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random histories of mailboxes and senders through the real acts on a real
 * Redis, beside a small model written from the table of challenge.md 3 and from
 * nothing else.  After each event the two agree, and what the table promises
 * holds.  Seeds are fixed: a failure names its history.
 */
#include <stdbool.h>
#include <stdint.h>

#include "tests/unit/case_fixture.h"

#define HISTORIES 2500
#define EVENTS 14
#define BOXES 2
#define SENDERS 2
#define RELS (BOXES * SENDERS)
#define HOUR 3600000LL

static const char *const boxes[BOXES] = { "anne", "bob" };
static const char *const sids[SENDERS] = { SID,
	"A|carol@other.example|other.example" };

/* --- The model ------------------------------------------------------------------ */

struct m_item {
	int rel;
	char kind;  /* f first contact, s spam, v virus */
	char state; /* l live, r released, d dropped, x expired */
	bool wanted, tried;
	bool by_owner, by_admin; /* this very item was asked for */
};

struct m_rel {
	char state; /* U K S A B L */
	int asks, chal; /* chal: number of the live challenge, 0 = none */
	bool deferred, owner;
	int64_t since, last, asked;
	int64_t sent[EVENTS]; /* challenges that were not stopped */
	size_t sent_count;
};

static struct {
	int64_t now;
	unsigned int history, seed;
	struct m_rel rel[RELS];
	struct m_item item[EVENTS];
	int items, chals;
	int chal_rel[EVENTS + 1];
	bool chal_open[EVENTS + 1];
} m;

static unsigned int
dice(unsigned int n)
{
	return (unsigned int)rand_r(&m.seed) / 7 % n;
}

static int
m_count(int rel)
{
	int n = 0;

	for (int i = 0; i < m.items; i++)
		n += m.item[i].rel == rel && m.item[i].state == 'l';
	return n;
}

static void
m_go(struct m_rel *r, char to, int64_t at)
{
	if (r->state == to)
		return;
	r->state = to;
	r->since = at;
	r->deferred = false;
	r->owner = false;
}

/* Nothing is known of it any more. */
static void
m_clean(int k)
{
	struct m_rel *r = &m.rel[k];

	if (r->state == 'U' && r->asks == 0 && m_count(k) == 0)
		r->since = r->last = r->asked = 0;
}

static bool
m_may_ask(const struct m_rel *r)
{
	return (r->state == 'U' || r->state == 'S' || r->state == 'L') &&
	    r->asks < 2 &&
	    (r->asked == 0 || m.now - r->asked >= 30 * DAY);
}

static void
m_ask(int k, int chal, bool deferred)
{
	struct m_rel *r = &m.rel[k];

	m_go(r, 'K', m.now);
	r->asks++;
	r->asked = m.now;
	r->chal = chal;
	r->deferred = deferred;
	r->sent[r->sent_count++] = m.now;
	m.chal_rel[chal] = k;
	m.chal_open[chal] = true;
}

static void
m_want(struct m_item *i)
{
	i->wanted = true;
	i->tried = false;
}

static void
m_release_rel(int k, bool closed)
{
	for (int i = 0; i < m.items; i++) {
		struct m_item *it = &m.item[i];

		if (it->rel == k && it->state == 'l' && it->kind == 'f' &&
		    (!closed || (!it->tried && !it->wanted)))
			m_want(it);
	}
}

static void
m_end(struct m_item *i, char how)
{
	struct m_rel *r = &m.rel[i->rel];

	i->state = how;
	i->wanted = false;
	if (m_count(i->rel) > 0)
		return;
	if (r->state == 'S')
		m_go(r, 'U', m.now);
	else if (r->state == 'K' && how == 'x') {
		m_go(r, 'L', m.now);
		r->chal = 0;
	}
}

static void
m_forget(struct m_rel *r, int64_t at)
{
	m_go(r, 'U', at);
	r->asks = r->chal = 0;
	r->asked = 0;
	r->sent_count = 0;
}

/* Time passes. */
static void
m_age(int k)
{
	struct m_rel *r = &m.rel[k];
	int64_t last = r->last > r->since ? r->last : r->since;

	if (m_count(k) > 0)
		return;
	if (r->state == 'K' &&
	    m.now >= r->since + (r->deferred ? 4 : 7) * DAY) {
		m_go(r, 'L', r->since + (r->deferred ? 4 : 7) * DAY);
		r->chal = 0;
		m_age(k);
	} else if (r->state == 'S' && m.now >= r->since + 4 * DAY) {
		m_go(r, 'U', r->since + 4 * DAY);
		m_age(k);
	} else if ((r->state == 'L' || (r->state == 'U' && r->asks > 0) ||
		       (r->state == 'A' && !r->owner)) &&
	    m.now >= last + 400 * DAY) {
		m_forget(r, last + 400 * DAY);
	}
}

/* --- Both ----------------------------------------------------------------------- */

static const char *
chal_id(int n, char out[REL_CHALLENGE_SIZE])
{
	(void)snprintf(out, REL_CHALLENGE_SIZE, "%016x", (unsigned int)n);
	return out;
}

static struct case_sender
who(int k)
{
	return (struct case_sender){ D, boxes[k % BOXES], sids[k / BOXES] };
}

/* A message that is held. */
static void
held_message(int k, char kind, bool may_ask)
{
	struct m_rel *r = &m.rel[k];
	struct arrival a = { .n = m.items, .local = boxes[k % BOXES],
		.sid = sids[k / BOXES], .at_ms = m.now,
		.reason = kind == 'f' ? FATE_R_FIRST_CONTACT
		    : kind == 'v'     ? FATE_R_VIRUS
				      : FATE_R_SPAM };
	char chal[REL_CHALLENGE_SIZE];
	bool ask = kind == 'f' && may_ask;

	if (ask)
		a.ask = chal_id(m.chals + 1, chal);
	assert_int_equal(arrive(&a), 0);
	m.item[m.items++] = (struct m_item){ .rel = k, .kind = kind,
		.state = 'l' };
	if (ask && m_may_ask(r))
		m_ask(k, ++m.chals, false);
	else if (kind != 'v' && r->state == 'U')
		m_go(r, 'S', m.now);
	r->last = m.now;
}

/* What the milter writes behind a 451: relation and challenge, no item. */
static void
write_deferred(int k, int chal)
{
	struct rel_guard g = { .now_ms = m.now, .quiet_ms = world.t.quiet,
		.asks_max = 2 };
	struct case_sender w = who(k);
	struct arrival a = { .local = w.local, .sid = w.sid, .at_ms = m.now };
	char id[REL_CHALLENGE_SIZE], key[KEY_SIZE];
	struct store_txn *txn = NULL;
	struct challenge c;
	struct case_rel r;
	struct oct_str json;

	assert_int_equal(case_rel_read(world.store, D, w.local, w.sid, &r), 0);
	(void)relation_age(&r.rel, &world.t.ages, m.now);
	assert_int_equal(relation_apply(&r.rel, REL_EV_DEFERRED, &g, NULL,
			     NULL),
	    REL_ACT_ASK);
	a.ask = chal_id(chal, id);
	memcpy(r.rel.challenge, id, sizeof(id));
	challenge_of(&a, &c);
	oct_str_heap(&json, CHALLENGE_JSON_MAX);
	assert_int_equal(challenge_write(&c, &json), 0);
	assert_int_equal(store_txn_new(&txn), 0);
	case_rel_write(txn, D, w.local, w.sid, &r);
	key_challenge(key, D, id);
	store_txn_hset(txn, key, "state", "pending");
	store_txn_hset(txn, key, "v", oct_str_text(&json));
	assert_int_equal(store_txn_commit(world.store, txn), 0);
	store_txn_free(txn);
	oct_str_free(&json);
}

static void
deferred_message(int k)
{
	struct m_rel *r = &m.rel[k];

	if (r->state != 'S' && m_may_ask(r)) {
		write_deferred(k, ++m.chals);
		m_ask(k, m.chals, true);
		r->last = m.now;
	}
}

/* Row 4: delivered; nothing is held. */
static void
delivered_message(int k)
{
	struct case_sender w = who(k);
	struct case_rel r;

	assert_int_equal(case_rel_read(world.store, D, w.local, w.sid, &r), 0);
	assert_int_equal(case_used(world.store, &w, r.packed, m.now), 0);
	if (m.now - m.rel[k].last >= DAY)
		m.rel[k].last = m.now;
}

static void
message(int k)
{
	static const char kinds[] = "fffffsv";
	char kind = kinds[dice(7)], st = m.rel[k].state;

	if (kind == 'f' && st == 'A')
		delivered_message(k);
	else if (kind == 'f' && dice(4) == 0)
		deferred_message(k);
	else if (st != 'B' || kind == 'v')
		held_message(k, kind, dice(5) != 0);
}

static void
answer(enum rel_event ev)
{
	enum case_outcome out = (enum case_outcome)99;
	char id[REL_CHALLENGE_SIZE];
	int n = m.chals > 0 ? 1 + (int)dice((unsigned int)m.chals) : 1;
	struct m_rel *r = &m.rel[m.chal_rel[n]];
	bool live = m.chals > 0 && m.chal_open[n] && r->chal == n &&
	    r->state == 'K';

	if (ev == REL_EV_CONFIRMED)
		assert_int_equal(case_confirm(world.store, &world.t, D,
				     chal_id(n, id), "page", m.now, &out),
		    0);
	else
		assert_int_equal(case_lapse(world.store, &world.t, D,
				     chal_id(n, id), ev, m.now, &out),
		    0);
	/* A token works for its own relation, once. */
	assert_int_equal(out == CASE_DONE, live);
	if (m.chals > 0 && ev != REL_EV_CONFIRMED)
		m.chal_open[n] = false;
	if (!live)
		return;
	m.chal_open[n] = false;
	if (ev == REL_EV_CONFIRMED) {
		m_go(r, 'A', m.now);
		m_release_rel(m.chal_rel[n], false);
		return;
	}
	r->chal = 0;
	m_go(r, ev == REL_EV_LATE ? 'S' : 'L', m.now);
	if (ev == REL_EV_LATE) {
		r->asks--;
		r->asked = 0;
		r->sent_count--;
	}
}

static struct m_item *
any_item(int *n)
{
	if (m.items == 0)
		return NULL;
	*n = (int)dice((unsigned int)m.items);
	return &m.item[*n];
}

static void
release(void)
{
	enum case_actor actor = dice(4) == 0 ? CASE_BY_ADMIN : CASE_BY_OWNER;
	enum case_outcome out = (enum case_outcome)99;
	bool once = dice(2) == 0, can;
	char id[HELD_ID_SIZE];
	int n = 0;
	struct m_item *i = any_item(&n);

	if (i == NULL)
		return;
	assert_int_equal(case_release(world.store, &world.t, D, id_of(n, id),
			     once, actor, m.now, &out),
	    0);
	can = i->state == 'l' && m.rel[i->rel].state != 'B' &&
	    (i->kind != 'v' || actor == CASE_BY_ADMIN);
	assert_int_equal(out == CASE_DONE, can);
	if (!can)
		return;
	i->by_owner = true;
	i->by_admin |= actor == CASE_BY_ADMIN;
	if (!once) {
		bool was = m.rel[i->rel].state == 'A';

		m_go(&m.rel[i->rel], 'A', m.now);
		m.rel[i->rel].owner |= !was;
		m_release_rel(i->rel, false);
	}
	m_want(i);
}

static void
judge(int k, enum rel_event ev, const char *origin)
{
	enum case_outcome out = (enum case_outcome)99;
	struct case_sender w = who(k);
	struct m_rel *r = &m.rel[k];

	assert_int_equal(case_judge(world.store, &world.t, &w, ev, origin,
			     m.now, &out),
	    0);
	if (ev == REL_EV_BLOCKED) {
		m_go(r, 'B', m.now);
		r->chal = 0;
		for (int i = 0; i < m.items; i++)
			if (m.item[i].rel == k && m.item[i].state == 'l')
				m_end(&m.item[i], 'd');
	} else if (ev == REL_EV_UNBLOCKED && r->state == 'B') {
		m_go(r, 'U', m.now);
	} else if (ev == REL_EV_ALLOWED && r->state != 'B') {
		m_go(r, 'A', m.now);
		m_release_rel(k, false);
	}
}

static void
end_of_time(void)
{
	int n = 0;
	struct m_item *i = any_item(&n);
	struct case_item real;

	if (i == NULL || i->state != 'l' || i->wanted)
		return;
	real = item(n);
	assert_int_equal(case_expire(world.store, &world.t, &real, m.now), 0);
	case_item_fini(&real);
	m_end(i, 'x');
}

static void
drop(void)
{
	enum case_outcome out = (enum case_outcome)99;
	char id[HELD_ID_SIZE];
	int n = 0;
	struct m_item *i = any_item(&n);

	if (i == NULL)
		return;
	assert_int_equal(case_drop(world.store, D, id_of(n, id), m.now, &out),
	    0);
	assert_int_equal(out == CASE_DONE, i->state == 'l');
	if (out == CASE_DONE)
		m_end(i, 'd');
}

/* The courier's turn with one item: accepted, refused, or put off. */
static void
courier(void)
{
	unsigned int how = dice(4);
	int n = 0;
	struct m_item *i = any_item(&n);
	struct case_item real;
	int rc;

	if (i == NULL)
		return;
	real = item(n);
	rc = case_claim(world.store, &world.t, &real, m.now);
	assert_int_equal(rc, i->state == 'l' && i->wanted);
	if (rc != 1)
		goto out;
	i->tried = true;
	/* BLOCKED never leads to delivery; nor does anything but the word of
	 * those who may give it. */
	assert_int_not_equal(m.rel[i->rel].state, 'B');
	assert_true(i->kind == 'f' || i->by_owner);
	assert_true(i->kind != 'v' || i->by_admin);
	if (how >= 2) {
		assert_int_equal(case_released(world.store, &real, m.now), 0);
		m_end(i, 'r');
	} else {
		assert_int_equal(case_put_back(world.store, &real,
				     how == 0 ? CASE_REFUSED : CASE_NOT_REFUSED,
				     "x", m.now + 1),
		    0);
		i->wanted = how != 0;
	}
out:
	case_item_fini(&real);
}

static void
close_box(int b)
{
	size_t n;

	assert_int_equal(case_close(world.store, &world.t, D, boxes[b], m.now,
			     &n),
	    0);
	for (int k = b; k < RELS; k += BOXES) {
		struct m_rel *r = &m.rel[k];

		if (r->state != 'K' && m_count(k) == 0)
			continue;
		r->chal = 0;
		if (r->state == 'K')
			m_go(r, 'L', m.now);
		if (r->state != 'B')
			m_release_rel(k, true);
	}
}

static void
defer_over(void)
{
	char id[REL_CHALLENGE_SIZE];
	int n = m.chals > 0 ? 1 + (int)dice((unsigned int)m.chals) : 1;
	struct m_rel *r = &m.rel[m.chal_rel[n]];

	assert_int_equal(case_defer_over(world.store, &world.t, D,
			     chal_id(n, id), m.now),
	    0);
	if (m.chals == 0 || !m.chal_open[n] || r->chal != n ||
	    r->state != 'K' || !r->deferred || m_count(m.chal_rel[n]) > 0)
		return;
	m_go(r, 'L', m.now);
	r->chal = 0;
}

static void
pass_time(void)
{
	static const int64_t spans[] = { HOUR, DAY, 5 * DAY, 31 * DAY,
		401 * DAY };

	m.now += spans[dice(OCT_LEN(spans))];
}

static void
forget(void)
{
	size_t n;

	for (int b = 0; b < BOXES; b++)
		assert_int_equal(case_forget(world.store, D, boxes[b],
				     &world.t.ages, m.now, &n),
		    0);
}

static void
event(void)
{
	int k = (int)dice(RELS);

	switch (dice(20)) {
	case 0:
	case 1:
	case 2:
		answer(REL_EV_CONFIRMED);
		break;
	case 3:
		answer(dice(2) == 0 ? REL_EV_NOT_ME : REL_EV_BOUNCED);
		break;
	case 4:
		answer(REL_EV_LATE);
		break;
	case 5:
		release();
		break;
	case 6:
		judge(k, REL_EV_BLOCKED, "owner");
		break;
	case 7:
		judge(k, dice(2) == 0 ? REL_EV_UNBLOCKED : REL_EV_ALLOWED,
		    dice(2) == 0 ? "grant" : "page");
		break;
	case 8:
		end_of_time();
		break;
	case 9:
		drop();
		break;
	case 10:
	case 11:
		courier();
		break;
	case 12:
		close_box(k % BOXES);
		break;
	case 13:
		defer_over();
		break;
	case 14:
	case 15:
		pass_time();
		break;
	case 16:
		forget();
		break;
	default:
		message(k);
		break;
	}
}

/* --- They agree, and the promises hold ---------------------------------------------- */

static char
letter(enum rel_state s)
{
	return "UKSABL"[s];
}

static void
check_relation(int k)
{
	const struct m_rel *r = &m.rel[k];
	struct case_sender w = who(k);
	struct relation real;
	char id[REL_CHALLENGE_SIZE] = "";

	assert_true(case_relation_read(world.store, D, w.local, w.sid,
			&real) >= 0);
	(void)relation_age(&real, &world.t.ages, m.now);
	if (letter(real.state) != r->state || real.asks != r->asks)
		print_message("  history %u, relation %d: %c asks=%d, by the "
			      "model %c asks=%d\n",
		    m.history, k, letter(real.state), real.asks, r->state,
		    r->asks);
	assert_int_equal(letter(real.state), r->state);
	assert_int_equal(real.asks, r->asks);
	assert_int_equal(real.deferred, r->deferred);
	assert_int_equal((int)real.items, m_count(k));
	assert_string_equal(real.challenge,
	    r->chal != 0 ? chal_id(r->chal, id) : "");
	/* At most one challenge in T_quiet, two in all. */
	assert_true(r->sent_count <= 2);
	for (size_t i = 1; i < r->sent_count; i++)
		assert_true(r->sent[i] - r->sent[i - 1] >= 30 * DAY);
}

/* Every item is in exactly one place. */
static void
check_item(int n)
{
	const struct m_item *i = &m.item[n];
	struct case_item real = item(n);
	struct case_sender w = who(i->rel);
	bool live = held_is_live(real.state);
	struct relation r;
	char id[HELD_ID_SIZE];

	assert_int_equal(live, i->state == 'l');
	assert_int_equal(real.state == HELD_RELEASED, i->state == 'r');
	assert_int_equal(real.state == HELD_DROPPED, i->state == 'd');
	assert_int_equal(real.state == HELD_EXPIRED, i->state == 'x');
	assert_int_equal(real.want[0] != '\0' && live, i->wanted);
	assert_int_equal(is_indexed(w.local, n), live);
	assert_true(case_relation_read(world.store, D, w.local, w.sid, &r) >=
	    0);
	assert_int_equal(relation_has_item(&r, id_of(n, id)), live);
	case_item_fini(&real);
}

static void
check(void)
{
	for (int k = 0; k < RELS; k++)
		check_relation(k);
}

static void
histories_follow_the_table(void **state)
{
	for (unsigned int h = 0; h < HISTORIES; h++) {
		assert_int_equal(reset(state), 0);
		memset(&m, 0, sizeof(m));
		m.history = h;
		m.seed = h + 1;
		m.now = NOW;
		for (int k = 0; k < RELS; k++)
			m.rel[k].state = 'U';
		for (int e = 0; e < EVENTS; e++) {
			event();
			for (int k = 0; k < RELS; k++) {
				m_age(k);
				m_clean(k);
			}
			if (e % 2 == 1)
				check();
		}
		for (int n = 0; n < m.items; n++)
			check_item(n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(histories_follow_the_table, reset),
	};
	int rc = test_redis_start(&world.redis);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	if (rc == 0)
		rc = cmocka_run_group_tests_name("case_table", tests,
		    start_world, end_world);
	test_redis_stop(&world.redis);
	return rc != 0;
}
