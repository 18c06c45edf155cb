/* SPDX-License-Identifier: Apache-2.0 */
/* Names and messages, hostile ones above all. */
#include "lib/dns_wire.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ldns/ldns.h>

#include "lib/err.h"

#define ID 0x1234
#define PACKET_MAX 65535
/* "q.test" stands at offset 12; 12 + 8 + 4 octets of header and question. */
#define QUESTION_END 24
#define OWNER "\xc0\x0c"
#define IN_60S "\0\x01\0\0\0\x3c"
#define TXT OWNER "\0\x10" IN_60S
#define A OWNER "\0\x01" IN_60S
#define MX OWNER "\0\x0f" IN_60S

/* Octets of a literal, NULs included, without the last. */
#define RAW(s) (const uint8_t *)(s), sizeof(s) - 1

static const struct {
	const char *name;
	enum dns_type type;
	uint8_t rcode;
	uint8_t answers;
	const uint8_t *octets;
	size_t len;
	enum dns_verdict verdict;
} answers[] = {
	{ "text", DNS_TXT, 0, 1, RAW(TXT "\0\x03\x02" "ab"), DNS_V_ANSWER },
	{ "empty string", DNS_TXT, 0, 1, RAW(TXT "\0\x01\0"), DNS_V_ANSWER },
	{ "string leaves RDLENGTH", DNS_TXT, 0, 1, RAW(TXT "\0\x03\x05" "ab"),
	    DNS_V_FAILED },
	{ "second string leaves RDLENGTH", DNS_TXT, 0, 1,
	    RAW(TXT "\0\x04\x01" "a\x02" "b"), DNS_V_FAILED },
	{ "no string at all", DNS_TXT, 0, 1, RAW(TXT "\0\0"), DNS_V_ANSWER },
	{ "RDLENGTH leaves message", DNS_TXT, 0, 1, RAW(TXT "\0\x09\x02" "ab"),
	    DNS_V_FAILED },
	{ "record cut in its fixed part", DNS_TXT, 0, 1, RAW(OWNER "\0\x10\0"),
	    DNS_V_FAILED },
	{ "fewer records than counted", DNS_TXT, 0, 2,
	    RAW(TXT "\0\x03\x02" "ab"), DNS_V_FAILED },
	{ "short address", DNS_A, 0, 1, RAW(A "\0\x03\xc0\0\x02"),
	    DNS_V_FAILED },
	{ "long address", DNS_A, 0, 1, RAW(A "\0\x05\xc0\0\x02\x01\x01"),
	    DNS_V_FAILED },
	{ "address", DNS_A, 0, 1, RAW(A "\0\x04\xc0\0\x02\x01"),
	    DNS_V_ANSWER },
	{ "address, but NXDOMAIN", DNS_A, 3, 1,
	    RAW(A "\0\x04\xc0\0\x02\x01"), DNS_V_FAILED },
	{ "address, but SERVFAIL", DNS_A, 2, 1,
	    RAW(A "\0\x04\xc0\0\x02\x01"), DNS_V_FAILED },
	{ "MX", DNS_MX, 0, 1, RAW(MX "\0\x04\0\x0a\xc0\x0c"), DNS_V_ANSWER },
	{ "MX without name", DNS_MX, 0, 1, RAW(MX "\0\x02\0\x0a"),
	    DNS_V_FAILED },
	{ "MX name ends early", DNS_MX, 0, 1,
	    RAW(MX "\0\x05\0\x0a\xc0\x0c\0"), DNS_V_FAILED },
	{ "MX name leaves RDLENGTH", DNS_MX, 0, 1,
	    RAW(MX "\0\x03\0\x0a\xc0\x0c"), DNS_V_FAILED },
	{ "pointer to itself", DNS_A, 0, 1,
	    RAW("\xc0\x18\0\x01" IN_60S "\0\x04\xc0\0\x02\x01"),
	    DNS_V_FAILED },
	{ "pointer ahead", DNS_A, 0, 1,
	    RAW("\xc0\x20\0\x01" IN_60S "\0\x04\xc0\0\x02\x01"),
	    DNS_V_FAILED },
	{ "pointer into the header", DNS_A, 0, 1,
	    RAW("\xc0\x04\0\x01" IN_60S "\0\x04\xc0\0\x02\x01"),
	    DNS_V_FAILED },
	{ "pointer beyond the end", DNS_A, 0, 1,
	    RAW("\xff\xff\0\x01" IN_60S "\0\x04\xc0\0\x02\x01"),
	    DNS_V_FAILED },
	{ "half a pointer", DNS_A, 0, 1, RAW("\xc0"), DNS_V_FAILED },
	{ "reserved label type", DNS_A, 0, 1,
	    RAW("\x41" "a\0\0\x01" IN_60S "\0\x04\xc0\0\x02\x01"),
	    DNS_V_FAILED },
	{ "label leaves message", DNS_A, 0, 1, RAW("\x3f" "abc"),
	    DNS_V_FAILED },
	{ "name without end", DNS_A, 0, 1, RAW("\x03" "abc"), DNS_V_FAILED },
	{ "other class is ignored", DNS_A, 0, 1,
	    RAW(OWNER "\0\x01\0\x03\0\0\0\x3c\0\x04\xc0\0\x02\x01"),
	    DNS_V_ANSWER },
	{ "other owner is ignored", DNS_A, 0, 1,
	    RAW("\x01" "x" OWNER "\0\x01" IN_60S "\0\x04\xc0\0\x02\x01"),
	    DNS_V_ANSWER },
	{ "CNAME without name", DNS_A, 0, 1, RAW(OWNER "\0\x05" IN_60S "\0\0"),
	    DNS_V_FAILED },
	{ "CNAME to itself", DNS_A, 0, 1,
	    RAW(OWNER "\0\x05" IN_60S "\0\x02" OWNER), DNS_V_HOPELESS },
	{ "CNAME to the root", DNS_A, 0, 1,
	    RAW(OWNER "\0\x05" IN_60S "\0\x01\0"), DNS_V_ALIAS },
	{ "nothing", DNS_A, 0, 0, RAW(""), DNS_V_ANSWER },
	{ "octets behind the end", DNS_A, 0, 0, RAW("abc"), DNS_V_ANSWER },
};

/* Header, question q.test, and the octets; what the parser makes of it. */
struct trial {
	struct dns_key key;
	struct dns_asked asked;
	struct dns_heard heard;
	size_t len;
	uint8_t wire[PACKET_MAX];
};

static struct trial *
trial_new(enum dns_type type, const uint8_t *octets, size_t len)
{
	static const uint8_t start[] = { ID >> 8, ID & 0xff, 0x81, 0x80, 0, 1,
		0, 0, 0, 0, 0, 0, 1, 'Q', 4, 't', 'e', 's', 't', 0, 0, 0, 0,
		1 };
	struct trial *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	assert_int_equal(dns_name_parse("q.test", &t->key.name), 0);
	t->key.type = type;
	t->asked = (struct dns_asked){ .key = &t->key, .id = ID };
	t->heard.ttl_s = UINT32_MAX;
	memcpy(t->wire, start, sizeof(start));
	t->wire[QUESTION_END - 3] = (uint8_t)type;
	if (len > 0)
		memcpy(t->wire + QUESTION_END, octets, len);
	t->len = QUESTION_END + len;
	return t;
}

/* In a block of exactly that size, so that no octet behind it can be read. */
static enum dns_verdict
trial_run(struct trial *t)
{
	struct dns_parser *p = dns_parser_new();
	uint8_t *exact = malloc(t->len + (t->len == 0));
	enum dns_verdict v;

	assert_non_null(p);
	assert_non_null(exact);
	memcpy(exact, t->wire, t->len);
	dns_result_put(t->heard.result);
	t->heard = (struct dns_heard){ .ttl_s = UINT32_MAX };
	v = dns_parse(p, exact, t->len, &t->asked, &t->heard);
	free(exact);
	dns_parser_free(p);
	return v;
}

static void
trial_free(struct trial *t)
{
	dns_result_put(t->heard.result);
	free(t);
}

static void
hostile_answers_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(answers); i++) {
		struct trial *t = trial_new(answers[i].type, answers[i].octets,
		    answers[i].len);

		print_message("  %s\n", answers[i].name);
		t->wire[3] |= answers[i].rcode;
		t->wire[7] = answers[i].answers;
		assert_int_equal(trial_run(t), answers[i].verdict);
		assert_int_equal(t->heard.result != NULL,
		    answers[i].verdict == DNS_V_ANSWER);
		trial_free(t);
	}
}

static void
answers_to_other_questions_are_foreign(void **state)
{
	static const struct {
		const char *name;
		size_t at;
		uint8_t value;
	} rows[] = {
		{ "id", 1, 0x35 },
		{ "a question, not an answer", 2, 0x01 },
		{ "opcode", 2, 0xa8 },
		{ "no question", 5, 0 },
		{ "two questions", 5, 2 },
		{ "name", 13, 'p' },
		{ "shorter name", 14, 0 },
		{ "type", 21, DNS_MX },
		{ "class", 23, 3 },
		{ "name runs away", 14, 0x3f },
		{ "pointer in the question", 12, 0xc0 },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct trial *t = trial_new(DNS_A, NULL, 0);

		print_message("  %s\n", rows[i].name);
		t->wire[rows[i].at] = rows[i].value;
		assert_int_equal(trial_run(t), DNS_V_FOREIGN);
		trial_free(t);
	}
}

static void
octets_lost_anywhere_do_no_harm(void **state)
{
	static const uint8_t octets[] = TXT "\0\x03\x02" "ab" MX
	    "\0\x04\0\x0a\xc0\x0c" TXT "\0\x02\x01" "c";
	struct trial *t = trial_new(DNS_TXT, octets, sizeof(octets) - 1);
	const size_t whole = t->len;

	(void)state;
	t->wire[7] = 3;
	assert_int_equal(trial_run(t), DNS_V_ANSWER);
	assert_int_equal(t->heard.result->answer.count, 2);
	for (t->len = 0; t->len < whole; t->len++)
		assert_int_equal(trial_run(t), t->len < QUESTION_END ?
		    DNS_V_FOREIGN : DNS_V_FAILED);
	for (size_t at = 0; at < whole; at++)
		for (unsigned int v = 0; v < 256; v++) {
			uint8_t before = t->wire[at];

			t->wire[at] = (uint8_t)v;
			(void)!trial_run(t);
			t->wire[at] = before;
		}
	trial_free(t);
}

static void
records_are_counted(void **state)
{
	struct trial *t = trial_new(DNS_A, NULL, 0);

	(void)state;
	for (unsigned int i = 0; i < DNS_RECORDS_MAX + 1; i++) {
		memcpy(t->wire + t->len, A "\0\x04\xc0\0\x02\x01", 16);
		t->len += 16;
	}
	t->wire[6] = DNS_RECORDS_MAX >> 8;
	t->wire[7] = DNS_RECORDS_MAX & 0xff;
	assert_int_equal(trial_run(t), DNS_V_ANSWER);
	assert_int_equal(t->heard.result->answer.count, DNS_RECORDS_MAX);
	t->wire[7]++;
	assert_int_equal(trial_run(t), DNS_V_FAILED);
	t->wire[7]--;
	t->wire[9]++; /* the limit is for all sections together */
	assert_int_equal(trial_run(t), DNS_V_FAILED);
	trial_free(t);
}

/* One CNAME whose target is a chain of so many pointers. */
static enum dns_verdict
verdict_of_hops(unsigned int hops)
{
	struct trial *t = trial_new(DNS_A, NULL, 0);
	size_t rdata = QUESTION_END + 13, target = 12;
	enum dns_verdict v;

	/* A record of another type holds the chain, from its data on. */
	memcpy(t->wire + QUESTION_END, "\0\0\x0a" IN_60S, 9);
	t->wire[QUESTION_END + 9] = (uint8_t)(hops * 2 >> 8);
	t->wire[QUESTION_END + 10] = (uint8_t)(hops * 2);
	rdata = QUESTION_END + 11;
	for (unsigned int i = 0; i < hops; i++) {
		t->wire[rdata] = (uint8_t)(0xc0 | target >> 8);
		t->wire[rdata + 1] = (uint8_t)target;
		target = rdata;
		rdata += 2;
	}
	t->len = rdata;
	t->wire[t->len] = (uint8_t)(0xc0 | target >> 8);
	t->wire[t->len + 1] = (uint8_t)target;
	memcpy(t->wire + t->len + 2, "\0\x01" IN_60S "\0\x04\xc0\0\x02\x01",
	    14);
	t->len += 16;
	t->wire[7] = 2;
	v = trial_run(t);
	trial_free(t);
	return v;
}

static void
pointers_are_counted(void **state)
{
	(void)state;
	assert_int_equal(verdict_of_hops(31), DNS_V_ANSWER);
	assert_int_equal(verdict_of_hops(32), DNS_V_FAILED);
	assert_int_equal(verdict_of_hops(8000), DNS_V_FAILED);
}

static void
ttl_with_the_highest_bit_is_zero(void **state)
{
	static const uint8_t octets[] = A "\0\x04\xc0\0\x02\x01";
	struct trial *t = trial_new(DNS_A, octets, sizeof(octets) - 1);

	(void)state;
	t->wire[7] = 1;
	assert_int_equal(trial_run(t), DNS_V_ANSWER);
	assert_int_equal(t->heard.result->answer.ttl_s, 60);
	t->wire[QUESTION_END + 6] = 0x80;
	assert_int_equal(trial_run(t), DNS_V_ANSWER);
	assert_int_equal(t->heard.result->answer.ttl_s, 0);
	trial_free(t);
}

static void
names_keep_their_octets(void **state)
{
	static const struct {
		const char *name, *text;
		size_t len;
		const char *wire;
	} rows[] = {
		{ "plain", "Mail.Example", 14, "\4mail\7example\0" },
		{ "final dot", "a.", 3, "\1a\0" },
		{ "root", ".", 1, "\0" },
		{ "underscore", "_x.a", 6, "\2_x\1a\0" },
		{ "space", "a b", 5, "\3a b\0" },
		{ "backslash is no escape", "a\\046b", 8, "\6a\\046b\0" },
		{ "octets that are no UTF-8", "\xff\xfe", 4, "\2\xff\xfe\0" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct dns_name name;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(dns_name_parse(rows[i].text, &name), 0);
		assert_int_equal(name.len, rows[i].len);
		assert_memory_equal(name.wire, rows[i].wire, name.len);
	}
}

static void
names_of_255_octets_are_the_longest(void **state)
{
	char text[512], back[OCT_DOMAIN_SIZE];
	struct dns_name name;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 64 == 63 ? '.' : 'a';
	text[253] = '\0';
	assert_int_equal(dns_name_parse(text, &name), 0);
	assert_int_equal(name.len, DNS_NAME_MAX);
	assert_true(dns_name_text(&name, back));
	assert_string_equal(back, text);
	text[253] = 'a';
	text[254] = '\0';
	assert_int_equal(dns_name_parse(text, &name), OCT_EPARSE);
}

static void
names_know_what_lies_above(void **state)
{
	static const struct {
		const char *name, *parent;
		bool under;
	} rows[] = { { "a.b.test", "test", true }, { "a.b.test", ".", true },
		{ "test", "test", true }, { "test", "a.test", false },
		{ "xtest", "test", false }, { "a.b.test", "c.test", false },
		{ ".", "test", false } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct dns_name name, parent;

		assert_int_equal(dns_name_parse(rows[i].name, &name), 0);
		assert_int_equal(dns_name_parse(rows[i].parent, &parent), 0);
		assert_int_equal(dns_name_under(&name, &parent),
		    rows[i].under);
	}
}

static void
query_is_what_another_reader_expects(void **state)
{
	struct dns_key key = { .type = DNS_TXT };
	uint8_t wire[DNS_QUERY_MAX];
	ldns_pkt *pkt;
	char text[512];
	char *owner;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 64 == 63 ? '.' : 'a';
	text[253] = '\0';
	assert_int_equal(dns_name_parse(text, &key.name), 0);
	assert_int_equal(dns_query_build(&key, DNS_QUERY_EDNS | DNS_QUERY_AD,
	    wire, &len), 0);
	assert_int_equal(ldns_wire2pkt(&pkt, wire, len), LDNS_STATUS_OK);
	owner = ldns_rdf2str(ldns_rr_owner(ldns_rr_list_rr(
	    ldns_pkt_question(pkt), 0)));
	assert_memory_equal(owner, text, 253);
	free(owner);
	assert_true(ldns_pkt_rd(pkt));
	assert_true(ldns_pkt_ad(pkt));
	assert_int_equal(ldns_pkt_edns_udp_size(pkt), DNS_EDNS_OCTETS);
	ldns_pkt_free(pkt);
	assert_int_equal(dns_query_build(&key, 0, wire, &len), 0);
	assert_int_equal(ldns_wire2pkt(&pkt, wire, len), LDNS_STATUS_OK);
	assert_false(ldns_pkt_edns(pkt));
	assert_false(ldns_pkt_ad(pkt));
	ldns_pkt_free(pkt);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_answers_are_refused),
		cmocka_unit_test(answers_to_other_questions_are_foreign),
		cmocka_unit_test(octets_lost_anywhere_do_no_harm),
		cmocka_unit_test(records_are_counted),
		cmocka_unit_test(pointers_are_counted),
		cmocka_unit_test(ttl_with_the_highest_bit_is_zero),
		cmocka_unit_test(names_keep_their_octets),
		cmocka_unit_test(names_of_255_octets_are_the_longest),
		cmocka_unit_test(names_know_what_lies_above),
		cmocka_unit_test(query_is_what_another_reader_expects),
	};

	return cmocka_run_group_tests_name("dns_wire", tests, NULL, NULL);
}
