/* SPDX-License-Identifier: Apache-2.0 */
/* When the sender's page wants the code where otherwise the button would do. */
#include "tests/unit/web_challenge_fixture.h"

static void
assert_asked_always(void)
{
	get("");
	assert_says(200, "id=\"code-confirm\"");
	assert_null(strstr(reply.body, "juste après"));
	post("confirm", NULL);
	assert_says(422, "id=\"code-confirm\"");
	assert_state(CHALLENGE_SENT);
}

static void
test_an_owner_may_want_the_code_always(void **state)
{
	static const struct {
		const char *name, *directory;
		bool asked;
	} rows[] = {
		{ "nobody", ",\"mailboxes\":{\"urbanisme\":{}}", false },
		{ "the domain", ",\"proof\":\"code\"", true },
		{ "the first", ",\"mailboxes\":{\"urbanisme\":"
		    "{\"proof\":\"code\"}}", true },
		{ "the second", ",\"mailboxes\":{\"urbanisme\":{},"
		    "\"urbanisme1\":{\"proof\":\"code\"}}", true },
		{ "another one", ",\"mailboxes\":{\"voirie\":"
		    "{\"proof\":\"code\"}}", false },
		{ "the domain, but not he", ",\"proof\":\"code\","
		    "\"mailboxes\":{\"urbanisme\":{\"proof\":\"button\"},"
		    "\"urbanisme1\":{\"proof\":\"button\"}}", false },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		serve(rows[i].directory);
		sender_case_init(&sender, NOW);
		sender.typed[0] = "urbanisme@mairie.example";
		sender.typed[1] = "etat-civil@mairie.example";
		sender.count = 2;
		make_sender();
		if (!rows[i].asked) {
			post("confirm", NULL);
			assert_redirected("?r=done");
			continue;
		}
		assert_asked_always();
		post("confirm", right_code());
		assert_redirected("?r=done");
	}
}

static void
test_the_code_is_wanted_while_nobody_knows_the_owners(void **state)
{
	(void)state;
	hosts_free(app.hosts);
	app.hosts = NULL;
	assert_int_equal(hosts_new(app.store, NULL, app.passes, &app.hosts), 0);
	make_sender();
	assert_asked_always();
	post("confirm", right_code());
	assert_redirected("?r=done");
}

static void
test_the_domain_sets_when_the_button_counts(void **state)
{
	(void)state;
	serve(",\"t_button\":\"20min\"");
	make_sender(); /* ten minutes ago */
	get("");
	assert_says(200, "juste après");
	post("confirm", NULL);
	assert_says(422, "code-confirm");
}

static void
confirm_n_by_button(int n, const char *client)
{
	for (int i = 0; i < n; i++) {
		sender_case_init(&sender, NOW);
		make_sender();
		post_from(client, "confirm", NULL);
		assert_redirected("?r=done");
	}
}

static void
test_who_confirms_too_much_is_asked_for_the_code(void **state)
{
	(void)state;
	app.confirm_net = (struct app_rate){ .count = 3, .period_ms = HOUR };
	confirm_n_by_button(3, "192.0.2.77");
	sender_case_init(&sender, NOW);
	make_sender();
	assert_asked_always();
	/* He who has the mail goes on; other networks never noticed. */
	post("confirm", right_code());
	assert_redirected("?r=done");
	confirm_n_by_button(1, "198.51.100.1");
	/* The same of a proven organisation, from wherever. */
	app.confirm_net.count = 0;
	app.confirm_org = (struct app_rate){ .count = 2, .period_ms = HOUR };
	confirm_n_by_button(1, "198.51.100.1");
	confirm_n_by_button(1, "203.0.113.1");
	sender_case_init(&sender, NOW);
	make_sender();
	assert_asked_always();
}

/* A bar is lawful in a local part: what stands behind it is no organisation. */
static void
test_nobody_confirms_in_the_name_of_another(void **state)
{
	(void)state;
	app.confirm_org = (struct app_rate){ .count = 1, .period_ms = HOUR };
	sender_case_init(&sender, NOW);
	sender.own_sid = "A|x|exemple.org|@evil.example|evil.example";
	make_sender();
	post_from("203.0.113.1", "confirm", NULL);
	assert_redirected("?r=done");
	assert_int_equal(test_redis_do(&server, "EXISTS oct:{g}:confirms:org-%s",
			     "exemple.org"),
	    0);
	assert_int_equal(test_redis_do(&server, "EXISTS oct:{g}:confirms:org-%s",
			     "evil.example"),
	    1);
}

static void
test_what_was_not_confirmed_is_not_counted(void **state)
{
	(void)state;
	app.confirm_net = (struct app_rate){ .count = 1, .period_ms = HOUR };
	for (int i = 0; i < 3; i++) {
		struct relation r;
		char packed[REL_PACKED_SIZE];

		sender_case_init(&sender, NOW);
		make_sender();
		relation_init(&r);
		r.state = REL_BLOCKED;
		relation_pack(&r, packed);
		(void)test_redis_do(&server, "HSET oct:{%s}:rel:%s %s %s",
		    SENDER_CASE_DOMAIN, SENDER_CASE_LOCAL, sender.sid, packed);
		post("confirm", NULL);
		assert_redirected("?r=over");
	}
	confirm_n_by_button(1, "192.0.2.77");
}

static void
test_prefetched_posts_change_nothing(void **state)
{
	char nonce[NONCE_SIZE], body[128];
	struct http_request r;
	long long before;

	(void)state;
	make_sender();
	before = store_digest();
	nonce_make(app.nonce_key, sender.id, NOW, nonce);
	(void)snprintf(body, sizeof(body), "do=confirm&n=%s", nonce);
	r = request(HTTP_POST, path);
	r.content_type = "application/x-www-form-urlencoded";
	r.body = body;
	r.body_len = strlen(body);
	r.prefetch = true;
	send_request(&r);
	assert_says(403, "Rien n’a été fait");
	assert_true(store_digest() == before);
	r.method = HTTP_GET; /* to look is harmless */
	send_request(&r);
	assert_int_equal(reply.status, 200);
}

static void
test_codes_of_the_previous_secret_count(void **state)
{
	const struct oct_secret next = { .octets = { 6 } };
	char old[7];

	(void)state;
	make_sender();
	memcpy(old, right_code(), sizeof(old));
	pass_keys_free(app.passes);
	assert_int_equal(app_keys(&app, &next, &secret), 0);
	serve(",\"proof\":\"code\"");
	post("confirm", old);
	assert_redirected("?r=done");
	pass_keys_free(app.passes);
	assert_int_equal(app_keys(&app, &secret, NULL), 0);
	serve("");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_an_owner_may_want_the_code_always),
		TEST(test_the_code_is_wanted_while_nobody_knows_the_owners),
		TEST(test_the_domain_sets_when_the_button_counts),
		TEST(test_who_confirms_too_much_is_asked_for_the_code),
		TEST(test_nobody_confirms_in_the_name_of_another),
		TEST(test_what_was_not_confirmed_is_not_counted),
		TEST(test_prefetched_posts_change_nothing),
		TEST(test_codes_of_the_previous_secret_count),
	};

	return RUN_WEB_TESTS("test_web_code", tests);
}
