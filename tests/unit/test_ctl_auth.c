/* SPDX-License-Identifier: Apache-2.0 */
/* SPF and DMARC for scripts: the answers to single lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "provisioning/ctl_auth.h"

static struct dns *
zones(void)
{
	static const struct {
		const char *name, *text;
	} records[] = {
		{ "a.test", "v=spf1 ip4:192.0.2.0/24 -all exp=why.a.test" },
		{ "why.a.test", "%{i} is not ours" },
		{ "_dmarc.a.test", "v=DMARC1; p=reject; sp=quarantine" },
		{ "_dmarc.b.test", "v=DMARC1; p=none" },
		{ "_dmarc.xn--caf-dma.test", "v=DMARC1; p=quarantine" },
	};
	struct dns *dns;

	assert_int_equal(dns_new_static(&dns), 0);
	for (size_t i = 0; i < OCT_LEN(records); i++)
		assert_int_equal(dns_static_add(dns, records[i].name, DNS_TXT,
				     records[i].text, strlen(records[i].text)),
		    0);
	return dns;
}

struct request {
	const char *name, *in;
	int rc;
	const char *out;
};

static void
run(const struct request *cases, size_t count, ctl_batch_answer *answer)
{
	struct dns *dns = zones();

	for (size_t i = 0; i < count; i++) {
		json_t *in = json_loads(cases[i].in, JSON_ALLOW_NUL, NULL);
		json_t *out = json_object();
		const char *expected = NULL;
		struct dns_session *s;
		char *text;

		print_message("  %s\n", cases[i].name);
		assert_non_null(in);
		assert_int_equal(dns_session_new(dns,
				     oct_clock_mono_ms() + 5000, 100, &s),
		    0);
		assert_int_equal(answer(s, in, out, &expected), cases[i].rc);
		assert_non_null(expected);
		text = json_dumps(out, JSON_COMPACT);
		if (cases[i].rc == 0)
			assert_string_equal(text, cases[i].out);
		free(text);
		dns_session_free(s);
		json_decref(in);
		json_decref(out);
	}
	dns_free(dns);
}

static const struct request spf[] = {
	{ "pass", "{\"ip\":\"192.0.2.1\",\"helo\":\"h\",\"from\":\"x@a.test\"}",
	    0, "{\"result\":\"pass\",\"explanation\":\"\"}" },
	{ "fail with its explanation",
	    "{\"ip\":\"198.51.100.1\",\"helo\":\"h\",\"from\":\"x@a.test\"}", 0,
	    "{\"result\":\"fail\",\"explanation\":\"198.51.100.1 is not "
	    "ours\"}" },
	{ "null reverse-path: HELO",
	    "{\"ip\":\"192.0.2.1\",\"helo\":\"a.test\",\"from\":\"\"}", 0,
	    "{\"result\":\"pass\",\"explanation\":\"\"}" },
	{ "the same in brackets",
	    "{\"ip\":\"192.0.2.1\",\"helo\":\"a.test\",\"from\":\"<>\"}", 0,
	    "{\"result\":\"pass\",\"explanation\":\"\"}" },
	{ "a path in brackets",
	    "{\"ip\":\"192.0.2.1\",\"from\":\"<x@a.test>\"}", 0,
	    "{\"result\":\"pass\",\"explanation\":\"\"}" },
	{ "no record", "{\"ip\":\"192.0.2.1\",\"from\":\"x@none.test\"}", 0,
	    "{\"result\":\"none\",\"explanation\":\"\"}" },
	{ "no address", "{\"from\":\"x@a.test\"}", OCT_EPARSE, "" },
	{ "no address either", "{\"ip\":7}", OCT_EPARSE, "" },
	{ "a list", "[]", OCT_EPARSE, "" },
	{ "a reverse-path that is no text",
	    "{\"ip\":\"192.0.2.1\",\"from\":7}", OCT_EPARSE, "" },
	{ "NUL in the reverse-path",
	    "{\"ip\":\"192.0.2.1\",\"from\":\"x\\u0000@a.test\"}", OCT_EPARSE,
	    "" },
	{ "an IPv4 client in IPv6 form",
	    "{\"ip\":\"::ffff:192.0.2.1\",\"from\":\"x@a.test\"}", 0,
	    "{\"result\":\"pass\",\"explanation\":\"\"}" },
};

static void
spf_lines_are_answered(void **state)
{
	(void)state;
	run(spf, OCT_LEN(spf), ctl_batch_spf);
}

#define REJECT(result)                                                         \
	"{\"result\":\"" result "\",\"policy\":\"reject\",\"domain\":\"a.test\"}"

#define FOUR(x) x x x x
#define FORTY(x)                                                               \
	FOUR(x) FOUR(x) FOUR(x) FOUR(x) FOUR(x) FOUR(x) FOUR(x) FOUR(x)        \
	FOUR(x) FOUR(x)
#define PASSED(name) "{\"domain\":\"" name ".test\",\"result\":\"pass\"},"

static const struct request dmarc[] = {
	{ "aligned by SPF",
	    "{\"from\":[\"x@a.test\"],\"spf\":[{\"domain\":\"a.test\","
	    "\"result\":\"pass\"}]}",
	    0, REJECT("pass") },
	{ "the second SPF identity",
	    "{\"from\":[\"x@a.test\"],\"spf\":[{\"domain\":\"z.test\","
	    "\"result\":\"pass\"},{\"domain\":\"a.test\",\"result\":\"pass\"}]}",
	    0, REJECT("pass") },
	{ "SPF that failed",
	    "{\"from\":[\"x@a.test\"],\"spf\":[{\"domain\":\"a.test\","
	    "\"result\":\"fail\"}]}",
	    0, REJECT("fail") },
	{ "aligned by the eleventh signature, the only one that passed",
	    "{\"from\":[\"a.test\"],\"dkim\":["
	    "{\"domain\":\"1.test\",\"result\":\"fail\"},"
	    "{\"domain\":\"2.test\",\"result\":\"fail\"},"
	    "{\"domain\":\"3.test\",\"result\":\"fail\"},"
	    "{\"domain\":\"4.test\",\"result\":\"fail\"},"
	    "{\"domain\":\"5.test\",\"result\":\"fail\"},"
	    "{\"domain\":\"6.test\",\"result\":\"fail\"},"
	    "{\"domain\":\"7.test\",\"result\":\"fail\"},"
	    "{\"domain\":\"8.test\",\"result\":\"fail\"},"
	    "{\"domain\":\"9.test\",\"result\":\"fail\"},"
	    "{\"domain\":\"10.test\",\"result\":\"fail\"},"
	    "{\"domain\":\"a.test\",\"result\":\"pass\"}]}",
	    0, REJECT("pass") },
	{ "policy of subdomains", "{\"from\":[\"x@sub.a.test\"]}", 0,
	    "{\"result\":\"fail\",\"policy\":\"quarantine\",\"domain\":"
	    "\"a.test\"}" },
	{ "of two authors the strictest",
	    "{\"from\":[\"x@b.test\",\"y@a.test\",\"z@a.test\"],"
	    "\"spf\":[{\"domain\":\"b.test\",\"result\":\"pass\"}]}",
	    0, REJECT("fail") },
	{ "a name in letters of its own", "{\"from\":[\"x@caf\xc3\xa9.test\"]}",
	    0,
	    "{\"result\":\"fail\",\"policy\":\"quarantine\",\"domain\":"
	    "\"xn--caf-dma.test\"}" },
	{ "no record", "{\"from\":[\"none.test\"]}", 0,
	    "{\"result\":\"none\",\"policy\":null,\"domain\":null}" },
	{ "no author", "{\"from\":[]}", 0,
	    "{\"result\":\"permerror\",\"policy\":null,\"domain\":null}" },
	{ "an author as a text alone", "{\"from\":\"x@a.test\"}", 0,
	    REJECT("fail") },
	{ "an author with a display name",
	    "{\"from\":[\"\\\"b@b.test, x\\\" <x@a.test>\"]}", 0,
	    REJECT("fail") },
	{ "two authors in one text, the strictest first",
	    "{\"from\":[\"x@a.test, y@b.test\"],\"dkim\":["
	    "{\"domain\":\"b.test\",\"result\":\"pass\"}]}",
	    0, REJECT("fail") },
	{ "what is no author beside one who is proven",
	    "{\"from\":[\"x@b..test\",\"y@b.test\"],\"spf\":["
	    "{\"domain\":\"b.test\",\"result\":\"pass\"}]}",
	    0, "{\"result\":\"permerror\",\"policy\":null,\"domain\":null}" },
	{ "something unreadable that holds two addresses",
	    "{\"from\":[\"x@a.test y@b.test\"],\"spf\":["
	    "{\"domain\":\"b.test\",\"result\":\"pass\"}]}",
	    0, "{\"result\":\"permerror\",\"policy\":null,\"domain\":null}" },
	{ "more authors in one text than a list has",
	    "{\"from\":[\"" FORTY("x@a.test,") FORTY("x@a.test,")
	    "y@b.test\"]}",
	    OCT_EPARSE, "" },
	{ "each author proven by an SPF identity of his own",
	    "{\"from\":[\"y@b.test\",\"x@a.test\"],\"spf\":["
	    "{\"domain\":\"a.test\",\"result\":\"pass\"},"
	    "{\"domain\":\"b.test\",\"result\":\"pass\"}]}",
	    0,
	    "{\"result\":\"pass\",\"policy\":\"none\",\"domain\":\"b.test\"}" },
	{ "the twelfth that passed is the aligned one",
	    "{\"from\":[\"a.test\"],\"dkim\":[" PASSED("1") PASSED("2")
	    PASSED("3") PASSED("4") PASSED("5") PASSED("6") PASSED("7")
	    PASSED("8") PASSED("9") PASSED("10") PASSED("11")
	    "{\"domain\":\"a.test\",\"result\":\"pass\"}]}",
	    0, REJECT("pass") },
	{ "nobody named as author", "{\"spf\":[]}", OCT_EPARSE, "" },
	{ "a result that is in no list",
	    "{\"from\":[\"a.test\"],\"spf\":{\"domain\":\"a.test\","
	    "\"result\":\"pass\"}}",
	    OCT_EPARSE, "" },
	{ "an author that is no text", "{\"from\":[7]}", OCT_EPARSE, "" },
	{ "a word that is no result",
	    "{\"from\":[\"a.test\"],\"spf\":[{\"domain\":\"a.test\","
	    "\"result\":\"great\"}]}",
	    OCT_EPARSE, "" },
};

static void
dmarc_lines_are_answered(void **state)
{
	(void)state;
	run(dmarc, OCT_LEN(dmarc), ctl_batch_dmarc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spf_lines_are_answered),
		cmocka_unit_test(dmarc_lines_are_answered),
	};

	return cmocka_run_group_tests_name("ctl_auth", tests, NULL, NULL);
}
