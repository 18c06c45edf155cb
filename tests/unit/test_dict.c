/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dovecot's dict protocol: line by line, over sockets, and what becomes of the
 * storage that it tells (with a real Redis).
 */
#include "provisioning/dict.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/usage.h"
#include "provisioning/mapd_usage.h"
#include "tests/support/mapd.h"
#include "tests/unit/wire_fixture.h"
#include "tests/support/redis.h"

#define HASH "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$aGFzaGhhc2g"
#define A "H3\t2\t0\t\tauth\n"
#define Q "H3\t2\t0\t\tquota\n"
#define PASS "{\"password\":\"{ARGON2ID}" HASH "\"}"

static const char world[] =
    "[{\"name\":\"ville.test\",\"mailboxes\":{"
    "\"bob\":{\"credential\":\"" HASH "\",\"storage\":\"10M\"},"
    "\"ext\":{\"credential\":\"external\"},\"new\":{},"
    "\"wait\":{\"state\":\"suspended\",\"credential\":\"" HASH "\"},"
    "\"gone\":{\"state\":\"closed\",\"credential\":\"" HASH "\"}}},"
    "{\"name\":\"wait.test\",\"state\":\"suspended\",\"mailboxes\":{"
    "\"u\":{\"credential\":\"" HASH "\"}}}]";

static struct dir_snapshot *fixture;

static int
make_world(void **state)
{
	(void)state;
	return dir_snapshot_parse(world, strlen(world), &fixture);
}

static int
drop_world(void **state)
{
	(void)state;
	directory_put(fixture);
	return 0;
}

/* --- Lines --------------------------------------------------------------- */

static char told[512];

static void
note(OCT_UNUSED void *arg, const struct dir_domain *d,
    const struct dir_mailbox *m, int64_t octets, int64_t messages)
{
	size_t n = strlen(told);

	(void)snprintf(told + n, sizeof(told) - n, "%s@%s %lld %lld;", m->local,
	    d->name, (long long)octets, (long long)messages);
}

static struct dict_conf
conf_of(void)
{
	struct dict_conf conf = { .mail = { "vmail", "mail",
				      "/v/%d/%n%%/%x", "maildir:/m/%u" },
		.told = note };

	options_standard(&conf.limits.options);
	return conf;
}

#define USERDB(quota)                                                          \
	"{\"uid\":\"vmail\",\"gid\":\"mail\","                                 \
	"\"home\":\"/v/ville.test/bob%%/%x\","                                 \
	"\"mail\":\"maildir:/m/bob@ville.test\"," quota "}"

static const struct {
	const char *name, *in, *out; /* NULL: the last line is refused */
	const char *told;
} cases[] = {
	{ "passdb", A "Lshared/passdb/bob@ville.test\tbob@ville.test\n",
	    "O" PASS "\n", "" },
	{ "case", A "Lshared/passdb/Bob@Ville.TEST\tx\n", "O" PASS "\n", "" },
	{ "version 2.1", "H2\t1\t0\t\tauth\nLshared/passdb/bob@ville.test\n",
	    "O" PASS "\n", "" },
	{ "unknown user", A "Lshared/passdb/x@ville.test\tx\n", "N\n", "" },
	{ "unknown domain", A "Lshared/passdb/x@far.test\tx\n", "N\n", "" },
	{ "no domain", A "Lshared/passdb/bob\tx\n", "N\n", "" },
	{ "no user", A "Lshared/passdb/\tx\n", "N\n", "" },
	{ "plus address", A "Lshared/passdb/bob+x@ville.test\tx\n", "N\n",
	    "" },
	{ "no credential", A "Lshared/passdb/new@ville.test\tx\n", "N\n", "" },
	{ "external", A "Lshared/passdb/ext@ville.test\tx\n", "N\n", "" },
	{ "suspended", A "Lshared/passdb/wait@ville.test\tx\n", "N\n", "" },
	{ "closed", A "Lshared/passdb/gone@ville.test\tx\n", "N\n", "" },
	{ "suspended domain", A "Lshared/passdb/u@wait.test\tx\n", "N\n", "" },
	{ "userdb", A "Lshared/userdb/bob@ville.test\tx\n",
	    "O" USERDB("\"quota_rule\":\"*:bytes=10485760\","
		       "\"quota_grace\":\"1048570B\"") "\n", "" },
	{ "no such key", A "Lshared/other/bob@ville.test\tx\n", "N\n", "" },
	{ "escaped slash", A "Lshared/passdb/bob\\|@ville.test\tx\n", "N\n",
	    "" },
	{ "two at once",
	    A "Lshared/passdb/x@ville.test\tx\nLshared/passdb/y@far.test\tx\n",
	    "N\nN\n", "" },
	{ "look-up of quota",
	    Q "Lpriv/quota/storage\tbob@ville.test\n", "N\n", "" },
	{ "passwords are not of quota", Q "Lshared/passdb/bob@ville.test\tx\n",
	    "N\n", "" },
	{ "usage",
	    Q "B1\tbob@ville.test\nS1\tpriv/quota/storage\t220\n"
	    "S1\tpriv/quota/messages\t1\nC1\n",
	    "O1\n", "bob@ville.test 220 1;" },
	{ "usage of one alone", Q "B7\tbob@ville.test\n"
	    "S7\tpriv/quota/storage\t9\nD7\n",
	    "O7\n", "bob@ville.test 9 -1;" },
	{ "below nothing", Q "B1\tbob@ville.test\n"
	    "S1\tpriv/quota/storage\t-5\nC1\n",
	    "O1\n", "bob@ville.test 0 -1;" },
	{ "usage of nobody", Q "B1\tx@ville.test\n"
	    "S1\tpriv/quota/storage\t220\nC1\n", "O1\n", "" },
	{ "of what is no number", Q "B1\tbob@ville.test\n"
	    "S1\tpriv/quota/storage\t12x\nC1\n", "O1\n", "" },
	{ "rolled back", Q "B1\tbob@ville.test\n"
	    "S1\tpriv/quota/storage\t220\nR1\n", "", "" },
	{ "two transactions", Q "B1\tbob@ville.test\nB2\tnew@ville.test\n"
	    "S2\tpriv/quota/storage\t2\nS1\tpriv/quota/storage\t1\nC2\nC1\n",
	    "O2\nO1\n", "new@ville.test 2 -1;bob@ville.test 1 -1;" },
	{ "auth tells no usage", A "B1\tbob@ville.test\n"
	    "S1\tpriv/quota/storage\t220\nC1\n", "O1\n", "" },
	{ "other commands", Q "B1\tbob@ville.test\nT1\t5\t6\nV1\t7\n"
	    "U1\tpriv/x\nA1\tpriv/y\t4\nC1\n", "O1\n", "" },
	{ "without hello", "Lshared/passdb/bob@ville.test\n", NULL, "" },
	{ "two hellos", A A, NULL, "" },
	{ "another dict", "H3\t2\t0\t\tother\n", NULL, "" },
	{ "another version", "H4\t0\t0\t\tauth\n", NULL, "" },
	{ "empty line", A "\n", NULL, "" },
	{ "no command", A "Zx\n", NULL, "" },
	{ "iteration", A "I0\t0\tshared/userdb/\tx\n", NULL, "" },
	{ "no transaction", Q "S1\tpriv/quota/storage\t1\n", NULL, "" },
	{ "no id", Q "B\tbob@ville.test\n", NULL, "" },
	{ "twice the id", Q "B1\tx\nB1\tx\n", NULL, "" },
	{ "commit twice", Q "B1\tx\nC1\nC1\n", NULL, "" },
	{ "bad escape", A "Lshared/passdb/bob\001x\n", NULL, "" },
	{ "escaped NUL", A "Lshared/passdb/bob\0010\n", NULL, "" },
	{ "nine transactions", Q "B1\t\nB2\t\nB3\t\nB4\t\nB5\t\nB6\t\nB7\t\n"
	    "B8\t\nB9\t\n", NULL, "" },
};

/* 0, or the error of the line that is refused. */
static int
play(const char *in, struct oct_str *out)
{
	struct dict_session *d = dict_session_new();
	struct dict_conf conf = conf_of();
	struct dict_counts counts = { 0 };
	char *copy = strdup(in), *rest = copy, *line;
	int rc = 0;

	assert_non_null(d);
	assert_non_null(copy);
	while (rc == 0 && (line = strsep(&rest, "\n")) != NULL && rest != NULL)
		rc = dict_line(d, &conf, fixture, line, &counts, out);
	/* Only the last line may be refused. */
	assert_true(rc == 0 || *rest == '\0');
	free(copy);
	dict_session_free(d);
	return rc;
}

static void
each_line_is_answered(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		struct oct_str out;
		int rc;

		told[0] = '\0';
		oct_str_heap(&out, 1 << 16);
		rc = play(cases[i].in, &out);
		if ((rc != 0) != (cases[i].out == NULL))
			fail_msg("%s: %d", cases[i].name, rc);
		if (rc == 0 && strcmp(oct_str_text(&out), cases[i].out) != 0)
			fail_msg("%s: %s", cases[i].name, oct_str_text(&out));
		if (strcmp(told, cases[i].told) != 0)
			fail_msg("%s: told %s", cases[i].name, told);
		oct_str_free(&out);
	}
}

/* --- Over sockets ---------------------------------------------------------- */

static struct test_mapd mapd;
static char dict_path[96];

static int
start_server(void **state)
{
	(void)state;
	if (test_mapd_init(&mapd, world) != 0)
		return -1;
	(void)snprintf(dict_path, sizeof(dict_path), "%s/d", mapd.dir);
	mapd.conf.dict_socket = dict_path;
	mapd.conf.dict = conf_of();
	mapd.conf.dict.told = NULL;
	return test_mapd_start(&mapd);
}

static int
stop_server(void **state)
{
	(void)state;
	if (test_mapd_stop(&mapd) != 0 || access(dict_path, F_OK) == 0)
		return -1;
	test_mapd_fini(&mapd);
	return 0;
}

static int
client(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = 10 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", dict_path);
	assert_true(fd >= 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

static void
assert_closed(int fd)
{
	char c;

	assert_true(recv(fd, &c, 1, 0) <= 0);
	(void)close(fd);
}

static void
lines_come_as_they_like(void **state)
{
	static const char in[] = A "Lshared/passdb/bob@ville.test\tx\n"
				   "Lshared/passdb/x@far.test\tx\n";
	char line[4200];
	int fd = client(), other = test_mapd_connect(&mapd);

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(in); i++)
		put_octets(fd, in + i, 1);
	expect(fd, "O" PASS "\nN\n");
	/* The two protocols have a socket each. */
	put_octets(other, "23:vmailbox bob@ville.test,", 27);
	expect(other, "18:OK ville.test/bob/,");
	(void)close(other);
	/* Bounded: what is longer than a line may be ends it. */
	memset(line, 'x', sizeof(line));
	line[0] = 'L';
	put_octets(fd, line, 3500);
	assert_closed(fd);
	fd = client();
	put_octets(fd, "H3\t2\t0\t\tau\0th\n", 14);
	assert_closed(fd);
	fd = client();
	put_octets(fd, "HTTP/1.1\n", 9);
	assert_closed(fd);
}

/* Five thousand look-ups a second are asked for. */
static void
many_lookups(void **state)
{
	static const char ask[] = "Lshared/passdb/bob@ville.test\tx\n";
	int64_t begun = oct_clock_mono_ms(), ms;
	int fd = client();

	(void)state;
	put_octets(fd, A, sizeof(A) - 1);
	for (int i = 0; i < 5000; i++) {
		put_octets(fd, ask, sizeof(ask) - 1);
		expect(fd, "O" PASS "\n");
	}
	ms = oct_clock_mono_ms() - begun;
	(void)close(fd);
	print_message("5000 look-ups in %lld ms\n", (long long)ms);
	assert_true(ms < 5000); /* with room for a sanitizer */
}

/* --- Usage to the store ------------------------------------------------------ */

static struct test_redis redis;

static void
wait_written(struct mapd_usage *u)
{
	for (int i = 0; i < 1000 && mapd_usage_waiting(u) > 0; i++)
		(void)usleep(10000);
	assert_int_equal(mapd_usage_waiting(u), 0);
}

static int64_t
octets_of(struct store *s, const char *local)
{
	struct usage use;

	for (int i = 0; i < 500; i++) {
		int rc = usage_read(s, "ville.test", local, &use);

		if (rc == 0)
			return use.octets;
		(void)usleep(10000);
	}
	return -1;
}

static void
usage_reaches_the_store_later(void **state)
{
	struct store_conf conf;
	struct store *store;
	struct mapd_usage *u;
	struct dict_conf dict = conf_of();
	const struct dir_snapshot *s = directory_get(mapd.directory);
	const struct dir_domain *d = dir_domain(s, "ville.test");
	int64_t begun;

	(void)state;
	store_conf_init(&conf);
	conf.address = redis.address;
	assert_int_equal(store_new(&conf, &store), 0);
	assert_int_equal(mapd_usage_new(store, mapd.directory, &dict.limits,
			     "main", &u),
	    0);
	mapd_usage_tell(u, d, dir_mailbox(d, "bob"), 100, 1);
	mapd_usage_tell(u, d, dir_mailbox(d, "bob"), 300, -1);
	wait_written(u);
	assert_int_equal(octets_of(store, "bob"), 300);
	/* Away: nobody waits, and the last word is kept. */
	test_redis_kill(&redis, SIGKILL);
	begun = oct_clock_mono_ms();
	for (int i = 1; i <= 1000; i++)
		mapd_usage_tell(u, d, dir_mailbox(d, "new"), i, i);
	assert_true(oct_clock_mono_ms() - begun < 1000);
	assert_int_equal(test_redis_again(&redis), 0);
	wait_written(u);
	assert_int_equal(octets_of(store, "new"), 1000);
	mapd_usage_free(u);
	store_free(store);
	directory_put(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_is_answered),
		cmocka_unit_test_setup_teardown(lines_come_as_they_like,
		    start_server, stop_server),
		cmocka_unit_test_setup_teardown(many_lookups, start_server,
		    stop_server),
		cmocka_unit_test_setup_teardown(usage_reaches_the_store_later,
		    start_server, stop_server),
	};
	int rc = test_redis_start(&redis);

	if (rc == TEST_REDIS_SKIP)
		return rc;
	oct_log_open("test_dict", OCT_LOG_STDERR, OCT_ERROR);
	if (rc == 0)
		rc = cmocka_run_group_tests(tests, make_world, drop_world);
	test_redis_stop(&redis);
	return rc != 0;
}
