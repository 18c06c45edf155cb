/* SPDX-License-Identifier: Apache-2.0 */
/* The sender's page over a real store: what each request answers, and does. */
#include "challenge-web/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "challenge-web/app.h"
#include "challenge-web/nonce.h"
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

/* --- One request -------------------------------------------------------- */

static struct http_request
request(enum http_method method, const char *where)
{
	struct http_request r = { .method = method, .path = where, .lang = "",
		.result = "", .languages = "fr", .content_type = "",
		.body = "" };

	assert_int_equal(oct_ip_parse("192.0.2.77", &r.client), 0);
	return r;
}

static void
drop_reply(void)
{
	free(reply.body);
	memset(&reply, 0, sizeof(reply));
}

static void
send_request(const struct http_request *r)
{
	drop_reply();
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
post_body(const char *body)
{
	struct http_request r = request(HTTP_POST, path);

	r.content_type = "application/x-www-form-urlencoded";
	r.body = body;
	r.body_len = strlen(body);
	send_request(&r);
}

/* code NULL: not sent */
static void
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

static void
post(const char *act, const char *code)
{
	post_from("192.0.2.77", act, code);
}

static const char *
right_code(void)
{
	static char code[7];

	challenge_code(app.code_key[0], sender.id, code);
	return code;
}

static const char *
wrong_code(void)
{
	static char code[7];

	memcpy(code, right_code(), 7);
	code[0] = code[0] == '0' ? '1' : '0';
	return code;
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

	(void)snprintf(want, sizeof(want), "/c%s%s", path, query);
	assert_int_equal(reply.status, 303);
	assert_string_equal(reply.location, want);
}

static void
assert_state(enum challenge_state state)
{
	struct case_challenge c;

	assert_int_equal(case_challenge_find(app.store, sender.id, &c), 1);
	assert_int_equal(c.state, state);
	case_challenge_fini(&c);
}

static enum rel_state
relation_state(const char *local)
{
	struct relation r;

	assert_int_equal(case_relation_read(app.store, SENDER_CASE_DOMAIN,
	    local, sender.sid, &r), 1);
	return r.state;
}

/* Everything in the store, as one number. */
static long long
store_digest(void)
{
	return test_redis_do(&server, "EVAL %s 0",
	    "local keys = redis.call('KEYS', '*') table.sort(keys) "
	    "local all = '' for _, k in ipairs(keys) do "
	    "all = all .. k .. redis.sha1hex(redis.call('DUMP', k)) end "
	    "return tonumber(string.sub(redis.sha1hex(all), 1, 12), 16)");
}

/* The directory: the domain of the case, with these attributes and mailboxes. */
static void
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

static void
make_sender(void)
{
	char token[OCT_TOKEN_SIZE];

	assert_int_equal(sender_case_make(app.store, &sender), 0);
	assert_int_equal(oct_token_for(&app.tokens, OCT_TOKEN_PAGE, sender.id,
	    token), 0);
	(void)snprintf(path, sizeof(path), "/%s", token);
}

static int
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

/* --- Confirming --------------------------------------------------------- */

static void
test_the_button_confirms(void **state)
{
	(void)state;
	sender.typed[0] = "urbanisme@mairie.example";
	sender.typed[1] = "etat-civil@mairie.example";
	sender.count = 2;
	make_sender();
	post("confirm", NULL);
	assert_redirected("?r=done");
	assert_state(CHALLENGE_CONFIRMED);
	assert_int_equal(relation_state("urbanisme"), REL_ALLOWED);
	assert_int_equal(relation_state("urbanisme1"), REL_ALLOWED);
	/* both items are wanted, and the courier was told */
	assert_int_equal(test_redis_do(&server, "XLEN oct:work:test"), 2);
	get("done");
	assert_says(200, "va être remis");
	assert_says(200, "etat-civil<wbr>@mairie.example");
	get("");
	assert_says(200, "déjà été confirmé");
	post("confirm", NULL);
	assert_redirected("");
	assert_int_equal(test_redis_do(&server, "XLEN oct:work:test"), 2);
}

static void
test_early_the_code_is_asked(void **state)
{
	static const struct {
		const char *name;
		enum challenge_state state;
		int64_t ago_ms;
		bool asked;
	} rows[] = { { "not sent yet", CHALLENGE_PENDING, 0, true },
		{ "being sent", CHALLENGE_SENDING, 0, true },
		{ "just sent", CHALLENGE_SENT, 0, true },
		{ "59 s ago", CHALLENGE_SENT, 59999, true },
		{ "60 s ago", CHALLENGE_SENT, 60000, false } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		sender_case_init(&sender, NOW);
		sender.state = rows[i].state;
		sender.handed_ms = NOW - rows[i].ago_ms;
		make_sender();
		get("");
		assert_int_equal(strstr(reply.body, "code-confirm") != NULL,
		    rows[i].asked);
		post("confirm", NULL);
		if (!rows[i].asked) {
			assert_redirected("?r=done");
			continue;
		}
		assert_says(422, "code-confirm");
		assert_says(422, "<title>Erreur");
		assert_state(rows[i].state);
		post("confirm", right_code());
		assert_redirected("?r=done");
		assert_state(CHALLENGE_CONFIRMED);
	}
}

static void
test_how_a_code_may_be_written(void **state)
{
	char spaced[32], nbsp[32], dashed[32];
	const struct {
		const char *name, *code;
		unsigned int status;
	} rows[] = { { "wrong", wrong_code(), 403 },
		{ "five digits", "12345", 422 },
		{ "seven digits", "1234567", 422 },
		{ "letters", "12a456", 422 },
		{ "very long", "111111111111111111111111111111111111111111111"
		    "1111111111111111111111111111111", 422 },
		{ "spaced", spaced, 303 }, { "no-break space", nbsp, 303 },
		{ "dashed", dashed, 303 } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const char *c;

		print_message("  %s\n", rows[i].name);
		sender_case_init(&sender, NOW);
		sender.handed_ms = NOW;
		make_sender();
		c = right_code();
		(void)snprintf(spaced, sizeof(spaced), "+%.3s+%s+", c, c + 3);
		(void)snprintf(nbsp, sizeof(nbsp), "%.3s%%C2%%A0%s", c, c + 3);
		(void)snprintf(dashed, sizeof(dashed), "%.3s-%s", c, c + 3);
		post("confirm", i == 0 ? wrong_code() : rows[i].code);
		assert_int_equal(reply.status, rows[i].status);
	}
}

/* Late enough for the button alone, but a wrong code is no code. */
static void
test_a_wrong_code_never_confirms(void **state)
{
	(void)state;
	make_sender();
	post("confirm", wrong_code());
	assert_says(403, "pas le bon code");
	assert_state(CHALLENGE_SENT);
}

static void
test_five_wrong_codes_then_a_pause(void **state)
{
	(void)state;
	sender.handed_ms = NOW;
	make_sender();
	for (int i = 0; i < 5; i++) {
		post("confirm", wrong_code());
		assert_int_equal(reply.status, 403);
	}
	post("confirm", right_code());
	assert_says(429, "60\u00a0min");
	assert_int_equal(reply.retry_after_s, 3600);
	post("notme", right_code());
	assert_int_equal(reply.status, 429);
	assert_state(CHALLENGE_SENT);
	/* asking again costs nothing */
	post("confirm", NULL);
	assert_int_equal(reply.status, 422);
}

static void
test_right_codes_are_not_counted(void **state)
{
	(void)state;
	for (int i = 0; i < 25; i++) {
		sender_case_init(&sender, NOW);
		sender.handed_ms = NOW;
		make_sender();
		post("confirm", right_code());
		assert_redirected("?r=done");
	}
}

static void
test_twenty_wrong_codes_an_address(void **state)
{
	(void)state;
	for (int i = 0; i < 21; i++) {
		sender_case_init(&sender, NOW);
		sender.handed_ms = NOW;
		make_sender();
		post("confirm", wrong_code());
		assert_int_equal(reply.status, i < 20 ? 403 : 429);
	}
	/* That was another challenge each time: the address pays, */
	post("confirm", right_code());
	assert_says(429, "3\u00a0min");
	/* its neighbour does not, and none is named in the store. */
	post_from("192.0.2.78", "confirm", right_code());
	assert_redirected("?r=done");
	assert_int_equal(test_redis_do(&server, "EVAL %s 0",
	    "return #redis.call('KEYS', '*192.0.2.7*')"), 0);
}

static void
test_an_expired_one_is_not_confirmed(void **state)
{
	(void)state;
	sender.expires_ms = NOW;
	make_sender();
	post("confirm", NULL);
	assert_redirected("");
	assert_state(CHALLENGE_SENT);
	assert_int_equal(relation_state("urbanisme"), REL_ASKED);
}

static void
test_what_the_owner_blocked_cannot_be_confirmed(void **state)
{
	struct relation r;
	char packed[REL_PACKED_SIZE];

	(void)state;
	make_sender();
	relation_init(&r);
	r.state = REL_BLOCKED;
	relation_pack(&r, packed);
	(void)test_redis_do(&server, "HSET oct:{%s}:rel:%s %s %s",
	    SENDER_CASE_DOMAIN, SENDER_CASE_LOCAL, sender.sid, packed);
	post("confirm", NULL);
	assert_redirected("?r=over");
	assert_int_equal(relation_state("urbanisme"), REL_BLOCKED);
	get("over");
	assert_says(200, "plus valable");
}

/* --- "Not me" ----------------------------------------------------------- */

static void
test_not_me_needs_the_code(void **state)
{
	(void)state;
	make_sender();
	post("notme", NULL);
	assert_says(422, "<details class=\"other\" open=\"\">");
	post("notme", wrong_code());
	assert_int_equal(reply.status, 403);
	assert_state(CHALLENGE_SENT);
	assert_int_equal(suppress_read(app.store, app.suppress_key,
	    "jeanne@example.org"), 0);
	post("notme", right_code());
	assert_redirected("?r=notme");
	assert_state(CHALLENGE_LAPSED);
	assert_int_equal(relation_state("urbanisme"), REL_LAPSED);
	assert_int_equal(suppress_read(app.store, app.suppress_key,
	    "jeanne@example.org"), 1);
	assert_int_equal(test_redis_do(&server, "XLEN oct:work:test"), 0);
	get("notme");
	assert_says(200, "C’est noté");
	/* twice is as once; and nothing can be confirmed any more */
	post("notme", right_code());
	assert_redirected("?r=notme");
	post("confirm", right_code());
	assert_redirected("");
	get("");
	assert_says(200, "plus valable");
	assert_int_equal(relation_state("urbanisme"), REL_LAPSED);
}

static void
test_not_me_after_confirming_changes_nothing(void **state)
{
	(void)state;
	make_sender();
	post("confirm", NULL);
	post("notme", right_code());
	assert_redirected("");
	assert_state(CHALLENGE_CONFIRMED);
	assert_int_equal(suppress_read(app.store, app.suppress_key,
	    "jeanne@example.org"), 0);
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
		{ "/accessibilite", "non auditée" },
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

/* --- When the code is wanted ---------------------------------------------- */

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

/* --- About the service ---------------------------------------------------- */

static void
test_accessibility_says_what_an_audit_found(void **state)
{
	static const struct {
		int found;
		const char *footer, *state;
	} rows[] = {
		{ SETTINGS_ACCESS_UNAUDITED, "non auditée", "Aucun audit" },
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
	drop_reply();
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
		TEST(test_opening_the_page_changes_nothing),
		TEST(test_the_page_shows_what_was_typed_and_no_more),
		TEST(test_language),
		TEST(test_other_states),
		TEST(test_unknown_links_are_all_alike),
		TEST(test_prefix_may_be_there_or_not),
		TEST(test_the_button_confirms),
		TEST(test_early_the_code_is_asked),
		TEST(test_how_a_code_may_be_written),
		TEST(test_a_wrong_code_never_confirms),
		TEST(test_five_wrong_codes_then_a_pause),
		TEST(test_right_codes_are_not_counted),
		TEST(test_twenty_wrong_codes_an_address),
		TEST(test_an_expired_one_is_not_confirmed),
		TEST(test_what_the_owner_blocked_cannot_be_confirmed),
		TEST(test_not_me_needs_the_code),
		TEST(test_not_me_after_confirming_changes_nothing),
		TEST(test_posts_that_are_refused),
		TEST(test_another_media_type_is_refused),
		TEST(test_fixed_pages),
		TEST(test_only_true_tokens_wait_for_the_store),
		TEST(test_faults_have_a_page),
		TEST(test_an_owner_may_want_the_code_always),
		TEST(test_the_code_is_wanted_while_nobody_knows_the_owners),
		TEST(test_the_domain_sets_when_the_button_counts),
		TEST(test_who_confirms_too_much_is_asked_for_the_code),
		TEST(test_nobody_confirms_in_the_name_of_another),
		TEST(test_what_was_not_confirmed_is_not_counted),
		TEST(test_prefetched_posts_change_nothing),
		TEST(test_codes_of_the_previous_secret_count),
		TEST(test_accessibility_says_what_an_audit_found),
		TEST(test_the_operators_own_texts),
		TEST(test_store_away),
	};
	int rc = test_redis_start(&server);

	if (rc != 0)
		return rc == TEST_REDIS_SKIP ? rc : 1;
	oct_log_level(OCT_ERROR);
	rc = cmocka_run_group_tests_name("web_challenge", tests, group_setup,
	    group_teardown);
	test_redis_stop(&server);
	return rc;
}
