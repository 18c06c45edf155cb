/* SPDX-License-Identifier: Apache-2.0 */
/* All that an SPF record draws in, over a DNS out of a table. */
#include "auth/spf_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/err.h"

static struct dns *dns;

static void
txt(const char *name, const char *text)
{
	assert_int_equal(dns_static_add(dns, name, DNS_TXT, text,
			     strlen(text)), 0);
}

static void
walk(const char *domain, struct spf_tree *t)
{
	struct dns_session *s;

	assert_int_equal(dns_session_new(dns, oct_clock_mono_ms() + 5000, 500,
			     &s), 0);
	assert_int_equal(spf_tree_walk(s, domain, t), 0);
	dns_session_free(s);
}

static void
trees_are_counted_whole(void **state)
{
	static const struct {
		const char *domain;
		enum spf_tree_fault root, below;
		int lookups, voids;
		enum spf_tree_all all;
	} cases[] = {
		{ "plain.test", SPF_TREE_GOOD, SPF_TREE_GOOD, 0, 0,
		    SPF_TREE_ALL_FAIL },
		{ "deep.test", SPF_TREE_GOOD, SPF_TREE_GOOD, 4, 0,
		    SPF_TREE_ALL_SOFTFAIL },
		{ "redirect.test", SPF_TREE_GOOD, SPF_TREE_GOOD, 1, 0,
		    SPF_TREE_ALL_FAIL },
		{ "ignored.test", SPF_TREE_GOOD, SPF_TREE_GOOD, 0, 0,
		    SPF_TREE_ALL_FAIL },
		{ "none.test", SPF_TREE_ABSENT, SPF_TREE_GOOD, 0, 0,
		    SPF_TREE_ALL_NONE },
		{ "two.test", SPF_TREE_SEVERAL, SPF_TREE_GOOD, 0, 0,
		    SPF_TREE_ALL_NONE },
		{ "typo.test", SPF_TREE_SYNTAX, SPF_TREE_GOOD, 0, 0,
		    SPF_TREE_ALL_NONE },
		{ "loop.test", SPF_TREE_GOOD, SPF_TREE_LOOP, 2, 0,
		    SPF_TREE_ALL_FAIL },
		{ "broken.test", SPF_TREE_GOOD, SPF_TREE_ABSENT, 1, 0,
		    SPF_TREE_ALL_FAIL },
		{ "macro.test", SPF_TREE_GOOD, SPF_TREE_MACRO, 2, 0,
		    SPF_TREE_ALL_FAIL },
		{ "void.test", SPF_TREE_GOOD, SPF_TREE_GOOD, 3, 2,
		    SPF_TREE_ALL_NEUTRAL },
		{ "away.test", SPF_TREE_TEMPFAIL, SPF_TREE_GOOD, 0, 0,
		    SPF_TREE_ALL_NONE },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		struct spf_tree t;

		print_message("  %s\n", cases[i].domain);
		walk(cases[i].domain, &t);
		assert_int_equal(t.nodes[0].fault, cases[i].root);
		assert_int_equal(t.lookups, cases[i].lookups);
		assert_int_equal(t.voids, cases[i].voids);
		assert_int_equal(spf_tree_all(&t), cases[i].all);
		if (cases[i].below != SPF_TREE_GOOD)
			assert_non_null(spf_tree_fault(&t, cases[i].below));
		spf_tree_fini(&t);
	}
}

static void
a_hostile_tree_ends(void **state)
{
	struct spf_tree t;

	(void)state;
	/* Every record draws in two more, 30 levels deep. */
	for (int i = 0; i < 30; i++) {
		char name[64], text[128];

		(void)snprintf(name, sizeof(name), "h%d.test", i);
		(void)snprintf(text, sizeof(text),
		    "v=spf1 include:h%d.test include:h%d.test a mx -all",
		    i + 1, i + 2);
		txt(name, text);
	}
	walk("h0.test", &t);
	assert_true(t.cut);
	assert_true(t.node_count <= SPF_TREE_NODES);
	assert_true(t.lookups > SPF_TREE_LOOKUPS_MAX);
	spf_tree_fini(&t);
}

static int
set_up(void **state)
{
	(void)state;
	if (dns_new_static(&dns) != 0)
		return -1;
	txt("plain.test", "v=spf1 ip4:192.0.2.1 -all");
	txt("deep.test", "v=spf1 include:a.test include:b.test ~all");
	txt("a.test", "v=spf1 include:plain.test a ~all");
	txt("b.test", "v=spf1 ip6:2001:db8::/32 ?all");
	txt("redirect.test", "v=spf1 redirect=plain.test");
	txt("ignored.test", "v=spf1 -all include:a.test redirect=a.test");
	txt("none.test", "v=spf10");
	txt("two.test", "v=spf1 -all");
	txt("two.test", "V=SPF1 mx");
	txt("typo.test", "v=spf1 ipv4:192.0.2.1");
	txt("loop.test", "v=spf1 include:LOOP2.test -all");
	txt("loop2.test", "v=spf1 include:loop.test.  -all");
	txt("broken.test", "v=spf1 include:nothing.test -all");
	txt("macro.test", "v=spf1 include:%{d}.x.test exists:%{i}.x.test -all");
	txt("void.test", "v=spf1 a:no.test mx:no.test a:yes.test ?all");
	if (dns_static_add(dns, "yes.test", DNS_A, "192.0.2.1", 9) != 0 ||
	    dns_static_add(dns, "a.test", DNS_A, "192.0.2.1", 9) != 0)
		return -1;
	return dns_static_timeout(dns, "away.test");
}

static int
tear_down(void **state)
{
	(void)state;
	dns_free(dns);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_are_counted_whole),
		cmocka_unit_test(a_hostile_tree_ends),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
