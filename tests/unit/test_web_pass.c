/* SPDX-License-Identifier: Apache-2.0 */
/* The page of a refusal over a real store: what each request answers, and does. */
#include "challenge-web/pass_page.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "challenge-web/nonce.h"
#include "challenge-web/route.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "policy/keys.h"
#include "tests/support/redis.h"

#define NOW 1800000000000LL
#define HOUR 3600000LL
#define DAY (24 * HOUR)
#define D "mairie.example"
#define SID "N|jeanne@example.org|192.0.2.0/24"
#define CLIENT "198.51.100.7"

static struct test_redis server;
static struct settings settings = {
	.challenge_url = (char[]){ "https://filtre.example" },
	.challenge_contact = (char[]){ "" },
	.challenge_dpo = (char[]){ "" },
	.challenge_notice = (char[]){ "" },
	.web_operator = (char[]){ "" },
	.web_contact = (char[]){ "" },
	.web_audit = (char[]){ "" }
};
static struct app app = { .settings = &settings };
static const struct oct_secret secret = { .octets = { 5 } };
static char path[PASS_TOKEN_SIZE + 1];
static struct pass_token token;
static struct http_reply reply;

static struct http_request
request(enum http_method method, const char *where)
{
	struct http_request r = { .method = method, .path = where, .lang = "",
		.result = "", .languages = "fr", .content_type = "",
		.body = "" };

	assert_int_equal(oct_ip_parse(CLIENT, &r.client), 0);
	return r;
}

static void
send_request(const struct http_request *r)
{
	free(reply.body);
	memset(&reply, 0, sizeof(reply));
	route_handle(&app, r, &reply);
	assert_true(reply.body != NULL || reply.len == 0);
}

static void
get(const char *result)
{
	struct http_request r = request(HTTP_GET, path);

	r.result = result;
	send_request(&r);
}

static void
post_body(const char *body, bool prefetch)
{
	struct http_request r = request(HTTP_POST, path);

	r.content_type = "application/x-www-form-urlencoded";
	r.body = body;
	r.body_len = strlen(body);
	r.prefetch = prefetch;
	send_request(&r);
}

static void
good_nonce(char out[NONCE_SIZE])
{
	char id[PASS_HASH_SIZE + 8];

	(void)snprintf(id, sizeof(id), "pass-%s", token.id);
	nonce_make(app.nonce_key, id, oct_clock_wall_ms(), out);
}

static void
post(const char *address)
{
	char nonce[NONCE_SIZE], body[1024];

	good_nonce(nonce);
	(void)snprintf(body, sizeof(body), "do=pass&n=%s&address=%s", nonce,
	    address);
	post_body(body, false);
}

static void
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

static void
assert_redirected(const char *query)
{
	char want[HTTP_LOCATION_SIZE];

	(void)snprintf(want, sizeof(want), "%s%s", path, query);
	assert_int_equal(reply.status, 303);
	assert_string_equal(reply.location, want);
}

static bool
has_pass(void)
{
	char key[KEY_SIZE];

	return test_redis_do(&server, "EXISTS %s",
		   key_pass(key, D, token.sid_hash)) == 1;
}

static long long
keys_stored(void)
{
	return test_redis_do(&server, "DBSIZE");
}

/* A refusal by the domain, on that day. */
static void
refuse(const char *domain, const char *sid, int64_t at_ms)
{
	struct oct_addr a;

	assert_int_equal(oct_addr_parse("jeanne@example.org", &a), 0);
	path[0] = '/';
	pass_token_make(app.passes, domain, sid, &a, at_ms, path + 1);
	(void)!pass_token_read(app.passes, path + 1, at_ms, &token);
}

static void
serve(const char *json)
{
	struct dir_snapshot *s = NULL;

	assert_int_equal(dir_snapshot_parse(json, strlen(json), &s), 0);
	hosts_free(app.hosts);
	assert_int_equal(hosts_new_fixed(s, app.passes, &app.hosts), 0);
}

static int
setup(void **state)
{
	(void)state;
	(void)test_redis_do(&server, "FLUSHALL");
	oct_clock_set_wall_ms(NOW);
	app.confirm_net = (struct app_rate){ .count = 0 };
	options_standard(&app.platform);
	serve("[{\"name\":\"" D "\"}]");
	refuse(D, SID, NOW);
	return 0;
}

/* --- Showing -------------------------------------------------------------- */

static void
test_the_page_names_the_domain_and_changes_nothing(void **state)
{
	static const enum http_method methods[] = { HTTP_GET, HTTP_HEAD,
		HTTP_OTHER };
	static const char *const results[] = { "", "done", "over" };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(methods); i++) {
		for (size_t k = 0; k < OCT_LEN(results); k++) {
			struct http_request r = request(methods[i], path);

			assert_int_equal(route_blocks(&app, &r),
			    methods[i] != HTTP_OTHER);
			r.result = results[k];
			send_request(&r);
			assert_int_equal(reply.status,
			    methods[i] == HTTP_OTHER ? 405 : 200);
			assert_int_equal(keys_stored(), 0);
		}
	}
	assert_string_equal(reply.allow, "GET, HEAD, POST");
	get("done"); /* says nothing that is not so */
	assert_says(200, "une adresse de " D);
	assert_says(200, "name=\"address\"");
	assert_null(strstr(reply.body, "jeanne"));
	assert_null(strstr(reply.body, "192.0.2"));
	assert_null(strstr(reply.body, "<script"));
}

static void
test_bad_links_are_all_alike(void **state)
{
	char flipped[PASS_TOKEN_SIZE + 1], longer[PASS_TOKEN_SIZE + 2],
	    foreign[PASS_TOKEN_SIZE + 1], *first = NULL;
	const char *const paths[] = { "/x", flipped, longer, foreign,
		"/eaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };

	(void)state;
	memcpy(flipped, path, sizeof(path));
	flipped[20] = flipped[20] == 'a' ? 'b' : 'a';
	(void)snprintf(longer, sizeof(longer), "%sa", path);
	refuse("ailleurs.example", SID, NOW); /* not hosted (any more) */
	memcpy(foreign, path, sizeof(path));
	for (size_t i = 0; i < OCT_LEN(paths); i++) {
		struct http_request r = request(HTTP_GET, paths[i]);
		char *from;

		print_message("  %s\n", paths[i]);
		send_request(&r);
		assert_says(404, "<h1>Page introuvable</h1>");
		from = strstr(reply.body, "<main");
		if (first == NULL)
			first = strdup(from);
		assert_string_equal(from, first);
	}
	free(first);
}

static void
test_days(void **state)
{
	(void)state;
	oct_clock_set_wall_ms(NOW + DAY);
	get("");
	assert_says(200, "name=\"address\"");
	oct_clock_set_wall_ms(NOW + 2 * DAY);
	get("");
	assert_says(200, "plus valable");
	post("jeanne%40example.org");
	assert_says(200, "plus valable");
	assert_int_equal(keys_stored(), 0);
}

static void
test_a_closed_domain_has_no_page(void **state)
{
	(void)state;
	serve("[{\"name\":\"" D "\",\"state\":\"closed\"}]");
	get("");
	assert_int_equal(reply.status, 404);
}

/* --- Acting --------------------------------------------------------------- */

static void
test_the_right_address_makes_one_pass(void **state)
{
	char key[KEY_SIZE];

	(void)state;
	post("++Jeanne%2Btag%40EXAMPLE.org%0d%0a");
	assert_redirected("?r=done");
	assert_true(has_pass());
	assert_in_range(test_redis_do(&server, "PTTL %s",
	    key_pass(key, D, token.sid_hash)), 72 * HOUR - 60000, 72 * HOUR);
	/* Tries were given back, nothing was limited: two keys. */
	assert_int_equal(test_redis_do(&server, "EVAL %s 0",
	    "return #redis.call('KEYS', 'oct:{" D "}:*')"), 2);
	get("done");
	assert_says(200, "Renvoyez maintenant votre message");
	assert_says(200, D);
	get("");
	assert_says(200, "C’est déjà fait");
	post("jeanne%40example.org");
	assert_redirected("");
	post("autre%40example.org");
	assert_redirected("");
	for (int i = 0; i < 3; i++)
		assert_int_equal(pass_use(app.store, D, token.sid_hash, NOW),
		    1);
	get("");
	assert_says(200, "Ce lien a déjà servi");
	post("jeanne%40example.org");
	assert_redirected("");
	assert_false(has_pass());
}

static void
test_the_domain_sets_life_and_number(void **state)
{
	char key[KEY_SIZE];

	(void)state;
	serve("[{\"name\":\"" D "\",\"t_pass\":\"2h\",\"pass_messages\":1}]");
	post("jeanne%40example.org");
	assert_redirected("?r=done");
	assert_in_range(test_redis_do(&server, "PTTL %s",
	    key_pass(key, D, token.sid_hash)), 2 * HOUR - 60000, 2 * HOUR);
	assert_int_equal(pass_use(app.store, D, token.sid_hash, NOW), 1);
	assert_int_equal(pass_use(app.store, D, token.sid_hash, NOW), 0);
}

static void
test_what_may_be_typed(void **state)
{
	char very_long[800];
	const struct {
		const char *name, *address;
		unsigned int status;
		const char *says;
	} rows[] = {
		{ "nothing", "", 422, "Saisissez l’adresse" },
		{ "blanks", "++", 422, "Saisissez l’adresse" },
		{ "no domain", "jeanne", 422, "pas entière" },
		{ "no local part", "%40example.org", 422, "pas entière" },
		{ "very long", very_long, 422, "pas entière" },
		{ "two", "a%40b.fr+c%40d.fr", 422, "pas entière" },
		{ "another", "jean%40example.org", 403, "ne venait pas" },
		{ "markup", "%22%3Cb%3E%22%40example.org", 403,
		    "&lt;b&gt;" },
	};

	(void)state;
	memset(very_long, 'a', sizeof(very_long) - 1);
	very_long[sizeof(very_long) - 1] = '\0';
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		(void)test_redis_do(&server, "FLUSHALL");
		post(rows[i].address);
		assert_says(rows[i].status, rows[i].says);
		assert_says(rows[i].status, "<title>Erreur");
		assert_null(strstr(reply.body, "<b>"));
		assert_false(has_pass());
	}
}

static void
test_five_wrong_addresses_then_a_pause(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		post("jean%40example.org");
		assert_int_equal(reply.status, 403);
	}
	post("jeanne%40example.org");
	assert_says(429, "Trop d’adresses inexactes");
	assert_int_equal(reply.retry_after_s, 3600);
	assert_false(has_pass());
	/* What is no address costs nothing. */
	post("jean");
	assert_int_equal(reply.status, 422);
}

static void
test_a_network_confirms_so_many_only(void **state)
{
	(void)state;
	app.confirm_net = (struct app_rate){ .count = 2, .period_ms = HOUR };
	for (int i = 0; i < 3; i++) {
		char sid[64];

		(void)snprintf(sid, sizeof(sid), "N|jeanne@example.org|%d", i);
		refuse(D, sid, NOW);
		post("jeanne%40example.org");
		assert_int_equal(reply.status, i < 2 ? 303 : 429);
		assert_int_equal(has_pass(), i < 2);
	}
	assert_says(429, "Trop de confirmations");
	assert_int_equal(reply.retry_after_s, 1800);
}

static void
test_posts_that_are_refused(void **state)
{
	char good[NONCE_SIZE], foreign[NONCE_SIZE], old[NONCE_SIZE];
	char id[PASS_HASH_SIZE + 8], body[256];
	const struct {
		const char *name, *act, *nonce;
		unsigned int status;
		bool prefetch;
	} rows[] = { { "no act", "", good, 400, false },
		{ "another act", "do=confirm", good, 400, false },
		{ "two acts", "do=pass&do=pass", good, 400, false },
		{ "no nonce", "do=pass", NULL, 400, false },
		{ "a made-up nonce", "do=pass", "aaaa", 403, false },
		{ "nonce of another", "do=pass", foreign, 403, false },
		{ "nonce of two days ago", "do=pass", old, 403, false },
		{ "prefetched", "do=pass", good, 403, true } };

	(void)state;
	good_nonce(good);
	nonce_make(app.nonce_key, "pass-00000000000000", NOW, foreign);
	(void)snprintf(id, sizeof(id), "pass-%s", token.id);
	nonce_make(app.nonce_key, id, NOW - 2 * DAY, old);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		(void)snprintf(body, sizeof(body),
		    "%s%s%s&address=jeanne%%40example.org", rows[i].act,
		    rows[i].nonce != NULL ? "&n=" : "",
		    rows[i].nonce != NULL ? rows[i].nonce : "");
		post_body(body, rows[i].prefetch);
		assert_int_equal(reply.status, rows[i].status);
		assert_int_equal(keys_stored(), 0);
	}
}

static void
test_who_is_hosted_is_not_known_yet(void **state)
{
	(void)state;
	hosts_free(app.hosts);
	app.hosts = NULL;
	assert_int_equal(hosts_new(app.store, NULL, app.passes, &app.hosts), 0);
	get("");
	assert_says(503, "rien n’est perdu");
}

static void
test_the_directory_is_read_and_followed(void **state)
{
	const struct dir_change add = { .domain = "neuf.example",
		.create = true, .json = "{}", .actor = "test" };
	char problem[256];

	(void)state;
	hosts_free(app.hosts);
	app.hosts = NULL;
	assert_int_equal(hosts_new(app.store, NULL, app.passes, &app.hosts), 0);
	assert_int_equal(hosts_open(app.hosts), 0);
	assert_int_equal(hosts_open(app.hosts), 0);
	refuse("neuf.example", SID, NOW);
	get("");
	assert_int_equal(reply.status, 404);
	assert_int_equal(directory_change(app.store, &add, problem), 0);
	for (int i = 0; i < 20000 && reply.status != 200; i++) {
		(void)test_redis_do(&server, "PING");
		get("");
	}
	assert_says(200, "neuf.example");
}

static void
test_store_away(void **state)
{
	(void)state;
	test_redis_kill(&server, SIGKILL);
	get("");
	assert_says(503, "rien n’est perdu");
	assert_true(reply.retry_after_s > 0);
	post("jeanne%40example.org");
	assert_int_equal(reply.status, 503);
}

static int
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

static int
group_teardown(void **state)
{
	(void)state;
	free(reply.body);
	hosts_free(app.hosts);
	pass_keys_free(app.passes);
	store_free(app.store);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_page_names_the_domain_and_changes_nothing),
		TEST(test_bad_links_are_all_alike),
		TEST(test_days),
		TEST(test_a_closed_domain_has_no_page),
		TEST(test_the_right_address_makes_one_pass),
		TEST(test_the_domain_sets_life_and_number),
		TEST(test_what_may_be_typed),
		TEST(test_five_wrong_addresses_then_a_pause),
		TEST(test_a_network_confirms_so_many_only),
		TEST(test_posts_that_are_refused),
		TEST(test_who_is_hosted_is_not_known_yet),
		TEST(test_the_directory_is_read_and_followed),
		TEST(test_store_away),
	};
	int rc = test_redis_start(&server);

	if (rc != 0)
		return rc == TEST_REDIS_SKIP ? rc : 1;
	oct_log_level(OCT_ERROR);
	rc = cmocka_run_group_tests_name("web_pass", tests, group_setup,
	    group_teardown);
	test_redis_stop(&server);
	return rc;
}
