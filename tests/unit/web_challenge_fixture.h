/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the sender's page share: a real store, one sender who was
 * asked, and requests for his link.
 */
#ifndef OCT_TESTS_WEB_CHALLENGE_FIXTURE_H
#define OCT_TESTS_WEB_CHALLENGE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "challenge-web/app.h"
#include "challenge-web/nonce.h"
#include "challenge-web/route.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/suppress.h"
#include "tests/support/redis.h"
#include "tests/support/sender_case.h"

#define NOW 1800000000000LL
#define MINUTE 60000LL
#define HOUR (60 * MINUTE)

static struct test_redis server;
static struct settings settings = {
	.challenge_url = (char[]){ "https://filtre.example/c" },
	.challenge_contact = (char[]){ "aide@filtre.example" },
	.challenge_dpo = (char[]){ "" },
	.challenge_notice = (char[]){ "" },
	.web_operator = (char[]){ "Syndicat <b>" },
	.web_contact = (char[]){ "contact@filtre.example" },
	.web_audit = (char[]){ "" }
};
static struct app app = { .settings = &settings, .prefix = "/c" };
static const struct oct_secret secret = { .octets = { 5 } };

static struct sender_case sender;
static char path[64];
static struct http_reply reply;

static OCT_UNUSED struct http_request
request(enum http_method method, const char *where)
{
	struct http_request r = { .method = method, .path = where, .lang = "",
		.result = "", .languages = "fr", .content_type = "",
		.body = "" };

	assert_int_equal(oct_ip_parse("192.0.2.77", &r.client), 0);
	return r;
}

static OCT_UNUSED void
drop_reply(void)
{
	free(reply.body);
	memset(&reply, 0, sizeof(reply));
}

static OCT_UNUSED void
send_request(const struct http_request *r)
{
	drop_reply();
	route_handle(&app, r, &reply);
	assert_true(reply.body != NULL || reply.len == 0);
}

static OCT_UNUSED void
get(const char *result)
{
	struct http_request r = request(HTTP_GET, path);

	r.result = result;
	send_request(&r);
}

/* code NULL: not sent */
static OCT_UNUSED void
post_from(const char *client, const char *act, const char *code)
{
	struct http_request r = request(HTTP_POST, path);
	char nonce[NONCE_SIZE], body[256];

	assert_int_equal(oct_ip_parse(client, &r.client), 0);
	nonce_make(app.nonce_key, sender.id, oct_clock_wall_ms(), nonce);
	(void)snprintf(body, sizeof(body), "do=%s&n=%s%s%s", act, nonce,
	    code != NULL ? "&code=" : "", code != NULL ? code : "");
	r.content_type = "application/x-www-form-urlencoded";
	r.body = body;
	r.body_len = strlen(body);
	send_request(&r);
}

static OCT_UNUSED void
post(const char *act, const char *code)
{
	post_from("192.0.2.77", act, code);
}

static OCT_UNUSED const char *
right_code(void)
{
	static char code[7];

	challenge_code(app.code_key[0], sender.id, code);
	return code;
}

static OCT_UNUSED void
assert_says(unsigned int status, const char *text)
{
	if (reply.status != status || reply.body == NULL ||
	    strstr(reply.body, text) == NULL)
		print_message("%u\n%s\n", reply.status,
		    reply.body != NULL ? reply.body : "(none)");
	assert_int_equal(reply.status, status);
	assert_non_null(reply.body);
	assert_non_null(strstr(reply.body, text));
}

static OCT_UNUSED void
assert_redirected(const char *query)
{
	char want[HTTP_LOCATION_SIZE];

	(void)snprintf(want, sizeof(want), "/c%s%s", path, query);
	assert_int_equal(reply.status, 303);
	assert_string_equal(reply.location, want);
}

static OCT_UNUSED void
assert_state(enum challenge_state state)
{
	struct case_challenge c;

	assert_int_equal(case_challenge_find(app.store, sender.id, &c), 1);
	assert_int_equal(c.state, state);
	case_challenge_fini(&c);
}

/* Everything in the store, as one number. */
static OCT_UNUSED long long
store_digest(void)
{
	return test_redis_do(&server, "EVAL %s 0",
	    "local keys = redis.call('KEYS', '*') table.sort(keys) "
	    "local all = '' for _, k in ipairs(keys) do "
	    "all = all .. k .. redis.sha1hex(redis.call('DUMP', k)) end "
	    "return tonumber(string.sub(redis.sha1hex(all), 1, 12), 16)");
}

/* The directory: the domain of the case, with these attributes and mailboxes. */
static OCT_UNUSED void
serve(const char *members)
{
	struct dir_snapshot *s = NULL;
	char json[512];

	(void)snprintf(json, sizeof(json), "[{\"name\":\"%s\"%s}]",
	    SENDER_CASE_DOMAIN, members);
	assert_int_equal(dir_snapshot_parse(json, strlen(json), &s), 0);
	hosts_free(app.hosts);
	assert_int_equal(hosts_new_fixed(s, app.passes, &app.hosts), 0);
}

static OCT_UNUSED void
make_sender(void)
{
	char token[OCT_TOKEN_SIZE];

	assert_int_equal(sender_case_make(app.store, &sender), 0);
	assert_int_equal(oct_token_for(&app.tokens, OCT_TOKEN_PAGE, sender.id,
	    token), 0);
	(void)snprintf(path, sizeof(path), "/%s", token);
}

static OCT_UNUSED int
setup(void **state)
{
	(void)state;
	(void)test_redis_do(&server, "FLUSHALL");
	oct_clock_set_wall_ms(NOW);
	sender_case_init(&sender, NOW);
	app.confirm_net = app.confirm_org = (struct app_rate){ .count = 0 };
	options_standard(&app.platform);
	serve("");
	return 0;
}

static OCT_UNUSED int
group_setup(void **state)
{
	struct store_conf conf;

	(void)state;
	store_conf_init(&conf);
	conf.address = server.address;
	case_timers_init(&app.timers);
	if (app_keys(&app, &secret, NULL) != 0)
		return -1;
	return store_new(&conf, &app.store);
}

static OCT_UNUSED int
group_teardown(void **state)
{
	(void)state;
	drop_reply();
	hosts_free(app.hosts);
	pass_keys_free(app.passes);
	store_free(app.store);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

#define RUN_WEB_TESTS(name, tests) run_web_tests(name, tests, OCT_LEN(tests))

/* The exit status of the program of that name. */
static OCT_UNUSED int
run_web_tests(const char *name, const struct CMUnitTest *tests, size_t count)
{
	int rc = test_redis_start(&server);

	if (rc != 0)
		return rc == TEST_REDIS_SKIP ? rc : 1;
	oct_log_level(OCT_ERROR);
	rc = _cmocka_run_group_tests(name, tests, count, group_setup,
	    group_teardown);
	test_redis_stop(&server);
	return rc;
}

#endif
