/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings: the sample is a good file, each wrong value is named with its
 * line, and the texts of rates, scores and weights.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/err.h"
#include "lib/io.h"
#include "lib/log.h"
#include "policy/settings.h"

#define NEEDED                                                                 \
	"platform { hostname = mx.ville.example }\n"                           \
	"challenge { domain = defi.example\n"                                  \
	"url = \"https://defi.example\" }\n"

/* Load a text; what was logged meanwhile goes into log (caller frees). */
static int
load(const char *text, struct settings **out, char **log)
{
	char path[] = "/tmp/oct-settings-XXXXXX";
	int fd = mkstemp(path), logged = memfd_create("log", MFD_CLOEXEC);
	int kept = dup(STDERR_FILENO), rc;

	assert_true(fd >= 0 && logged >= 0 && kept >= 0);
	assert_int_equal(oct_io_write(fd, text, strlen(text)), 0);
	(void)close(fd);
	(void)dup2(logged, STDERR_FILENO);
	rc = settings_load(path, out);
	(void)dup2(kept, STDERR_FILENO);
	(void)close(kept);
	(void)unlink(path);
	assert_int_equal(lseek(logged, 0, SEEK_SET), 0);
	assert_int_equal(oct_io_slurp(logged, 1 << 20, log, NULL), 0);
	(void)close(logged);
	return rc;
}

static struct settings *
must_load(const char *text)
{
	struct settings *s = NULL;
	char *log;

	if (load(text, &s, &log) != 0)
		fail_msg("%s", log);
	assert_string_equal(log, "");
	free(log);
	return s;
}

static void
a_short_file_has_the_defaults(void **state)
{
	struct settings *s = must_load(NEEDED);
	struct case_timers t, standard;

	(void)state;
	assert_string_equal(s->hostname, "mx.ville.example");
	assert_string_equal(s->node, "main");
	assert_int_equal(s->max_recipients, 1000);
	assert_int_equal(s->statutory.count, 15);
	/* The defaults of the timers stand in two places. */
	settings_timers(s, &t);
	case_timers_init(&standard);
	assert_int_equal(t.settle, standard.settle);
	assert_int_equal(t.fresh, standard.fresh);
	assert_int_equal(t.hold, standard.hold);
	assert_int_equal(t.hold_silent, standard.hold_silent);
	assert_int_equal(t.hold_virus, standard.hold_virus);
	assert_int_equal(t.extend, standard.extend);
	assert_int_equal(t.quiet, standard.quiet);
	assert_int_equal(t.button, standard.button);
	assert_int_equal(t.lease, standard.lease);
	assert_int_equal(t.asks_max, standard.asks_max);
	settings_free(s);
	settings_free(NULL);
}

/* Whoever is written to can ask somebody, and read what is kept of him. */
static void
mails_always_name_a_contact(void **state)
{
	static const struct {
		const char *name, *set, *help, *notice;
	} rows[] = {
		{ "nothing set", "", "filtre@defi.example",
		    "https://defi.example/donnees-personnelles" },
		{ "the page's contact", "web { contact = \"05 53\" }\n",
		    "05 53", "https://defi.example/donnees-personnelles" },
		{ "its own",
		    "web { contact = \"05 53\" }\n"
		    "challenge { contact = aide notice = \"https://n.example\" "
		    "}\n",
		    "aide", "https://n.example" },
		/* 80 of 200 octets each. */
		{ "no room",
		    "web { operator = \"1234567890123456789012345678901234567890"
		    "1234567890123456789012345678901234567890\" }\n"
		    "challenge { dpo = \"1234567890123456789012345678901234567890"
		    "1234567890123456789012345678901234567890\" }\n",
		    "filtre@defi.example", "" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		char text[1024];
		struct settings *s;

		print_message("  %s\n", rows[i].name);
		(void)snprintf(text, sizeof(text), NEEDED "%s", rows[i].set);
		s = must_load(text);
		assert_string_equal(s->mail_help, rows[i].help);
		assert_string_equal(s->mail_notice, rows[i].notice);
		settings_free(s);
	}
}

static void
options_have_platform_values(void **state)
{
	struct settings *s = must_load(NEEDED);
	struct option_values standard, v;
	struct case_timers t;

	(void)state;
	/* Their defaults stand in two places too. */
	options_standard(&standard);
	settings_options(s, &v);
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (v.v[i] != standard.v[i])
			fail_msg("%s: %lld", option_info((enum option)i)->name,
			    (long long)v.v[i]);
	settings_free(s);

	s = must_load("platform { hostname = mx.ville.example }\n"
		      "challenge { domain = defi.example\n"
		      "url = \"https://defi.example\"\n"
		      "mode = simulate\n"
	    "first_contact = defer\n"
	    "unproven = hold automatic = \"by-score\" proof = code\n"
	    "outbound_here = yes hold = 2s hold_silent = 3s quiet = 4s\n"
	    "allow = 5s allow_sent = 6s forget = 7s defer = 8s button = 9s\n"
	    "pass = 10s asks = 1 pass_messages = 11 cap_mailbox = 12\n"
	    "share_mailbox = 13 relation_messages = 14\n"
	    "relation_octets = 15k space_messages = 16 space_octets = 17k }\n");
	settings_options(s, &v);
	assert_int_equal(v.v[OPTION_CHALLENGE], OPTION_CHALLENGE_SIMULATE);
	assert_int_equal(v.v[OPTION_FIRST_CONTACT], OPTION_FIRST_DEFER);
	assert_int_equal(v.v[OPTION_UNPROVEN], OPTION_UNPROVEN_HOLD);
	assert_int_equal(v.v[OPTION_AUTOMATIC], OPTION_AUTOMATIC_SCORE);
	assert_int_equal(v.v[OPTION_PROOF], OPTION_PROOF_CODE);
	assert_int_equal(v.v[OPTION_OUTBOUND], 1);
	assert_int_equal(v.v[OPTION_HOLD], 2000);
	assert_int_equal(v.v[OPTION_HOLD_SILENT], 3000);
	assert_int_equal(v.v[OPTION_QUIET], 4000);
	assert_int_equal(v.v[OPTION_ALLOW], 5000);
	assert_int_equal(v.v[OPTION_ALLOW_SENT], 6000);
	assert_int_equal(v.v[OPTION_FORGET], 7000);
	assert_int_equal(v.v[OPTION_DEFER], 8000);
	assert_int_equal(v.v[OPTION_BUTTON], 9000);
	assert_int_equal(v.v[OPTION_PASS], 10000);
	assert_int_equal(v.v[OPTION_ASKS], 1);
	assert_int_equal(v.v[OPTION_PASS_MESSAGES], 11);
	assert_int_equal(v.v[OPTION_CAP_MAILBOX], 12);
	assert_int_equal(v.v[OPTION_SHARE_MAILBOX], 13);
	assert_int_equal(v.v[OPTION_RELATION_ITEMS], 14);
	assert_int_equal(v.v[OPTION_RELATION_OCTETS], 15 * 1024);
	assert_int_equal(v.v[OPTION_SPACE_ITEMS], 16);
	assert_int_equal(v.v[OPTION_SPACE_OCTETS], 17 * 1024);

	/* A mailbox's values over the platform's timers. */
	settings_timers(s, &t);
	t.extend = 77;
	v.v[OPTION_HOLD] = 1;
	v.v[OPTION_HOLD_SILENT] = 2;
	v.v[OPTION_QUIET] = 3;
	v.v[OPTION_BUTTON] = 4;
	v.v[OPTION_ASKS] = 5;
	v.v[OPTION_SETTLE] = 6;
	v.v[OPTION_FRESH] = 7;
	v.v[OPTION_HOLD_VIRUS] = 8;
	options_timers(&v, &t);
	assert_int_equal(t.extend, 77);
	assert_int_equal(t.settle, 6);
	assert_int_equal(t.fresh, 7);
	assert_int_equal(t.hold_virus, 8);
	assert_int_equal(t.hold, 1);
	assert_int_equal(t.hold_silent, 2);
	assert_int_equal(t.quiet, 3);
	assert_int_equal(t.button, 4);
	assert_int_equal(t.asks_max, 5);
	settings_free(s);
}

/* The sample with every setting made active. */
static char *
active_sample(void)
{
	static const struct {
		const char *name, *value;
	} given[] = { { "hostname", "mx.ville.example" },
		{ "domain", "defi.example" },
		{ "url", "\"https://defi.example\"" } };
	struct oct_str sample, out;
	const char *line;

	oct_str_heap(&sample, 1 << 20);
	assert_int_equal(settings_sample(&sample), 0);
	oct_str_heap(&out, 1 << 20);
	for (line = oct_str_text(&sample); *line != '\0';) {
		size_t len = strcspn(line, "\n");
		const char *p = line + strspn(line, "\t");
		bool done = false;

		for (size_t i = 0; i < OCT_LEN(given); i++) {
			size_t n = strlen(given[i].name);

			if (strncmp(p, "#", 1) == 0 &&
			    strncmp(p + 1, given[i].name, n) == 0 &&
			    strncmp(p + 1 + n, " = \"\"", 5) == 0) {
				oct_str_addf(&out, "%s = %s\n", given[i].name,
				    given[i].value);
				done = true;
			}
		}
		if (!done && *p == '#' && p[1] != ' ')
			p++;
		if (!done)
			oct_str_addf(&out, "%.*s\n", (int)(len - (size_t)(p -
						       line)), p);
		line += len + (line[len] == '\n');
	}
	oct_str_free(&sample);
	return oct_str_take(&out);
}

static void
the_sample_is_a_good_file(void **state)
{
	char *text = active_sample();
	struct settings *all = must_load(text), *few = must_load(NEEDED);

	(void)state;
	assert_non_null(strstr(text, "\nnode = "));
	assert_int_equal(all->max_body, few->max_body);
	assert_int_equal(all->t_hold, few->t_hold);
	assert_int_equal(all->providers.count, few->providers.count);
	assert_string_equal(all->milter_socket, few->milter_socket);
	settings_free(all);
	settings_free(few);
	free(text);
}

static void
wrong_values_are_named_with_their_line(void **state)
{
	static const struct {
		const char *section, *line;
	} rows[] = {
		{ "platform", "hostname = mx" },
		{ "platform", "hostname = \"a b.example\"" },
		{ "platform", "hostname = \"\"" },
		{ "platform", "authserv_id = \"-- x\"" },
		{ "platform", "node = \"Main\"" },
		{ "platform", "node = \"a/b\"" },
		{ "platform", "node = \"\"" },
		{ "platform",
		    "node = \"abcdefghijklmnopqrstuvwxyz0123456\"" },
		{ "platform", "secret_file = \"secret\"" },
		{ "platform", "language = de" },
		{ "platform", "unknown = 1" },
		{ "redis", "address = \"\"" },
		{ "redis", "db = -1" },
		{ "redis", "db = x" },
		{ "redis", "connect_timeout = 500" },
		{ "redis", "connect_timeout = 1h" },
		{ "dns", "tries = 0" },
		{ "dns", "cache = 1k" },
		{ "dns", "trust_ad = perhaps" },
		{ "spool", "path = \"spool\"" },
		{ "spool", "reserve = -1" },
		{ "limits", "network = \"100\"" },
		{ "limits", "network = \"0/1h\"" },
		{ "limits", "network = \"100/1\"" },
		{ "limits", "mailbox = \"100/\"" },
		{ "limits", "domain = \"/1h\"" },
		{ "limits", "guess = \"1/32d\"" },
		{ "limits", "recipients = 0" },
		{ "limits", "body = 1" },
		{ "score", "tag = \"much\"" },
		{ "score", "hold = \"1.234\"" },
		{ "score", "reject = \"1e3\"" },
		{ "score", "reject = \"99999\"" },
		{ "score", "weights = { SPF_FAIL }" },
		{ "score", "weights = { \"SPF_FALL=1\" }" },
		{ "score", "weights = { \"SPF_FAIL=x\" }" },
		{ "score", "weights = { \"=1\" }" },
		{ "score", "weights = { \"DNSBL=1\" }" },
		{ "challenge", "domain = defi" },
		{ "challenge", "url = \"ftp://defi.example\"" },
		{ "challenge", "url = \"https://\"" },
		{ "challenge", "url = \"https://defi.example/\"" },
		{ "challenge", "url = \"https://defi.example/a b\"" },
		{ "challenge", "url = \"https://defi.example\\nX: y\"" },
		{ "challenge", "url = \"https://defi.example/"
			       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"" },
		{ "challenge", "from = \"a b\"" },
		{ "challenge", "from = \"a@b.example\"" },
		{ "challenge", "statutory = { \"a@b\" }" },
		{ "challenge", "providers = { x }" },
		{ "challenge", "fresh = 0" },
		{ "challenge", "hold = 31d" },
		{ "challenge", "asks = 11" },
		{ "milter", "sessions = 0" },
		{ "milter", "spf_engine = pyspf" },
		{ "milter", "trusted_relays = { \"192.0.2.0/33\" }" },
		{ "milter", "trusted_relays = { example }" },
		{ "milter", "forwarders = { \"192.0.2.1/x\" }" },
		{ "web", "connections = many" },
		{ "nothing", "x = 1" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct settings *s = NULL;
		char text[1024], *log;

		print_message("  %s: %s\n", rows[i].section, rows[i].line);
		(void)snprintf(text, sizeof(text), NEEDED "# line 4\n%s {\n%s\n}\n",
		    rows[i].section, rows[i].line);
		assert_int_equal(load(text, &s, &log), OCT_ECONF);
		assert_null(s);
		/* The section itself if it is not known. */
		if (strstr(log, ":6: ") == NULL && strstr(log, ":5: ") == NULL)
			fail_msg("no line in \"%s\"", log);
		free(log);
	}
}

static void
what_must_be_given_is_asked_for(void **state)
{
	struct settings *s = NULL;
	char *log;

	(void)state;
	assert_int_equal(load("platform { }\n", &s, &log), OCT_ECONF);
	assert_non_null(strstr(log, "hostname"));
	assert_non_null(strstr(log, "domain"));
	assert_non_null(strstr(log, "url"));
	free(log);
	assert_int_equal(settings_load("/nowhere/octroi.conf", &s), OCT_ECONF);
}

static void
thresholds_follow_each_other(void **state)
{
	static const struct {
		const char *line;
		int rc;
	} rows[] = {
		{ "tag = \"6\"", 0 },
		{ "tag = \"6.01\"", OCT_ECONF },
		{ "hold = \"16\"", OCT_ECONF },
		{ "reject = \"5\"", OCT_ECONF },
		{ "tag = \"-1\" hold = \"-0.5\" reject = \"0\"", 0 },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct settings *s = NULL;
		char text[512], *log;

		print_message("  %s\n", rows[i].line);
		(void)snprintf(text, sizeof(text), NEEDED "score { %s }\n",
		    rows[i].line);
		assert_int_equal(load(text, &s, &log), rows[i].rc);
		assert_int_equal(*log == '\0', rows[i].rc == 0);
		free(log);
		settings_free(s);
	}
}

static void
weights_change_the_defaults(void **state)
{
	struct settings *s = must_load(NEEDED
	    "score { weights = { \"SPF_FAIL=2.5\", \"DMARC_PASS=-3\" } }\n");
	struct score_weights w, standard;

	(void)state;
	score_weights_init(&standard);
	settings_weights(s, &w);
	assert_int_equal(w.weight[SYM_SPF_FAIL], 250);
	assert_int_equal(w.weight[SYM_DMARC_PASS], -300);
	assert_int_equal(w.weight[SYM_DKIM_FAIL],
	    standard.weight[SYM_DKIM_FAIL]);
	assert_memory_equal(w.cap, standard.cap, sizeof(w.cap));
	settings_free(s);
}

static void
modules_get_what_was_set(void **state)
{
	struct settings *s = must_load(NEEDED
	    "redis { address = \"unix:/x\" user = u password = p db = 3\n"
	    "connect_timeout = 1s command_timeout = 3s }\n"
	    "dns { servers = { \"192.0.2.1\", \"[::1]:53\" } tries = 5\n"
	    "timeout = 2s cache = 1M trust_ad = true }\n");
	struct store_conf store;
	struct dns_conf dns;

	(void)state;
	settings_store(s, &store);
	assert_string_equal(store.address, "unix:/x");
	assert_string_equal(store.user, "u");
	assert_string_equal(store.password, "p");
	assert_int_equal(store.db, 3);
	assert_int_equal(store.connect_ms, 1000);
	assert_int_equal(store.command_ms, 3000);
	settings_dns(s, &dns);
	assert_int_equal(dns.server_count, 2);
	assert_string_equal(dns.servers[1], "[::1]:53");
	assert_int_equal(dns.tries, 5);
	assert_int_equal(dns.try_ms, 2000);
	assert_int_equal(dns.cache_octets, 1 << 20);
	assert_true(dns.trust_ad);
	settings_free(s);
	s = must_load(NEEDED);
	settings_store(s, &store);
	assert_null(store.user);
	assert_null(store.password);
	settings_free(s);
}

static void
rates(void **state)
{
	static const struct {
		const char *text;
		int rc;
		int64_t count, period;
	} rows[] = {
		{ "", 0, 0, 0 },
		{ "100/1h", 0, 100, 3600000 },
		{ "1/1s", 0, 1, 1000 },
		{ "1000000000/31d", 0, 1000000000, 31LL * 86400000 },
		{ "1000000001/1h", OCT_EPARSE, 0, 0 },
		{ "1/999ms", OCT_EPARSE, 0, 0 },
		{ "1/32d", OCT_EPARSE, 0, 0 },
		{ "-1/1h", OCT_EPARSE, 0, 0 },
		{ "1/-1h", OCT_EPARSE, 0, 0 },
		{ "1/1h/1h", OCT_EPARSE, 0, 0 },
		{ " 1/1h", OCT_EPARSE, 0, 0 },
		{ "1 /1h", OCT_EPARSE, 0, 0 },
		{ "1/1h ", OCT_EPARSE, 0, 0 },
		{ "/", OCT_EPARSE, 0, 0 },
		{ "x/1h", OCT_EPARSE, 0, 0 },
		{ "111111111111111111111111111111/1h", OCT_EPARSE, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		int64_t count = -7, period = -7;

		print_message("  \"%s\"\n", rows[i].text);
		assert_int_equal(settings_rate(rows[i].text, &count, &period),
		    rows[i].rc);
		assert_int_equal(count, rows[i].rc == 0 ? rows[i].count : -7);
		assert_int_equal(period, rows[i].rc == 0 ? rows[i].period : -7);
	}
}

static void
hundredths(void **state)
{
	static const struct {
		const char *text;
		int rc;
		int32_t value;
	} rows[] = {
		{ "0", 0, 0 },
		{ "1", 0, 100 },
		{ "1.", 0, 100 },
		{ "1.5", 0, 150 },
		{ "1.05", 0, 105 },
		{ "-1.05", 0, -105 },
		{ "-0", 0, 0 },
		{ "007", 0, 700 },
		{ "1000", 0, 100000 },
		{ "1000.01", OCT_EPARSE, 0 },
		{ "99999", OCT_EPARSE, 0 },
		{ "99999999999999999999", OCT_EPARSE, 0 },
		{ "1.005", OCT_EPARSE, 0 },
		{ "1.5.5", OCT_EPARSE, 0 },
		{ ".5", OCT_EPARSE, 0 },
		{ "", OCT_EPARSE, 0 },
		{ "-", OCT_EPARSE, 0 },
		{ "--1", OCT_EPARSE, 0 },
		{ "+1", OCT_EPARSE, 0 },
		{ "1,5", OCT_EPARSE, 0 },
		{ " 1", OCT_EPARSE, 0 },
		{ "1 ", OCT_EPARSE, 0 },
		{ "0x1", OCT_EPARSE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		int32_t v = -7;

		print_message("  \"%s\"\n", rows[i].text);
		assert_int_equal(settings_hundredths(rows[i].text, &v),
		    rows[i].rc);
		assert_int_equal(v, rows[i].rc == 0 ? rows[i].value : -7);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_short_file_has_the_defaults),
		cmocka_unit_test(mails_always_name_a_contact),
		cmocka_unit_test(options_have_platform_values),
		cmocka_unit_test(the_sample_is_a_good_file),
		cmocka_unit_test(wrong_values_are_named_with_their_line),
		cmocka_unit_test(what_must_be_given_is_asked_for),
		cmocka_unit_test(thresholds_follow_each_other),
		cmocka_unit_test(weights_change_the_defaults),
		cmocka_unit_test(modules_get_what_was_set),
		cmocka_unit_test(rates),
		cmocka_unit_test(hundredths),
	};

	oct_log_open("test_settings", OCT_LOG_STDERR, OCT_ERROR);
	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
