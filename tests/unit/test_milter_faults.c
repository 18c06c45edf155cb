/* SPDX-License-Identifier: Apache-2.0 */
/* What is answered at the end of a message when store or spool is away. */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/unit/milter_hold_fixture.h"

/* Of the one item in the spool. */
static void
assert_sidecar_reason(const char *reason)
{
	char id[HELD_ID_SIZE], *text;
	const char *name = strrchr(one_file, '/') + 1;
	struct held held;

	(void)snprintf(id, sizeof(id), "%.*s", HELD_ID_SIZE - 1, name);
	assert_int_equal(spool_item_sidecar(world.app->spool, id, &text), 0);
	assert_int_equal(held_parse(text, strlen(text), &held), 0);
	assert_string_equal(held.reason, reason);
	assert_string_equal(held.challenge, "");
	assert_true(held.adrift);
	held_fini(&held);
	free(text);
}

static void
without_the_store(void **state)
{
	static const struct talk first = { .from = ALICE,
		.rcpt = { "anne@" D } };
	static const struct talk mixed = { .from = ALICE,
		.rcpt = { "bob@" D, "anne@" D } };
	static const struct talk off = { .from = ALICE, .rcpt = { "bob@" D } };
	static const struct talk dmarc = { .from = "x@reject.example",
		.rcpt = { "anne@" D } };
	struct outcome o;

	(void)state;
	test_redis_kill(&world.redis, SIGKILL);
	talk(&first, &o);
	assert_false(o.actions.accepted);
	assert_reply(&o.actions.reply, REPLY_TEMPFAIL, 451, "4.3.0");
	end(&o);
	assert_int_equal(spooled(), 0);
	/* Delivered to others, it is kept undecided: the spool alone. */
	talk(&mixed, &o);
	assert_taken(&o, TAKEN("anne@" D), false);
	end(&o);
	assert_int_equal(spooled(), 1);
	assert_sidecar_reason("undecided");
	/* Once more, and it is still one. */
	talk(&mixed, &o);
	assert_taken(&o, TAKEN("anne@" D), false);
	end(&o);
	assert_int_equal(spooled(), 1);
	/* What the snapshot settles goes on. */
	talk(&off, &o);
	assert_taken(&o, NOBODY, false);
	end(&o);
	talk(&dmarc, &o);
	assert_reply(&o.actions.reply, REPLY_REJECT, 550, "5.7.26");
	end(&o);
	assert_int_equal(spooled(), 1);
	assert_int_equal(test_redis_again(&world.redis), 0);
}

/* The store fails between the reading and the registration. */
static void
a_store_that_fails_late(void **state)
{
	static const struct talk t = { .from = ALICE, .rcpt = { "anne@" D } };
	struct outcome o;
	int64_t end_ms = oct_clock_mono_ms() + 10000;

	(void)state;
	assert_int_equal(test_redis_do(&world.redis,
			     "CONFIG SET min-replicas-to-write 1"),
	    1);
	talk(&t, &o);
	assert_false(o.actions.accepted);
	assert_reply(&o.actions.reply, REPLY_TEMPFAIL, 451, "4.3.0");
	end(&o);
	assert_int_equal(items(), 0);
	assert_int_equal(test_redis_do(&world.redis,
			     "CONFIG SET min-replicas-to-write 0"),
	    1);
	/* The sender comes again; what the first try left is replaced. */
	while (store_ping(world.app->store) != 0)
		assert_true(oct_clock_mono_ms() < end_ms);
	talk(&t, &o);
	assert_taken(&o, TAKEN("anne@" D), true);
	end(&o);
	assert_int_equal(items(), 1);
	assert_int_equal(spooled(), 1);
}

static void
reopen_spool(uint64_t reserve)
{
	const struct spool_opts opts = { .folder_mode = 02770,
		.reserve = reserve };

	spool_close(world.app->spool);
	assert_int_equal(spool_open(world.settings->spool_path, &opts,
			     &world.app->spool),
	    0);
}

static void
a_full_spool(void **state)
{
	static const struct talk held = { .from = ALICE,
		.rcpt = { "anne@" D } };
	static const struct talk mixed = { .from = ALICE,
		.rcpt = { "bob@" D, "anne@" D } };
	static const struct talk off = { .from = ALICE, .rcpt = { "bob@" D } };
	struct outcome o;

	(void)state;
	reopen_spool(1ULL << 60);
	talk(&held, &o);
	assert_false(o.actions.accepted);
	assert_reply(&o.actions.reply, REPLY_TEMPFAIL, 452, "4.3.1");
	end(&o);
	talk(&mixed, &o);
	assert_reply(&o.actions.reply, REPLY_TEMPFAIL, 452, "4.3.1");
	end(&o);
	talk(&off, &o);
	assert_taken(&o, NOBODY, false);
	end(&o);
	assert_int_equal(items(), 0);
	assert_int_equal(challenges(), 0);
	reopen_spool(0);
	talk(&held, &o);
	assert_taken(&o, TAKEN("anne@" D), true);
	end(&o);
}

static void
a_spool_that_went_away(void **state)
{
	static const struct talk t = { .from = ALICE, .rcpt = { "anne@" D } };
	char from[128], to[128];
	struct outcome o;

	(void)state;
	(void)snprintf(from, sizeof(from), "%s/spool/tmp", world.dir);
	(void)snprintf(to, sizeof(to), "%s/spool/held", world.dir);
	assert_int_equal(rmdir(from), 0);
	(void)rmdir(to);
	talk(&t, &o);
	assert_false(o.actions.accepted);
	assert_int_equal(o.actions.reply.kind, REPLY_TEMPFAIL);
	end(&o);
	assert_int_equal(items(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(without_the_store),
		T(a_store_that_fails_late),
		T(a_full_spool),
		T(a_spool_that_went_away),
	};

	return RUN_MILTER_TESTS("test_milter_faults", tests);
}
