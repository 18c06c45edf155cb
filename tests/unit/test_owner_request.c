/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/owner_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "policy/keys.h"
#include "tests/support/redis.h"

#define D "ville.test"

static const char directory[] =
    "[{\"name\":\"" D "\",\"mailboxes\":{\"mairie\":{\"owners\":"
    "\"Anne+x@perso.test, bob@" D "\"},\"bob\":{},\"lea\":{},"
    "\"parti\":{\"state\":\"closed\"}},"
    "\"aliases\":{\"contact\":{\"targets\":[\"lea@" D "\"]},"
    "\"tous\":{\"targets\":[\"lea@" D "\",\"bob@" D "\"]}}}]";

static const struct {
	const char *name, *address;
	size_t count;
	const char *boxes[3]; /* "local person" */
} rows[] = {
	{ "a mailbox", "lea@" D, 1, { "lea " } },
	{ "its alias", "contact@" D, 1, { "lea " } },
	{ "a mailbox of its own, and one that he shares", "bob@" D, 2,
	    { "bob ", "mairie bob@" D } },
	{ "one who shares it, elsewhere", "anne@perso.test", 1,
	    { "mairie Anne+x@perso.test" } },
	{ "a list of people", "tous@" D, 0, { "" } },
	{ "a closed one", "parti@" D, 0, { "" } },
	{ "nobody", "zoe@" D, 0, { "" } },
	{ "a domain that is not ours", "lea@ailleurs.test", 0, { "" } },
};

static const struct dir_snapshot *
snapshot(void)
{
	struct dir_snapshot *s = NULL;

	assert_int_equal(dir_snapshot_parse(directory, sizeof(directory) - 1,
	    &s), 0);
	return s;
}

static struct oct_addr
folded(const char *text)
{
	struct oct_addr a, f;

	assert_int_equal(oct_addr_parse(text, &a), 0);
	oct_addr_fold(&a, '+', &f);
	return f;
}

static void
who_asks_for_what(void **state)
{
	const struct dir_snapshot *s = snapshot();

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_addr a = folded(rows[i].address);
		struct owner_requested r;

		print_message("  %s\n", rows[i].name);
		owner_request_find(s, &a, &r);
		assert_int_equal(r.count, rows[i].count);
		for (size_t k = 0; k < r.count; k++) {
			char text[OCT_ADDR_SIZE + 300];

			(void)snprintf(text, sizeof(text), "%s %s",
			    r.of[k].mailbox->local, r.of[k].person);
			assert_string_equal(text, rows[i].boxes[k]);
		}
	}
	directory_put(s);
}

/* Whoever it is, and within the limits or not: one round trip, one entry. */
static void
every_request_writes_as_much(void **state)
{
	struct test_redis *server = *state;
	const struct dir_snapshot *s = snapshot();
	struct store_conf conf;
	struct owner_request ask = { .node = "main", .lang = "fr",
		.net = "192.0.2.0/24", .now_ms = 1795255200000LL };

	store_conf_init(&conf);
	conf.address = server->address;
	assert_int_equal(store_new(&conf, &ask.store), 0);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_addr a = folded(rows[i].address);
		size_t work = rows[i].count;

		(void)test_redis_do(server, "FLUSHALL");
		assert_int_equal(owner_request_send(&ask, s, &a, true), 0);
		assert_int_equal(test_redis_do(server, "XLEN oct:work:main"),
		    work);
		assert_int_equal(test_redis_do(server, "XLEN " KEY_NOBODY),
		    work == 0);
		assert_int_equal(owner_request_send(&ask, s, &a, false), 0);
		assert_int_equal(test_redis_do(server, "XLEN oct:work:main"),
		    work);
		assert_true(test_redis_do(server, "XLEN " KEY_NOBODY) >= 1);
	}
	store_free(ask.store);
	directory_put(s);
}

static int
start(void **state)
{
	static struct test_redis server;

	*state = &server;
	return test_redis_start(&server);
}

static int
stop(void **state)
{
	test_redis_stop(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_asks_for_what),
		cmocka_unit_test(every_request_writes_as_much),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
