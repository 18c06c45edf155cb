/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the milter's inside share: an application with a private
 * Redis, DNS answers out of a table, a spool in a temporary folder; and
 * conversations.
 */
#ifndef OCT_TESTS_MILTER_FIXTURE_H
#define OCT_TESTS_MILTER_FIXTURE_H

#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/io.h"
#include "lib/log.h"
#include "milter/judge.h"
#include "policy/keys.h"
#include "tests/support/redis.h"

#define D "ville.example"
#define NOW 1795255200000LL /* 21 Nov 2026 10:00:00 +0000 */
#define FIELDS_MAX 40

static struct {
	struct test_redis redis;
	char dir[64];
	struct settings *settings;
	struct app *app;
	struct dns *dns; /* the application's own, put aside */
} world;

/* --- A conversation --------------------------------------------------------- */

struct talk {
	const char *client, *helo, *daemon, *login, *from, *id;
	const char *rcpt[8];   /* up to the first NULL */
	const char *field[FIELDS_MAX]; /* more than the plain ones */
	const char *author, *to, *body, *params;
};

struct outcome {
	struct session *session;
	struct judge_actions actions;
	struct reply mail, rcpt[8];
};

static inline void
send_field(struct session *s, const char *name, const char *value)
{
	char text[1200];

	(void)snprintf(text, sizeof(text), " %s", value);
	session_field(s, name, text);
}

static inline void
send_fields(struct session *s, const struct talk *t)
{
	send_field(s, "From", t->author != NULL ? t->author : t->from);
	send_field(s, "To", t->to != NULL ? t->to : t->rcpt[0]);
	send_field(s, "Subject", "question");
	send_field(s, "Date", "Sat, 21 Nov 2026 09:59:00 +0000");
	send_field(s, "Message-ID", t->id != NULL ? t->id : "<1@example.org>");
	for (size_t i = 0; i < FIELDS_MAX && t->field[i] != NULL; i++) {
		size_t n = strcspn(t->field[i], ":");
		char name[64];

		(void)snprintf(name, sizeof(name), "%.*s", (int)n, t->field[i]);
		session_field(s, name, t->field[i] + n + 1);
	}
	session_eoh(s);
}

/* MAIL and RCPT; the rest follows if any RCPT was taken. */
static OCT_UNUSED __attribute__((noinline)) void
begin(const struct talk *t, struct outcome *out)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct oct_ip ip;
	char path[600], params[600];
	char *mail[] = { path, NULL, NULL };

	memset(out, 0, sizeof(*out));
	assert_int_equal(oct_ip_parse(t->client != NULL ? t->client
							: "192.0.2.10", &ip),
	    0);
	memcpy(&sin.sin_addr, ip.octets, 4);
	out->session = session_new(world.app, (struct sockaddr *)&sin,
	    t->daemon);
	assert_non_null(out->session);
	session_helo(out->session, t->helo != NULL ? t->helo
						   : "mx.example.org");
	(void)snprintf(path, sizeof(path), "<%s>", t->from);
	if (t->params != NULL) {
		(void)snprintf(params, sizeof(params), "%s", t->params);
		mail[1] = params;
	}
	session_mail(out->session, mail, t->login, &out->mail);
	for (size_t i = 0; i < OCT_LEN(t->rcpt) && t->rcpt[i] != NULL; i++) {
		char *rcpt[] = { path, NULL };

		(void)snprintf(path, sizeof(path), "<%s>", t->rcpt[i]);
		session_rcpt(out->session, rcpt, "4XyZ", &out->rcpt[i]);
	}
}

static OCT_UNUSED void
talk(const struct talk *t, struct outcome *out)
{
	const char *body = t->body != NULL ? t->body : "Bonjour\r\n";

	begin(t, out);
	send_fields(out->session, t);
	session_body(out->session, body, strlen(body));
	judge_message(out->session, &out->actions);
}

static inline void
end(struct outcome *o)
{
	judge_actions_fini(&o->actions);
	session_free(o->session);
}

static inline void
assert_reply(const struct reply *r, enum reply_kind kind, int code,
    const char *enhanced)
{
	assert_int_equal(r->kind, kind);
	assert_int_equal(r->code, code);
	assert_string_equal(r->enhanced, enhanced);
	assert_true(strlen(r->text) > 5);
}

/* --- The spool --------------------------------------------------------------- */

static size_t found_files;
static char one_file[512];

static inline int
see_file(const char *path, OCT_UNUSED const struct stat *st, int type,
    OCT_UNUSED struct FTW *ftw)
{
	size_t len = strlen(path);

	if (type == FTW_F && len > 4 && strcmp(path + len - 4, ".eml") == 0) {
		found_files++;
		(void)snprintf(one_file, sizeof(one_file), "%s", path);
	}
	return 0;
}

/* Held messages on disk. */
static inline size_t
spooled(void)
{
	char path[128];

	found_files = 0;
	(void)snprintf(path, sizeof(path), "%s/spool", world.dir);
	assert_int_equal(nftw(path, see_file, 16, FTW_PHYS), 0);
	return found_files;
}

static inline int
remove_file(const char *path, OCT_UNUSED const struct stat *st,
    OCT_UNUSED int type, OCT_UNUSED struct FTW *ftw)
{
	return remove(path);
}

/* --- The store ---------------------------------------------------------------- */

/* Items held for a mailbox. */
static inline long long
indexed(const char *local)
{
	char key[KEY_SIZE];

	return test_redis_do(&world.redis, "ZCARD %s",
	    key_held_index(key, D, local));
}

static inline long long
challenges(void)
{
	return test_redis_do(&world.redis, "EVAL %s 0",
	    "return #redis.call('KEYS', 'oct:{" D "}:chal:*')");
}

static inline long long
items(void)
{
	return test_redis_do(&world.redis, "EVAL %s 0",
	    "return #redis.call('KEYS', 'oct:{" D "}:held:*')");
}

struct ids {
	size_t count;
	char id[8][HELD_ID_SIZE];
};

static inline int
note_id(void *arg, const char *member, OCT_UNUSED int64_t score)
{
	struct ids *ids = arg;

	if (ids->count < OCT_LEN(ids->id))
		(void)snprintf(ids->id[ids->count++], HELD_ID_SIZE, "%s",
		    member);
	return 0;
}

/* The n-th item held for the mailbox, oldest first. */
static OCT_UNUSED struct case_item
held_item(const char *local, size_t n)
{
	struct ids ids = { .count = 0 };
	struct case_item i;
	char key[KEY_SIZE];

	assert_int_equal(store_zrange(world.app->store,
			     key_held_index(key, D, local), INT64_MAX >> 11, 8,
			     note_id, &ids),
	    0);
	assert_true(n < ids.count);
	assert_int_equal(case_item_read(world.app->store, D, ids.id[n], &i),
	    1);
	return i;
}

/* --- The world ----------------------------------------------------------------- */

static inline void
provision(const char *domain, const char *local, bool alias, const char *json)
{
	struct dir_change c = { .domain = domain, .local = local,
		.alias = alias, .create = true, .json = json, .actor = "test" };
	char problem[256];

	if (directory_change(world.app != NULL ? world.app->store : NULL, &c,
		problem) != 0)
		fail_msg("%s: %s", domain, problem);
}

static inline void
zone(struct dns *dns, const char *name, const char *txt)
{
	assert_int_equal(dns_static_add(dns, name, DNS_TXT, txt, strlen(txt)),
	    0);
}

static inline struct dns *
make_dns(void)
{
	struct dns *dns = NULL;

	assert_int_equal(dns_new_static(&dns), 0);
	zone(dns, "example.org", "v=spf1 ip4:192.0.2.10 -all");
	zone(dns, "reject.example", "v=spf1 ip4:192.0.2.99 ~all");
	zone(dns, "_dmarc.reject.example", "v=DMARC1; p=reject");
	zone(dns, "_dmarc.quarantine.example", "v=DMARC1; p=quarantine");
	zone(dns, D, "v=spf1 ip4:192.0.2.77 -all");
	assert_int_equal(dns_static_timeout(dns, "slow.example"), 0);
	assert_int_equal(dns_static_timeout(dns, "_dmarc.slow.example"), 0);
	return dns;
}

static inline void
write_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", world.dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* Settings of a test; extra: more sections. */
static inline void
load_settings(const char *extra)
{
	char text[4096], path[128];

	(void)snprintf(text, sizeof(text),
	    "platform { hostname = mx." D " secret_file = \"%s/secret\" }\n"
	    "redis { address = \"%s\" }\n"
	    "directory { copy = \"\" }\n"
	    "spool { path = \"%s/spool\" reserve = 0 }\n"
	    "challenge { domain = defi.example url = \"https://defi.example\" "
	    "}\n%s\n",
	    world.dir, world.redis.address, world.dir, extra);
	write_file("octroi.conf", text);
	(void)snprintf(path, sizeof(path), "%s/octroi.conf", world.dir);
	assert_int_equal(settings_load(path, &world.settings), 0);
}

static inline void
provision_all(void)
{
	provision(D, NULL, false, "{}");
	provision(D, "anne", false, "{\"challenge\":\"first-contact\"}");
	provision(D, "bob", false, "{}");
	provision(D, "carol", false, "{\"challenge\":\"first-contact\"}");
	provision(D, "mairie", false, "{\"challenge\":\"first-contact\"}");
	provision(D, "suspendu", false, "{\"state\":\"suspended\"}");
	provision(D, "ferme", false, "{\"state\":\"closed\"}");
	provision(D, "dora", false,
	    "{\"challenge\":\"first-contact\",\"has_blocks\":true}");
	provision(D, "tous", true,
	    "{\"targets\":[\"anne@" D "\",\"bob@" D "\"]}");
	provision(D, "dehors", true,
	    "{\"targets\":[\"anne@" D "\",\"x@far.example\"]}");
	provision("ferme.example", NULL, false, "{\"own_refuse\":true}");
	provision("ferme.example", "eve", false, "{}");
}

/* Open an application over what extra() provisions (NULL: nothing more). */
static inline int
start_world(const char *settings, void (*extra)(void))
{
	char path[128];
	struct store_conf conf;
	struct app early = { .settings = NULL };

	oct_clock_set_wall_ms(NOW);
	(void)snprintf(world.dir, sizeof(world.dir), "/tmp/oct-milter-XXXXXX");
	if (mkdtemp(world.dir) == NULL ||
	    test_redis_do(&world.redis, "FLUSHALL") != 1)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/spool", world.dir);
	if (mkdir(path, 0770) != 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/secret", world.dir);
	if (oct_secret_create(path) != 0)
		return -1;
	load_settings(settings);
	store_conf_init(&conf);
	conf.address = world.redis.address;
	assert_int_equal(store_new(&conf, &early.store), 0);
	world.app = &early;
	provision_all();
	if (extra != NULL)
		extra();
	store_free(early.store);
	world.app = NULL;
	if (app_open(world.settings, &world.app) != 0)
		return -1;
	world.dns = world.app->env.dns;
	world.app->env.dns = make_dns();
	return 0;
}

static inline int
stop_world(void **state)
{
	(void)state;
	if (world.app != NULL) {
		dns_free(world.app->env.dns);
		world.app->env.dns = world.dns;
		app_close(world.app);
		world.app = NULL;
	}
	settings_free(world.settings);
	world.settings = NULL;
	return nftw(world.dir, remove_file, 16, FTW_DEPTH | FTW_PHYS);
}

/* --- A program of tests --------------------------------------------------------- */

#define RUN_MILTER_TESTS(name, tests)                                          \
	run_milter_tests(name, tests, OCT_LEN(tests))

/* The exit status of the program of that name. */
static OCT_UNUSED int
run_milter_tests(const char *name, const struct CMUnitTest *tests,
    size_t count)
{
	int rc = test_redis_start(&world.redis);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	oct_log_open(name, OCT_LOG_STDERR, OCT_ERROR);
	if (rc == 0)
		rc = _cmocka_run_group_tests(name, tests, count, NULL, NULL);
	test_redis_stop(&world.redis);
	return rc != 0;
}

#endif
