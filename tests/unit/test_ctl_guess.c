/* SPDX-License-Identifier: Apache-2.0 */
/* The envelope of a stored message, guessed from its header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "provisioning/ctl_guess.h"

#define BY " by mx.edge.test with ESMTP id 1; Sat, 21 Nov 2026 10:00:00 +0000"

static const struct {
	const char *name;
	const char *fields[8]; /* name, value, ... */
	const char *client, *helo, *rpath, *rcpt; /* "" = not found */
} cases[] = {
	{ "nothing", { NULL }, "", "", "", "" },
	{ "as Postfix stores it",
	    { "Return-Path", " <bounce@a.test>", "Delivered-To", " b@c.test",
		"Received", " from mx.a.test (mx.a.test [192.0.2.1])\r\n\t" BY,
		"From", " Alice <alice@a.test>" },
	    "192.0.2.1", "mx.a.test", "bounce@a.test", "b@c.test" },
	{ "hops inside are passed over",
	    { "Received", " from localhost (localhost [127.0.0.1])" BY,
		"Received", " from lan (unknown [10.1.2.3])" BY, "Received",
		" from out (unknown [IPv6:2001:db8::1])" BY, "To", "x@y.test" },
	    "2001:db8::1", "out", "", "x@y.test" },
	{ "the newest outer hop counts",
	    { "Received", " from near (unknown [192.0.2.1])" BY, "Received",
		" from far (unknown [198.51.100.1])" BY },
	    "192.0.2.1", "near", "", "" },
	{ "an address after by is the receiver's",
	    { "Received", " from x by mx [192.0.2.1]; date" }, "", "", "", "" },
	{ "no address at all", { "Received", " from x (y)" BY }, "", "", "",
	    "" },
	{ "an open bracket", { "Received", " from x ([192.0.2.1" }, "", "", "",
	    "" },
	{ "a HELO that is a literal",
	    { "Received", " from [192.0.2.7] (unknown [192.0.2.7])" BY },
	    "192.0.2.7", "[192.0.2.7]", "", "" },
	{ "null reverse-path", { "Return-Path", " <>", "From", "a@b.test" }, "",
	    "", "<>", "" },
	{ "From when there is no Return-Path",
	    { "From", " \"A, B\" <a@b.test>, c@d.test" }, "", "", "a@b.test",
	    "" },
	{ "what was typed before where it went",
	    { "Delivered-To", "final@c.test", "X-Original-To", "typed@c.test" },
	    "", "", "", "typed@c.test" },
};

static void
envelopes_are_guessed(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		char text[OCT_ADDR_SIZE] = "";
		struct oct_msg_limits limits;
		struct ctl_guess g;
		struct oct_msg *m;

		print_message("  %s\n", cases[i].name);
		oct_msg_limits_init(&limits);
		assert_int_equal(oct_msg_new(&limits, &m), 0);
		for (size_t k = 0; k + 1 < OCT_LEN(cases[i].fields) &&
		    cases[i].fields[k] != NULL; k += 2)
			assert_int_equal(oct_msg_add_field(m,
					     cases[i].fields[k],
					     cases[i].fields[k + 1]),
			    0);
		ctl_guess(m, &g);
		if (g.client.family != AF_UNSPEC)
			oct_ip_text(&g.client, text);
		assert_string_equal(text, cases[i].client);
		assert_string_equal(g.helo, cases[i].helo);
		oct_addr_text(&g.rpath, text);
		if (g.has_rpath && *text == '\0')
			memcpy(text, "<>", 3);
		assert_string_equal(g.has_rpath ? text : "", cases[i].rpath);
		oct_addr_text(&g.rcpt, text);
		assert_string_equal(g.has_rcpt ? text : "", cases[i].rcpt);
		oct_msg_free(m);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(envelopes_are_guessed),
	};

	return cmocka_run_group_tests_name("ctl_guess", tests, NULL, NULL);
}
