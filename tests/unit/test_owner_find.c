/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of what is held, searches in it, and the words that they compare. */
#include "lib/mime_text.h"
#include "policy/owner_fold.h"
#include "tests/unit/owner_fixture.h"

static void
pages_and_searches(void **state)
{
	static const struct {
		const char *name;
		struct owner_search q;
		size_t total, count;
	} rows[] = {
		{ "the first page", { "", OWNER_ALL, 0 }, 60, 50 },
		{ "the last page", { "", OWNER_ALL, 1 }, 60, 10 },
		{ "beyond", { "", OWNER_ALL, 2 }, 60, 0 },
		{ "a group", { "", OWNER_JUNK, 0 }, 30, 30 },
		{ "an empty group", { "", OWNER_VIRUS, 0 }, 0, 0 },
		{ "the sender", { "ALICE", OWNER_ALL, 1 }, 60, 10 },
		{ "two words", { "alice example", OWNER_CONTACT, 0 }, 30, 30 },
		{ "nothing like it", { "alice zebre", OWNER_ALL, 0 }, 0, 0 },
	};

	(void)state;
	for (int n = 0; n < 60; n++)
		put(n, "mairie", n < 20 ? SID : NULL,
		    n % 2 == 0 ? FATE_R_SPAM : FATE_R_FIRST_CONTACT);
	put(70, "autre", NULL, FATE_R_SPAM);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct owner o = owner_of_box("mairie");
		struct owner_page *p;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(owner_list(&o, &rows[i].q, &p), 0);
		assert_int_equal(p->total, rows[i].total);
		assert_int_equal(p->count, rows[i].count);
		assert_false(p->cut);
		owner_page_free(p);
	}
}

static void
folding(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
		{ "Prêt à Été", "pret a ete" },
		{ "ŒUVRE Ça", "ouvre ca" },
		{ "re\xcc\x81union", "reunion" },
		{ "日本", "日本" },
		{ "a\xff" "b", "a?b" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		char out[64];
		struct oct_str s;

		oct_str_fixed(&s, out, sizeof(out));
		owner_fold(&s, rows[i].from);
		assert_string_equal(out, rows[i].to);
	}
}

static void
words_have_bounds(void **state)
{
	struct owner_words w;
	char many[1000];

	(void)state;
	owner_words_read("  Étude   DEVIS ", &w);
	assert_int_equal(w.count, 2);
	assert_true(owner_words_match(&w, "le devis de l'etude"));
	assert_false(owner_words_match(&w, "le devis"));
	memset(many, 'x', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	owner_words_read(many, &w);
	assert_int_equal(w.count, 0);
	for (size_t i = 1; i < sizeof(many) - 1; i += 2)
		many[i] = ' ';
	owner_words_read(many, &w);
	assert_int_equal(w.count, OWNER_WORDS);
}

static void
a_glance_sees_what_was_written(void **state)
{
	static const char *const subjects[] = { "", "Bonjour",
		"\"guillemets\" \\ / \t\n", "caf\xc3\xa9", "lat\xe9in",
		"=?utf-8?q?=C3=A9?=" };
	struct held_glance g;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(subjects); i++) {
		const struct arrival a = { .local = "mairie",
			.reason = FATE_R_SPAM, .at_ms = NOW };
		char id[HELD_ID_SIZE];
		struct held h, back;
		struct oct_str json;

		item_of(&a, id_of(1, id), &h);
		h.subject = subjects[i];
		oct_str_heap(&json, HELD_JSON_MAX);
		assert_int_equal(held_write(&h, &json), 0);
		assert_int_equal(held_parse(oct_str_text(&json), json.len,
		    &back), 0);
		assert_int_equal(held_glance(oct_str_text(&json), &g), 0);
		assert_string_equal(g.subject, back.subject);
		assert_string_equal(g.from, back.from);
		assert_string_equal(g.reason, back.reason);
		held_fini(&back);
		/* Whatever is cut off. */
		for (size_t n = 0; n < json.len; n++) {
			char *cut = strndup(oct_str_text(&json), n);

			assert_int_not_equal(held_glance(cut, &g), 0);
			free(cut);
		}
		oct_str_free(&json);
	}
	assert_int_equal(held_glance("{\"a\":{}}", &g), OCT_EPARSE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(pages_and_searches),
		cmocka_unit_test(folding),
		cmocka_unit_test(words_have_bounds),
		cmocka_unit_test(a_glance_sees_what_was_written),
	};

	return RUN_OWNER_TESTS("test_owner_find", tests);
}
