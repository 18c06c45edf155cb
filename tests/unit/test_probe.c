/* SPDX-License-Identifier: Apache-2.0 */
/* Probes in a real Redis: found by their names, moved on once. */
#include "lib/clock.h"
#include "policy/probe.h"
#include "tests/unit/case_fixture.h"

#define ADDRESS "mairie.pujols@isp.example"

static struct probe
made(char id[OCT_TOKEN_ID_SIZE])
{
	struct probe p = {
	    .state = PROBE_WAITING, .local = "mairie", .made_ms = NOW};

	(void)snprintf(p.address, sizeof(p.address), ADDRESS);
	assert_int_equal(probe_make(world.store, NODE, D, &p, id), 0);
	return p;
}

/* What lies behind the ends of strings, and between members, is nobody's. */
static void
assert_same(const struct probe *a, const struct probe *b)
{
	assert_int_equal(a->state, b->state);
	assert_string_equal(a->address, b->address);
	assert_string_equal(a->local, b->local);
	assert_int_equal(a->made_ms, b->made_ms);
	assert_int_equal(a->sent_ms, b->sent_ms);
	assert_int_equal(a->arrived_ms, b->arrived_ms);
	assert_int_equal(a->dkim, b->dkim);
	assert_int_equal(a->hops, b->hops);
	assert_string_equal(a->host, b->host);
	assert_string_equal(a->path, b->path);
	assert_string_equal(a->note, b->note);
}

static void
is_found_by_its_id_and_its_address(void **state)
{
	char id[OCT_TOKEN_ID_SIZE], other[OCT_TOKEN_ID_SIZE],
	    domain[OCT_DOMAIN_SIZE];
	struct probe p, q;

	(void)state;
	assert_int_equal(probe_last(world.store, D, ADDRESS, id, &q), 0);
	p = made(id);
	assert_int_equal(strlen(id), OCT_TOKEN_ID_SIZE - 1);
	assert_int_equal(probe_read(world.store, D, id, &q), 1);
	assert_same(&p, &q);
	assert_int_equal(probe_read(world.store, "other.example", id, &q), 0);
	assert_int_equal(probe_domain(world.store, id, domain), 1);
	assert_string_equal(domain, D);
	assert_int_equal(probe_domain(world.store, "00", domain), 0);
	/* The last one counts for the address. */
	(void)made(other);
	assert_int_equal(probe_last(world.store, D, ADDRESS, id, &q), 1);
	assert_string_equal(id, other);
}

static void
moves_on_once(void **state)
{
	struct probe p, sent, arrived, q;
	char id[OCT_TOKEN_ID_SIZE];

	(void)state;
	p = made(id);
	sent = p;
	sent.state = PROBE_SENT;
	sent.sent_ms = NOW + 1;
	assert_int_equal(
	    probe_move(world.store, NULL, D, id, &p, &sent), 0);
	assert_int_equal(probe_move(world.store, NULL, D, id, &p, &sent),
	    OCT_ECONFLICT);
	arrived = sent;
	arrived.state = PROBE_ARRIVED;
	arrived.arrived_ms = NOW + 1000;
	arrived.dkim = PROBE_DKIM_KEPT;
	arrived.hops = 4;
	(void)snprintf(arrived.host, sizeof(arrived.host),
	    "192.0.2.1 smtp.isp.example");
	assert_int_equal(
	    probe_move(world.store, NODE, D, id, &sent, &arrived), 0);
	assert_int_equal(
	    probe_move(world.store, NODE, D, id, &sent, &arrived),
	    OCT_ECONFLICT);
	assert_int_equal(probe_read(world.store, D, id, &q), 1);
	assert_same(&arrived, &q);
}

static void
what_is_no_probe_is_none(void **state)
{
	char id[OCT_TOKEN_ID_SIZE];
	struct probe q;

	(void)state;
	(void)made(id);
	assert_int_equal(test_redis_do(&world.redis,
			     "SET oct:{" D "}:probe:%s {\"state\":\"new\"}",
			     id),
	    1);
	assert_int_equal(probe_read(world.store, D, id, &q), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(is_found_by_its_id_and_its_address, reset),
	    cmocka_unit_test_setup(moves_on_once, reset),
	    cmocka_unit_test_setup(what_is_no_probe_is_none, reset),
	};
	int rc = test_redis_start(&world.redis);

	if (rc != 0)
		return rc == TEST_REDIS_SKIP ? TEST_REDIS_SKIP : 1;
	rc = cmocka_run_group_tests_name(
	    "probe", tests, start_world, end_world);
	test_redis_stop(&world.redis);
	return rc;
}
