/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/ledger.h"

#include <errno.h>
#include <ftw.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/err.h"
#include "lib/log.h"

#define NOW 1795255200000LL /* 21 Nov 2026 */
#define MONTH (31LL * 86400000)
#define NODE "main"
#define FILE_NOW NODE "-2026-11.log"

static char folder[64];

static int
set_up(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/oct-ledger-XXXXXX");
	return mkdtemp(folder) == NULL ? -1 : rmdir(folder);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
tear_down(void **state)
{
	(void)state;
	(void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return 0;
}

static struct ledger_entry
entry(int64_t time_ms, const char *item)
{
	struct ledger_entry e = { .time_ms = time_ms, .size = 1000,
		.reason = "first-contact" };

	memset(e.digest, 'd', sizeof(e.digest) - 1);
	memset(e.rcpt, 'e', sizeof(e.rcpt) - 1);
	(void)snprintf(e.sender, sizeof(e.sender), "-");
	(void)snprintf(e.item, sizeof(e.item), "%s", item);
	return e;
}

static struct ledger *
opened(void)
{
	struct ledger *l;

	assert_int_equal(ledger_open(folder, NODE, &l), 0);
	assert_non_null(l);
	return l;
}

/* As it is done for a message, without anything in between. */
static int
append(struct ledger *l, struct ledger_entry *entries, size_t count)
{
	uint64_t ticket;
	int rc = ledger_append(l, entries, count, &ticket);

	return rc != 0 ? rc : ledger_wait(l, ticket);
}

static void
append_one(struct ledger *l, int64_t time_ms, const char *item)
{
	struct ledger_entry e = entry(time_ms, item);

	assert_int_equal(append(l, &e, 1), 0);
}

static const char *
path_of(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

struct counts {
	size_t good, torn, damaged, broken;
	struct ledger_entry last;
};

static int
count_one(void *arg, const struct ledger_seen *s)
{
	struct counts *c = arg;

	switch (s->state) {
	case LEDGER_GOOD:
		c->good++;
		break;
	case LEDGER_WAS_TORN:
		c->torn++;
		return 0;
	case LEDGER_DAMAGED:
		c->damaged++;
		return 0;
	case LEDGER_BROKEN:
		c->broken++;
		break;
	}
	c->last = s->entry;
	return 0;
}

static struct counts
counted(void)
{
	struct counts c = { .good = 0 };

	assert_int_equal(ledger_walk(folder, NODE, count_one, &c), 0);
	return c;
}

static void
lines_read_back_and_nothing_else_does(void **state)
{
	struct ledger_entry e = entry(NOW, "item"), back;
	char line[LEDGER_LINE_MAX], bad[LEDGER_LINE_MAX + 2], ref[LEDGER_REF_SIZE];

	(void)state;
	e.n = 7;
	memcpy(e.prev, ledger_origin, sizeof(e.prev));
	ledger_write(&e, line);
	assert_int_equal(ledger_parse(line, &back), 0);
	assert_int_equal(back.n, 7);
	assert_string_equal(back.hash, e.hash);
	assert_string_equal(back.reason, e.reason);
	ledger_ref(&back, ref);
	assert_int_equal(strlen(ref), 2 + 16);
	for (size_t i = 0; i < strlen(line); i++) {
		memcpy(bad, line, sizeof(line));
		bad[i] = (char)(bad[i] == '5' ? '6' : '5');
		assert_int_not_equal(ledger_parse(bad, &back), 0);
		(void)snprintf(bad, i + 1, "%s", line);
		assert_int_not_equal(ledger_parse(bad, &back), 0);
	}
	(void)snprintf(bad, sizeof(bad), "%s ", line);
	assert_int_not_equal(ledger_parse(bad, &back), 0);
	(void)snprintf(bad, sizeof(bad), " %s", line);
	assert_int_not_equal(ledger_parse(bad, &back), 0);
}

static void
addresses_are_keyed_and_folded(void **state)
{
	static const uint8_t key[OCT_KEY_OCTETS] = { 1 }, other[32] = { 2 };
	char a[LEDGER_ADDRESS_SIZE], b[LEDGER_ADDRESS_SIZE];

	(void)state;
	ledger_address(key, "Bob@Ville.Example", a);
	ledger_address(key, "bob@ville.example", b);
	assert_string_equal(a, b);
	assert_int_equal(strlen(a), 32);
	ledger_address(other, "bob@ville.example", b);
	assert_string_not_equal(a, b);
	ledger_address(key, "", a);
	assert_string_equal(a, "-");
}

static void
the_chain_goes_on_over_restarts_and_months(void **state)
{
	struct ledger_entry two[] = { entry(NOW, "b"), entry(NOW, "c") };
	struct ledger *l = opened();
	struct counts c;

	(void)state;
	append_one(l, NOW, "a");
	assert_int_equal(append(l, two, 2), 0);
	assert_int_equal(two[1].n, 3);
	assert_string_equal(two[1].prev, two[0].hash);
	ledger_close(l);
	l = opened();
	append_one(l, NOW, "d");
	append_one(l, NOW + MONTH, "e");
	/* A clock that goes back: the chain goes on. */
	append_one(l, NOW, "f");
	ledger_close(l);
	l = opened();
	append_one(l, NOW + 3 * MONTH, "g");
	ledger_close(l);
	c = counted();
	assert_int_equal(c.good, 7);
	assert_int_equal(c.torn + c.damaged + c.broken, 0);
	assert_int_equal(c.last.n, 7);
}

static void
a_torn_line_is_marked_and_the_chain_goes_on(void **state)
{
	struct ledger *l = opened();
	struct counts c;
	struct stat st;
	off_t cut;

	(void)state;
	append_one(l, NOW, "a");
	append_one(l, NOW, "b");
	ledger_close(l);
	assert_int_equal(stat(path_of(FILE_NOW), &st), 0);
	/* Whatever was left of the second line when the power went. */
	for (cut = 1; cut < st.st_size / 2; cut += 37) {
		assert_int_equal(truncate(path_of(FILE_NOW),
				     st.st_size - cut),
		    0);
		l = opened();
		append_one(l, NOW, "c");
		ledger_close(l);
		c = counted();
		assert_int_equal(c.good, 2);
		assert_int_equal(c.torn, 1);
		assert_int_equal(c.damaged + c.broken, 0);
		assert_int_equal(c.last.n, 2);
		assert_string_equal(c.last.item, "c");
		/* Again from the start. */
		assert_int_equal(unlink(path_of(FILE_NOW)), 0);
		l = opened();
		append_one(l, NOW, "a");
		append_one(l, NOW, "b");
		ledger_close(l);
	}
}

/* Replace the n-th line (from 0) of the file; NULL takes it out. */
static void
change_line(size_t n, const char *by)
{
	char lines[8][LEDGER_LINE_MAX];
	size_t count = 0;
	FILE *f = fopen(path_of(FILE_NOW), "r");

	assert_non_null(f);
	while (count < 8 && fgets(lines[count], LEDGER_LINE_MAX, f) != NULL)
		count++;
	(void)fclose(f);
	f = fopen(path_of(FILE_NOW), "w");
	assert_non_null(f);
	for (size_t i = 0; i < count; i++)
		if (i != n || by != NULL)
			(void)fputs(i == n ? by : lines[i], f);
	(void)fclose(f);
}

static void
what_was_changed_is_found(void **state)
{
	struct ledger_entry e = entry(NOW, "z");
	char line[LEDGER_LINE_MAX], mine[LEDGER_LINE_MAX + 2];
	struct ledger *l = opened();
	struct counts c;

	(void)state;
	for (int i = 0; i < 5; i++)
		append_one(l, NOW, "a");
	ledger_close(l);
	change_line(2, NULL);
	c = counted();
	assert_int_equal(c.good, 3);
	assert_int_equal(c.broken, 1);
	/* One that is right by itself, in its place. */
	e.n = 2;
	memset(e.prev, '1', sizeof(e.prev) - 1);
	ledger_write(&e, line);
	(void)snprintf(mine, sizeof(mine), "%s\n", line);
	change_line(1, mine);
	c = counted();
	assert_int_equal(c.broken, 2);
	change_line(1, "1 2 3 rubbish\n");
	c = counted();
	assert_int_equal(c.damaged, 1);
	assert_int_equal(ledger_walk_file(path_of(FILE_NOW), count_one, &c),
	    0);
	assert_int_equal(ledger_walk_file("/nowhere/x", count_one, &c),
	    -ENOENT);
}

static void
two_writers_are_one_too_many(void **state)
{
	struct ledger *l = opened(), *other = opened();
	struct ledger_entry e = entry(NOW, "b");

	(void)state;
	append_one(l, NOW, "a");
	assert_int_equal(append(other, &e, 1), -EWOULDBLOCK);
	assert_int_equal(ledger_lost(other), 1);
	ledger_close(l);
	/* It is tried again each time. */
	assert_int_equal(append(other, &e, 1), 0);
	assert_int_equal(e.n, 2);
	ledger_close(other);
	assert_int_equal(counted().good, 2);
}

static void
a_full_disk_leaves_no_half_line(void **state)
{
	struct rlimit old, small;
	struct ledger *l = opened();
	struct ledger_entry e = entry(NOW, "b");
	struct stat st;
	struct counts c;

	(void)state;
	append_one(l, NOW, "a");
	assert_int_equal(stat(path_of(FILE_NOW), &st), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = (rlim_t)st.st_size + 20;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(append(l, &e, 1), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(ledger_lost(l), 1);
	append_one(l, NOW, "c");
	ledger_close(l);
	c = counted();
	assert_int_equal(c.good, 2);
	assert_int_equal(c.torn + c.damaged + c.broken, 0);
}

#define THREADS 8
#define EACH 200

static void *
write_many(void *arg)
{
	for (int i = 0; i < EACH; i++) {
		struct ledger_entry two[] = {
			entry(NOW + (i > EACH / 2 ? MONTH : 0), "a"),
			entry(NOW + (i > EACH / 2 ? MONTH : 0), "b") };

		if (append(arg, two, 2) != 0 ||
		    two[1].n != two[0].n + 1)
			return arg;
	}
	return NULL;
}

static void
many_write_at_once(void **state)
{
	pthread_t threads[THREADS];
	struct ledger *l = opened();
	struct counts c;

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_many,
				     l),
		    0);
	for (size_t i = 0; i < THREADS; i++) {
		void *failed;

		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	ledger_close(l);
	c = counted();
	assert_int_equal(c.good, THREADS * EACH * 2);
	assert_int_equal(c.torn + c.damaged + c.broken, 0);
}

static void
none_is_none(void **state)
{
	struct ledger *l;

	(void)state;
	assert_int_equal(ledger_open("none", NODE, &l), 0);
	assert_null(l);
	assert_true(ledger_is_name("main-2026-11.log", "main"));
	assert_false(ledger_is_name("main-b-2026-11.log", "main"));
	assert_false(ledger_is_name("main-2026-11.log~", "main"));
	assert_false(ledger_is_name("main2026-11.log", "main"));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_read_back_and_nothing_else_does),
		cmocka_unit_test(addresses_are_keyed_and_folded),
		cmocka_unit_test(none_is_none),
		T(the_chain_goes_on_over_restarts_and_months),
		T(a_torn_line_is_marked_and_the_chain_goes_on),
		T(what_was_changed_is_found),
		T(two_writers_are_one_too_many),
		T(a_full_disk_leaves_no_half_line),
		T(many_write_at_once),
	};

	if (sodium_init() < 0)
		return 1;
	oct_log_open("test_ledger", OCT_LOG_STDERR, OCT_ERROR);
	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
