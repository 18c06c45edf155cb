/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/spf_macro.h"
#include "auth/spf_parse.h"
#include "lib/err.h"

static const char *const wrong_terms[] = {
	"all:", "all/8", "all.", "-", "+", "--all", "foo", "foo:bar", "a:",
	"a/", "a//", "a/33", "a//129", "a/024", "a/24/64", "a//64/24", "a/-1",
	"a:example", "a:museum.", "a:v4.example:8080", "a:1.2.3.4", "a:x.-com",
	"a:x.com-", "a:x.c_m", "a:x.example/24/", "a:%{d", "a:%{}", "a:%{q}",
	"a:%{d0}", "a:%{d00r}", "a:%{drr}", "a:%{d.r}", "a:%{d;}", "a:%{dr2}",
	"a:%", "a:%a.example", "a:%(d).example", "a:%{c}", "a:%{r}", "a:%{t}",
	"a:%{d}.", "a:%{d}example", "mx:", "mx/", "ptr:", "ptr/24", "ptr/",
	"ip4", "ip4:", "ip4:1.2.3", "ip4:1.2.3.4.5", "ip4:1.2.3.04",
	"ip4:1.2.3.256", "ip4:1.2.3.4/", "ip4:1.2.3.4/33", "ip4:1.2.3.4/032",
	"ip4:1.2.3.4//32", "ip4:1.2.3.4:25", "ip4/24", "ip4:::1", "ip6",
	"ip6:", "ip6:1.2.3.4", "ip6:::g", "ip6::1:", "ip6:::1/129",
	"ip6:::1/00", "ip6:::1//64", "ip6:1:2:3:4:5:6:7", "ip6:::1%eth0",
	"exists", "exists:", "exists:x.example/24", "include", "include:",
	"include:x.example/24", "redirect:x.example", "redirect=", "redirect=x",
	"redirect=%{r}", "redirect=a.example redirect=b.example", "exp=",
	"exp=-all", "exp=%{c}", "exp=a.example EXP=b.example", "-exp=a.example",
	"=x", "1a=x", "a/b=x", "foo=%x", "foo=%{c}", "a:x.example\t", "a\x01",
	"a:\xc3\xa9.example", "a:x\x7fy.example", "foo=\xff",
};

static int
parse(const char *terms)
{
	struct spf_span text = { terms, strlen(terms) };
	struct spf_record record;
	const char *why = NULL;
	int rc = spf_record_parse(text, &record, &why);

	assert_int_equal(why != NULL, rc != 0);
	return rc;
}

static void
test_wrong_terms(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(wrong_terms); i++) {
		print_message("  %zu\n", i);
		assert_int_equal(parse(wrong_terms[i]), OCT_EPARSE);
	}
}

static const char *const right_terms[] = {
	"a:x.1-2", "a:x.a1", "a:%{d}", "a:x%%", "a:x%_", "a:x%-", "A/0//0",
	"a:%{D12R.-+,/_=}", "a:!\"#$&'()*+,-./:;<=>?@[]^`{|}~.example",
	"a:x.example./24", "mx:%{d}/32//128", "ip6:1::", "ip6:::1.2.3.4/0",
	"ip6:1:2:3:4:5:6:1.2.3.4", "Exp=%{o}", "REDIRECT=%{d}", "foo=",
	"a=", "ip4=x:y/z", "foo=%%%_%-%{s1r-}", "exists:.example",
};

static void
test_right_terms(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(right_terms); i++) {
		print_message("  %s\n", right_terms[i]);
		assert_int_equal(parse(right_terms[i]), 0);
	}
}

/* 7.4 of RFC 7208, and what the suites leave out. */
static const struct {
	const char *spec, *out;
} expand_cases[] = {
	{ "%{s}", "strong-bad@email.example.com" },
	{ "%{o}", "email.example.com" },
	{ "%{d}", "email.example.com" },
	{ "%{d4}", "email.example.com" },
	{ "%{d3}", "email.example.com" },
	{ "%{d2}", "example.com" },
	{ "%{d1}", "com" },
	{ "%{dr}", "com.example.email" },
	{ "%{d2r}", "example.email" },
	{ "%{l}", "strong-bad" },
	{ "%{l-}", "strong.bad" },
	{ "%{lr}", "strong-bad" },
	{ "%{lr-}", "bad.strong" },
	{ "%{l1r-}", "strong" },
	{ "%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com" },
	{ "%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com" },
	{ "%{p2}.trusted-domains.example.net",
	    "example.org.trusted-domains.example.net" },
	{ "%{d-.}", "email.example.com" },
	{ "%{s1@}", NULL },
	{ "%{S}", "strong-bad%40email.example.com" },
	{ "%{D999999999999999999999R}", "com.example.email" },
	{ "a.%{d}.", NULL },
	{ "x.example.", "x.example" },
	{ "%{h}", NULL },
};

static const char *
client_is_mx(void *arg, const char *domain)
{
	(void)arg;
	(void)domain;
	return "mx.example.org";
}

static void
test_expansion(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(expand_cases); i++) {
		struct spf_vars vars = {
			.sender = { "strong-bad@email.example.com", 28 },
			.local = { "strong-bad", 10 },
			.origin = "email.example.com",
			.domain = "email.example.com",
			.receiver = "r.example",
			.client_name = client_is_mx,
			.budget = 1000,
		};
		struct spf_span spec = { expand_cases[i].spec,
			strlen(expand_cases[i].spec) };
		char out[OCT_DOMAIN_SIZE];
		bool ok;

		print_message("  %s\n", expand_cases[i].spec);
		assert_int_equal(oct_ip_parse("192.0.2.3", &vars.ip), 0);
		ok = spf_domain_spec_ok(spec) &&
		    spf_expand_domain(&vars, spec, out) == 0;
		assert_int_equal(ok, expand_cases[i].out != NULL);
		if (ok)
			assert_string_equal(out, expand_cases[i].out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_terms),
		cmocka_unit_test(test_right_terms),
		cmocka_unit_test(test_expansion),
	};

	return cmocka_run_group_tests_name("spf_syntax", tests, NULL, NULL);
}
