/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/keys.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/addr.h"

/* Room for one more name; each call gives another. */
static char *
room(void)
{
	static char names[64][KEY_SIZE];
	static size_t used;

	assert_true(used < OCT_LEN(names));
	return names[used++];
}

static void
test_names(void **state)
{
	const struct {
		const char *name, *got, *want;
	} cases[] = {
		{ "domain", key_domain(room(), "d.fr"), "oct:{d.fr}:domain" },
		{ "mailboxes", key_mailboxes(room(), "d.fr"), "oct:{d.fr}:mbx" },
		{ "aliases", key_aliases(room(), "d.fr"), "oct:{d.fr}:alias" },
		{ "DKIM keys", key_dkim(room(), "d.fr"), "oct:{d.fr}:dkim" },
		{ "own name", key_own(room(), "d.fr"), "oct:{d.fr}:own" },
		{ "templates", key_templates(room(), "@"),
		    "oct:{@}:templates" },
		{ "relations", key_relations(room(), "d.fr", "jo"),
		    "oct:{d.fr}:rel:jo" },
		{ "grants", key_grants(room(), "d.fr", "@"),
		    "oct:{d.fr}:grant:@" },
		{ "sent", key_sent(room(), "d.fr", "h"), "oct:{d.fr}:sent:h" },
		{ "expected", key_expect(room(), "d.fr", "jo"),
		    "oct:{d.fr}:expect:jo" },
		{ "tags", key_tags(room(), "d.fr", "jo"),
		    "oct:{d.fr}:tags:jo" },
		{ "held", key_held(room(), "d.fr", "H1"), "oct:{d.fr}:held:H1" },
		{ "index", key_held_index(room(), "d.fr", "jo"),
		    "oct:{d.fr}:heldidx:jo" },
		{ "space", key_space(room(), "d.fr", "jo"),
		    "oct:{d.fr}:space:jo" },
		{ "challenge", key_challenge(room(), "d.fr", "c1"),
		    "oct:{d.fr}:chal:c1" },
		{ "due", key_due(room(), "n1"), "oct:due:n1" },
		{ "clock", key_clock(room(), "n1"), "oct:clock:n1" },
		{ "work", key_work(room(), "n1"), "oct:work:n1" },
		{ "taught", key_said(room(), "d.fr"), "oct:{d.fr}:said" },
		{ "taught for all", key_said(room(), NULL), "oct:{g}:said" },
		{ "confirmed", key_later(room(), "d.fr", "0a"),
		    "oct:{d.fr}:later:0a" },
		{ "token", key_token(room(), "T1"), "oct:tok:T1" },
		{ "tries", key_tries(room(), "192.0.2.0/24"),
		    "oct:{g}:tries:192.0.2.0/24" },
		{ "rate", key_rate(room(), "d.fr", "in", "jo:x"),
		    "oct:{d.fr}:rate:in:jo:x" },
		{ "rate of a network", key_rate_net(room(), "in", "::/48"),
		    "oct:{g}:netrate:in:::/48" },
		{ "seen", key_seen(room(), "s"), "oct:{g}:seen:s" },
		{ "suppressed", key_suppressed(room(), "h"), "oct:{g}:supp:h" },
		{ "numbers", key_stat(room(), "d.fr", "2026-11-21"),
		    "oct:{d.fr}:stat:2026-11-21" },
		{ "first sight", key_tempfirst(room(), "d.fr", "h"),
		    "oct:{d.fr}:tfirst:h" },
		{ "pass", key_pass(room(), "d.fr", "h"), "oct:{d.fr}:pass:h" },
		{ "used token", key_pass_used(room(), "d.fr", "t"),
		    "oct:{d.fr}:passused:t" },
		{ "confirmations", key_confirms(room(), "org-e.fr"),
		    "oct:{g}:confirms:org-e.fr" },
		{ "cap", key_cap(room(), "network", "::/48"),
		    "oct:{g}:cap:network:::/48" },
		{ "breaker", key_breaker(room(), "org", "a.fr"),
		    "oct:{g}:breaker:org:a.fr" },
		{ "organisation", key_org(room(), "h"), "oct:{g}:org:h" },
		{ "a link", key_owner_ask(room(), "0123"),
		    "oct:{g}:ownerask:0123" },
		{ "unlisted", key_unlisted(room(), "a.example", "bob"),
		    "oct:{a.example}:unlisted:bob" },
		{ "digest", key_digest(room(), "a.example"),
		    "oct:{a.example}:digest" },
		{ "digest's state", key_digest_state(room(), "a.example"),
		    "oct:{a.example}:digeststate" },
		{ "extended", key_extended(room(), "a.example"),
		    "oct:{a.example}:extended" },
		{ "told", key_told(room(), "extension:t:2026-11-21"),
		    "oct:{g}:told:extension:t:2026-11-21" },
		{ "asked", key_asked(room(), "20261121"),
		    "oct:{g}:asked:20261121" },
		{ "a brace in the local part keeps the tag",
		    key_relations(room(), "d.fr", "{x}"),
		    "oct:{d.fr}:rel:{x}" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		print_message("  %s\n", cases[i].name);
		assert_string_equal(cases[i].got, cases[i].want);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(cases[i].got, cases[j].got);
	}
}

static void
test_platform_keys_never_meet_a_domain_g(void **state)
{
	char a[KEY_SIZE], b[KEY_SIZE];

	(void)state;
	assert_string_not_equal(key_rate(a, "g", "in", "x"),
	    key_rate_net(b, "in", "x"));
}

static void
test_longest_parts_fit(void **state)
{
	char domain[OCT_DOMAIN_SIZE], local[OCT_LOCAL_SIZE], out[KEY_SIZE];

	(void)state;
	memset(domain, 'd', sizeof(domain) - 1);
	memset(local, 'l', sizeof(local) - 1);
	domain[sizeof(domain) - 1] = local[sizeof(local) - 1] = '\0';
	assert_int_equal(strlen(key_held_index(out, domain, local)),
	    strlen("oct:{}:heldidx:") + 255 + 255);
	assert_int_equal(strlen(key_rate(out, domain, "messages_in", local)),
	    strlen("oct:{}:rate:messages_in:") + 255 + 255);
}

static void
test_too_long_is_never_cut(void **state)
{
	char *part = malloc(KEY_SIZE), out[KEY_SIZE];
	int status = 0;
	pid_t pid;

	(void)state;
	assert_non_null(part);
	memset(part, 'x', KEY_SIZE - 1);
	part[KEY_SIZE - 1] = '\0';
	pid = fork();
	if (pid == 0) {
		(void)close(STDERR_FILENO);
		(void)key_token(out, part);
		_exit(0);
	}
	assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	free(part);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_platform_keys_never_meet_a_domain_g),
		cmocka_unit_test(test_longest_parts_fit),
		cmocka_unit_test(test_too_long_is_never_cut),
	};

	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
