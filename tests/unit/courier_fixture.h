/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the courier share: a real Redis, a spool in a temporary
 * folder, and a scripted Postfix.
 */
#ifndef OCT_TESTS_COURIER_FIXTURE_H
#define OCT_TESTS_COURIER_FIXTURE_H

#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "courier/courier.h"
#include "courier/gate.h"
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

static OCT_UNUSED void
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

/* Answers instead of the network: alice's domain gets mail where it sends. */
static OCT_UNUSED void
set_dns(struct gate_room *g)
{
	static const char mx[] = "10 mx.example.org", a[] = "192.0.2.1";

	dns_free(g->dns);
	assert_int_equal(dns_new_static(&g->dns), 0);
	assert_int_equal(dns_static_add(g->dns, "example.org", DNS_MX, mx,
			     strlen(mx)),
	    0);
	assert_int_equal(dns_static_add(g->dns, "mx.example.org", DNS_A, a,
			     strlen(a)),
	    0);
}

static OCT_UNUSED void
open_courier(const char *limits)
{
	load_settings(limits);
	assert_int_equal(courier_open(office.settings, &office.courier), 0);
	set_dns(office.courier->gate);
}

static OCT_UNUSED void
close_courier(void)
{
	courier_close(office.courier);
	settings_free(office.settings);
	office.courier = NULL;
	office.settings = NULL;
}

static OCT_UNUSED int
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

static OCT_UNUSED int
tear_down(void **state)
{
	(void)state;
	close_courier();
	return nftw(office.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Postfix follows this script until the courier closes. */
static OCT_UNUSED void
postfix(const struct step *steps)
{
	int listener = server_listen();

	assert_true(listener >= 0);
	server_start(&office.server, steps, listener);
}

/* What Postfix got; the courier starts anew. */
static OCT_UNUSED char *
received(void)
{
	close_courier();
	server_join(&office.server);
	open_courier("");
	return oct_str_take(&office.server.message);
}

static OCT_UNUSED void
done_with_postfix(void)
{
	free(received());
}

static OCT_UNUSED void
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
static OCT_UNUSED void
hold(const struct arrival *a, const char *text)
{
	char id[HELD_ID_SIZE];
	struct held h;

	item_of(a, id_of(a->n, id), &h);
	spool_text(&h, id, text);
	assert_int_equal(arrive(a), 0);
}

static OCT_UNUSED const struct arrival asked = { .n = 1, .local = "bob", .sid = SID,
	.reason = FATE_R_FIRST_CONTACT, .ask = CH, .at_ms = NOW };
static OCT_UNUSED const struct arrival silent = { .n = 1, .local = "bob", .sid = SID,
	.reason = FATE_R_SPAM, .at_ms = NOW };

/* The item's class and trace are written into the record. */
static OCT_UNUSED void
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

static OCT_UNUSED void
want(int n)
{
	enum case_outcome out;
	char id[HELD_ID_SIZE];

	assert_int_equal(case_release(world.store, &world.t, D, id_of(n, id),
			     true, CASE_BY_OWNER, NOW + 1000, &out),
	    0);
	assert_int_equal(out, CASE_DONE);
}

static OCT_UNUSED enum duty
act(const char *verb, int n)
{
	struct case_duty d;
	char id[HELD_ID_SIZE], member[OCT_DOMAIN_SIZE + 64];

	case_duty_write(verb, D, id_of(n, id), member);
	assert_int_equal(case_duty_parse(member, &d), 0);
	return courier_do(office.courier, &d);
}

static OCT_UNUSED enum duty
act_challenge(const char *id)
{
	struct case_duty d;
	char member[OCT_DOMAIN_SIZE + 64];

	case_duty_write("challenge", D, id, member);
	assert_int_equal(case_duty_parse(member, &d), 0);
	return courier_do(office.courier, &d);
}

static OCT_UNUSED enum challenge_state
challenge_state(const char *id)
{
	struct case_challenge c;

	assert_int_equal(case_challenge_read(world.store, D, id, &c), 1);
	case_challenge_fini(&c);
	return c.state;
}

static OCT_UNUSED bool
has_file(int n)
{
	char id[HELD_ID_SIZE];
	int fd, rc = spool_item_open(office.courier->spool, id_of(n, id), &fd);

	if (rc == 0)
		(void)close(fd);
	return rc == 0;
}

#define RELEASE_TO_DATA                                                        \
	HI, { "MAIL FROM:<alice@example.org>", "250 2.1.0 Ok\r\n" },           \
	    { "RCPT TO:<x@ville.example>", "250 2.1.5 Ok\r\n" }, DATA

#define DSN_SCRIPT                                                             \
	{                                                                      \
		HI, { "MAIL FROM:<>", "250 Ok\r\n" },                          \
		    { "RCPT TO:<alice@example.org>", "250 Ok\r\n" }, DATA,     \
		    QUEUED, QUIT                                               \
	}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* --- A program of tests ------------------------------------------------- */

#define RUN_COURIER_TESTS(name, tests)                                         \
	run_courier_tests(name, tests, OCT_LEN(tests))

/* The exit status of the program of that name. */
static OCT_UNUSED int
run_courier_tests(const char *name, const struct CMUnitTest *tests,
    size_t count)
{
	int rc = test_redis_start(&world.redis);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	oct_log_open(name, OCT_LOG_STDERR, OCT_ERROR);
	server_init();
	if (rc == 0)
		rc = _cmocka_run_group_tests(name, tests, count, start_world,
		    end_world);
	server_fini();
	test_redis_stop(&world.redis);
	return rc != 0;
}

#endif
