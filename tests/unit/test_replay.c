/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The replay memory of a DKIM signature, as the pure function that it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "milter/hold.h"

#define PATH "alice@example.org"

static char memory[HOLD_SEEN_SIZE]; /* what would be stored */

static void
forget(void)
{
	memory[0] = '\0';
}

/* One message; what is to be remembered is, if it was fresh. */
static enum proof_replay
see(const char *rpath, const char *typed)
{
	char next[HOLD_SEEN_SIZE];
	enum proof_replay got = hold_replay_judge(
	    memory[0] != '\0' ? memory : NULL, rpath, typed, next);

	if (got == PROOF_REPLAY_FRESH)
		memcpy(memory, next, sizeof(memory));
	return got;
}

static void
the_first_sight_is_fresh(void **state)
{
	(void)state;
	forget();
	assert_int_equal(see(PATH, "bob@ville.example"), PROOF_REPLAY_FRESH);
	assert_true(strlen(memory) > 0);
	/* Nobody's address is stored. */
	assert_null(strstr(memory, "alice"));
	assert_null(strstr(memory, "bob"));
}

static void
another_reverse_path_is_a_replay(void **state)
{
	char before[HOLD_SEEN_SIZE];

	(void)state;
	forget();
	assert_int_equal(see(PATH, "bob@ville.example"), PROOF_REPLAY_FRESH);
	memcpy(before, memory, sizeof(before));
	assert_int_equal(see("eve@evil.example", "bob@ville.example"),
	    PROOF_REPLAY_SEEN);
	assert_int_equal(see("", "bob@ville.example"), PROOF_REPLAY_SEEN);
	/* And does not spoil it for the first. */
	assert_string_equal(before, memory);
	assert_int_equal(see(PATH, "bob@ville.example"), PROOF_REPLAY_FRESH);
}

static void
three_times_for_one_recipient(void **state)
{
	(void)state;
	forget();
	for (int i = 0; i < HOLD_SEEN_TYPED_MAX; i++)
		assert_int_equal(see(PATH, "bob@ville.example"),
		    PROOF_REPLAY_FRESH);
	assert_int_equal(see(PATH, "bob@ville.example"), PROOF_REPLAY_SEEN);
	assert_int_equal(see(PATH, "carol@ville.example"),
	    PROOF_REPLAY_FRESH);
	assert_int_equal(see(PATH, "bob@ville.example"), PROOF_REPLAY_SEEN);
}

static void
a_mailing_is_no_letter(void **state)
{
	char typed[64];
	int fresh = 0;

	(void)state;
	forget();
	for (int i = 0; i < 40; i++) {
		(void)snprintf(typed, sizeof(typed), "r%d@ville.example", i);
		fresh += see(PATH, typed) == PROOF_REPLAY_FRESH;
	}
	print_message("  %d recipients of one signature\n", fresh);
	assert_int_equal(fresh, 12);
	assert_true(strlen(memory) < HOLD_SEEN_SIZE);
	/* Those that were fresh may come again. */
	assert_int_equal(see(PATH, "r0@ville.example"), PROOF_REPLAY_FRESH);
}

/* The message was deferred. */
static bool
take_back(const char *typed)
{
	char next[HOLD_SEEN_SIZE];

	if (!hold_replay_forget(memory, typed, next))
		return false;
	memcpy(memory, next, sizeof(memory));
	return true;
}

static void
what_is_taken_back_does_not_count(void **state)
{
	char before[HOLD_SEEN_SIZE];

	(void)state;
	forget();
	for (int i = 0; i < 10; i++) {
		assert_int_equal(see(PATH, "bob@ville.example"),
		    PROOF_REPLAY_FRESH);
		assert_true(take_back("bob@ville.example"));
		assert_string_equal(memory, "");
	}
	/* Another path may come first then. */
	assert_int_equal(see("eve@evil.example", "bob@ville.example"),
	    PROOF_REPLAY_FRESH);
	forget();
	assert_int_equal(see(PATH, "bob@ville.example"), PROOF_REPLAY_FRESH);
	assert_int_equal(see(PATH, "ann@ville.example"), PROOF_REPLAY_FRESH);
	memcpy(before, memory, sizeof(before));
	assert_int_equal(see(PATH, "bob@ville.example"), PROOF_REPLAY_FRESH);
	assert_true(take_back("bob@ville.example"));
	assert_string_equal(memory, before);
	assert_false(take_back("carol@ville.example"));
	assert_string_equal(memory, before);
	assert_true(take_back("bob@ville.example"));
	assert_false(take_back("bob@ville.example"));
	assert_int_equal(see(PATH, "ann@ville.example"), PROOF_REPLAY_FRESH);
}

static void
a_damaged_memory_never_proves(void **state)
{
	static const char *const rows[] = { "", " ", "x",
		"0123456789abcdef0", "0123456789abcdef 0123456789abcdef:1" };
	static const char *const tails[] = { " x", " 0123456789abcdef",
		" 0123456789abcdef:", " 0123456789abcdef:0",
		" 0123456789abcdef:-1", " 0123456789abcdef:99999999999999",
		" 0123456789abcdef:1x",
		" 0123456789abcdef0123456789abcdef0123456789abcdef:1" };
	char next[HOLD_SEEN_SIZE], text[HOLD_SEEN_SIZE];

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++)
		assert_int_equal(hold_replay_judge(rows[i], PATH,
				     "bob@ville.example", next),
		    PROOF_REPLAY_SEEN);
	forget();
	assert_int_equal(see(PATH, "bob@ville.example"), PROOF_REPLAY_FRESH);
	for (size_t i = 0; i < OCT_LEN(tails); i++) {
		print_message("  \"%s\"\n", tails[i]);
		(void)snprintf(text, sizeof(text), "%.200s%s", memory,
		    tails[i]);
		assert_int_equal(hold_replay_judge(text, PATH,
				     "bob@ville.example", next),
		    PROOF_REPLAY_SEEN);
		assert_false(hold_replay_forget(text, "bob@ville.example",
		    next));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_sight_is_fresh),
		cmocka_unit_test(another_reverse_path_is_a_replay),
		cmocka_unit_test(three_times_for_one_recipient),
		cmocka_unit_test(a_mailing_is_no_letter),
		cmocka_unit_test(what_is_taken_back_does_not_count),
		cmocka_unit_test(a_damaged_memory_never_proves),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
