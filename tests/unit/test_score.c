/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each symbol with a message that has it and one that has it not; the sum with
 * its caps; the texts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "lib/addrlist.h"
#include "lib/err.h"
#include "policy/score.h"

#define NOW 1795255200000LL /* 21 Nov 2026 10:00:00 +0000 */
#define DAY 86400000LL

/* A message from alice@example.org that has no symbol but DMARC_PASS. */
struct sample {
	struct oct_msg *msg;
	struct auth_spf spf;
	struct auth_dkim dkim;
	struct auth_dmarc dmarc;
	struct oct_addr rpath, from[4];
	struct score_input in;
};

/* "Name: value\n" for each field; "" at the end. */
static const char *const plain[] = { "From: Alice <alice@example.org>",
	"To: bob@ville.example", "Subject: question",
	"Date: Sat, 21 Nov 2026 09:00:00 +0000",
	"Message-ID: <1@example.org>", NULL };

static void
add_field(struct oct_msg *m, const char *line)
{
	const char *colon = strchr(line, ':');
	char name[64];

	(void)snprintf(name, sizeof(name), "%.*s", (int)(colon - line), line);
	assert_int_equal(oct_msg_add_field(m, name, colon + 1), 0);
}

static bool
names(const char *line, const char *field)
{
	size_t n = strcspn(line, ":");

	return field != NULL && strlen(field) == n &&
	    strncasecmp(line, field, n) == 0;
}

/* The plain fields without `drop`, and with `add`. */
static void
sample_init(struct sample *s, const char *drop, const char *add)
{
	struct oct_msg_limits limits;
	const struct oct_field *f;

	memset(s, 0, sizeof(*s));
	oct_msg_limits_init(&limits);
	assert_int_equal(oct_msg_new(&limits, &s->msg), 0);
	for (size_t i = 0; plain[i] != NULL; i++)
		if (!names(plain[i], drop))
			add_field(s->msg, plain[i]);
	if (add != NULL)
		add_field(s->msg, add);
	assert_int_equal(oct_addr_parse("alice@example.org", &s->rpath), 0);
	s->spf.result = AUTH_PASS;
	s->dkim.count = 1;
	s->dkim.sig[0].result = AUTH_PASS;
	s->dmarc.result = AUTH_PASS;
	s->in = (struct score_input){ .msg = s->msg, .spf = &s->spf,
		.dkim = &s->dkim, .dmarc = &s->dmarc, .rpath = &s->rpath,
		.helo = "mx.example.org", .hostname = "mx.ville.example",
		.from_org = "", .rpath_org = "example.org", .now_ms = NOW };
	for (size_t i = 0;; i++) {
		size_t n = 0;

		f = oct_msg_find(s->msg, "From", i);
		if (f == NULL)
			break;
		if (oct_addrlist_parse(f->value, f->value_len,
			s->from + s->in.from_count,
			OCT_LEN(s->from) - s->in.from_count, &n) != 0)
			s->in.from_malformed = true;
		s->in.from_count += n;
	}
	if (s->in.from_count > 0) {
		s->in.from = &s->from[0];
		s->in.from_org = s->from[0].domain;
	}
}

static struct score
symbols_of(struct sample *s)
{
	struct score_weights w;
	struct score out;

	score_weights_init(&w);
	score_message(&s->in, &w, &out);
	oct_msg_free(s->msg);
	return out;
}

static bool
has(struct score s, enum symbol_id id)
{
	return score_has(&s, id);
}

static void
a_plain_message_has_no_symbol(void **state)
{
	static struct sample s;
	struct score found;

	(void)state;

	sample_init(&s, NULL, NULL);
	found = symbols_of(&s);
	for (size_t i = 0; i < SYM_COUNT; i++)
		assert_int_equal(score_has(&found, (enum symbol_id)i),
		    i == SYM_DMARC_PASS);
}

/* Symbols of fields: a row each for having it and for a near miss. */
static void
symbols_of_the_header(void **state)
{
	static const struct {
		const char *drop, *add;
		enum symbol_id id;
		bool found;
	} rows[] = {
		{ "From", NULL, SYM_FROM_MISSING, true },
		{ "From", "From: <>", SYM_FROM_MISSING, false },
		{ "From", "From: <>", SYM_FROM_MALFORMED, true },
		{ "From", "From: Alice", SYM_FROM_MALFORMED, true },
		{ "From", "From: \"A\" <alice@example.org>",
		    SYM_FROM_MALFORMED, false },
		{ NULL, "From: bob@example.org", SYM_FROM_SEVERAL, true },
		{ "From", "From: a@example.org, b@example.org",
		    SYM_FROM_SEVERAL, true },
		{ NULL, "X-From: bob@example.org", SYM_FROM_SEVERAL, false },
		{ "From", "From: \"maire@ville.example\" <a@example.org>",
		    SYM_FROM_NAME_ADDRESS, true },
		{ "From", "From: \"Le Maire <m@ville.example>\" <a@evil.org>",
		    SYM_FROM_NAME_ADDRESS, true },
		{ "From", "From: \"a@evil.org, m@ville.example\" <a@evil.org>",
		    SYM_FROM_NAME_ADDRESS, true },
		{ "From", "From: \"m@evil.org.ville.example\" <a@evil.org>",
		    SYM_FROM_NAME_ADDRESS, true },
		{ "From", "From: \"m@evil.orga\" <a@evil.org>",
		    SYM_FROM_NAME_ADDRESS, true },
		{ "From", "From: \"a@EVIL.org\" <a@evil.org>",
		    SYM_FROM_NAME_ADDRESS, false },
		{ "From", "From: \"a@evil.org.\" <a@evil.org>",
		    SYM_FROM_NAME_ADDRESS, false },
		{ "From", "From: \"a@evil.org (pro)\" <b@evil.org>",
		    SYM_FROM_NAME_ADDRESS, false },
		{ "From", "From: \"Bob @ work\" <a@evil.org>",
		    SYM_FROM_NAME_ADDRESS, false },
		{ "From", "From: \"Bob @work\" <a@evil.org>",
		    SYM_FROM_NAME_ADDRESS, false },
		{ "From", "From: a@evil.org", SYM_FROM_NAME_ADDRESS, false },
		{ NULL, "Reply-To: x@evil.org", SYM_REPLY_TO_DIFFER, true },
		{ NULL, "Reply-To: x@example.org, y@evil.org",
		    SYM_REPLY_TO_DIFFER, true },
		{ NULL, "Reply-To: x@example.org", SYM_REPLY_TO_DIFFER,
		    false },
		{ NULL, "Reply-To: x@sub.example.org", SYM_REPLY_TO_DIFFER,
		    false },
		{ NULL, "Reply-To: x@notexample.org", SYM_REPLY_TO_DIFFER,
		    true },
		{ NULL, "Reply-To: ", SYM_REPLY_TO_DIFFER, false },
		{ "Date", NULL, SYM_DATE_MISSING, true },
		{ "Date", "Date: soon", SYM_DATE_MISSING, false },
		{ "Date", "Date: soon", SYM_DATE_MALFORMED, true },
		{ "Date", "Date: ", SYM_DATE_MALFORMED, true },
		{ NULL, NULL, SYM_DATE_MALFORMED, false },
		{ "Date", "Date: 22 Nov 2026 10:00:01 +0000", SYM_DATE_FUTURE,
		    true },
		{ "Date", "Date: 22 Nov 2026 10:00:00 +0000", SYM_DATE_FUTURE,
		    false },
		{ "Date", "Date: 7 Nov 2026 09:59:59 +0000", SYM_DATE_PAST,
		    true },
		{ "Date", "Date: 7 Nov 2026 10:00:00 +0000", SYM_DATE_PAST,
		    false },
		{ "Message-ID", NULL, SYM_MESSAGE_ID_MISSING, true },
		{ "Message-ID", "message-id: <x@y>", SYM_MESSAGE_ID_MISSING,
		    false },
		{ "Subject", NULL, SYM_SUBJECT_MISSING, true },
		{ "Subject", "Subject:", SYM_SUBJECT_MISSING, false },
		{ "To", NULL, SYM_TO_MISSING, true },
		{ "To", "Cc: bob@ville.example", SYM_TO_MISSING, false },
		{ NULL, "Subject: again", SYM_DUPLICATE_FIELD, true },
		{ NULL, "MESSAGE-ID: <2@x>", SYM_DUPLICATE_FIELD, true },
		{ NULL, "Received: by x", SYM_DUPLICATE_FIELD, false },
		{ "Subject", "Subject: caf\xe9", SYM_HEADER_8BIT, true },
		{ "To", "To: \xc3\xa9 <b@ville.example>", SYM_HEADER_8BIT,
		    true },
		{ NULL, "X-Other: caf\xe9", SYM_HEADER_8BIT, false },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		static struct sample s;

		print_message("  %s%s: -%s +%s\n", rows[i].found ? "" : "no ",
		    symbol_of(rows[i].id)->name,
		    rows[i].drop != NULL ? rows[i].drop : "",
		    rows[i].add != NULL ? rows[i].add : "");
		sample_init(&s, rows[i].drop, rows[i].add);
		assert_int_equal(has(symbols_of(&s), rows[i].id),
		    rows[i].found);
	}
}

enum change {
	SPF, DKIM, DMARC, HELO, RPATH, LISTS
};

static void
symbols_of_envelope_and_authentication(void **state)
{
	static const struct {
		const char *name;
		enum change change;
		int result;       /* of SPF, DKIM, DMARC; sum of lists */
		const char *text; /* HELO, RPATH */
		enum symbol_id id;
		bool found;
	} rows[] = {
		{ "fail", SPF, AUTH_FAIL, NULL, SYM_SPF_FAIL, true },
		{ "softfail", SPF, AUTH_SOFTFAIL, NULL, SYM_SPF_FAIL, false },
		{ "softfail", SPF, AUTH_SOFTFAIL, NULL, SYM_SPF_SOFTFAIL,
		    true },
		{ "fail", SPF, AUTH_FAIL, NULL, SYM_SPF_SOFTFAIL, false },
		{ "none", SPF, AUTH_NONE, NULL, SYM_SPF_NONE, true },
		{ "temperror", SPF, AUTH_TEMPERROR, NULL, SYM_SPF_NONE,
		    false },
		{ "temperror", SPF, AUTH_TEMPERROR, NULL, SYM_SPF_FAIL,
		    false },
		{ "fail", DKIM, AUTH_FAIL, NULL, SYM_DKIM_FAIL, true },
		{ "temperror", DKIM, AUTH_TEMPERROR, NULL, SYM_DKIM_FAIL,
		    false },
		{ "pass", DKIM, AUTH_PASS, NULL, SYM_DKIM_FAIL, false },
		{ "fail", DMARC, AUTH_FAIL, NULL, SYM_DMARC_FAIL, true },
		{ "none", DMARC, AUTH_NONE, NULL, SYM_DMARC_FAIL, false },
		{ "none", DMARC, AUTH_NONE, NULL, SYM_DMARC_PASS, false },
		{ "pass", DMARC, AUTH_PASS, NULL, SYM_DMARC_PASS, true },
		{ "literal", HELO, 0, "[192.0.2.1]", SYM_HELO_LITERAL, true },
		{ "bare address", HELO, 0, "192.0.2.1", SYM_HELO_LITERAL,
		    true },
		{ "name", HELO, 0, "mx.example.org", SYM_HELO_LITERAL, false },
		{ "bare name", HELO, 0, "localhost", SYM_HELO_BARE, true },
		{ "nothing", HELO, 0, "", SYM_HELO_BARE, true },
		{ "literal", HELO, 0, "[::1]", SYM_HELO_BARE, false },
		{ "ours", HELO, 0, "MX.ville.example", SYM_HELO_OURS, true },
		{ "below ours", HELO, 0, "x.mx.ville.example", SYM_HELO_OURS,
		    false },
		{ "another org", RPATH, 0, "other.example",
		    SYM_FROM_RPATH_DIFFER, true },
		{ "the same org", RPATH, 0, "example.org",
		    SYM_FROM_RPATH_DIFFER, false },
		{ "null path", RPATH, 0, "", SYM_FROM_RPATH_DIFFER, false },
		{ "listed", LISTS, 400, NULL, SYM_DNSBL, true },
		{ "not listed", LISTS, 0, NULL, SYM_DNSBL, false },
		{ "only listed as bad", LISTS, 400, NULL, SYM_DNSWL, false },
		{ "listed as good", LISTS, -200, NULL, SYM_DNSWL, true },
		{ "only listed as good", LISTS, -200, NULL, SYM_DNSBL, false },
		{ "listed address", LISTS, 400, NULL, SYM_DOMAIN_LIST, false },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		static struct sample s;

		print_message("  %s%s: %s\n", rows[i].found ? "" : "no ",
		    symbol_of(rows[i].id)->name, rows[i].name);
		sample_init(&s, NULL, NULL);
		switch (rows[i].change) {
		case SPF:
			s.spf.result = (enum auth_result)rows[i].result;
			break;
		case DKIM:
			s.dkim.sig[0].result =
			    (enum auth_result)rows[i].result;
			break;
		case DMARC:
			s.dmarc.result = (enum auth_result)rows[i].result;
			break;
		case HELO:
			s.in.helo = rows[i].text;
			break;
		case RPATH:
			s.in.rpath_org = rows[i].text;
			if (*rows[i].text == '\0')
				memset(&s.rpath, 0, sizeof(s.rpath));
			break;
		case LISTS:
			if (rows[i].result < 0)
				s.in.lists.dnswl = rows[i].result;
			else
				s.in.lists.dnsbl = rows[i].result;
			break;
		}
		assert_int_equal(has(symbols_of(&s), rows[i].id),
		    rows[i].found);
	}
}

static void
nothing_proves_the_sender(void **state)
{
	static const struct {
		const char *name;
		enum auth_result spf, dkim;
		bool found;
	} rows[] = {
		{ "both pass", AUTH_PASS, AUTH_PASS, false },
		{ "SPF alone", AUTH_PASS, AUTH_FAIL, false },
		{ "DKIM alone", AUTH_FAIL, AUTH_PASS, false },
		{ "none", AUTH_NEUTRAL, AUTH_NONE, true },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		static struct sample s;

		print_message("  %s\n", rows[i].name);
		sample_init(&s, NULL, NULL);
		s.spf.result = rows[i].spf;
		s.dkim.sig[0].result = rows[i].dkim;
		assert_int_equal(has(symbols_of(&s), SYM_NO_AUTH),
		    rows[i].found);
	}
}

static void
one_good_signature_outweighs_a_bad_one(void **state)
{
	static struct sample s;

	(void)state;
	sample_init(&s, NULL, NULL);
	s.dkim.count = 2;
	s.dkim.sig[0].result = AUTH_FAIL;
	s.dkim.sig[1].result = AUTH_PASS;
	assert_false(has(symbols_of(&s), SYM_DKIM_FAIL));
}

/* Collected mail comes from fetchmail: its client and HELO are ours. */
static void
collected_mail_has_no_symbols_of_the_session(void **state)
{
	static struct sample s;
	struct score got;

	(void)state;
	sample_init(&s, NULL, NULL);
	s.in.trace_only = true;
	s.in.helo = "localhost";
	s.spf.result = AUTH_FAIL;
	s.dkim.count = 0;
	got = symbols_of(&s);
	assert_false(has(got, SYM_SPF_FAIL));
	assert_false(has(got, SYM_HELO_BARE));
	assert_false(has(got, SYM_NO_AUTH));
}

static void
an_overlong_header_is_marked(void **state)
{
	struct oct_msg_limits limits;
	static struct sample s;

	(void)state;
	sample_init(&s, NULL, NULL);
	oct_msg_free(s.msg);
	oct_msg_limits_init(&limits);
	limits.header_count = 1;
	assert_int_equal(oct_msg_new(&limits, &s.msg), 0);
	s.in.msg = s.msg;
	add_field(s.msg, "X: 1");
	assert_int_equal(oct_msg_add_field(s.msg, "Y", " 2"), OCT_ELIMIT);
	assert_true(has(symbols_of(&s), SYM_HEADER_LIMIT));
}

static void
groups_are_capped(void **state)
{
	struct score_weights w;
	static struct sample s;
	struct score out;

	(void)state;
	score_weights_init(&w);
	sample_init(&s, "From", "Subject: again");
	s.spf.result = AUTH_FAIL;
	s.dkim.sig[0].result = AUTH_FAIL;
	s.dmarc.result = AUTH_FAIL;
	s.in.lists.dnsbl = 450;
	s.in.lists.domain = 300;
	score_message(&s.in, &w, &out);
	/* SPF_FAIL 3, DKIM_FAIL 1, DMARC_FAIL 3, NO_AUTH 1: cut to 5 */
	assert_int_equal(out.group[GROUP_AUTH], 800);
	/* FROM_MISSING 3, DUPLICATE_FIELD 2 */
	assert_int_equal(out.group[GROUP_HEADER], 500);
	assert_true(score_has(&out, SYM_DOMAIN_LIST));
	/* Lists weigh what they say: 7.5, cut to 6. */
	assert_int_equal(out.group[GROUP_LIST], 750);
	assert_int_equal(out.group[GROUP_ENVELOPE], 0);
	assert_int_equal(out.total, 500 + 500 + 600);
	/* What lowers the score is not capped. */
	w.weight[SYM_DMARC_FAIL] = -2000;
	score_message(&s.in, &w, &out);
	assert_int_equal(out.total, -1500 + 500 + 600);
	oct_msg_free(s.msg);
}

static void
every_symbol_is_complete(void **state)
{
	struct score_weights w;

	(void)state;
	score_weights_init(&w);
	for (size_t i = 0; i < SYM_COUNT; i++) {
		const struct symbol *s = symbol_of((enum symbol_id)i);
		enum symbol_id back;

		assert_non_null(s->name);
		print_message("  %s\n", s->name);
		assert_int_equal(strspn(s->name,
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"),
		    strlen(s->name));
		assert_true(strlen(s->fr) > 10 && strlen(s->en) > 10);
		assert_int_equal(symbol_parse(s->name, &back), 0);
		assert_int_equal(back, i);
		assert_int_equal(w.weight[i], s->weight);
		/* These weigh what others say. */
		if (s->group != GROUP_LIST && i != SYM_CONTENT_GOOD &&
		    i != SYM_CONTENT_BAD)
			assert_int_not_equal(s->weight, 0);
		assert_true((size_t)s->group < GROUP_COUNT);
	}
	assert_int_equal(symbol_parse("spf_fail", &(enum symbol_id){ 0 }),
	    OCT_EPARSE);
	for (size_t g = 0; g < GROUP_COUNT; g++)
		assert_true(w.cap[g] > 0);
}

static void
numbers_as_text(void **state)
{
	static const struct {
		int32_t value;
		const char *text;
	} rows[] = { { 0, "0.00" }, { 5, "0.05" }, { -5, "-0.05" },
		{ 150, "1.50" }, { -150, "-1.50" }, { 100000, "1000.00" },
		{ 99, "0.99" } };
	char text[16];

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		score_text(rows[i].value, text);
		assert_string_equal(text, rows[i].text);
	}
}

static void
symbols_as_text(void **state)
{
	struct score s = { .lists = { .dnsbl = 1234 } };
	struct score_weights w;
	struct oct_str out;
	char small[20];

	(void)state;
	score_weights_init(&w);
	score_mark(&s, SYM_SPF_FAIL, true);
	score_mark(&s, SYM_DMARC_PASS, true);
	score_mark(&s, SYM_DNSBL, true);
	score_mark(&s, SYM_NO_AUTH, false);
	score_content(&s, -150);
	oct_str_heap(&out, 1000);
	score_symbols_text(&s, &w, &out);
	assert_string_equal(oct_str_text(&out),
	    "SPF_FAIL(3.00),DMARC_PASS(-1.00),DNSBL(12.34),"
	    "CONTENT_GOOD(-1.50)");
	/* All of them: those that do not fit are counted. */
	for (size_t i = 0; i < SYM_COUNT; i++)
		score_mark(&s, (enum symbol_id)i, true);
	oct_str_clear(&out);
	score_symbols_text(&s, &w, &out);
	assert_int_equal(oct_str_err(&out), 0);
	assert_true(out.len <= SCORE_TEXT_MAX && out.len > 800);
	assert_non_null(strstr(oct_str_text(&out), " more"));
	for (size_t i = 0; i < out.len; i++)
		assert_true(out.buf[i] >= ' ' && out.buf[i] < 0x7f);
	/* Too small a place is an error, not half a text. */
	oct_str_free(&out);
	oct_str_fixed(&out, small, sizeof(small));
	score_symbols_text(&s, &w, &out);
	assert_int_equal(oct_str_err(&out), OCT_EFULL);
	memset(&s, 0, sizeof(s));
	oct_str_clear(&out);
	score_symbols_text(&s, &w, &out);
	assert_string_equal(oct_str_text(&out), "");
}

static void
weights_are_changed_by_name(void **state)
{
	static const struct {
		const char *text;
		int rc;
		int32_t weight;
	} rows[] = { { "SPF_FAIL=1.5", 0, 150 }, { "SPF_FAIL=-2", 0, -200 },
		{ "SPF_FAIL=0", 0, 0 }, { "SPF_FAIL", OCT_EPARSE, 0 },
		{ "SPF_FAIL=x", OCT_EPARSE, 0 }, { "=1", OCT_EPARSE, 0 },
		{ "NO_SUCH=1", OCT_EPARSE, 0 }, { "", OCT_EPARSE, 0 },
		/* It weighs what the list says. */
		{ "DNSBL=1", OCT_EPARSE, 0 } };
	struct score_weights w, before;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		enum symbol_id id = SYM_COUNT;
		int32_t weight = 0;

		assert_int_equal(score_weight_parse(rows[i].text, &id, &weight),
		    rows[i].rc);
		if (rows[i].rc != 0)
			continue;
		assert_int_equal(id, SYM_SPF_FAIL);
		assert_int_equal(weight, rows[i].weight);
	}
	score_weights_init(&w);
	before = w;
	score_weights_change("", &w);
	assert_memory_equal(&w, &before, sizeof(w));
	score_weights_change("SPF_FAIL=1.50, NO_SUCH=3, URL_IP=0.00", &w);
	assert_int_equal(w.weight[SYM_SPF_FAIL], 150);
	assert_int_equal(w.weight[SYM_URL_IP], 0);
	assert_int_equal(w.weight[SYM_DMARC_FAIL],
	    before.weight[SYM_DMARC_FAIL]);
}

static void
what_the_classifier_says_replaces_what_it_said(void **state)
{
	struct score s = { .total = 0 };

	(void)state;
	score_content(&s, 100);
	assert_true(score_has(&s, SYM_CONTENT_BAD));
	score_content(&s, -50);
	assert_false(score_has(&s, SYM_CONTENT_BAD));
	assert_true(score_has(&s, SYM_CONTENT_GOOD));
	score_content(&s, 0);
	assert_false(score_has(&s, SYM_CONTENT_GOOD));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_message_has_no_symbol),
		cmocka_unit_test(symbols_of_the_header),
		cmocka_unit_test(symbols_of_envelope_and_authentication),
		cmocka_unit_test(nothing_proves_the_sender),
		cmocka_unit_test(one_good_signature_outweighs_a_bad_one),
		cmocka_unit_test(collected_mail_has_no_symbols_of_the_session),
		cmocka_unit_test(an_overlong_header_is_marked),
		cmocka_unit_test(groups_are_capped),
		cmocka_unit_test(every_symbol_is_complete),
		cmocka_unit_test(numbers_as_text),
		cmocka_unit_test(symbols_as_text),
		cmocka_unit_test(weights_are_changed_by_name),
		cmocka_unit_test(what_the_classifier_says_replaces_what_it_said),
	};

	return cmocka_run_group_tests_name("score", tests, NULL, NULL);
}
