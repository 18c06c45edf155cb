/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The live directory with a real Redis on a private UNIX socket.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/str.h"
#include "policy/directory.h"
#include "policy/keys.h"
#include "tests/support/redis.h"

#define DEADLINE_MS 10000

/* One server for all tests; started before and stopped after them. */
static struct {
	struct test_redis redis;
	struct store *store;
	char copy[96];
} world;

static struct store *
new_store(const char *address)
{
	struct store_conf conf;
	struct store *s;

	store_conf_init(&conf);
	conf.address = address;
	assert_int_equal(store_new(&conf, &s), 0);
	return s;
}

static int
set_up(void **state)
{
	(void)state;
	(void)snprintf(
	    world.copy, sizeof(world.copy), "%s/copy", world.redis.dir);
	world.store = new_store(world.redis.address);
	return store_ping(world.store);
}

static int
tear_down(void **state)
{
	(void)state;
	store_free(world.store);
	return 0;
}

/* Until the store has noticed, whose next try may not be due yet. */
static void
wait_for_ping(struct store *s, bool up)
{
	int64_t end_ms = oct_clock_mono_ms() + DEADLINE_MS;

	while ((store_ping(s) == 0) != up) {
		assert_true(oct_clock_mono_ms() < end_ms);
		(void)usleep(1000);
	}
}

/* --- Changes ------------------------------------------------------------- */

static char problem[256]; /* of the last change */

static int
change(const char *domain, const char *local, const char *how, const char *json)
{
	struct dir_change c = {
	    .domain = domain, .local = local, .json = json, .actor = "test"};

	c.alias = strstr(how, "alias") != NULL;
	c.create = strstr(how, "add") != NULL;
	c.remove = strstr(how, "remove") != NULL;
	return directory_change(world.store, &c, problem);
}

static void
must(const char *domain, const char *local, const char *how, const char *json)
{
	int rc = change(domain, local, how, json);

	if (rc != 0)
		fail_msg("%s %s: %d %s", domain, how, rc, problem);
}

/* --- Conditions that are waited for -------------------------------------- */

typedef bool condition(const struct dir_snapshot *s, const char *what);

static bool
has_domain(const struct dir_snapshot *s, const char *what)
{
	return dir_domain(s, what) != NULL;
}

static bool
lacks_domain(const struct dir_snapshot *s, const char *what)
{
	return dir_domain(s, what) == NULL;
}

static bool
has_bob(const struct dir_snapshot *s, const char *what)
{
	const struct dir_domain *d = dir_domain(s, what);

	return d != NULL && dir_mailbox(d, "bob") != NULL;
}

static bool
lacks_bob(const struct dir_snapshot *s, const char *what)
{
	const struct dir_domain *d = dir_domain(s, what);

	return d != NULL && dir_mailbox(d, "bob") == NULL;
}

static bool
is_suspended(const struct dir_snapshot *s, const char *what)
{
	const struct dir_domain *d = dir_domain(s, what);

	return d != NULL && d->state == DIR_SUSPENDED;
}

static bool
holds(struct directory *d, condition *is, const char *what)
{
	const struct dir_snapshot *s = directory_get(d);
	bool yes = is(s, what);

	directory_put(s);
	return yes;
}

/* How long it took, in ms. */
static int64_t
wait_until(struct directory *d, condition *is, const char *what)
{
	int64_t from_ms = oct_clock_mono_ms();

	while (!holds(d, is, what)) {
		if (oct_clock_mono_ms() - from_ms > DEADLINE_MS)
			fail_msg("never came true for %s", what);
		(void)usleep(1000);
	}
	return oct_clock_mono_ms() - from_ms;
}

static struct directory *
open_live(struct store *store, const char *copy)
{
	struct directory *d;

	assert_int_equal(directory_open(store, copy, &d), 0);
	assert_int_equal(directory_follow(d), 0);
	return d;
}

/* --- Tests --------------------------------------------------------------- */

static void
changes_are_visible_within_a_second(void **state)
{
	struct directory *d = open_live(world.store, NULL);
	const struct dir_snapshot *before, *after;

	(void)state;
	must("a.test", NULL, "add", "{\"tenant\":\"t\"}");
	assert_true(wait_until(d, has_domain, "a.test") < 1000);
	must("b.test", NULL, "add", "{}");
	assert_true(wait_until(d, has_domain, "b.test") < 1000);
	before = directory_get(d);
	must("a.test", "bob", "add", "{\"name\":\"Bob\"}");
	assert_true(wait_until(d, has_bob, "a.test") < 1000);
	must("a.test", NULL, "set", "{\"state\":\"suspended\"}");
	assert_true(wait_until(d, is_suspended, "a.test") < 1000);
	after = directory_get(d);

	/* What did not change is shared; who holds the old one keeps it. */
	assert_ptr_equal(
	    dir_domain(before, "b.test"), dir_domain(after, "b.test"));
	assert_int_equal(dir_domain(before, "a.test")->mailbox_count, 0);
	assert_int_equal(dir_domain(after, "a.test")->mailbox_count, 1);
	assert_string_equal(dir_domain(after, "a.test")->tenant, "t");
	directory_put(before);
	directory_put(after);

	must("a.test", "bob", "remove", NULL);
	assert_true(wait_until(d, lacks_bob, "a.test") < 1000);
	must("a.test", NULL, "remove", NULL);
	assert_true(wait_until(d, lacks_domain, "a.test") < 1000);
	must("b.test", NULL, "remove", NULL);
	assert_true(wait_until(d, lacks_domain, "b.test") < 1000);
	directory_close(d);
}

static const struct {
	const char *name, *domain, *local, *how, *json;
	int rc;
	const char *says;
} refusals[] = {
    {"domain name", "A.test", NULL, "add", "{}", OCT_EPARSE, "lower case"},
    {"domain exists", "c.test", NULL, "add", "{}", -EEXIST, "exists already"},
    {"domain absent", "none.test", NULL, "set", "{}", OCT_EABSENT,
	"there is no domain none.test"},
    {"mailbox of an absent domain", "none.test", "x", "add", "{}", OCT_EABSENT,
	"there is no domain none.test"},
    {"mailbox exists", "c.test", "bob", "add", "{}", -EEXIST, "exists already"},
    {"mailbox absent", "c.test", "eve", "set", "{}", OCT_EABSENT,
	"there is no mailbox eve"},
    {"mailbox named as an alias", "c.test", "team", "add", "{}", -EEXIST,
	"either a mailbox or an alias"},
    {"alias named as a mailbox", "c.test", "bob", "add alias",
	"{\"targets\":[\"x@y.test\"]}", -EEXIST,
	"either a mailbox or an alias"},
    {"alias without targets", "c.test", "l", "add alias", "{}", OCT_EPARSE,
	"targets"},
    {"alias to itself", "c.test", "l", "add alias",
	"{\"targets\":[\"x@y.test\",\"L+a@c.test\"]}", OCT_EPARSE,
	"its own target"},
    {"mailbox name", "c.test", "a+b", "add", "{}", OCT_EPARSE, "local part"},
    {"mailbox name no UTF-8", "c.test", "a\xff", "add", "{}", OCT_EPARSE,
	"UTF-8"},
    {"unknown attribute", "c.test", "bob", "set", "{\"colour\":1}", OCT_EPARSE,
	"a mailbox has no attribute \"colour\""},
    {"wrong value", "c.test", "bob", "set", "{\"storage\":\"big\"}", OCT_EPARSE,
	"attribute storage of a mailbox must be a size"},
    {"wrong domain value", "c.test", NULL, "set", "{\"state\":\"x\"}",
	OCT_EPARSE, "suspended, closing or closed"},
    {"no JSON", "c.test", "bob", "set", "name=x", OCT_EPARSE, "JSON object"},
    {"no attributes", "c.test", "bob", "set", NULL, OCT_EPARSE,
	"no attributes"},
    {"domain with entries", "c.test", NULL, "remove", NULL, -ENOTEMPTY,
	"remove them first"},
    {"removal of nobody", "c.test", "eve", "remove", NULL, OCT_EABSENT,
	"there is no mailbox eve"},
};

static void
wrong_changes_are_refused_in_words(void **state)
{
	(void)state;
	must("c.test", NULL, "add", "{}");
	must("c.test", "bob", "add", "{}");
	must("c.test", "team", "add alias", "{\"targets\":[\"bob@c.test\"]}");
	for (size_t i = 0; i < OCT_LEN(refusals); i++) {
		print_message("  %s\n", refusals[i].name);
		assert_int_equal(change(refusals[i].domain, refusals[i].local,
				     refusals[i].how, refusals[i].json),
		    refusals[i].rc);
		if (strstr(problem, refusals[i].says) == NULL)
			fail_msg("says: %s", problem);
	}
	must("c.test", "team", "remove alias", NULL);
	must("c.test", "bob", "remove", NULL);
	must("c.test", NULL, "remove", NULL);
}

static void
attributes_are_merged(void **state)
{
	struct directory *d;
	const struct dir_snapshot *s;
	const struct dir_mailbox *m;

	(void)state;
	must("m.test", NULL, "add", "{}");
	must("m.test", "bob", "add", "{\"name\":\"Bob\",\"tag\":3}");
	must("m.test", "bob", "set", "{\"storage\":\"5G\",\"tag\":null}");
	assert_int_equal(directory_open(world.store, NULL, &d), 0);
	s = directory_get(d);
	m = dir_mailbox(dir_domain(s, "m.test"), "bob");
	assert_string_equal(m->name, "Bob");
	assert_true(m->limits.storage_octets == 5LL << 30);
	assert_int_equal(m->thresholds.tag, INT32_MIN);
	directory_put(s);
	directory_close(d);
	must("m.test", "bob", "remove", NULL);
	must("m.test", NULL, "remove", NULL);
}

struct audit {
	size_t count;
	char last[512];
};

static int
note_audit(void *arg, const struct store_entry *e)
{
	struct audit *a = arg;
	struct oct_str s;

	a->count++;
	oct_str_fixed(&s, a->last, sizeof(a->last));
	for (size_t i = 0; i < e->count; i++)
		oct_str_addf(&s, "%s ", e->pairs[i]);
	return 0;
}

static void
every_change_is_audited_once(void **state)
{
	char last[OCT_STREAM_ID] = "$";
	struct audit a = {0, ""};

	(void)state;
	assert_int_equal(store_stream_read(world.store, KEY_AUDIT, last, 0, 10,
			     note_audit, &a),
	    0);
	assert_int_equal(a.count, 0);
	must("x.test", NULL, "add", "{\"lang\":\"en\"}");
	assert_int_equal(change("x.test", NULL, "add", "{}"), -EEXIST);
	assert_int_equal(store_stream_read(world.store, KEY_AUDIT, last, 0, 10,
			     note_audit, &a),
	    0);
	assert_int_equal(a.count, 1);
	assert_string_equal(a.last,
	    "actor test action add kind domain domain x.test local  json "
	    "{\"lang\":\"en\"} ");
	must("x.test", NULL, "remove", NULL);
}

static void *
create_many(void *arg)
{
	const char *prefix = arg;
	char local[32], text[256];

	for (int i = 0; i < 40; i++) {
		struct dir_change c = {.domain = "race.test",
		    .local = local,
		    .create = true,
		    .json = "{}",
		    .actor = "test"};

		(void)snprintf(local, sizeof(local), "%s%d", prefix, i);
		if (directory_change(world.store, &c, text) != 0)
			return NULL;
	}
	return arg;
}

/* Two write to one domain at once while a third changes its attributes. */
static void
writers_at_once_lose_nothing(void **state)
{
	char one[] = "one", two[] = "two";
	pthread_t a, b;
	void *done_a, *done_b;
	struct directory *d;
	const struct dir_snapshot *s;

	(void)state;
	must("race.test", NULL, "add", "{}");
	assert_int_equal(pthread_create(&a, NULL, create_many, one), 0);
	assert_int_equal(pthread_create(&b, NULL, create_many, two), 0);
	assert_int_equal(pthread_join(a, &done_a), 0);
	assert_int_equal(pthread_join(b, &done_b), 0);
	assert_non_null(done_a);
	assert_non_null(done_b);
	assert_int_equal(directory_open(world.store, NULL, &d), 0);
	s = directory_get(d);
	assert_int_equal(dir_domain(s, "race.test")->mailbox_count, 80);
	directory_put(s);
	directory_close(d);
}

/* What another version or an accident left in the store. */
static void
damaged_entries_wait_and_spare_the_rest(void **state)
{
	struct store_txn *t;
	struct directory *d;
	const struct dir_snapshot *s;
	const struct dir_domain *dom;
	struct oct_addr rcpt;
	struct dir_finals f;
	char key[KEY_SIZE];

	(void)state;
	must("dam.test", NULL, "add", "{}");
	must("dam.test", "good", "add", "{}");
	assert_int_equal(store_txn_new(&t), 0);
	(void)key_mailboxes(key, "dam.test");
	store_txn_hset(t, key, "broken", "{\"na");
	store_txn_hset(t, key, "newer", "{\"state\":\"closing\"}");
	store_txn_hset(t, key, "extra", "{\"colour\":\"red\",\"lang\":\"en\"}");
	store_txn_hset(t, key, "No+Name", "{}");
	store_txn_hset(t, key_aliases(key, "dam.test"), "list", "[]");
	assert_int_equal(store_txn_commit(world.store, t), 0);
	store_txn_free(t);
	assert_int_equal(directory_open(world.store, NULL, &d), 0);
	s = directory_get(d);
	dom = dir_domain(s, "dam.test");
	assert_int_equal(dom->mailbox_count, 4);
	assert_int_equal(dir_mailbox(dom, "good")->state, DIR_ACTIVE);
	assert_int_equal(dir_mailbox(dom, "broken")->state, DIR_SUSPENDED);
	assert_int_equal(dir_mailbox(dom, "newer")->state, DIR_SUSPENDED);
	assert_int_equal(dir_mailbox(dom, "extra")->state, DIR_ACTIVE);
	assert_int_equal(dir_mailbox(dom, "extra")->lang, DIR_LANG_EN);
	assert_int_equal(oct_addr_parse("list@dam.test", &rcpt), 0);
	assert_int_equal(dir_resolve(s, &rcpt, NULL, &f), DIR_LOOP);
	directory_put(s);
	directory_close(d);
}

static size_t
copy_size(void)
{
	struct stat st;

	return stat(world.copy, &st) == 0 ? (size_t)st.st_size : 0;
}

static void
snapshot_outlives_the_store_and_catches_up(void **state)
{
	struct store *second = new_store(world.redis.address);
	struct directory *d = open_live(second, world.copy);

	(void)state;
	must("keep.test", NULL, "add", "{}");
	(void)wait_until(d, has_domain, "keep.test");
	test_redis_kill(&world.redis, SIGKILL);
	wait_for_ping(second, false);
	assert_true(holds(d, has_domain, "keep.test"));
	assert_int_equal(test_redis_again(&world.redis), 0);
	wait_for_ping(world.store, true);
	/* Written while the follower may not have come back yet. */
	must("back.test", NULL, "add", "{}");
	(void)wait_until(d, has_domain, "back.test");
	assert_true(holds(d, has_domain, "keep.test"));
	directory_close(d);
	store_free(second);
	assert_true(copy_size() > 0);
}

static void
disk_copy_serves_while_the_store_is_away(void **state)
{
	struct store *dead;
	struct directory *d;
	char address[128];

	(void)state;
	(void)snprintf(
	    address, sizeof(address), "unix:%s/nobody", world.redis.dir);
	dead = new_store(address);
	assert_int_equal(directory_open(dead, NULL, &d), OCT_EDOWN);
	assert_int_equal(
	    directory_open(dead, "/nonexistent/copy", &d), OCT_EDOWN);
	assert_int_equal(directory_open(dead, world.copy, &d), 0);
	assert_true(holds(d, has_domain, "keep.test"));
	assert_true(holds(d, has_domain, "back.test"));
	directory_close(d);
	store_free(dead);
}

static const struct {
	const char *name;
	long at;  /* octet to change, from the end if negative */
	long cut; /* octets to cut off the end instead */
} damages[] = {
    {"version", 17, 0},
    {"a name", 60, 0},
    {"checksum", -5, 0},
    {"last octet cut", 0, 1},
    {"tail cut", 0, 80},
    {"all cut but the head", 0, -30},
};

static char *
read_whole(size_t *len)
{
	char *text = calloc(1, 1 << 20);
	FILE *f = fopen(world.copy, "r");

	assert_non_null(text);
	assert_non_null(f);
	*len = fread(text, 1, 1 << 20, f);
	(void)fclose(f);
	return text;
}

static void
write_whole(const char *text, size_t len)
{
	FILE *f = fopen(world.copy, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	(void)fclose(f);
}

static void
damaged_disk_copies_are_refused(void **state)
{
	struct store *dead = new_store("unix:/nonexistent/redis");
	struct directory *d;
	size_t len;
	char *good = read_whole(&len);

	(void)state;
	for (size_t i = 0; i < OCT_LEN(damages); i++) {
		long at = damages[i].at, cut = damages[i].cut;
		size_t place = at < 0 ? len - (size_t)-at : (size_t)at;
		char was = good[place];

		print_message("  %s\n", damages[i].name);
		if (cut == 0)
			good[place] = was == 'x' ? 'y' : 'x';
		write_whole(good, cut < 0 ? (size_t)-cut : len - (size_t)cut);
		good[place] = was;
		assert_int_equal(
		    directory_open(dead, world.copy, &d), OCT_EDOWN);
	}
	write_whole(good, len);
	assert_int_equal(directory_open(dead, world.copy, &d), 0);
	directory_close(d);
	free(good);
	store_free(dead);
}

/* Domains that the store lost must go on being known, or their mail bounces;
 * those that it has again are the store's. */
static void
a_store_that_lost_data_takes_no_domain_away(void **state)
{
	struct store *second = new_store(world.redis.address);
	struct directory *d = open_live(second, world.copy);

	(void)state;
	must("bobs.test", NULL, "add", "{}");
	must("bobs.test", "bob", "add", "{}");
	(void)wait_until(d, has_bob, "bobs.test");
	assert_int_equal(test_redis_do(&world.redis, "FLUSHALL"), 1);
	test_redis_kill(&world.redis, SIGTERM);
	wait_for_ping(second, false);
	assert_int_equal(test_redis_again(&world.redis), 0);
	wait_for_ping(world.store, true);
	must("bobs.test", NULL, "add", "{}");
	(void)wait_until(d, lacks_bob, "bobs.test");
	assert_true(holds(d, has_domain, "keep.test"));
	directory_close(d);

	/* The same at start, when the copy is all that is known. */
	for (int i = 0; i < 2; i++) {
		d = open_live(second, world.copy);
		assert_true(holds(d, has_domain, "keep.test"));
		assert_true(holds(d, lacks_bob, "bobs.test"));
		directory_close(d);
	}
	/* Without the copy, the store's word counts. */
	assert_int_equal(unlink(world.copy), 0);
	d = open_live(second, world.copy);
	assert_true(holds(d, lacks_domain, "keep.test"));
	assert_true(holds(d, has_domain, "bobs.test"));
	directory_close(d);
	store_free(second);
}

/* The same without an outage: it shows at the next change. */
static void
a_store_emptied_under_us_takes_no_domain_away(void **state)
{
	struct directory *d = open_live(world.store, NULL);

	(void)state;
	must("stays.test", NULL, "add", "{}");
	(void)wait_until(d, has_domain, "stays.test");
	assert_int_equal(test_redis_do(&world.redis, "FLUSHALL"), 1);
	for (int i = 0; i < 2; i++) {
		must(i == 0 ? "next.test" : "then.test", NULL, "add", "{}");
		(void)wait_until(
		    d, has_domain, i == 0 ? "next.test" : "then.test");
		assert_true(holds(d, has_domain, "stays.test"));
	}
	directory_close(d);
}

/* What was removed while nobody looked is gone: nothing was lost then. */
static void
a_removal_during_an_outage_is_seen_later(void **state)
{
	struct directory *d;

	(void)state;
	(void)unlink(world.copy); /* an earlier test's */
	d = open_live(world.store, world.copy);
	must("short.test", NULL, "add", "{}");
	(void)wait_until(d, has_domain, "short.test");
	directory_close(d);
	must("short.test", NULL, "remove", NULL);
	d = open_live(world.store, world.copy);
	assert_true(holds(d, lacks_domain, "short.test"));
	directory_close(d);
}

static atomic_bool readers_stop;

static void *
read_on(void *arg)
{
	struct directory *d = arg;
	struct oct_addr a;
	uintptr_t reads = 0;

	if (oct_addr_parse("bob@busy.test", &a) != 0)
		return NULL;
	while (!atomic_load(&readers_stop)) {
		const struct dir_snapshot *s = directory_get(d);
		struct dir_finals f;

		(void)dir_resolve(s, &a, NULL, &f);
		dir_finals_free(&f);
		directory_put(s);
		reads++;
	}
	return (void *)reads;
}

static void
readers_and_changes_at_once(void **state)
{
	struct directory *d = open_live(world.store, NULL);
	pthread_t readers[4];

	(void)state;
	atomic_store(&readers_stop, false);
	for (size_t i = 0; i < OCT_LEN(readers); i++)
		assert_int_equal(
		    pthread_create(&readers[i], NULL, read_on, d), 0);
	must("busy.test", NULL, "add", "{}");
	for (int i = 0; i < 20; i++) {
		must("busy.test", "bob", "add", "{}");
		(void)wait_until(d, has_bob, "busy.test");
		must("busy.test", "bob", "remove", NULL);
		(void)wait_until(d, lacks_bob, "busy.test");
	}
	atomic_store(&readers_stop, true);
	for (size_t i = 0; i < OCT_LEN(readers); i++) {
		void *reads;

		assert_int_equal(pthread_join(readers[i], &reads), 0);
		assert_non_null(reads);
	}
	directory_close(d);
}

/* Whoever stops one waits for nothing: ten that followed to the end of their
 * wait would take five seconds. */
static void
following_stops_at_once(void **state)
{
	int64_t from_ms = oct_clock_mono_ms();

	(void)state;
	for (int i = 0; i < 10; i++) {
		struct directory *d = open_live(world.store, NULL);

		assert_int_equal(test_redis_wait_blocked(&world.redis), 0);
		directory_close(d);
	}
	assert_true(oct_clock_mono_ms() - from_ms < 3000);
	assert_true(store_is_up(world.store));
}

int
main(void)
{
	/* In this order: some go on with what earlier ones left. */
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(changes_are_visible_within_a_second),
	    cmocka_unit_test(wrong_changes_are_refused_in_words),
	    cmocka_unit_test(attributes_are_merged),
	    cmocka_unit_test(every_change_is_audited_once),
	    cmocka_unit_test(writers_at_once_lose_nothing),
	    cmocka_unit_test(damaged_entries_wait_and_spare_the_rest),
	    cmocka_unit_test(readers_and_changes_at_once),
	    cmocka_unit_test(snapshot_outlives_the_store_and_catches_up),
	    cmocka_unit_test(disk_copy_serves_while_the_store_is_away),
	    cmocka_unit_test(damaged_disk_copies_are_refused),
	    cmocka_unit_test(a_store_that_lost_data_takes_no_domain_away),
	    cmocka_unit_test(a_store_emptied_under_us_takes_no_domain_away),
	    cmocka_unit_test(a_removal_during_an_outage_is_seen_later),
	    cmocka_unit_test(following_stops_at_once),
	};

	int rc = test_redis_start(&world.redis);

	if (rc != 0)
		return rc == TEST_REDIS_SKIP ? rc : 1;
	(void)signal(SIGPIPE, SIG_IGN);
	oct_log_open("test_directory_live", OCT_LOG_STDERR, OCT_NOTICE);
	rc = cmocka_run_group_tests_name(
	    "directory_live", tests, set_up, tear_down);
	test_redis_stop(&world.redis);
	return rc;
}
