/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "provisioning/ctl_redact.h"

static bool
is_hosted(void *arg, const char *domain)
{
	(void)arg;
	return strcmp(domain, "ville.example") == 0;
}

static const char *
redacted(const char *line)
{
	static char buf[1024];
	const struct ctl_redact r = { .hosted = is_hosted };
	struct oct_str out;

	oct_str_fixed(&out, buf, sizeof(buf));
	ctl_redact_line(&r, line, strlen(line), &out);
	assert_int_equal(oct_str_err(&out), 0);
	return buf;
}

/* '*' stands for a hash. */
static bool
is_like(const char *text, const char *pattern)
{
	for (; *pattern != '\0'; pattern++) {
		if (*pattern != '*') {
			if (*text++ != *pattern)
				return false;
			continue;
		}
		if (*text != '#' ||
		    strspn(text + 1, "0123456789abcdef") != 16)
			return false;
		text += 17;
	}
	return *text == '\0';
}

static void
lines_lose_their_outsiders(void **state)
{
	static const struct {
		const char *name, *line, *want;
	} rows[] = {
		{ "nothing", "", "" },
		{ "no address", "start=ready node=main", "start=ready node=main" },
		{ "one of ours", "rcpt=bob@ville.example",
		    "rcpt=bob@ville.example" },
		{ "an outsider", "from=jean@orange.example row=12",
		    "from=* row=12" },
		{ "in brackets", "to=<jean@orange.example>, relay=x",
		    "to=<*>, relay=x" },
		{ "both", "from=<a@b.example> to=<bob@ville.example>",
		    "from=<*> to=<bob@ville.example>" },
		{ "a sub-address", "from=jean+x=y@orange.example",
		    "from=*" },
		{ "a path that has another", "from=<b-jean=o.example@l.example>",
		    "from=<*>" },
		{ "a VERP path", "from=<list-jean.d@l.example>", "from=<*>" },
		{ "at the end of a sentence", "said jean@orange.example.",
		    "said *." },
		{ "a client", "client=192.0.2.10 spf=pass",
		    "client=192.0.2.0/24 spf=pass" },
		{ "a client of Postfix", "connect from x.example[192.0.2.10]",
		    "connect from x.example[192.0.2.0/24]" },
		{ "IPv6", "client=2001:db8:1:2::3",
		    "client=2001:db8:1::/48" },
		{ "a network stays", "net=192.0.2.0/24", "net=192.0.2.0/24" },
		{ "a time is no address", "2026-11-21T17:31:59.223Z x",
		    "2026-11-21T17:31:59.223Z x" },
		{ "a version is none", "octroi 1.2.3 ok", "octroi 1.2.3 ok" },
		{ "a queue id", "ABFADB5606A: removed", "ABFADB5606A: removed" },
		{ "UTF-8", "from=<jos\xc3\xa9@orange.example>", "from=<*>" },
		{ "a message-id", "message-id=<1.2@orange.example>",
		    "message-id=<*>" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s: %s\n", rows[i].name,
		    redacted(rows[i].line));
		assert_true(is_like(redacted(rows[i].line), rows[i].want));
	}
}

static void
the_same_address_is_the_same_hash(void **state)
{
	char one[64];

	(void)state;
	(void)snprintf(one, sizeof(one), "%s",
	    redacted("jean@orange.example"));
	assert_string_equal(redacted("Jean@Orange.Example"), one);
	assert_string_not_equal(redacted("jeanne@orange.example"), one);
}

static void
lines_say_when_they_were_written(void **state)
{
	/* 2026-01-10 00:00 UTC */
	const int64_t now = 1768003200000LL, hour = 3600000LL;
	static const struct {
		const char *line;
		bool known;
		int64_t hours_ago;
	} rows[] = {
		{ "2026-01-09T23:00:00.1Z octroi", true, 1 },
		{ "Jan  9 22:00:00 mx postfix", true, 2 },
		{ "Dec 31 23:00:00 mx postfix", true, 9 * 24 + 1 },
		{ "   continued", false, 0 },
		{ "", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		int64_t at = 0;

		print_message("  %s\n", rows[i].line);
		assert_int_equal(ctl_redact_time(rows[i].line, now, &at),
		    rows[i].known);
		if (rows[i].known)
			assert_int_equal(at,
			    now - rows[i].hours_ago * hour);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_lose_their_outsiders),
		cmocka_unit_test(the_same_address_is_the_same_hash),
		cmocka_unit_test(lines_say_when_they_were_written),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
