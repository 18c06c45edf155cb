/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits on rates: their text, and which are in force (policy/quota.h, limit.h,
 * usage.h).
 */
#include "policy/limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "policy/usage.h"

static void
rates_are_read_and_written(void **state)
{
	static const struct {
		enum quota_unit unit;
		const char *text, *back; /* NULL: refused */
	} rows[] = {
		{ QUOTA_MESSAGES, "100/1h", "100/1h" },
		{ QUOTA_MESSAGES, "500/1d, 100/1h", "100/1h,500/1d" },
		{ QUOTA_MESSAGES, "1/60min", "1/1h" },
		{ QUOTA_MESSAGES, "none", "none" },
		{ QUOTA_MESSAGES, "1/1s,2/2s,3/3s,4/4s",
		    "1/1s,2/2s,3/3s,4/4s" },
		{ QUOTA_MESSAGES, "1/1s,2/2s,3/3s,4/4s,5/5s", NULL },
		{ QUOTA_MESSAGES, "1/1h,2/60min", NULL },
		{ QUOTA_MESSAGES, "", NULL },
		{ QUOTA_MESSAGES, "1/1h,", NULL },
		{ QUOTA_MESSAGES, ",1/1h", NULL },
		{ QUOTA_MESSAGES, "0/1h", NULL },
		{ QUOTA_MESSAGES, "-1/1h", NULL },
		{ QUOTA_MESSAGES, "5", NULL },
		{ QUOTA_MESSAGES, "5/", NULL },
		{ QUOTA_MESSAGES, "/1h", NULL },
		{ QUOTA_MESSAGES, "5/500ms", NULL },
		{ QUOTA_MESSAGES, "5/32d", NULL },
		{ QUOTA_MESSAGES, "1G/1d", NULL },
		{ QUOTA_MESSAGES, "12345678901234567890/1h", NULL },
		{ QUOTA_RECIPIENTS, "1000000000/31d", "1000000000/31d" },
		{ QUOTA_VOLUME, "2G/1d", "2G/1d" },
		{ QUOTA_VOLUME, "2048M/24h,1/1s", "1/1s,2G/1d" },
		{ QUOTA_VOLUME, "2000000/1d", "2000000/1d" },
		{ QUOTA_VOLUME, "9999999G/1d", NULL },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct quota_windows w = { .count = 7 };
		char text[QUOTA_TEXT_SIZE];
		struct oct_str s;
		int rc = quota_parse(rows[i].unit, rows[i].text, &w);

		if (rows[i].back == NULL) {
			if (rc != OCT_EPARSE || w.count != 7)
				fail_msg("%s: taken", rows[i].text);
			continue;
		}
		if (rc != 0)
			fail_msg("%s: refused", rows[i].text);
		oct_str_fixed(&s, text, sizeof(text));
		quota_text(rows[i].unit, &w, &s);
		assert_string_equal(oct_str_text(&s), rows[i].back);
	}
}

static void
names_say_what_they_are_of(void **state)
{
	(void)state;
	for (size_t i = 0; i < QUOTA_COUNT; i++) {
		enum quota q = (enum quota)i, found;
		const char *name = quota_name(q);

		assert_int_equal(quota_find(name, &found), 0);
		assert_int_equal(found, q);
		assert_int_equal(quota_of(quota_is_domain(q), quota_is_out(q),
				     quota_unit(q)),
		    q);
		assert_int_equal(strstr(name, "domain_") != NULL,
		    quota_is_domain(q));
		assert_int_equal(strcmp(name + strlen(name) - 4, "_out") == 0,
		    quota_is_out(q));
		assert_true(strlen(quota_help(q)) > 10);
	}
	assert_int_equal(quota_find("rate_in", &(enum quota){ 0 }),
	    OCT_EABSENT);
}

/* --- In force ------------------------------------------------------------ */

/* Four levels, outer first: what each sets, '!' = its limits are maxima. */
static void
the_innermost_counts_and_maxima_stay(void **state)
{
	static const struct {
		const char *name, *level[4]; /* NULL: inherits */
		const char *force;
	} rows[] = {
		{ "platform", { "5/1h", NULL, NULL, NULL }, "5/1h" },
		{ "mailbox wins", { "5/1h", "6/1h", "7/1h", "8/1h" },
		    "8/1h" },
		{ "none wins", { "5/1h", NULL, "none", NULL }, "none" },
		{ "lower than the maximum", { "!5/1h", NULL, NULL, "3/1h" },
		    "3/1h" },
		{ "not raised", { "!5/1h", NULL, NULL, "8/1h" }, "5/1h" },
		{ "not lifted", { "!5/1h", NULL, "none", NULL }, "5/1h" },
		{ "other windows beside it",
		    { "!5/1h", NULL, NULL, "50/1d" }, "5/1h,50/1d" },
		{ "an inherited one is a maximum too",
		    { "5/1h", "!", NULL, "9/1h" }, "5/1h" },
		{ "the outer of two", { "!5/1h", "!9/1h", NULL, "none" },
		    "5/1h" },
		{ "the inner of two", { "!9/1h", "!5/1h", NULL, "none" },
		    "5/1h" },
		{ "nothing", { "none", NULL, NULL, NULL }, "none" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct quota_build b = { .inner = { .count = 0 } };
		struct quota_force force;
		struct quota_windows sorted = { .count = 0 };
		char text[400], back[QUOTA_TEXT_SIZE];
		struct oct_str s;

		for (size_t k = 0; k < 4; k++) {
			const char *t = rows[i].level[k];
			bool maximum = t != NULL && *t == '!';
			struct quota_windows w;

			t = maximum ? t + 1 : t;
			if (t == NULL || *t == '\0') {
				quota_build_level(&b, NULL, maximum);
				continue;
			}
			assert_int_equal(quota_parse(QUOTA_MESSAGES, t, &w),
			    0);
			quota_build_level(&b, &w, maximum);
		}
		quota_build_end(&b, &force);
		oct_str_fixed(&s, text, sizeof(text));
		oct_str_add(&s, force.count == 0 ? "none" : "");
		for (size_t k = 0; k < force.count; k++) {
			oct_str_add(&s, k > 0 ? "," : "");
			quota_rate_text(QUOTA_MESSAGES, &force.at[k], &s);
		}
		assert_int_equal(quota_parse(QUOTA_MESSAGES, text, &sorted),
		    0);
		oct_str_fixed(&s, back, sizeof(back));
		quota_text(QUOTA_MESSAGES, &sorted, &s);
		if (strcmp(back, rows[i].force) != 0)
			fail_msg("%s: %s", rows[i].name, back);
	}
}

static const char world_json[] =
    "[{\"name\":\"a.test\",\"tenant\":\"t\",\"storage\":\"2G\","
    "\"rate_in\":\"9/1h\",\"max_size_in\":\"20M\",\"mailboxes\":{"
    "\"bob\":{\"storage\":\"10G\",\"rate_in\":\"7/1h\","
    "\"rate_volume_out\":\"1G/1d\",\"max_size_in\":\"50M\","
    "\"past_messages_out\":\"defer\"},"
    "\"eve\":{\"sending\":\"suspended\",\"sending_reason\":\"why\"},"
    "\"joe\":{}}},"
    "{\"name\":\"b.test\",\"limits_maximum\":true,\"storage\":\"2G\","
    "\"past_messages_out\":\"refuse\",\"sending\":\"closed\","
    "\"max_size_in\":\"20M\",\"mailboxes\":{"
    "\"bob\":{\"storage\":\"10G\",\"max_size_in\":\"50M\","
    "\"past_messages_out\":\"defer\",\"sending\":\"suspended\"}}}]";

static void
levels_of_a_directory(void **state)
{
	struct limit_platform p = { .storage_octets = 5LL << 30 };
	const struct dir_domain *a, *b;
	const struct dir_mailbox *bob, *eve, *joe, *late;
	struct dir_snapshot *s;
	struct quota_force f;
	const char *reason = NULL;

	(void)state;
	options_standard(&p.options);
	p.of[QUOTA_MESSAGES_IN] =
	    (struct quota_windows){ 1, { { 600, 3600000 } } };
	assert_int_equal(dir_snapshot_parse(world_json, sizeof(world_json) - 1,
			     &s),
	    0);
	a = dir_domain(s, "a.test");
	b = dir_domain(s, "b.test");
	bob = dir_mailbox(a, "bob");
	eve = dir_mailbox(a, "eve");
	joe = dir_mailbox(a, "joe");
	late = dir_mailbox(b, "bob");
	limit_rates(&p, a, bob, QUOTA_MESSAGES_IN, &f);
	assert_int_equal(f.at[0].count, 7); /* "rate_in" is its older name */
	assert_int_equal(limit_level(a, bob, QUOTA_MESSAGES_IN, NULL),
	    DIR_LEVEL_MAILBOX);
	limit_rates(&p, a, joe, QUOTA_MESSAGES_IN, &f);
	assert_int_equal(f.at[0].count, 600);
	assert_int_equal(limit_level(a, joe, QUOTA_MESSAGES_IN, NULL),
	    DIR_LEVEL_PLATFORM);
	/* The domain's rate_in is of the whole domain, as it always was. */
	limit_rates(&p, a, bob, QUOTA_DOMAIN_MESSAGES_IN, &f);
	assert_int_equal(f.at[0].count, 9);
	limit_rates(&p, a, bob, QUOTA_VOLUME_OUT, &f);
	assert_true(f.count == 1 && f.at[0].count == 1LL << 30);
	limit_rates(&p, NULL, NULL, QUOTA_MESSAGES_IN, &f);
	assert_int_equal(f.at[0].count, 600);
	assert_true(limit_storage(&p, a, bob) == 10LL << 30);
	assert_true(limit_storage(&p, a, joe) == 2LL << 30);
	assert_true(limit_storage(&p, b, late) == 2LL << 30);
	assert_true(limit_number(&p, a, bob, OPTION_MAX_SIZE_IN) == 50 << 20);
	assert_true(limit_number(&p, b, late, OPTION_MAX_SIZE_IN) == 20 << 20);
	assert_int_equal(limit_number(&p, a, joe, OPTION_MAX_SIZE_OUT), 0);
	assert_int_equal(limit_past(&p, a, bob, QUOTA_DOMAIN_MESSAGES_OUT),
	    OPTION_PAST_DEFER);
	assert_int_equal(limit_past(&p, a, joe, QUOTA_MESSAGES_OUT),
	    OPTION_PAST_SUSPEND);
	assert_int_equal(limit_past(&p, b, late, QUOTA_MESSAGES_OUT),
	    OPTION_PAST_REFUSE);
	assert_int_equal(limit_sending(a, joe, NULL), DIR_ACTIVE);
	assert_int_equal(limit_sending(a, eve, &reason), DIR_SUSPENDED);
	assert_string_equal(reason, "why");
	assert_int_equal(limit_sending(b, late, NULL), DIR_CLOSED);
	directory_put(s);
}

/* --- Storage --------------------------------------------------------------- */

static void
storage_is_measured(void **state)
{
	static const struct {
		int64_t octets, quota;
		int level;
	} levels[] = { { 0, 0, 0 }, { 100, 0, 0 }, { 79, 100, 0 },
		{ 80, 100, 80 }, { 89, 100, 80 }, { 90, 100, 90 },
		{ 99, 100, 90 }, { 100, 100, 100 }, { 250, 100, 100 },
		{ USAGE_OCTETS_MAX, USAGE_OCTETS_MAX, 100 }, { 2, 3, 0 },
		{ 0, 1, 0 } };
	static const struct {
		int64_t octets, size, quota, grace;
		bool room;
	} rooms[] = { { 0, 0, 100, 0, true }, { 99, 0, 100, 0, true },
		{ 99, 1, 100, 0, true }, { 99, 2, 100, 0, false },
		{ 99, 11, 100, 10, true }, { 99, 12, 100, 10, false },
		{ 100, 0, 100, 10, false }, { 500, 0, 0, 0, true },
		{ 0, INT64_MAX, 100, 10, false } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(levels); i++)
		assert_int_equal(usage_level(levels[i].octets,
				     levels[i].quota),
		    levels[i].level);
	for (size_t i = 0; i < OCT_LEN(rooms); i++)
		if (usage_has_room(rooms[i].octets, rooms[i].size,
			rooms[i].quota, rooms[i].grace) != rooms[i].room)
			fail_msg("room, row %zu", i);
}

static void
usage_is_packed(void **state)
{
	static const char *const wrong[] = { "", "1", "2 1 1 1 0 0",
		"1 1 1 1 0", "1 1 1 1 0 0 0", "1 -1 1 1 0 0", "1 1 1 1 80 90",
		"1 1 1 1 101 0", "1 1125899906842625 1 1 0 0", "1 x 1 1 0 0" };
	struct usage u = { 5, 6, 7, 90, 80 }, back;
	char packed[USAGE_PACKED_SIZE];

	(void)state;
	usage_pack(&u, packed);
	assert_string_equal(packed, "1 5 6 7 90 80");
	assert_int_equal(usage_parse(packed, &back), 0);
	assert_memory_equal(&back, &u, sizeof(u));
	for (size_t i = 0; i < OCT_LEN(wrong); i++)
		if (usage_parse(wrong[i], &back) != OCT_EPARSE)
			fail_msg("%s", wrong[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_are_read_and_written),
		cmocka_unit_test(names_say_what_they_are_of),
		cmocka_unit_test(the_innermost_counts_and_maxima_stay),
		cmocka_unit_test(levels_of_a_directory),
		cmocka_unit_test(storage_is_measured),
		cmocka_unit_test(usage_is_packed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
