/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The courier's duties against a real Redis, a spool in a temporary folder and a
 * scripted Postfix: what leaves, what is recorded, and what is left to do.
 */
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "courier/courier.h"
#include "lib/clock.h"
#include "lib/io.h"
#include "lib/log.h"
#include "policy/suppress.h"
#include "tests/support/smtp_script.h"
#include "tests/unit/case_fixture.h"

#define SETTLED (NOW + 20000)
#define FORGED                                                                 \
	"X-Octroi-Held: forged\r\nX-Spam-Flag: NO\r\n"                         \
	"Authentication-Results: edge.example; spf=pass\r\n"
#define KEPT                                                                   \
	"Authentication-Results: other.example; spf=pass\r\n"                  \
	"From: alice@example.org\r\nSubject: question\r\n"                     \
	"\r\nTresPrive\r\n"

static struct {
	char dir[64];
	struct settings *settings;
	struct courier *courier;
	struct server server;
} office;

/* --- The office ------------------------------------------------------------ */

static void
load_settings(const char *limits)
{
	char path[128], text[2048];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/octroi.conf", office.dir);
	(void)snprintf(text, sizeof(text),
	    "platform { hostname = edge.example secret_file = \"%s/secret\" }\n"
	    "redis { address = \"%s\" }\n"
	    "spool { path = \"%s/spool\" reserve = 0 }\n%s"
	    "challenge { domain = defi.example url = \"https://defi.example\" "
	    "}\n"
	    "courier { release = \"%s\" own = \"%s\" }\n",
	    office.dir, world.redis.address, office.dir, limits,
	    server_address(), server_address());
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(settings_load(path, &office.settings), 0);
}

static void
open_courier(const char *limits)
{
	load_settings(limits);
	assert_int_equal(courier_open(office.settings, &office.courier), 0);
}

static void
close_courier(void)
{
	courier_close(office.courier);
	settings_free(office.settings);
	office.courier = NULL;
	office.settings = NULL;
}

static int
set_up(void **state)
{
	char path[128];

	oct_clock_set_wall_ms(SETTLED);
	(void)snprintf(office.dir, sizeof(office.dir),
	    "/tmp/oct-courier-XXXXXX");
	if (reset(state) != 0 || mkdtemp(office.dir) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/spool", office.dir);
	if (mkdir(path, 0770) != 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/secret", office.dir);
	if (oct_secret_create(path) != 0)
		return -1;
	open_courier("");
	return 0;
}

static int
remove_one(const char *path, OCT_UNUSED const struct stat *st,
    OCT_UNUSED int type, OCT_UNUSED struct FTW *ftw)
{
	return remove(path);
}

static int
tear_down(void **state)
{
	(void)state;
	close_courier();
	return nftw(office.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Postfix follows this script until the courier closes. */
static void
postfix(const struct step *steps)
{
	int listener = server_listen();

	assert_true(listener >= 0);
	server_start(&office.server, steps, listener);
}

/* What Postfix got; the courier starts anew. */
static char *
received(void)
{
	close_courier();
	server_join(&office.server);
	open_courier("");
	return oct_str_take(&office.server.message);
}

static void
done_with_postfix(void)
{
	free(received());
}

static void
spool_text(const struct held *h, const char *name, const char *text)
{
	struct spool_write *w = NULL;
	struct oct_str json;
	int fd;

	oct_str_heap(&json, HELD_JSON_MAX);
	assert_int_equal(held_write(h, &json), 0);
	assert_int_equal(spool_write_begin(office.courier->spool, strlen(text),
			     &w, &fd),
	    0);
	assert_int_equal(oct_io_write(fd, text, strlen(text)), 0);
	assert_int_equal(spool_item_add(w, name, oct_str_text(&json)), 0);
	assert_int_equal(spool_write_commit(w), 0);
	spool_write_free(w);
	oct_str_free(&json);
}

/* A held message, as the milter leaves it. */
static void
hold(const struct arrival *a, const char *text)
{
	char id[HELD_ID_SIZE];
	struct held h;

	item_of(a, id_of(a->n, id), &h);
	spool_text(&h, id, text);
	assert_int_equal(arrive(a), 0);
}

static const struct arrival asked = { .n = 1, .local = "bob", .sid = SID,
	.reason = FATE_R_FIRST_CONTACT, .ask = CH, .at_ms = NOW };
static const struct arrival silent = { .n = 1, .local = "bob", .sid = SID,
	.reason = FATE_R_SPAM, .at_ms = NOW };

/* The item's class and trace are written into the record. */
static void
set_class(int n, const char *class)
{
	struct case_item i = item(n);
	struct oct_str json;
	char key[KEY_SIZE];

	i.held.class = class;
	i.held.trace = "Received: from mx by edge;\r\n\tdate\r\n";
	oct_str_heap(&json, HELD_JSON_MAX);
	assert_int_equal(held_write(&i.held, &json), 0);
	assert_int_equal(test_redis_do(&world.redis, "HSET %s v %s",
			     key_held(key, D, i.held.id), oct_str_text(&json)),
	    0);
	oct_str_free(&json);
	case_item_fini(&i);
}

static void
want(int n)
{
	enum case_outcome out;
	char id[HELD_ID_SIZE];

	assert_int_equal(case_release(world.store, &world.t, D, id_of(n, id),
			     true, "bob", NOW + 1000, &out),
	    0);
	assert_int_equal(out, CASE_DONE);
}

static enum duty
act(const char *verb, int n)
{
	struct case_duty d;
	char id[HELD_ID_SIZE], member[OCT_DOMAIN_SIZE + 64];

	case_duty_write(verb, D, id_of(n, id), member);
	assert_int_equal(case_duty_parse(member, &d), 0);
	return courier_do(office.courier, &d);
}

static enum duty
act_challenge(const char *id)
{
	struct case_duty d;
	char member[OCT_DOMAIN_SIZE + 64];

	case_duty_write("challenge", D, id, member);
	assert_int_equal(case_duty_parse(member, &d), 0);
	return courier_do(office.courier, &d);
}

static enum challenge_state
challenge_state(const char *id)
{
	struct case_challenge c;

	assert_int_equal(case_challenge_read(world.store, D, id, &c), 1);
	case_challenge_fini(&c);
	return c.state;
}

static bool
has_file(int n)
{
	char id[HELD_ID_SIZE];
	int fd, rc = spool_item_open(office.courier->spool, id_of(n, id), &fd);

	if (rc == 0)
		(void)close(fd);
	return rc == 0;
}

/* --- Releases ---------------------------------------------------------------- */

#define RELEASE_TO_DATA                                                        \
	HI, { "MAIL FROM:<alice@example.org>", "250 2.1.0 Ok\r\n" },           \
	    { "RCPT TO:<x@ville.example>", "250 2.1.5 Ok\r\n" }, DATA

static void
a_wanted_message_is_released(void **state)
{
	static const struct step script[STEPS] = { RELEASE_TO_DATA, QUEUED, QUIT };
	char *text, *body;

	(void)state;
	hold(&asked, FORGED KEPT);
	set_class(1, "A");
	want(1);
	postfix(script);
	assert_int_equal(act("release", 1), DUTY_DONE);
	text = received();
	assert_int_equal(state_of(1), HELD_RELEASED);
	/* Our trace first, nothing forged, the rest as it came. */
	assert_ptr_equal(strstr(text, "X-Octroi-Held: arrival=\"Sat, 21 Nov"),
	    text);
	assert_non_null(strstr(text, "by=owner\r\nReceived: from mx"));
	body = strstr(text, "Authentication-Results:");
	assert_non_null(body);
	assert_int_equal(strncmp(body, KEPT, strlen(KEPT)), 0);
	assert_null(strstr(text, "forged"));
	assert_null(strstr(text, "X-Spam"));
	free(text);
	/* Again, as after a crash before the acknowledgement: nothing. */
	assert_int_equal(act("release", 1), DUTY_DONE);
	/* Its file goes afterwards, once. */
	assert_true(has_file(1));
	assert_int_equal(act("purge", 1), DUTY_DONE);
	assert_false(has_file(1));
	assert_int_equal(act("purge", 1), DUTY_DONE);
}

static void
an_unproven_path_gets_no_bounce_of_ours(void **state)
{
	static const struct step script[STEPS] = { HI, { GONE, NULL } };
	char *text;

	(void)state;
	/* The path depends on the secret: only seen, not scripted. */
	hold(&silent, KEPT);
	set_class(1, "N");
	want(1);
	postfix(script);
	(void)act("release", 1);
	text = received();
	assert_non_null(strstr(text, "MAIL FROM:<bounce+"));
	assert_null(strstr(text, "MAIL FROM:<alice"));
	free(text);
	/* The token leads back to the item. */
	assert_int_equal(test_redis_do(&world.redis, "EVAL %s 0",
			     "local k = redis.call('KEYS', 'oct:tok:*') "
			     "local v = redis.call('GET', k[1]) "
			     "return string.find(v, '^item " D
			     " iiii') and #k or 0"),
	    1);
}

static void
the_file_of_an_unproven_release_stays(void **state)
{
	struct case_item i;

	(void)state;
	hold(&silent, KEPT);
	set_class(1, "N");
	want(1);
	i = item(1);
	assert_int_equal(case_claim(world.store, &world.t, &i, SETTLED), 1);
	case_item_fini(&i);
	i = item(1);
	assert_int_equal(case_released(world.store, &i, SETTLED), 0);
	case_item_fini(&i);
	oct_clock_set_wall_ms(SETTLED + DAY);
	assert_int_equal(act("purge", 1), DUTY_LATER);
	assert_int_equal(due("purge", 1), SETTLED + 6 * DAY);
	assert_true(has_file(1));
	oct_clock_set_wall_ms(SETTLED + 6 * DAY);
	assert_int_equal(act("purge", 1), DUTY_DONE);
	assert_false(has_file(1));
}

static void
a_live_item_keeps_its_file(void **state)
{
	(void)state;
	hold(&silent, KEPT);
	assert_int_equal(act("purge", 1), DUTY_DONE);
	assert_true(has_file(1));
}

static void
refusals_of_a_release(void **state)
{
	static const struct {
		const char *name;
		struct step script[STEPS];
		enum duty duty;
		const char *want, *note;
	} rows[] = {
		{ "451 at the dot",
		    { RELEASE_TO_DATA, { BODY, "451 4.3.0 later\r\n" }, QUIT },
		    DUTY_LATER, "owner", "451 4.3.0 later" },
		{ "550 at RCPT",
		    { HI, { "MAIL FROM:<alice@example.org>", "250 Ok\r\n" },
			{ "RCPT TO:<x@ville.example>", "550 5.1.1 no\r\n" },
			{ "RSET", "250 Ok\r\n" }, QUIT },
		    DUTY_DONE, "", "550 5.1.1 no" },
		{ "connection lost", { HI, { "MAIL FROM:<alice@example.org>",
					       CLOSE } },
		    DUTY_LATER, "owner", NULL },
	};

	for (size_t k = 0; k < OCT_LEN(rows); k++) {
		struct case_item i;

		print_message("  %s\n", rows[k].name);
		if (k > 0) {
			assert_int_equal(tear_down(state), 0);
			assert_int_equal(set_up(state), 0);
		}
		hold(&asked, KEPT);
		want(1);
		postfix(rows[k].script);
		assert_int_equal(act("release", 1), rows[k].duty);
		done_with_postfix();
		i = item(1);
		assert_int_equal(i.state, HELD_STORED);
		assert_string_equal(i.want, rows[k].want);
		if (rows[k].note != NULL)
			assert_string_equal(i.note, rows[k].note);
		case_item_fini(&i);
		assert_true(has_file(1));
		if (rows[k].duty == DUTY_LATER)
			assert_int_equal(due("release", 1), SETTLED + 30000);
	}
}

static void
releases_that_must_wait(void **state)
{
	struct case_item i;

	(void)state;
	hold(&asked, KEPT);
	/* Nobody wants it. */
	assert_int_equal(act("release", 1), DUTY_DONE);
	want(1);
	oct_clock_set_wall_ms(NOW + 19999);
	assert_int_equal(act("release", 1), DUTY_LATER);
	assert_int_equal(due("release", 1), SETTLED);
	oct_clock_set_wall_ms(SETTLED);
	i = item(1);
	assert_int_equal(case_claim(world.store, &world.t, &i, SETTLED), 1);
	case_item_fini(&i);
	assert_int_equal(act("release", 1), DUTY_LATER);
	assert_int_equal(due("release", 1), SETTLED + 61000);
	/* Of an unknown item. */
	assert_int_equal(act("release", 77), DUTY_DONE);
}

static void
a_message_over_todays_limits_is_released_whole(void **state)
{
	static const struct step script[STEPS] = { RELEASE_TO_DATA, QUEUED, QUIT };
	struct oct_str big;
	char *text;

	(void)state;
	oct_str_heap(&big, 1 << 20);
	for (int i = 0; i < 300; i++)
		oct_str_addf(&big, "X-Field-%d: %0200d\r\n", i, 0);
	oct_str_add(&big, "\r\n");
	for (int i = 0; i < 2000; i++)
		oct_str_addf(&big, "%072d\r\n", i);
	hold(&asked, oct_str_text(&big));
	want(1);
	close_courier();
	open_courier("limits { body = 65536 header = 16384 "
		     "header_fields = 100 }\n");
	postfix(script);
	assert_int_equal(act("release", 1), DUTY_DONE);
	text = received();
	assert_non_null(strstr(text, "X-Field-299: "));
	assert_true(strlen(text) > big.len);
	assert_non_null(strstr(text, "00001999\r\n.\r\n"));
	free(text);
	oct_str_free(&big);
	assert_int_equal(state_of(1), HELD_RELEASED);
}

static void
a_release_without_its_message(void **state)
{
	struct case_item i;
	char id[HELD_ID_SIZE];

	(void)state;
	hold(&asked, KEPT);
	want(1);
	assert_int_equal(spool_item_remove(office.courier->spool,
			     id_of(1, id)),
	    0);
	assert_int_equal(act("release", 1), DUTY_DONE);
	i = item(1);
	assert_int_equal(i.state, HELD_STORED);
	assert_string_equal(i.want, "");
	case_item_fini(&i);
}

/* --- Challenges ---------------------------------------------------------------- */

/* The bounce address of the challenge, which depends on the secret. */
static const char *
mail_from(void)
{
	static char line[160];
	char token[OCT_TOKEN_SIZE];

	assert_int_equal(oct_token_for(&office.courier->tokens,
			     OCT_TOKEN_BOUNCE, CH, token),
	    0);
	(void)snprintf(line, sizeof(line),
	    "MAIL FROM:<bounce+%s@defi.example>", token);
	return line;
}

static void
a_challenge_is_sent_once(void **state)
{
	const struct step script[STEPS] = { HI, { mail_from(), "250 Ok\r\n" },
		{ "RCPT TO:<alice@example.org>", "250 Ok\r\n" }, DATA, QUEUED,
		QUIT };
	struct case_challenge c;
	char *text;

	(void)state;
	hold(&asked, KEPT);
	postfix(script);
	assert_int_equal(act_challenge(CH), DUTY_DONE);
	text = received();
	assert_non_null(strstr(text, "To: <alice@example.org>"));
	assert_non_null(strstr(text, "Auto-Submitted: auto-replied"));
	assert_null(strstr(text, "TresPrive"));
	assert_null(strstr(text, "question"));
	free(text);
	assert_int_equal(case_challenge_read(world.store, D, CH, &c), 1);
	assert_int_equal(c.state, CHALLENGE_SENT);
	assert_int_equal(c.handed_ms, SETTLED);
	case_challenge_fini(&c);
	/* No server: another try would fail. */
	assert_int_equal(act_challenge(CH), DUTY_DONE);
	assert_int_equal(challenge_state(CH), CHALLENGE_SENT);
}

static void
what_becomes_of_a_challenge(void **state)
{
	static const struct {
		const char *name, *rcpt, *dot;
		enum duty duty;
		enum challenge_state after;
		enum rel_state relation;
	} rows[] = {
		{ "451 at the dot", "250 Ok\r\n", "451 4.3.0 later\r\n",
		    DUTY_LATER, CHALLENGE_PENDING, REL_ASKED },
		{ "554 at the dot", "250 Ok\r\n", "554 5.7.1 no\r\n",
		    DUTY_DONE, CHALLENGE_LAPSED, REL_LAPSED },
		{ "550 at RCPT", "550 5.1.1 no\r\n", NULL, DUTY_DONE,
		    CHALLENGE_LAPSED, REL_LAPSED },
		{ "450 at RCPT", "450 4.1.1 later\r\n", NULL, DUTY_LATER,
		    CHALLENGE_PENDING, REL_ASKED },
		{ "lost behind the dot: nobody knows, never twice",
		    "250 Ok\r\n", CLOSE, DUTY_DONE, CHALLENGE_SENT,
		    REL_ASKED },
	};

	for (size_t k = 0; k < OCT_LEN(rows); k++) {
		struct step script[STEPS] = { HI, { NULL, "250 Ok\r\n" },
			{ "RCPT TO:<alice@example.org>", rows[k].rcpt } };

		print_message("  %s\n", rows[k].name);
		if (k > 0) {
			assert_int_equal(tear_down(state), 0);
			assert_int_equal(set_up(state), 0);
		}
		script[2].expect = mail_from();
		if (rows[k].dot == NULL) {
			script[4] = (struct step){ "RSET", "250 Ok\r\n" };
			script[5] = (struct step)QUIT;
		} else {
			script[4] = (struct step)DATA;
			script[5] = (struct step){ BODY, rows[k].dot };
			if (strcmp(rows[k].dot, CLOSE) != 0)
				script[6] = (struct step)QUIT;
		}
		hold(&asked, KEPT);
		postfix(script);
		assert_int_equal(act_challenge(CH), rows[k].duty);
		done_with_postfix();
		assert_int_equal(challenge_state(CH), rows[k].after);
		assert_int_equal(relation_of("bob").state, rows[k].relation);
		assert_int_equal(state_of(1), HELD_TENTATIVE);
		if (rows[k].duty == DUTY_LATER)
			assert_int_equal(due_challenge(CH), SETTLED + 30000);
	}
}

/* No server listens in these: a mail would not get out. */
static void
challenges_that_are_not_sent(void **state)
{
	enum { EARLY, LATE, SUPPRESSED, RELEASED, BLOCKED, CRASHED, GONE_BY };
	static const struct {
		const char *name;
		int why;
		enum duty duty;
		enum challenge_state after;
		enum rel_state relation;
	} rows[] = {
		{ "not settled", EARLY, DUTY_LATER, CHALLENGE_PENDING,
		    REL_ASKED },
		{ "late", LATE, DUTY_DONE, CHALLENGE_LATE, REL_SILENT },
		{ "said not me before", SUPPRESSED, DUTY_DONE, CHALLENGE_LATE,
		    REL_SILENT },
		{ "released by its owner", RELEASED, DUTY_DONE, CHALLENGE_LATE,
		    REL_ALLOWED },
		{ "blocked by its owner", BLOCKED, DUTY_DONE, CHALLENGE_LATE,
		    REL_BLOCKED },
		{ "died between mark and record", CRASHED, DUTY_DONE,
		    CHALLENGE_SENT, REL_ASKED },
	};

	for (size_t k = 0; k < OCT_LEN(rows); k++) {
		enum case_outcome out;
		char id[HELD_ID_SIZE];

		print_message("  %s\n", rows[k].name);
		if (k > 0) {
			assert_int_equal(tear_down(state), 0);
			assert_int_equal(set_up(state), 0);
		}
		hold(&asked, KEPT);
		if (rows[k].why == EARLY)
			oct_clock_set_wall_ms(SETTLED - 1);
		else if (rows[k].why == LATE)
			oct_clock_set_wall_ms(SETTLED + 15 * 60000 + 1);
		else if (rows[k].why == SUPPRESSED)
			/* As the web writes it: the folded address. */
			assert_int_equal(suppress_add(world.store,
					     office.courier->suppress_key,
					     "Alice+x@Example.ORG"),
			    0);
		else if (rows[k].why == RELEASED)
			assert_int_equal(case_release(world.store, &world.t, D,
					     id_of(1, id), false, "bob", NOW,
					     &out),
			    0);
		else if (rows[k].why == BLOCKED)
			(void)test_redis_do(&world.redis,
			    "HSET oct:{" D "}:rel:bob %s %s", SID,
			    "1 B 1 0 0 0 - owner 0");
		else
			assert_int_equal(case_challenge_move(world.store, D,
					     CH, CHALLENGE_PENDING,
					     CHALLENGE_SENDING, SETTLED),
			    1);
		assert_int_equal(act_challenge(CH), rows[k].duty);
		assert_int_equal(challenge_state(CH), rows[k].after);
		assert_int_equal(relation_of("bob").state, rows[k].relation);
	}
	assert_int_equal(act_challenge("0000000000000000"), DUTY_DONE);
}

/* --- Expiry --------------------------------------------------------------------- */

#define DSN_SCRIPT                                                             \
	{                                                                      \
		HI, { "MAIL FROM:<>", "250 Ok\r\n" },                          \
		    { "RCPT TO:<alice@example.org>", "250 Ok\r\n" }, DATA,     \
		    QUEUED, QUIT                                               \
	}

static void
an_unlisted_item_is_extended_once(void **state)
{
	(void)state;
	hold(&asked, KEPT);
	assert_int_equal(act("expire", 1), DUTY_LATER);
	assert_int_equal(due("expire", 1), NOW + 7 * DAY);
	oct_clock_set_wall_ms(NOW + 7 * DAY);
	assert_int_equal(act("expire", 1), DUTY_LATER);
	assert_int_equal(state_of(1), HELD_TENTATIVE);
	assert_int_equal(due("expire", 1), NOW + 37 * DAY);
}

static void
expire_with(int64_t now_ms, const struct step *script, const char *needle)
{
	char *text;

	oct_clock_set_wall_ms(now_ms);
	assert_int_equal(act("expire", 1), DUTY_LATER); /* extended */
	oct_clock_set_wall_ms(now_ms + 30 * DAY);
	if (script != NULL)
		postfix(script);
	assert_int_equal(act("expire", 1), DUTY_DONE);
	assert_int_equal(state_of(1), HELD_EXPIRED);
	if (script == NULL)
		return;
	text = received();
	assert_non_null(strstr(text, needle));
	assert_non_null(strstr(text, "Subject: question"));
	assert_null(strstr(text, "TresPrive"));
	free(text);
}

static void
the_sender_of_a_first_contact_is_told(void **state)
{
	static const struct step script[STEPS] = DSN_SCRIPT;

	(void)state;
	hold(&asked, KEPT);
	expire_with(NOW + 7 * DAY, script, "Status: 5.7.1");
	assert_int_equal(relation_of("bob").state, REL_LAPSED);
	assert_int_equal(act("expire", 1), DUTY_DONE);
}

/* He confirmed; it is the mailbox that did not take it. */
static void
the_sender_of_a_refused_release_is_told_so(void **state)
{
	static const struct step script[STEPS] = DSN_SCRIPT;
	char id[HELD_ID_SIZE], key[KEY_SIZE];

	(void)state;
	hold(&asked, KEPT);
	assert_int_equal(test_redis_do(&world.redis, "HSET %s note %s",
			     key_held(key, D, id_of(1, id)),
			     "550 5.1.1 nobody"),
	    1);
	expire_with(NOW + 7 * DAY, script, "550 5.1.1 nobody");
}

static void
nobody_outside_is_told_of_others(void **state)
{
	static const struct {
		const char *name, *class, *rpath;
		enum fate_reason reason;
	} rows[] = {
		{ "spam", "A", NULL, FATE_R_SPAM },
		{ "automatic", "A", NULL, FATE_R_AUTOMATIC },
		{ "unproven", "N", NULL, FATE_R_FIRST_CONTACT },
		{ "From alone", "F", NULL, FATE_R_FIRST_CONTACT },
	};

	for (size_t k = 0; k < OCT_LEN(rows); k++) {
		struct arrival a = silent;

		print_message("  %s\n", rows[k].name);
		if (k > 0) {
			assert_int_equal(tear_down(state), 0);
			assert_int_equal(set_up(state), 0);
		}
		a.reason = rows[k].reason;
		hold(&a, KEPT);
		set_class(1, rows[k].class);
		expire_with(NOW + 14 * DAY, NULL, NULL);
	}
}

static void
a_wanted_item_does_not_expire(void **state)
{
	(void)state;
	hold(&asked, KEPT);
	want(1);
	oct_clock_set_wall_ms(NOW + 60 * DAY);
	assert_int_equal(act("expire", 1), DUTY_LATER);
	assert_int_equal(state_of(1), HELD_TENTATIVE);
	assert_int_equal(due("expire", 1), NOW + 60 * DAY + 60000);
}

/* --- The sweep --------------------------------------------------------------------- */

static void
orphans_are_found_beside_damaged_records(void **state)
{
	struct arrival a = silent;
	struct case_item i;
	struct held h;
	char id[HELD_ID_SIZE], other[HELD_ID_SIZE];

	(void)state;
	/* Damaged ones on all sides, an orphan, and a message that is gone. */
	for (int n = 0; n < 20; n++) {
		a.n = n;
		item_of(&a, id_of(n, id), &h);
		if (n % 2 == 0) {
			spool_text(&h, id, KEPT);
			(void)test_redis_do(&world.redis,
			    "HSET oct:{" D "}:held:%s v {} state stored", id);
		}
	}
	a.n = 1;
	item_of(&a, id_of(1, id), &h);
	spool_text(&h, id, KEPT);
	a.n = 3; /* a sidecar under another's name */
	item_of(&a, id_of(3, id), &h);
	spool_text(&h, id_of(5, other), KEPT);
	courier_sweep(office.courier, NOW + 3599999);
	assert_int_equal(case_item_read(world.store, D, id_of(1, id), &i), 0);
	courier_sweep(office.courier, NOW + 3600000);
	assert_int_equal(state_of(1), HELD_TENTATIVE);
	assert_true(is_indexed("bob", 1));
	assert_int_equal(case_item_read(world.store, D, id_of(3, id), &i), 0);
	assert_true(has_file(5));
}

static void
lost_duties_are_put_back(void **state)
{
	char id[HELD_ID_SIZE], key[KEY_SIZE];

	(void)state;
	hold(&asked, KEPT);
	want(1);
	assert_int_equal(test_redis_do(&world.redis, "DEL %s",
			     key_due(key, NODE)),
	    1);
	courier_sweep(office.courier, NOW + 3600000);
	assert_int_equal(due("expire", 1), NOW + 7 * DAY);
	assert_int_equal(due("release", 1), NOW + 3660000);
	assert_int_equal(due("settle", 1), NOW + 3600000);
	/* A finished one whose file was left. */
	(void)test_redis_do(&world.redis, "HSET %s state released",
	    key_held(key, D, id_of(1, id)));
	courier_sweep(office.courier, NOW + 3600000);
	assert_int_equal(due("purge", 1), NOW + 3600000);
}

/* Taken over for others' sake and refused by its mailbox: the sender, who heard
 * 250, is told at once; the owner sees it meanwhile. */
static void
a_refused_transit_copy_is_told_at_once(void **state)
{
	static const struct step refusal[STEPS] = { HI,
		{ "MAIL FROM:<alice@example.org>", "250 Ok\r\n" },
		{ "RCPT TO:<x@ville.example>", "550 5.1.1 no\r\n" },
		{ "RSET", "250 Ok\r\n" }, QUIT };
	static const struct step script[STEPS] = DSN_SCRIPT;
	struct arrival a = asked;
	char *text;

	(void)state;
	a.reason = FATE_R_TRANSIT;
	a.ask = NULL;
	a.sid = NULL;
	hold(&a, KEPT);
	set_class(1, "A");
	want(1);
	postfix(refusal);
	assert_int_equal(act("release", 1), DUTY_DONE);
	done_with_postfix();
	assert_true(is_indexed("bob", 1));
	assert_true(due("expire", 1) <= SETTLED);
	postfix(script);
	assert_int_equal(act("expire", 1), DUTY_DONE);
	text = received();
	assert_non_null(strstr(text, "550 5.1.1 no"));
	free(text);
	assert_int_equal(state_of(1), HELD_EXPIRED);
}

static void
unknown_duties_are_forgotten(void **state)
{
	(void)state;
	assert_int_equal(act("dance", 1), DUTY_DONE);
	assert_int_equal(act("settle", 77), DUTY_DONE);
	assert_int_equal(act("expire", 77), DUTY_DONE);
	assert_int_equal(act("purge", 77), DUTY_DONE);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_wanted_message_is_released),
		T(an_unproven_path_gets_no_bounce_of_ours),
		T(the_file_of_an_unproven_release_stays),
		T(a_live_item_keeps_its_file),
		T(refusals_of_a_release),
		T(releases_that_must_wait),
		T(a_message_over_todays_limits_is_released_whole),
		T(a_release_without_its_message),
		T(a_challenge_is_sent_once),
		T(what_becomes_of_a_challenge),
		T(challenges_that_are_not_sent),
		T(an_unlisted_item_is_extended_once),
		T(the_sender_of_a_first_contact_is_told),
		T(the_sender_of_a_refused_release_is_told_so),
		T(nobody_outside_is_told_of_others),
		T(a_wanted_item_does_not_expire),
		T(orphans_are_found_beside_damaged_records),
		T(lost_duties_are_put_back),
		T(a_refused_transit_copy_is_told_at_once),
		T(unknown_duties_are_forgotten),
	};
	int rc = test_redis_start(&world.redis);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	oct_log_open("test_courier", OCT_LOG_STDERR, OCT_ERROR);
	server_init();
	if (rc == 0)
		rc = cmocka_run_group_tests_name("courier", tests, start_world,
		    end_world);
	server_fini();
	test_redis_stop(&world.redis);
	return rc != 0;
}
