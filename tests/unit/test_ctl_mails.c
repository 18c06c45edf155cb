/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What commands are given as mail: folders, Maildirs, mboxes; tables of envelopes;
 * and the work on many items by several threads, taken in order.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>

#include "lib/str.h"
#include "provisioning/ctl_guess.h"
#include "provisioning/ctl_mails.h"
#include "provisioning/ctl_manifest.h"
#include "provisioning/ctl_parallel.h"
#include "tests/unit/msg_fixture.h"

static char *folder;

static char *
at(const char *name)
{
	char *out = NULL;

	assert_true(asprintf(&out, "%s/%s", folder, name) > 0);
	return out;
}

static void
put(const char *name, const char *text)
{
	char *path = at(name);
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
	free(path);
}

static void
make(const char *name)
{
	char *path = at(name);

	assert_int_equal(mkdir(path, 0700), 0);
	free(path);
}

static int
begin(void **state)
{
	const char *base = getenv("TMPDIR");

	(void)state;
	assert_true(asprintf(&folder, "%s/octroi-mails.XXXXXX",
	    base != NULL ? base : "/tmp") > 0);
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
end(void **state)
{

	(void)state;
	/* Folders of this test alone. */
	for (int i = 0; i < 2; i++) {
		static const char *const names[] = { "d/b/2.eml", "d/b/.x",
			"d/a.eml", "d/c.txt", "d/b", "d", "m/cur/1:2,S",
			"m/new/2", "m/tmp/3", "m/dovecot.index", "m/.Sent/cur/4",
			"m/.Sent/new", "m/.Sent/cur", "m/.Sent", "m/cur",
			"m/new", "m/tmp", "m", "box", "box.crlf", "table",
			"bad" };

		for (size_t k = 0; k < OCT_LEN(names); k++) {
			char *path = at(names[k]);

			(void)remove(path);
			free(path);
		}
	}
	(void)rmdir(folder);
	free(folder);
	return 0;
}

static const struct ctl ctl = { .quiet = true };

/* The ids, separated by spaces. */
static void
expect_mails(const char *name, const char *ids)
{
	char *path = at(name);
	struct ctl_mails mails = { .count = 0 };
	struct oct_str s;

	assert_int_equal(ctl_mails_add(&ctl, path, &mails), 0);
	oct_str_heap(&s, 10000);
	for (size_t i = 0; i < mails.count; i++) {
		char *id = ctl_mail_id(&mails.item[i]);

		oct_str_addf(&s, "%s%s", i > 0 ? " " : "", id);
		free(id);
	}
	assert_string_equal(oct_str_text(&s), ids);
	oct_str_free(&s);
	ctl_mails_fini(&mails);
	free(path);
}

static void
test_folders(void **state)
{
	struct ctl_mails mails = { .count = 0 };

	(void)state;
	make("d");
	make("d/b");
	put("d/a.eml", "Subject: a\n\nx\n");
	put("d/b/2.eml", "Subject: b\n\nx\n");
	put("d/b/.x", "hidden");
	put("d/c.txt", "Subject: c\n\nx\n");
	expect_mails("d", "a 2 c.txt");
	expect_mails("d/a.eml", "a");
	assert_int_not_equal(ctl_mails_add(&ctl, "/nowhere/at/all", &mails), 0);
	assert_int_equal(mails.count, 0);
}

static void
test_maildir(void **state)
{
	(void)state;
	make("m");
	make("m/cur");
	make("m/new");
	make("m/tmp");
	make("m/.Sent");
	make("m/.Sent/cur");
	make("m/.Sent/new");
	put("m/cur/1:2,S", "Subject: a\n\nx\n");
	put("m/new/2", "Subject: a\n\nx\n");
	put("m/tmp/3", "Subject: a\n\nx\n");
	put("m/dovecot.index", "x");
	put("m/.Sent/cur/4", "Subject: a\n\nx\n");
	expect_mails("m", "4 1:2,S 2");
}

static void
expect_message(const struct ctl_mail *mail, const char *subject,
    const char *body)
{
	struct oct_msg_limits limits;
	struct oct_msg *m = NULL;
	char value[100];
	const char *octets;
	size_t len;

	oct_msg_limits_init(&limits);
	assert_int_equal(ctl_mail_read(&ctl, mail, &limits, &m), 0);
	assert_int_equal(oct_msg_value(m, "Subject", value, sizeof(value)), 1);
	assert_string_equal(value, subject);
	assert_int_equal(oct_msg_body(m, &octets, &len), 0);
	assert_int_equal(len, strlen(body));
	assert_memory_equal(octets, body, len);
	oct_msg_free(m);
}

static void
test_mbox(void **state)
{
	static const char text[] = "From a@b.fr Sat Nov 21 10:00:00 2026\n"
				   "Subject: one\n\nx\n>From you\n>>From\n"
				   "From me in the text\n\n"
				   "From c@d.fr Sat Nov 21 10:00:00 2026\n"
				   "Subject: two\n\ny\n\n"
				   "From e@f.fr Sat Nov 21 10:00:00 2026\n"
				   "Subject: three\n\n";
	struct ctl_mails mails = { .count = 0 };
	struct oct_msg_limits limits;
	struct oct_msg *m = NULL;
	char *path = at("box");

	(void)state;
	put("box", text);
	put("box.crlf", "From a\r\nSubject: x\r\n\r\nx\r\n\r\nFrom b\r\n"
			"Subject: y\r\n\r\ny\r\n");
	expect_mails("box", "box:1 box:2 box:3");
	expect_mails("box.crlf", "box.crlf:1 box.crlf:2");
	assert_int_equal(ctl_mails_add(&ctl, path, &mails), 0);
	expect_message(&mails.item[0], "one",
	    "x\r\nFrom you\r\n>>From\r\nFrom me in the text\r\n\r\n");
	expect_message(&mails.item[1], "two", "y\r\n\r\n");
	expect_message(&mails.item[2], "three", "");
	/* It shrank since it was listed. */
	put("box", "From a\n");
	oct_msg_limits_init(&limits);
	assert_int_not_equal(ctl_mail_read(&ctl, &mails.item[1], &limits, &m),
	    0);
	ctl_mails_fini(&mails);
	free(path);
}

static void
test_manifest(void **state)
{
	struct ctl_manifest *m = NULL;
	const struct ctl_manifest_row *row;
	char *path = at("table"), *bad = at("bad");

	(void)state;
	put("table", "#id\tlabel\tmail_from\tclient_ip\thelo\n"
		     "b\tham\ta@b.fr\t192.0.2.1\tmx.b.fr\n"
		     "# a remark\n"
		     "a\tspam\t<>\t\t\n"
		     "short\n\n");
	put("bad", "name\tvalue\nx\ty\n");
	assert_int_equal(ctl_manifest_read(&ctl, path, &m), 0);
	row = ctl_manifest_find(m, "b");
	assert_non_null(row);
	assert_string_equal(row->mail_from, "a@b.fr");
	assert_string_equal(row->client, "192.0.2.1");
	assert_string_equal(row->helo, "mx.b.fr");
	row = ctl_manifest_find(m, "a");
	assert_non_null(row);
	assert_string_equal(row->mail_from, "<>");
	assert_string_equal(row->client, "");
	assert_non_null(ctl_manifest_find(m, "short"));
	assert_null(ctl_manifest_find(m, "c"));
	assert_null(ctl_manifest_find(NULL, "a"));
	ctl_manifest_free(m);
	assert_int_not_equal(ctl_manifest_read(&ctl, bad, &m), 0);
	free(path);
	free(bad);
}

/* --- Threads ---------------------------------------------------------------- */

struct order {
	atomic_size_t working, most;
	size_t next, stop_at, dropped;
};

static void *
work(void *arg, size_t i)
{
	struct order *o = arg;
	size_t now = atomic_fetch_add(&o->working, 1) + 1;
	size_t most = atomic_load(&o->most);
	size_t *out = malloc(sizeof(*out));

	while (now > most &&
	    !atomic_compare_exchange_weak(&o->most, &most, now))
		continue;
	assert_non_null(out);
	*out = i * i;
	(void)atomic_fetch_sub(&o->working, 1);
	return out;
}

static int
taken(void *arg, size_t i, void *result)
{
	struct order *o = arg;
	size_t *value = result;
	bool right = i == o->next++ && *value == i * i;

	free(value);
	if (!right)
		return -1;
	return o->next == o->stop_at ? 7 : 0;
}

static void
dropped(void *arg, void *result)
{
	struct order *o = arg;

	o->dropped++;
	free(result);
}

static void
test_parallel(void **state)
{
	static const size_t counts[] = { 0, 1, 5, 3000 };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(counts); i++) {
		struct order o = { .next = 0 };
		const struct ctl_parallel p = { .count = counts[i], .jobs = 4,
			.work = work, .taken = taken, .dropped = dropped,
			.arg = &o };

		assert_int_equal(ctl_parallel_run(&p), 0);
		assert_int_equal(o.next, counts[i]);
		assert_int_equal(o.dropped, 0);
		assert_true(atomic_load(&o.most) <= 4);
	}
}

static void
test_stopped(void **state)
{
	struct order o = { .stop_at = 100 };
	const struct ctl_parallel p = { .count = 100000, .jobs = 4,
		.work = work, .taken = taken, .dropped = dropped, .arg = &o };

	(void)state;
	assert_int_equal(ctl_parallel_run(&p), 7);
	assert_int_equal(o.next, 100);
	assert_true(o.dropped <= CTL_PARALLEL_WINDOW);
	assert_true(ctl_parallel_jobs() >= 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_folders, begin, end),
		cmocka_unit_test_setup_teardown(test_maildir, begin, end),
		cmocka_unit_test_setup_teardown(test_mbox, begin, end),
		cmocka_unit_test_setup_teardown(test_manifest, begin, end),
		cmocka_unit_test(test_parallel),
		cmocka_unit_test(test_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
