/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sender's page: what each request shows, and that looking changes nothing.
 */
#include <signal.h>

#include "tests/unit/web_challenge_fixture.h"

/* --- One request -------------------------------------------------------- */

static void
post_body(const char *body)
{
	struct http_request r = request(HTTP_POST, path);

	r.content_type = "application/x-www-form-urlencoded";
	r.body = body;
	r.body_len = strlen(body);
	send_request(&r);
}

/* --- Opening the page --------------------------------------------------- */

static void
test_opening_the_page_changes_nothing(void **state)
{
	static const enum http_method methods[] = { HTTP_GET, HTTP_HEAD,
		HTTP_OTHER };
	static const char *const results[] = { "", "done", "notme", "over",
		"confirm", "do=confirm" };
	long long before;

	(void)state;
	make_sender();
	before = store_digest();
	for (size_t i = 0; i < OCT_LEN(methods); i++) {
		for (size_t k = 0; k < OCT_LEN(results); k++) {
			struct http_request r = request(methods[i], path);

			r.result = results[k];
			send_request(&r);
			assert_int_equal(reply.status,
			    methods[i] == HTTP_OTHER ? 405 : 200);
			assert_true(store_digest() == before);
		}
	}
	assert_string_equal(reply.allow, "GET, HEAD, POST");
	assert_state(CHALLENGE_SENT);
}

static void
test_the_page_shows_what_was_typed_and_no_more(void **state)
{
	(void)state;
	sender.typed[0] = "Urbanisme+x@mairie.example";
	sender.typed[1] = "\"<img>\"@mairie.example";
	sender.typed[2] = sender.typed[0];
	sender.count = 3;
	make_sender();
	get("");
	assert_says(200, "<li>Urbanisme+x<wbr>@mairie.example</li>");
	assert_says(200, "&quot;&lt;img&gt;&quot;<wbr>@mairie.example");
	assert_null(strstr(strstr(reply.body, "Urbanisme+x") + 1,
	    "Urbanisme+x"));
	assert_null(strstr(reply.body, "<img"));
	assert_null(strstr(reply.body, "<b>"));
	assert_null(strstr(reply.body, "Permis"));
	assert_null(strstr(reply.body, "jeanne"));
	assert_null(strstr(reply.body, sender.id));
}

static void
test_language(void **state)
{
	char action[128];
	struct http_request r;

	(void)state;
	make_sender();
	get("");
	(void)snprintf(action, sizeof(action), "action=\"/c%s\"", path);
	assert_says(200, action);
	assert_says(200, "<html lang=\"fr\">");
	assert_string_equal(reply.language, "fr");
	r = request(HTTP_GET, path);
	r.languages = "de,en;q=0.5";
	send_request(&r);
	assert_says(200, "<html lang=\"en\">");
	r.lang = "fr";
	send_request(&r);
	assert_says(200, "<html lang=\"fr\">");
	(void)snprintf(action, sizeof(action), "action=\"/c%s?lang=fr\"", path);
	assert_says(200, action); /* what was chosen is kept */
	r.lang = "xx\"";
	send_request(&r);
	assert_says(200, "<html lang=\"en\">");
}

static void
test_other_states(void **state)
{
	static const struct {
		const char *name;
		enum challenge_state state;
		int64_t expires_ms;
		const char *says;
	} rows[] = {
		{ "pending", CHALLENGE_PENDING, NOW + HOUR, "code-confirm" },
		{ "sent", CHALLENGE_SENT, NOW + HOUR, "value=\"confirm\"" },
		{ "last moment", CHALLENGE_SENT, NOW + 1, "value=\"confirm\"" },
		{ "expired", CHALLENGE_SENT, NOW, "plus valable" },
		{ "confirmed", CHALLENGE_CONFIRMED, NOW + HOUR,
		    "déjà été confirmé" },
		{ "confirmed, expired", CHALLENGE_CONFIRMED, NOW - HOUR,
		    "déjà été confirmé" },
		{ "lapsed", CHALLENGE_LAPSED, NOW + HOUR, "plus valable" },
		{ "late", CHALLENGE_LATE, NOW + HOUR, "plus valable" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		sender_case_init(&sender, NOW);
		sender.state = rows[i].state;
		sender.expires_ms = rows[i].expires_ms;
		make_sender();
		get("");
		assert_says(200, rows[i].says);
	}
}

static void
test_unknown_links_are_all_alike(void **state)
{
	char token[OCT_TOKEN_SIZE], absent[64], *first = NULL;
	const char *paths[] = { "/ceaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		absent, "/x", "/c", "/../etc/passwd", "//",
		"/accessibilite/", path };

	(void)state;
	make_sender();
	/* A reply token is no page token. */
	assert_int_equal(oct_token_for(&app.tokens, OCT_TOKEN_REPLY, sender.id,
	    token), 0);
	(void)snprintf(path, sizeof(path), "/%s", token);
	assert_int_equal(oct_token_for(&app.tokens, OCT_TOKEN_PAGE,
	    "0123456789abcdef", token), 0);
	(void)snprintf(absent, sizeof(absent), "/%s", token);
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
		r.method = HTTP_POST;
		send_request(&r);
		assert_int_equal(reply.status, 404);
	}
	free(first);
}

static void
test_prefix_may_be_there_or_not(void **state)
{
	struct http_request r = request(HTTP_GET, "/c/accessibilite");

	(void)state;
	send_request(&r);
	assert_says(200, "href=\"/c/octroi.css\"");
	r.path = "/accessibilite";
	send_request(&r);
	assert_says(200, "href=\"/c/octroi.css\"");
	r.path = "/cc/accessibilite";
	send_request(&r);
	assert_int_equal(reply.status, 404);
}

/* --- What else may be posted -------------------------------------------- */

static void
test_posts_that_are_refused(void **state)
{
	char good[NONCE_SIZE], foreign[NONCE_SIZE], old[NONCE_SIZE];
	char body[200];
	const struct {
		const char *name, *format, *nonce;
		unsigned int status;
	} rows[] = { { "nothing", "", "", 400 },
		{ "no act", "n=%s", good, 400 },
		{ "no nonce", "do=confirm", "", 400 },
		{ "unknown act", "do=drop&n=%s", good, 400 },
		{ "two acts", "do=confirm&do=notme&n=%s", good, 400 },
		{ "broken code", "do=confirm&code=%%zz&n=%s", good, 400 },
		{ "nonce of another", "do=confirm&n=%s", foreign, 403 },
		{ "nonce of two days ago", "do=confirm&n=%s", old, 403 },
		{ "no nonce at all", "do=confirm&n=x%s", "", 403 } };

	(void)state;
	make_sender();
	nonce_make(app.nonce_key, sender.id, NOW, good);
	nonce_make(app.nonce_key, "0123456789abcdef", NOW, foreign);
	nonce_make(app.nonce_key, sender.id, NOW - 48 * HOUR, old);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_str s;
		const char *hole = strstr(rows[i].format, "%s");

		print_message("  %s\n", rows[i].name);
		oct_str_fixed(&s, body, sizeof(body));
		if (hole == NULL)
			hole = rows[i].format + strlen(rows[i].format);
		oct_str_addn(&s, rows[i].format,
		    (size_t)(hole - rows[i].format));
		oct_str_add(&s, rows[i].nonce);
		post_body(oct_str_text(&s));
		assert_int_equal(reply.status, rows[i].status);
		assert_state(CHALLENGE_SENT);
	}
}

static void
test_another_media_type_is_refused(void **state)
{
	struct http_request r;

	(void)state;
	make_sender();
	r = request(HTTP_POST, path);
	r.content_type = "multipart/form-data; boundary=x";
	send_request(&r);
	assert_int_equal(reply.status, 415);
}

static void
test_fixed_pages(void **state)
{
	static const struct {
		const char *path, *says;
	} rows[] = { { "/", "<h1>Filtre de messagerie</h1>" },
		{ "/accessibilite", "Accessibilité\u00a0: non conforme" },
		{ "/mentions-legales", "Syndicat &lt;b&gt;." },
		{ "/donnees-personnelles", "7\u00a0jours" },
		{ "/octroi.css", "prefers-color-scheme" },
		{ "/robots.txt", "Disallow: /\n" },
		{ "/health", "{\"status\":\"ok\",\"store\":\"up\"}" } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct http_request r = request(HTTP_GET, rows[i].path);

		print_message("  %s\n", rows[i].path);
		assert_false(route_blocks(&app, &r));
		send_request(&r);
		assert_says(200, rows[i].says);
		r.method = HTTP_POST;
		send_request(&r);
		assert_int_equal(reply.status, 405);
		assert_string_equal(reply.allow, "GET, HEAD");
	}
}

static void
test_only_true_tokens_wait_for_the_store(void **state)
{
	struct http_request r;

	(void)state;
	make_sender();
	r = request(HTTP_GET, path);
	assert_true(route_blocks(&app, &r));
	path[20] = path[20] == 'a' ? 'b' : 'a';
	assert_false(route_blocks(&app, &r));
}

static void
test_faults_have_a_page(void **state)
{
	static const unsigned int faults[] = { 400, 413, 414, 503 };
	char long_path[2000];

	(void)state;
	memset(long_path, '/', sizeof(long_path));
	long_path[sizeof(long_path) - 1] = '\0';
	for (size_t i = 0; i < OCT_LEN(faults); i++) {
		struct http_request r = request(HTTP_GET, long_path);

		r.fault = faults[i];
		send_request(&r);
		assert_says(faults[i], "<h1>");
		assert_int_equal(reply.retry_after_s > 0, faults[i] == 503);
	}
}

/* --- About the service ---------------------------------------------------- */

static void
test_accessibility_says_what_an_audit_found(void **state)
{
	static const struct {
		int found;
		const char *footer, *state;
	} rows[] = {
		{ SETTINGS_ACCESS_UNAUDITED, ": non conforme", "Aucun audit" },
		{ SETTINGS_ACCESS_NONE, ": non conforme", "est non conforme" },
		{ SETTINGS_ACCESS_PARTIAL, ": partiellement conforme",
		    "est partiellement conforme" },
		{ SETTINGS_ACCESS_FULL, ": totalement conforme",
		    "est totalement conforme" },
	};
	struct http_request r = request(HTTP_GET, "/accessibilite");

	(void)state;
	settings.web_audit = (char[]){ "Cabinet Untel, mars 2027" };
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		settings.web_access = rows[i].found;
		send_request(&r);
		assert_says(200, rows[i].footer);
		assert_says(200, rows[i].state);
		assert_says(200, "Audit\u00a0: Cabinet Untel, mars 2027.");
	}
	settings.web_access = SETTINGS_ACCESS_UNAUDITED;
	settings.web_audit = (char[]){ "" };
}

static void
test_the_data_page_names_the_officer(void **state)
{
	struct http_request r = request(HTTP_GET, "/donnees-personnelles");

	(void)state;
	send_request(&r);
	assert_null(strstr(reply.body, "Délégué"));
	settings.challenge_dpo = (char[]){ "dpo@syndicat.example" };
	send_request(&r);
	assert_says(200, "Délégué à la protection des données\u00a0: "
	    "<a href=\"mailto:dpo@syndicat.example\">");
	settings.challenge_dpo = (char[]){ "" };
}

static void
test_the_operators_own_texts(void **state)
{
	struct http_request r = request(HTTP_GET, "/mentions-legales");

	(void)state;
	app.own_texts[OWN_TEXT_LEGAL].text[LANG_FR] = (char[]){
		"# Éditeur\r\nMairie <de> Ville\nPlace du 8 mai\n\n\n"
		"- un\n- deux & trois\n\nFin" };
	send_request(&r);
	assert_says(200, "<h1>Mentions légales</h1>");
	assert_says(200, "<div class=\"own\"><h2>Éditeur</h2>\n"
	    "<p>Mairie &lt;de&gt; Ville\nPlace du 8 mai</p>\n"
	    "<ul><li>un</li>\n<li>deux &amp; trois</li>\n</ul>\n"
	    "<p>Fin</p>\n</div>");
	assert_null(strstr(reply.body, "Syndicat &lt;b&gt;."));
	r.languages = "en"; /* there is none: the French one, marked as such */
	send_request(&r);
	assert_says(200, "<div class=\"own\" lang=\"fr\">");
	app.own_texts[OWN_TEXT_LEGAL].text[LANG_EN] = (char[]){ "Town hall" };
	send_request(&r);
	assert_says(200, "<div class=\"own\"><p>Town hall</p>");
	memset(app.own_texts, 0, sizeof(app.own_texts));
}

static void
test_store_away(void **state)
{
	struct http_request r;

	(void)state;
	make_sender();
	test_redis_kill(&server, SIGKILL);
	get("");
	assert_says(503, "recommencer est sans risque");
	assert_true(reply.retry_after_s > 0);
	post("confirm", NULL);
	assert_int_equal(reply.status, 503);
	r = request(HTTP_GET, "/health");
	send_request(&r);
	assert_says(200, "\"store\":\"down\"");
	assert_int_equal(test_redis_again(&server), 0);
	/* the next try comes within its pause of 5 s at most */
	for (int i = 0; i < 1000 && store_ping(app.store) != 0; i++)
		(void)test_redis_do(&server, "PING");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_opening_the_page_changes_nothing),
		TEST(test_the_page_shows_what_was_typed_and_no_more),
		TEST(test_language),
		TEST(test_other_states),
		TEST(test_unknown_links_are_all_alike),
		TEST(test_prefix_may_be_there_or_not),
		TEST(test_posts_that_are_refused),
		TEST(test_another_media_type_is_refused),
		TEST(test_fixed_pages),
		TEST(test_only_true_tokens_wait_for_the_store),
		TEST(test_faults_have_a_page),
		TEST(test_accessibility_says_what_an_audit_found),
		TEST(test_the_data_page_names_the_officer),
		TEST(test_the_operators_own_texts),
		TEST(test_store_away),
	};

	return RUN_WEB_TESTS("test_web_challenge", tests);
}
