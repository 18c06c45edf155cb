/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Postfix is told (milter/actions.c), at the bounds of what a message can
 * bring about.
 */
#include "milter/actions.h"

#include "tests/unit/milter_fixture.h"

static int
set_up(void **state)
{
	(void)state;
	return start_world("", NULL);
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, stop_world)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_number_of_symbols_fits),
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
