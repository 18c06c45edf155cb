/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The class of proof: each line of challenge.md 1, the order of the lines, and
 * what must never be class A.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "policy/proof.h"

/* A message from alice@example.org, written so that a row changes little. */
struct sample {
	struct auth_spf spf;
	struct auth_dkim dkim;
	struct auth_dmarc dmarc;
	struct oct_addr rpath, from;
	struct proof_input in;
};

static void
addr(const char *text, struct oct_addr *out)
{
	assert_int_equal(oct_addr_parse(text, out), 0);
}

static void
sample_init(struct sample *s)
{
	memset(s, 0, sizeof(*s));
	addr("alice@example.org", &s->rpath);
	addr("alice@example.org", &s->from);
	(void)snprintf(s->spf.domain, sizeof(s->spf.domain), "example.org");
	s->in = (struct proof_input){ .spf = &s->spf, .dkim = &s->dkim,
		.dmarc = &s->dmarc, .spf_org = "example.org",
		.from_org = "example.org", .rpath = &s->rpath,
		.from_count = 1, .from = &s->from, .to_names_rcpt = true,
		.replay = PROOF_REPLAY_FRESH };
	for (size_t i = 0; i < AUTH_DKIM_MAX; i++)
		s->in.dkim_org[i] = "";
}

static void
spf(struct sample *s, enum auth_result r, enum auth_spf_term term, int prefix)
{
	s->spf.result = r;
	s->spf.term = term;
	s->spf.prefix = prefix;
}

static struct auth_dkim_sig *
sign(struct sample *s, enum auth_result r, const char *domain)
{
	struct auth_dkim_sig *sig = &s->dkim.sig[s->dkim.count];

	s->in.dkim_org[s->dkim.count++] = domain;
	sig->result = r;
	(void)snprintf(sig->domain, sizeof(sig->domain), "%s", domain);
	(void)snprintf(sig->algorithm, sizeof(sig->algorithm), "rsa-sha256");
	sig->key_bits = 2048;
	sig->whole_body = sig->covers_from = sig->covers_to = true;
	return sig;
}

static enum proof_class
class_of(struct sample *s)
{
	struct proof p;

	proof_classify(&s->in, &p);
	assert_non_null(p.why);
	return p.class;
}

static void
narrow_spf_is_a_and_wide_is_not(void **state)
{
	static const struct {
		const char *name;
		enum auth_spf_term term;
		int prefix;
		bool listed;
		enum proof_class want;
	} rows[] = {
		{ "ip4 /32", AUTH_SPF_IP4, 32, false, PROOF_A },
		{ "ip4 /16", AUTH_SPF_IP4, 16, false, PROOF_A },
		{ "ip4 /15", AUTH_SPF_IP4, 15, false, PROOF_N },
		{ "ip4 /15 of a listed provider", AUTH_SPF_IP4, 15, true,
		    PROOF_A },
		{ "ip6 /32", AUTH_SPF_IP6, 32, false, PROOF_A },
		{ "ip6 /31", AUTH_SPF_IP6, 31, false, PROOF_N },
		{ "a", AUTH_SPF_A, 32, false, PROOF_A },
		{ "mx", AUTH_SPF_MX, 32, false, PROOF_A },
		{ "+all", AUTH_SPF_ALL, -1, false, PROOF_N },
		{ "+all in a listed provider's record", AUTH_SPF_ALL, -1, true,
		    PROOF_N },
		{ "ptr", AUTH_SPF_PTR, -1, false, PROOF_N },
		{ "exists", AUTH_SPF_EXISTS, -1, false, PROOF_N },
		{ "unknown term", AUTH_SPF_UNKNOWN, -1, false, PROOF_N },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		static struct sample s;

		print_message("  %s\n", rows[i].name);
		sample_init(&s);
		spf(&s, AUTH_PASS, rows[i].term, rows[i].prefix);
		s.in.spf_listed_provider = rows[i].listed;
		assert_int_equal(class_of(&s), rows[i].want);
	}
}

/* "a/24//31" has a width of either family. */
static void
wide_for_ipv6_is_wide(void **state)
{
	static const int prefixes[] = { 16, 31, 32 };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(prefixes); i++) {
		static struct sample s;

		sample_init(&s);
		spf(&s, AUTH_PASS, i == 0 ? AUTH_SPF_MX : AUTH_SPF_A,
		    prefixes[i]);
		assert_int_equal(class_of(&s), PROOF_A);
		s.spf.ipv6 = true;
		assert_int_equal(class_of(&s),
		    prefixes[i] == 32 ? PROOF_A : PROOF_N);
	}
}

static void
spf_of_another_organisation(void **state)
{
	static struct sample s;

	(void)state;
	/* A mailing service: its envelope is proven, the From publishes no
	 * DMARC. */
	sample_init(&s);
	spf(&s, AUTH_PASS, AUTH_SPF_IP4, 32);
	s.in.spf_org = "mailer.example";
	addr("b-123@mailer.example", &s.rpath);
	assert_int_equal(class_of(&s), PROOF_A);
	/* The same with a From that publishes DMARC (and passed by DKIM). */
	s.dmarc.result = AUTH_PASS;
	assert_int_equal(class_of(&s), PROOF_N);
	(void)sign(&s, AUTH_PASS, "example.org");
	assert_int_equal(class_of(&s), PROOF_F);
}

static void
contradiction_comes_first(void **state)
{
	static struct sample s;

	(void)state;
	sample_init(&s);
	spf(&s, AUTH_PASS, AUTH_SPF_IP4, 32);
	s.dmarc.result = AUTH_FAIL;
	s.dmarc.policy = AUTH_DMARC_REJECT;
	assert_int_equal(class_of(&s), PROOF_X);
	s.dmarc.policy = AUTH_DMARC_QUARANTINE;
	assert_int_equal(class_of(&s), PROOF_X);
	s.dmarc.policy = AUTH_DMARC_NONE;
	assert_int_equal(class_of(&s), PROOF_A);
	s.dmarc.policy = AUTH_DMARC_REJECT;
	s.in.credited = true;
	assert_int_equal(class_of(&s), PROOF_A);
}

static void
dkim_carries_a_only_with_all_its_conditions(void **state)
{
	static struct sample s;
	struct auth_dkim_sig *sig;

	(void)state;
	sample_init(&s);
	sig = sign(&s, AUTH_PASS, "example.org");
	assert_int_equal(class_of(&s), PROOF_A);

	s.in.replay = PROOF_REPLAY_SEEN;
	assert_int_equal(class_of(&s), PROOF_F);
	s.in.replay = PROOF_REPLAY_UNKNOWN;
	assert_int_equal(class_of(&s), PROOF_F);
	s.in.replay = PROOF_REPLAY_FRESH;

	s.in.to_names_rcpt = false;
	assert_int_equal(class_of(&s), PROOF_F);
	s.in.to_names_rcpt = true;

	sig->covers_to = false;
	assert_int_equal(class_of(&s), PROOF_F);
	sig->covers_to = true;

	s.in.has_cc = true;
	assert_int_equal(class_of(&s), PROOF_F);
	sig->covers_cc = true;
	assert_int_equal(class_of(&s), PROOF_A);

	addr("bob@example.org", &s.rpath);
	assert_int_equal(class_of(&s), PROOF_F);
	addr("alice+list@example.org", &s.rpath);
	assert_int_equal(class_of(&s), PROOF_A);

	sig->length = true;
	assert_int_equal(class_of(&s), PROOF_N);
	sig->length = false;
	sig->testing = true;
	assert_int_equal(class_of(&s), PROOF_N);
	sig->testing = false;

	s.in.from_count = 2;
	assert_int_equal(class_of(&s), PROOF_N);
}

static void
unaligned_dkim_proves_nothing(void **state)
{
	static struct sample s;

	(void)state;
	sample_init(&s);
	(void)sign(&s, AUTH_PASS, "evil.example");
	assert_int_equal(class_of(&s), PROOF_N);
	spf(&s, AUTH_FAIL, AUTH_SPF_ALL, -1);
	assert_int_equal(class_of(&s), PROOF_X);
}

static void
weak_keys_prove_nothing(void **state)
{
	static struct sample s;

	(void)state;
	sample_init(&s);
	s.in.to_names_rcpt = false;
	sign(&s, AUTH_PASS, "example.org")->key_bits = 512;
	assert_int_equal(class_of(&s), PROOF_N);
	s.dkim.sig[0].key_bits = 1024;
	assert_int_equal(class_of(&s), PROOF_F);
}

static void
temporary_errors_end_the_search_only_where_they_matter(void **state)
{
	static struct sample s;

	(void)state;
	sample_init(&s);
	spf(&s, AUTH_TEMPERROR, AUTH_SPF_NONE, -1);
	assert_int_equal(class_of(&s), PROOF_T);
	/* A good signature makes A whatever SPF would have said. */
	(void)sign(&s, AUTH_PASS, "example.org");
	assert_int_equal(class_of(&s), PROOF_A);

	sample_init(&s);
	(void)sign(&s, AUTH_TEMPERROR, "example.org");
	assert_int_equal(class_of(&s), PROOF_T);
	/* Of a stranger's signature nothing could follow. */
	sample_init(&s);
	(void)sign(&s, AUTH_TEMPERROR, "evil.example");
	assert_int_equal(class_of(&s), PROOF_N);

	/* DMARC unknown: X is open, unless the From domain itself passes. */
	sample_init(&s);
	s.dmarc.result = AUTH_TEMPERROR;
	assert_int_equal(class_of(&s), PROOF_T);
	spf(&s, AUTH_PASS, AUTH_SPF_IP4, 32);
	assert_int_equal(class_of(&s), PROOF_A);
}

static void
the_null_path_is_never_a(void **state)
{
	static struct sample s;

	(void)state;
	sample_init(&s);
	addr("<>", &s.rpath);
	spf(&s, AUTH_PASS, AUTH_SPF_IP4, 32);
	assert_int_equal(class_of(&s), PROOF_N);
	s.spf.helo = true;
	assert_int_equal(class_of(&s), PROOF_N);
}

static void
collected_mail_has_no_spf(void **state)
{
	static struct sample s;

	(void)state;
	sample_init(&s);
	s.in.no_spf = true;
	spf(&s, AUTH_PASS, AUTH_SPF_IP4, 32);
	assert_int_equal(class_of(&s), PROOF_N);
	spf(&s, AUTH_FAIL, AUTH_SPF_ALL, -1);
	assert_int_equal(class_of(&s), PROOF_N);
}

/* Total: whatever the combination, some class comes out, and A only if something
 * passed. */
static void
the_table_is_total_and_a_needs_a_pass(void **state)
{
	static struct sample s;
	unsigned int seen = 0;

	(void)state;
	for (unsigned int i = 0; i < 8 * 9 * 8 * 8 * 3; i++) {
		unsigned int k = i;
		enum proof_class c;

		sample_init(&s);
		spf(&s, (enum auth_result)(k % 8), AUTH_SPF_NONE, -1);
		k /= 8;
		s.spf.term = (enum auth_spf_term)(k % 9);
		s.spf.prefix = 32;
		k /= 9;
		(void)sign(&s, (enum auth_result)(k % 8), "example.org");
		k /= 8;
		s.dmarc.result = (enum auth_result)(k % 8);
		k /= 8;
		s.dmarc.policy = (enum auth_dmarc_policy)(k % 3);
		c = class_of(&s);
		assert_true(c >= PROOF_A && c <= PROOF_X);
		if (c == PROOF_A || c == PROOF_F)
			assert_true(s.spf.result == AUTH_PASS ||
			    s.dkim.sig[0].result == AUTH_PASS);
		seen |= 1u << c;
	}
	/* With To named and a fresh signature, F is always A here. */
	assert_int_equal(seen, 1u << PROOF_A | 1u << PROOF_N | 1u << PROOF_T |
		1u << PROOF_X);
}

static void
sids_carry_their_proof(void **state)
{
	static struct sample s;
	struct proof p;
	char sid[PROOF_SID_SIZE], other[PROOF_SID_SIZE];

	(void)state;
	sample_init(&s);
	spf(&s, AUTH_PASS, AUTH_SPF_IP4, 32);
	proof_classify(&s.in, &p);
	proof_sid(&s.in, &p, "192.0.2.0/24", sid);
	assert_string_equal(sid, "A|alice@example.org|example.org");
	proof_sid_stronger("F|alice@example.org|example.org", sid);
	assert_string_equal(sid, "A|alice@example.org|example.org");

	/* The forged twin: nothing proven, another identity. */
	spf(&s, AUTH_NONE, AUTH_SPF_NONE, -1);
	proof_classify(&s.in, &p);
	proof_sid(&s.in, &p, "192.0.2.0/24", sid);
	assert_string_equal(sid, "N|alice@example.org|192.0.2.0/24");
	proof_sid_stronger(sid, other);
	assert_string_equal(other, "");

	/* A service that writes for her. */
	addr("bounce-77=x=y@mailer.example", &s.rpath);
	s.in.spf_org = "mailer.example";
	spf(&s, AUTH_PASS, AUTH_SPF_IP4, 32);
	proof_classify(&s.in, &p);
	proof_sid(&s.in, &p, "192.0.2.0/24", sid);
	assert_string_equal(sid,
	    "A|bounce@mailer.example|mailer.example|alice@example.org");
	proof_sid_stronger(sid, other);
	assert_string_equal(other, "");
}

/* A bar is a letter of a local part like any other (RFC 5322 3.2.3): it must not
 * make its owner somebody else. */
static void
bars_in_addresses(void **state)
{
	static const struct {
		const char *sid, *stronger, *from;
		bool whole; /* the From is the one that was asked */
		const char *org;
	} rows[] = {
		{ "F|x|bank.example|@evil.example|evil.example",
		    "A|x|bank.example|@evil.example|evil.example",
		    "x|bank.example|@evil.example", true, "evil.example" },
		{ "A|a|b@evil.example|evil.example|c|d@third.example", "",
		    "c|d@third.example", false, "evil.example" },
		{ "F|\"a@b|c\"@evil.example|evil.example",
		    "A|\"a@b|c\"@evil.example|evil.example",
		    "\"a@b|c\"@evil.example", true, "evil.example" },
		{ "N|a|b@evil.example|192.0.2.0/24", "", "a|b@evil.example",
		    false, "" },
		{ "N||192.0.2.0/24", "", "", false, "" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		char other[PROOF_SID_SIZE], address[OCT_ADDR_SIZE];
		char org[OCT_DOMAIN_SIZE] = "";

		print_message("  %s\n", rows[i].sid);
		proof_sid_stronger(rows[i].sid, other);
		assert_string_equal(other, rows[i].stronger);
		assert_int_equal(proof_sid_from(rows[i].sid, address),
		    rows[i].whole);
		assert_string_equal(address, rows[i].from);
		(void)proof_sid_parts(rows[i].sid, address, org);
		assert_string_equal(org, rows[i].org);
	}
}

static void
reverse_paths_fold(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "Alice@Example.ORG", "alice@example.org" },
		{ "alice+tag@example.org", "alice@example.org" },
		{ "bounces-12345-user=dest.example@lists.example",
		    "bounces@lists.example" },
		{ "a=b@example.org", "a=b@example.org" },
		{ "-x=y@example.org", "-x=y@example.org" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_addr a, folded;
		char text[OCT_ADDR_SIZE];

		print_message("  %s\n", rows[i].in);
		addr(rows[i].in, &a);
		proof_fold(&a, &folded);
		oct_addr_text(&folded, text);
		assert_string_equal(text, rows[i].out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(narrow_spf_is_a_and_wide_is_not),
		cmocka_unit_test(wide_for_ipv6_is_wide),
		cmocka_unit_test(spf_of_another_organisation),
		cmocka_unit_test(contradiction_comes_first),
		cmocka_unit_test(dkim_carries_a_only_with_all_its_conditions),
		cmocka_unit_test(unaligned_dkim_proves_nothing),
		cmocka_unit_test(weak_keys_prove_nothing),
		cmocka_unit_test(
		    temporary_errors_end_the_search_only_where_they_matter),
		cmocka_unit_test(the_null_path_is_never_a),
		cmocka_unit_test(collected_mail_has_no_spf),
		cmocka_unit_test(the_table_is_total_and_a_needs_a_pass),
		cmocka_unit_test(sids_carry_their_proof),
		cmocka_unit_test(bars_in_addresses),
		cmocka_unit_test(reverse_paths_fold),
	};

	return cmocka_run_group_tests_name("proof", tests, NULL, NULL);
}
