/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Postfix is told at the bounds of what a message can bring about: by its
 * symbols (milter/actions.c), and by groups (milter/session.c).
 */
#include "milter/actions.h"

#include "tests/unit/milter_fixture.h"

#define GROUP 400

static void
extra(void)
{
	struct oct_str json;

	oct_str_heap(&json, 65536);
	oct_str_add(&json, "{\"targets\":[");
	for (int i = 0; i < GROUP; i++)
		oct_str_addf(&json, "%s\"x%d@far.example\"",
		    i > 0 ? "," : "", i);
	oct_str_add(&json, "]}");
	provision(D, "grand", true, oct_str_text(&json));
	oct_str_free(&json);
}

static int
set_up(void **state)
{
	(void)state;
	return start_world("limits { network_rate_recipients_in = \"\" "
			   "domain_rate_recipients_in = \"\" "
			   "domain_rate_messages_in = \"\" }", extra);
}

/* A message for bob that is delivered, of which the score says so much. */
static void
fill_with(size_t symbols, struct judge_actions *out)
{
	static const struct talk t = { .from = "alice@example.org",
		.rcpt = { "bob@" D } };
	struct dir_finals *finals;
	struct evaluation *ev = calloc(1, sizeof(*ev));
	struct judge_final *f = calloc(1, sizeof(*f));
	bool taken = false;
	struct outcome o;

	assert_non_null(ev);
	assert_non_null(f);
	begin(&t, &o);
	for (size_t i = 0; i < symbols; i++)
		ev->score.symbols[i / 64] |= UINT64_C(1) << i % 64;
	finals = &o.session->rcpts[0].finals;
	f->final = &finals->finals[0];
	f->kept = true;
	memset(out, 0, sizeof(*out));
	assert_int_equal(actions_fill(&(struct judge){ .session = o.session,
			     .ev = ev, .count = 1, .finals = f,
			     .taken = &taken }, out),
	    0);
	session_free(o.session);
	free(ev);
	free(f);
}

/* Not one message waits for ever because there is much to say of it. */
static void
every_number_of_symbols_fits(void **state)
{
	(void)state;
	for (size_t n = 0; n <= SYM_COUNT; n++) {
		struct judge_actions a;
		size_t lines = 1, len = 0;

		fill_with(n, &a);
		assert_true(a.accepted);
		assert_non_null(a.symbols);
		assert_true(strlen(a.symbols) < ACTIONS_SYMBOLS_SIZE);
		for (const char *p = a.symbols; *p != '\0'; p++) {
			len = *p == '\n' ? 0 : len + 1;
			lines += *p == '\n';
			assert_true(len < 100);
		}
		if (n == SYM_COUNT) {
			assert_true(lines > 10);
			/* Cut, and said so. */
			assert_non_null(strstr(a.symbols, " more"));
		}
		judge_actions_fini(&a);
	}
}

/* A group named again and again costs no more than a bound of memory; whom there
 * is no room for is sent next time (RFC 5321 4.5.3.1.10), and the others go on. */
static void
too_many_behind_groups(void **state)
{
	static const struct talk t = { .from = "alice@example.org",
		.rcpt = { "grand@" D } };
	char path[] = "<grand@" D ">", one[] = "<bob@" D ">";
	char *group[] = { path, NULL }, *bob[] = { one, NULL };
	struct reply r = { .kind = REPLY_CONTINUE };
	struct outcome o;
	size_t taken = 1;

	(void)state;
	begin(&t, &o);
	assert_int_equal(o.rcpt[0].kind, REPLY_CONTINUE);
	while (taken < 20 && r.kind == REPLY_CONTINUE) {
		session_rcpt(o.session, group, "4XyZ", &r);
		taken += r.kind == REPLY_CONTINUE;
	}
	assert_int_equal(taken, SESSION_FINALS_MAX / GROUP);
	assert_reply(&r, REPLY_TEMPFAIL, 452, "4.5.3");
	assert_non_null(strstr(r.text, "limit: finals"));
	assert_int_equal(o.session->rcpt_count, taken);
	/* What there is room for is taken still. */
	session_rcpt(o.session, bob, "4XyZ", &r);
	assert_int_equal(r.kind, REPLY_CONTINUE);
	send_fields(o.session, &t);
	session_body(o.session, "a\r\n", 3);
	judge_message(o.session, &o.actions);
	assert_true(o.actions.accepted);
	end(&o);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, stop_world)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_number_of_symbols_fits),
		TEST(too_many_behind_groups),
	};
	int rc = test_redis_start(&world.redis);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	oct_log_open("test_milter_actions", OCT_LOG_STDERR, OCT_ERROR);
	if (rc == 0)
		rc = cmocka_run_group_tests_name("milter_actions", tests, NULL,
		    NULL);
	test_redis_stop(&world.redis);
	return rc != 0;
}
