/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What referents and administrators are told, once: against a real Redis and a
 * scripted Postfix.
 */
#include "courier/tell.h"
#include "courier/notice.h"
#include "policy/told.h"
#include "tests/unit/courier_fixture.h"

#define REFERENT "referent@cdg.example"
#define TOLD_TO(address)                                                       \
	HI, { "MAIL FROM:<>", "250 2.1.0 Ok\r\n" },                            \
	    { "RCPT TO:<" address ">", "250 2.1.5 Ok\r\n" }, DATA

static const struct step once[STEPS] = { TOLD_TO(REFERENT), QUEUED, QUIT };
static const struct step later[STEPS] = { TOLD_TO(REFERENT),
	{ BODY, "451 4.3.0 later\r\n" }, QUIT };

static void
contact(const char *text)
{
	free(office.settings->challenge_contact);
	office.settings->challenge_contact = strdup(text);
	assert_non_null(office.settings->challenge_contact);
}

static void
alerts(const char *text)
{
	free(office.settings->challenge_alerts);
	office.settings->challenge_alerts = strdup(text);
	assert_non_null(office.settings->challenge_alerts);
}

static void
tell(void)
{
	static const struct case_duty d = { "tell", "-", "-", 0 };

	contact(REFERENT);
	assert_int_equal(courier_do(office.courier, &d), DUTY_LATER);
}

static void
extended(int n, const char *local)
{
	const struct arrival a = { .n = n, .local = local, .sid = SID,
		.reason = FATE_R_SPAM, .at_ms = NOW };

	hold(&a, KEPT);
	oct_clock_set_wall_ms(NOW + 14 * DAY);
	assert_int_equal(act("expire", n), DUTY_LATER);
}

static bool
any_left(void)
{
	char key[KEY_SIZE];

	return test_redis_do(&world.redis, "EXISTS %s", key_extended(key, D)) ==
	    1;
}

/* --- Malware ------------------------------------------------------------- */

static void
malware_is_told_to_administrators(void **state)
{
	const struct arrival a = { .n = 1, .local = "bob", .sid = SID,
		.reason = FATE_R_VIRUS, .at_ms = NOW };
	const struct arrival b = { .n = 2, .local = "eve", .sid = SID,
		.reason = FATE_R_VIRUS, .at_ms = NOW };
	struct case_item i;
	char *text;

	(void)state;
	hold(&a, KEPT);
	hold(&b, KEPT);
	/* One was thrown away before anybody heard of it. */
	assert_int_equal(test_redis_do(&world.redis, "HSET oct:{" D "}:held:"
					"iiiiiiiiiiiiiiiiiiiiiiiiiiiiaaac state "
					"dropped"),
	    0);
	alerts(REFERENT);
	postfix(once);
	tell();
	text = received();
	assert_non_null(strstr(text, "  bob@" D));
	assert_non_null(strstr(text, "alice@example.org"));
	assert_null(strstr(text, "eve@"));
	free(text);
	i = item(1);
	assert_true(i.digested);
	case_item_fini(&i);
	assert_int_equal(test_redis_do(&world.redis, "ZCARD " KEY_VIRUSES), 0);
	/* Nobody is there to take another: none is sent. */
	alerts(REFERENT);
	tell();
	/* Without a reader the list does not grow for ever. */
	assert_int_equal(test_redis_do(&world.redis,
			     "ZADD " KEY_VIRUSES " 1 old %lld new",
			     (long long)NOW),
	    2);
	alerts("");
	tell();
	assert_int_equal(test_redis_do(&world.redis, "ZCARD " KEY_VIRUSES), 1);
}

/* Quoted-printable is folded: look for what cannot be cut. */
static void
a_referent_is_told_of_what_was_extended(void **state)
{
	char *text;

	(void)state;
	extended(1, "bob");
	extended(2, "bob");
	extended(3, "eve");
	postfix(once);
	tell();
	text = received();
	assert_non_null(strstr(text, "Subject: "));
	assert_non_null(strstr(text, "To: <" REFERENT ">"));
	assert_non_null(strstr(text, "  bob@" D "  2  -> 20"));
	assert_non_null(strstr(text, "  eve@" D "  1  -> 20"));
	assert_null(strstr(text, "question"));
	assert_null(strstr(text, "alice"));
	free(text);
	assert_false(any_left());
}

static void
once_a_day_and_the_rest_the_next_day(void **state)
{
	char *text;

	(void)state;
	extended(1, "bob");
	postfix(once);
	tell();
	done_with_postfix();
	extended(2, "eve");
	/* No Postfix listens: a try would be an error in the log. */
	tell();
	assert_true(any_left());
	oct_clock_set_wall_ms(NOW + 15 * DAY);
	postfix(once);
	tell();
	text = received();
	assert_non_null(strstr(text, "eve@" D "  1"));
	assert_null(strstr(text, "bob@"));
	free(text);
}

static void
what_postfix_refuses_is_told_later(void **state)
{
	(void)state;
	extended(1, "bob");
	postfix(later);
	tell();
	done_with_postfix();
	assert_true(any_left());
	postfix(once);
	tell();
	done_with_postfix();
	assert_false(any_left());
}

static void
a_mark_is_set_once(void **state)
{
	(void)state;
	assert_int_equal(told_read(world.store, "x:y"), 0);
	assert_int_equal(told_mark(world.store, "x:y", DAY), 1);
	assert_int_equal(told_mark(world.store, "x:y", DAY), 0);
	assert_int_equal(told_read(world.store, "x:y"), 1);
	assert_int_equal(told_unmark(world.store, "x:y"), 0);
	assert_int_equal(told_mark(world.store, "x:y", DAY), 1);
}

/* --- Breakers ---------------------------------------------------------------------- */

static void
breakers_in_words(void **state)
{
	static const struct {
		const char *name, *kind, *of, *why, *fr, *en;
	} rows[] = {
		{ "an organisation", "org", "casse.example", "bounces",
		    "casse.example: 2 des 3 dernières demandes sont revenues "
		    "en erreur",
		    "casse.example: 2 of the last 3 challenges bounced" },
		{ "an address", "org", "@0123", "not-me",
		    "une adresse d'un grand fournisseur: 1 des 3 dernières "
		    "demandes ont été désavouées (« ce n'est pas moi »)",
		    "one address at a big provider: 1 of the last 3 "
		    "challenges were disowned (\"not me\")" },
		{ "a network", "network", "192.0.2.0/24", "volume",
		    "192.0.2.0/24: 120 demandes en une heure",
		    "192.0.2.0/24: 120 challenges in an hour" },
		{ "the platform", "platform", "all", "probe",
		    "toute la plateforme: l'essai de reprise a échoué",
		    "the whole platform: the probe failed" },
	};
	struct breaker b = { .count = 3, .hour_count = 120 };

	(void)state;
	b.slot[0].fact = b.slot[1].fact = BREAKER_BOUNCED;
	b.slot[2].fact = BREAKER_NOT_ME;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		(void)snprintf(b.why, sizeof(b.why), "%s", rows[i].why);
		for (unsigned k = 0; k < TEMPLATE_LANGS; k++) {
			char text[512];
			struct oct_str s;

			oct_str_fixed(&s, text, sizeof(text));
			tell_breaker_scope(rows[i].kind, rows[i].of,
			    (enum template_lang)k, &s);
			oct_str_add(&s, ": ");
			tell_breaker_cause(&b, (enum template_lang)k, &s);
			assert_string_equal(text,
			    k == TEMPLATE_FR ? rows[i].fr : rows[i].en);
		}
	}
}

static void
open_breaker(void)
{
	struct breaker b;
	char packed[BREAKER_PACKED_SIZE], key[KEY_SIZE];

	breaker_init(&b, oct_clock_wall_ms());
	b.state = BREAKER_OPEN;
	b.until_ms = oct_clock_wall_ms() + BREAKER_OPEN_MS;
	(void)snprintf(b.why, sizeof(b.why), "volume");
	breaker_pack(&b, packed);
	assert_true(test_redis_do(&world.redis, "SET %s %s",
			key_breaker(key, "org", "casse.example"), packed) >= 0);
	assert_true(test_redis_do(&world.redis, "HSET %s %s %s", KEY_BREAKERS,
			"org:casse.example", "1") >= 0);
}

static void
each_opening_is_told_once(void **state)
{
	char *text;

	(void)state;
	open_breaker();
	tell(); /* nobody wants to know */
	postfix(once);
	alerts(REFERENT);
	tell();
	alerts(REFERENT);
	tell(); /* would fail: the script is over */
	text = received();
	assert_non_null(strstr(text, "Auto-Submitted: auto-generated"));
	assert_non_null(strstr(text, "casse.example"));
	free(text);
	alerts(REFERENT);
	tell(); /* after a restart */
	oct_clock_set_wall_ms(oct_clock_wall_ms() + DAY);
	open_breaker();
	postfix(once);
	tell();
	done_with_postfix();
}

/* --- Numbers of the week --------------------------------------------------------- */

#define MONDAY_9 (NOW + 2 * DAY + 5 * 3600000LL) /* UTC; NOW is a Saturday */

static void
note(int64_t at_ms, int n)
{
	struct caps_ask ask = { .domain = D, .network = "192.0.2.0/24" };
	struct caps_silent quiet = { "cap-domain", 4 };

	for (int i = 0; i < n; i++)
		caps_note_sent(world.store, &ask, at_ms);
	caps_note_silent(world.store, &quiet, 1, at_ms);
}

static void
numbers_of_the_week(void **state)
{
	struct oct_str text;

	(void)state;
	note(MONDAY_9 - DAY, 2);
	note(MONDAY_9 - 7 * DAY, 3);
	note(MONDAY_9 - 8 * DAY, 100);
	note(MONDAY_9, 100); /* the day is not over */
	oct_str_heap(&text, 65536);
	assert_int_equal(tell_numbers_write(world.store, MONDAY_9, &text), 0);
	assert_non_null(strstr(text.buf, "Envoyées\n         5  \n"));
	assert_non_null(strstr(text.buf, "\n         5  " D "\n"));
	assert_non_null(strstr(text.buf, "\n         8  cap-domain\n"));
	assert_null(strstr(text.buf, "192.0.2"));
	oct_str_free(&text);
}

static void
numbers_are_told_once_on_monday(void **state)
{
	char *text;

	(void)state;
	oct_clock_set_wall_ms(MONDAY_9 - DAY);
	alerts(REFERENT);
	tell(); /* Sunday: nothing, or the try would be an error */
	oct_clock_set_wall_ms(MONDAY_9);
	postfix(once);
	tell();
	alerts(REFERENT);
	tell();
	text = received();
	assert_non_null(strstr(text, "Auto-Submitted: auto-generated"));
	free(text);
}

/* --- Suspended accounts ------------------------------------------------------------ */

#define TOWN "mairie@isp.example"
#define WHY                                                                    \
	"2026-11-21T10:00:00Z limit rate_messages_out 100/1h passed by "       \
	"message 4XyZ from bob@" D " client 203.0.113.9"

/* As the milter leaves it. */
static void
suspend(const char *account, const char *reason)
{
	char json[512], why[256], local[32];
	struct dir_change c = { .domain = D, .local = local, .json = json };

	(void)snprintf(local, sizeof(local), "%.*s", (int)strcspn(account, "@"),
	    account);
	if (strchr(account, '@') == NULL)
		c.local = NULL;
	(void)snprintf(json, sizeof(json),
	    "{\"sending\":\"suspended\",\"sending_reason\":\"%s\"}", reason);
	assert_int_equal(store_zadd(world.store, KEY_SUSPENDED,
			     oct_clock_wall_ms(), account),
	    0);
	assert_int_equal(directory_change(world.store, &c, why), 0);
}

static void
with_tenant(void)
{
	const struct dir_tenant_change t = { .id = "ville", .create = true,
		.json = "{\"contact\":\"" TOWN "\"}" };
	const struct dir_change d = { .domain = D,
		.json = "{\"tenant\":\"ville\"}" };
	const struct dir_change own = { .domain = D, .create = true,
		.json = "{\"tenant\":\"ville\"}" };
	const struct dir_change bob = { .domain = D, .local = "bob",
		.create = true, .json = "{}" };
	char why[256];

	assert_int_equal(directory_change_tenant(world.store, &t, why), 0);
	if (directory_change(world.store, &d, why) != 0)
		assert_int_equal(directory_change(world.store, &own, why), 0);
	(void)!directory_change(world.store, &bob, why);
}

static size_t
untold(void)
{
	return (size_t)test_redis_do(
	    &world.redis, "ZCARD %s", KEY_SUSPENDED);
}

#define ALSO(address)                                                          \
	{ "MAIL FROM:<>", "250 2.1.0 Ok\r\n" },                                \
	    { "RCPT TO:<" address ">", "250 2.1.5 Ok\r\n" }, DATA
static const struct step both[STEPS] = { TOLD_TO(TOWN), QUEUED,
	ALSO(REFERENT), QUEUED, QUIT };
static const struct step one_fails[STEPS] = { TOLD_TO(TOWN), QUEUED,
	ALSO(REFERENT), { BODY, "451 4.3.0 later\r\n" }, QUIT };

static void
a_suspension_is_told_to_people(void **state)
{
	char *text;

	(void)state;
	with_tenant();
	suspend("bob@" D, WHY);
	postfix(both);
	alerts(REFERENT);
	tell();
	alerts(REFERENT);
	tell(); /* the script is over: it is told once */
	assert_int_equal(untold(), 0);
	text = received();
	assert_non_null(strstr(text, "To: <" TOWN ">"));
	assert_non_null(strstr(text, "To: <" REFERENT ">"));
	assert_non_null(strstr(text, "100 messages"));
	assert_non_null(strstr(text, "rate_messages_out 100/1h"));
	assert_non_null(strstr(text, "4XyZ"));
	assert_non_null(strstr(text, "203.0.113.9"));
	assert_non_null(strstr(text, "octroictl mailbox set bob@" D));
	free(text);
	/* Lifted, and suspended again for another message: told again. */
	suspend("bob@" D, "2026-11-22" WHY);
	postfix(both);
	alerts(REFERENT);
	tell();
	done_with_postfix();
	assert_int_equal(untold(), 0);
}

static void
each_of_those_to_be_told_is_told_once(void **state)
{
	(void)state;
	with_tenant();
	suspend("bob@" D, WHY);
	postfix(one_fails);
	alerts(REFERENT);
	tell();
	done_with_postfix();
	assert_int_equal(untold(), 1);
	postfix(once); /* the one that failed alone */
	alerts(REFERENT);
	tell();
	done_with_postfix();
	assert_int_equal(untold(), 0);
}

static void
a_note_without_a_suspension_ends(void **state)
{
	(void)state;
	with_tenant();
	assert_int_equal(store_zadd(world.store, KEY_SUSPENDED,
			     oct_clock_wall_ms(), "bob@" D),
	    0);
	assert_int_equal(store_zadd(world.store, KEY_SUSPENDED,
			     oct_clock_wall_ms(), "bob@gone.example"),
	    0);
	alerts(REFERENT);
	tell();
	assert_int_equal(untold(), 1);
	oct_clock_set_wall_ms(oct_clock_wall_ms() + 2 * 3600000LL);
	alerts(REFERENT);
	tell();
	assert_int_equal(untold(), 0);
}

static void
limits_in_words(void **state)
{
	static const struct {
		const char *limit, *fr, *en;
	} rows[] = {
		{ "rate_messages_out 100/1h", "100 messages en 1 h",
		    "100 messages in 1 h" },
		{ "domain_rate_recipients_out 300/2d",
		    "300 destinataires en 2 jours", "300 recipients in 2 days" },
		{ "rate_volume_out 2G/30min", "2G en 30 min", "2G in 30 min" },
		{ "rate_messages_out 5/10s", "5 messages en 10 s",
		    "5 messages in 10 s" },
		{ "something else", "something else", "something else" },
		{ "", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows) * TEMPLATE_LANGS; i++) {
		bool fr = i % 2 == TEMPLATE_FR;
		char text[128] = "";
		struct oct_str s;

		oct_str_fixed(&s, text, sizeof(text));
		tell_limit_words(rows[i / 2].limit,
		    fr ? TEMPLATE_FR : TEMPLATE_EN, &s);
		assert_string_equal(
		    text, fr ? rows[i / 2].fr : rows[i / 2].en);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_referent_is_told_of_what_was_extended),
		T(once_a_day_and_the_rest_the_next_day),
		T(malware_is_told_to_administrators),
		T(what_postfix_refuses_is_told_later),
		T(a_mark_is_set_once),
		cmocka_unit_test(breakers_in_words),
		T(each_opening_is_told_once),
		T(numbers_of_the_week),
		T(numbers_are_told_once_on_monday),
		T(a_suspension_is_told_to_people),
		T(each_of_those_to_be_told_is_told_once),
		T(a_note_without_a_suspension_ends),
		cmocka_unit_test(limits_in_words),
	};

	return RUN_COURIER_TESTS("test_tell", tests);
}
