/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mail to the addresses of challenges and bounces: what it does, and that nobody
 * is answered.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/token.h"
#include "tests/unit/milter_hold_fixture.h"

static void
service_address(const char *prefix, enum oct_token_purpose purpose,
    const char *id, char out[128])
{
	char token[OCT_TOKEN_SIZE];

	assert_int_equal(oct_token_for(&world.app->tokens, purpose, id, token),
	    0);
	(void)snprintf(out, 128, "%s+%s@defi.example", prefix, token);
}

static enum rel_state
relation_of_alice(void)
{
	struct relation r;

	assert_true(case_relation_read(world.app->store, D, "anne",
			"A|" ALICE "|example.org", &r) >= 0);
	return r.state;
}

static void
a_reply_confirms_if_it_comes_from_the_sender(void **state)
{
	static const struct talk t = { .from = ALICE, .rcpt = { "anne@" D } };
	struct case_item i;
	struct outcome o;
	char to[128];
	struct talk reply = { .from = ALICE, .rcpt = { to }, .id = "<2@x>" };

	(void)state;
	talk(&t, &o);
	end(&o);
	i = held_item("anne", 0);
	service_address("reply", OCT_TOKEN_REPLY, i.held.challenge, to);
	/* Somebody else, somebody unproven, a robot: nothing. */
	reply.from = "eve@example.org";
	talk(&reply, &o);
	assert_taken(&o, TAKEN(to), true);
	end(&o);
	reply.from = ALICE;
	reply.client = "192.0.2.50";
	talk(&reply, &o);
	assert_taken(&o, TAKEN(to), true);
	end(&o);
	reply.client = NULL;
	reply.field[0] = "Auto-Submitted: auto-replied";
	talk(&reply, &o);
	assert_taken(&o, TAKEN(to), true);
	end(&o);
	reply.field[0] = NULL;
	assert_int_equal(relation_of_alice(), REL_ASKED);
	/* The bounce token confirms nothing. */
	service_address("reply", OCT_TOKEN_BOUNCE, i.held.challenge, to);
	talk(&reply, &o);
	end(&o);
	assert_int_equal(relation_of_alice(), REL_ASKED);
	service_address("reply", OCT_TOKEN_REPLY, i.held.challenge, to);
	talk(&reply, &o);
	assert_taken(&o, TAKEN(to), true);
	end(&o);
	assert_int_equal(relation_of_alice(), REL_ALLOWED);
	case_item_fini(&i);
}

static void
a_bounce_lapses(void **state)
{
	static const struct talk t = { .from = ALICE, .rcpt = { "anne@" D } };
	struct case_item i;
	struct outcome o;
	char to[128];
	struct talk bounce = { .from = "", .author = "mailer-daemon@x.example",
		.rcpt = { to },
		.body = "Reporting-MTA: dns; x\r\n\r\nAction: delayed\r\n" };

	(void)state;
	talk(&t, &o);
	end(&o);
	i = held_item("anne", 0);
	service_address("Bounce", OCT_TOKEN_BOUNCE, i.held.challenge, to);
	talk(&bounce, &o);
	assert_taken(&o, TAKEN(to), true);
	end(&o);
	assert_int_equal(relation_of_alice(), REL_ASKED);
	bounce.body = "Reporting-MTA: dns; x\r\n\r\nAction: failed\r\n";
	talk(&bounce, &o);
	assert_taken(&o, TAKEN(to), true);
	end(&o);
	assert_int_equal(relation_of_alice(), REL_LAPSED);
	assert_int_equal(indexed("anne"), 1);
	case_item_fini(&i);
}

static void
service_addresses_never_answer(void **state)
{
	static const struct talk bad = { .from = "x@unknown.example",
		.client = "192.0.2.50",
		.rcpt = { "bounce+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			  "@defi.example",
		    "reply+@defi.example", "reply+x@DEFI.example" } };
	struct outcome o;

	(void)state;
	talk(&bad, &o);
	assert_taken(&o, bad.rcpt, true);
	end(&o);
	assert_int_equal(items(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_reply_confirms_if_it_comes_from_the_sender),
		T(a_bounce_lapses),
		T(service_addresses_never_answer),
	};

	return RUN_MILTER_TESTS("test_milter_service", tests);
}
