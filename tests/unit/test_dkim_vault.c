/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/dkim_vault.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/clock.h"
#include "lib/err.h"

#define D "ville.test"
#define DEADLINE_MS 10000
#define HEADER                                                                 \
	"From: maire@" D "\r\nTo: a@b.test\r\nSubject: x\r\n"                  \
	"Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@" D ">\r\n"
#define BODY "Bonjour,\r\n\r\n  un essai.  \r\n\r\n"

static struct {
	struct dkim_vault *vault;
	struct auth_dkim_lib *lib;
	struct oct_secret secret;
} world;

/* One key of each kind. */
static struct pair {
	const char *selector;
	bool ed25519;
	char *sealed, *record;
} pairs[] = { { .selector = "e", .ed25519 = true }, { .selector = "r" } };

static int
make_pair(struct pair *p)
{
	struct oct_str record, sealed;
	char *pem;

	oct_str_heap(&record, 4096);
	oct_str_heap(&sealed, 8192);
	if (auth_dkim_keygen(p->ed25519, 2048, &pem, &record) != 0 ||
	    dkim_vault_seal(world.vault, D, p->selector, pem, &sealed) != 0)
		return -1;
	free(pem);
	p->record = oct_str_take(&record);
	p->sealed = oct_str_take(&sealed);
	return p->record != NULL && p->sealed != NULL ? 0 : -1;
}

static int
set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(world.secret.octets); i++)
		world.secret.octets[i] = (uint8_t)i;
	if (sodium_init() < 0 ||
	    dkim_vault_new(&world.secret, &world.vault) != 0 ||
	    auth_dkim_lib_new(&world.lib) != 0)
		return -1;
	for (size_t i = 0; i < OCT_LEN(pairs); i++)
		if (make_pair(&pairs[i]) != 0)
			return -1;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(pairs); i++) {
		free(pairs[i].record);
		free(pairs[i].sealed);
	}
	auth_dkim_lib_free(world.lib);
	dkim_vault_free(world.vault);
	return 0;
}

static const struct auth_dkim_parts message = { .header = HEADER,
	.body = BODY, .header_len = sizeof(HEADER) - 1,
	.body_len = sizeof(BODY) - 1 };

static enum auth_result
verify(const struct pair *key, const struct oct_str *signature,
    const char *body)
{
	struct auth_dkim_verifier *v;
	struct dns_session *session;
	struct auth_dkim out;
	struct dns *dns;
	char name[128];
	const char *p = HEADER;

	(void)snprintf(name, sizeof(name), "%s._domainkey." D, key->selector);
	assert_int_equal(dns_new_static(&dns), 0);
	assert_int_equal(dns_static_add(dns, name, DNS_TXT, key->record,
			     strlen(key->record)),
	    0);
	assert_int_equal(dns_session_new(dns, oct_clock_mono_ms() + DEADLINE_MS,
			     10, &session),
	    0);
	assert_int_equal(auth_dkim_verify_new(world.lib, session, "t", &v), 0);
	assert_int_equal(auth_dkim_verify_field(v, "DKIM-Signature", 14,
			     oct_str_text(signature) + 15,
			     signature->len - 17),
	    0);
	while (*p != '\0') {
		const char *colon = strchr(p, ':'), *end = strstr(p, "\r\n");

		assert_int_equal(auth_dkim_verify_field(v, p,
				     (size_t)(colon - p), colon + 1,
				     (size_t)(end - colon) - 1),
		    0);
		p = end + 2;
	}
	assert_int_equal(auth_dkim_verify_eoh(v), 0);
	assert_int_equal(auth_dkim_verify_body(v, body, strlen(body)), 0);
	assert_int_equal(auth_dkim_verify_end(v, &out), 0);
	assert_int_equal(out.count, 1);
	auth_dkim_verify_free(v);
	dns_session_free(session);
	dns_free(dns);
	return out.sig[0].result;
}

static void
test_the_vault_signs(void **state)
{

	(void)state;
	for (size_t i = 0; i < OCT_LEN(pairs); i++) {
		const struct pair *k = &pairs[i];
		const struct dkim_sealed sealed = { .domain = D,
			.selector = k->selector, .sealed = k->sealed,
			.ed25519 = k->ed25519 };
		struct oct_str out;

		print_message("  %s\n", k->selector);
		oct_str_heap(&out, 8192);
		assert_int_equal(dkim_vault_sign(world.vault, world.lib,
				     &sealed, &message, &out),
		    0);
		assert_memory_equal(oct_str_text(&out), "DKIM-Signature:", 15);
		assert_int_equal(verify(k, &out, BODY), AUTH_PASS);
		oct_str_free(&out);
	}
}

/* As it will be once SMTP has ended its last line. */
static void
test_a_body_without_line_end(void **state)
{
	static const struct {
		const char *name, *given, *read;
	} rows[] = { { "no line end", "a\r\nb", "a\r\nb\r\n" },
		{ "blanks at the end", "a \t", "a\r\n" },
		{ "one octet", "a", "a\r\n" }, { "empty", "", "" } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows) * OCT_LEN(pairs); i++) {
		const struct pair *k = &pairs[i % OCT_LEN(pairs)];
		const char *given = rows[i / OCT_LEN(pairs)].given;
		const struct dkim_sealed sealed = { .domain = D,
			.selector = k->selector, .sealed = k->sealed,
			.ed25519 = k->ed25519 };
		const struct auth_dkim_parts m = { .header = HEADER,
			.header_len = sizeof(HEADER) - 1, .body = given,
			.body_len = strlen(given) };
		struct oct_str out;

		print_message("  %s, %s\n", rows[i / OCT_LEN(pairs)].name,
		    k->selector);
		oct_str_heap(&out, 8192);
		assert_int_equal(dkim_vault_sign(world.vault, world.lib,
				     &sealed, &m, &out),
		    0);
		assert_int_equal(verify(k, &out, rows[i / OCT_LEN(pairs)].read),
		    AUTH_PASS);
		oct_str_free(&out);
	}
}

static void *
sign_many(void *arg)
{
	size_t failed = 0;

	for (int i = 0; i < 40; i++) {
		const struct pair *k = &pairs[i % 2];
		const struct dkim_sealed sealed = { .domain = D,
			.selector = k->selector, .sealed = k->sealed,
			.ed25519 = k->ed25519 };
		struct oct_str out;

		oct_str_heap(&out, 8192);
		failed += dkim_vault_sign(world.vault, world.lib, &sealed,
			      &message, &out) != 0;
		oct_str_free(&out);
	}
	return failed == 0 ? NULL : arg;
}

static void
test_many_threads_sign(void **state)
{
	pthread_t threads[8];

	(void)state;
	for (size_t i = 0; i < OCT_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, sign_many,
				     pairs),
		    0);
	for (size_t i = 0; i < OCT_LEN(threads); i++) {
		void *failed = pairs;

		(void)pthread_join(threads[i], &failed);
		assert_null(failed);
	}
}

static void
test_a_key_opens_for_its_name_and_site_only(void **state)
{
	static const struct {
		const char *name, *domain, *selector;
		bool site;
		int rc;
	} rows[] = { { "its own", D, "e", true, 0 },
		{ "another domain", "bourg.test", "e", true, OCT_EAUTH },
		{ "another selector", D, "f", true, OCT_EAUTH },
		{ "another site", D, "e", false, OCT_EAUTH } };
	struct oct_secret other = world.secret;
	struct dkim_vault *elsewhere;

	(void)state;
	other.octets[0] ^= 1;
	assert_int_equal(dkim_vault_new(&other, &elsewhere), 0);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const struct dkim_sealed sealed = { .domain = rows[i].domain,
			.selector = rows[i].selector,
			.sealed = pairs[0].sealed, .ed25519 = true };
		struct oct_str out;

		print_message("  %s\n", rows[i].name);
		oct_str_heap(&out, 8192);
		assert_int_equal(dkim_vault_sign(rows[i].site ? world.vault
							      : elsewhere,
				     world.lib, &sealed, &message, &out),
		    rows[i].rc);
		assert_int_equal(out.len > 0, rows[i].rc == 0);
		oct_str_free(&out);
	}
	dkim_vault_free(elsewhere);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_vault_signs),
		cmocka_unit_test(test_a_body_without_line_end),
		cmocka_unit_test(test_many_threads_sign),
		cmocka_unit_test(test_a_key_opens_for_its_name_and_site_only),
	};

	return cmocka_run_group_tests_name("dkim_vault", tests, set_up,
	    tear_down);
}
