/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The courier makes labels of what people did, in their time and not before, and
 * applies the stream to the model of its node.
 */
#include <dirent.h>

#include "courier/teach.h"
#include "policy/learn_item.h"
#include "tests/unit/courier_fixture.h"

#define LEARNING                                                               \
	"score { model = \"%s/model\" }\n"                                     \
	"learn { folder = \"%s/learn\" quiet = 14d checkpoint = 100ms }\n"
#define MESSAGE                                                                   \
	"From: alice@example.org\r\nSubject: question\r\n"                     \
	"Message-ID: <1@example.org>\r\n\r\nBonjour, la reunion est lundi.\r\n"

static int
begin(void **state)
{
	char path[128], text[400];

	if (set_up(state) != 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/learn", office.dir);
	if (mkdir(path, 0770) != 0)
		return -1;
	close_courier();
	(void)snprintf(text, sizeof(text), LEARNING, office.dir, office.dir);
	open_courier(text);
	return 0;
}

static long long
waiting(void)
{
	return test_redis_do(&world.redis, "XLEN " KEY_LEARN);
}

/* The n-th label of the stream, from 0. */
struct label {
	bool bad;
	double weight;
	char domain[64], by[32];
};

static struct label
label_at(size_t n)
{
	redisContext *c = test_redis_connect(&world.redis);
	redisReply *r = redisCommand(c, "XRANGE " KEY_LEARN " - +");
	struct label out = { .by = "" };
	struct label_record rec;
	const redisReply *pairs;
	uint8_t octets[8192];
	size_t len = 0;

	assert_non_null(r);
	assert_true(n < r->elements);
	pairs = r->element[n]->element[1];
	assert_int_equal(sodium_base642bin(octets, sizeof(octets),
			     pairs->element[1]->str, pairs->element[1]->len,
			     NULL, &len, NULL,
			     sodium_base64_VARIANT_ORIGINAL_NO_PADDING),
	    0);
	assert_int_equal(label_record_head(octets, len, &rec, NULL), 0);
	out.bad = rec.label.bad;
	out.weight = rec.label.weight;
	(void)snprintf(out.domain, sizeof(out.domain), "%s",
	    rec.label.domain != NULL ? rec.label.domain : "");
	(void)snprintf(out.by, sizeof(out.by), "%s", pairs->element[3]->str);
	freeReplyObject(r);
	redisFree(c);
	return out;
}

static struct case_duty
duty(const char *verb, const char *id)
{
	struct case_duty d;

	(void)snprintf(d.verb, sizeof(d.verb), "%s", verb);
	(void)snprintf(d.domain, sizeof(d.domain), "%s", D);
	(void)snprintf(d.id, sizeof(d.id), "%s", id);
	return d;
}

static void
purge(int n)
{
	char id[HELD_ID_SIZE];
	struct case_duty d = duty("purge", id_of(n, id));

	assert_int_equal(courier_do(office.courier, &d), DUTY_DONE);
}

/* --- What owners do ------------------------------------------------------------- */

static void
an_act_becomes_a_label_when_the_file_goes(void **state)
{
	enum case_outcome outcome;
	struct arrival a = silent;
	struct label l;
	char id[HELD_ID_SIZE];

	(void)state;
	hold(&a, MESSAGE);
	a.n = 2;
	hold(&a, MESSAGE);
	a.n = 3;
	hold(&a, MESSAGE);
	assert_int_equal(learn_mark(world.store, D, id_of(1, id), LEARN_SPAM),
	    1);
	assert_int_equal(case_drop(world.store, D, id, SETTLED, &outcome), 0);
	assert_int_equal(waiting(), 0);
	purge(1);
	assert_int_equal(waiting(), 1);
	l = label_at(0);
	assert_true(l.bad && l.weight == 1);
	assert_string_equal(l.domain, D);
	assert_string_equal(l.by, "owner");
	/* Done again, it is not said again. */
	purge(1);
	assert_int_equal(waiting(), 1);
	/* Dropped without a word, it says nothing. */
	assert_int_equal(case_drop(world.store, D, id_of(2, id), SETTLED,
			     &outcome),
	    0);
	purge(2);
	assert_int_equal(waiting(), 1);
	/* Without its file there is nothing to learn, and nothing is stuck. */
	assert_int_equal(learn_mark(world.store, D, id_of(3, id), LEARN_HAM),
	    1);
	assert_int_equal(case_drop(world.store, D, id, SETTLED, &outcome), 0);
	assert_int_equal(spool_item_remove(office.courier->spool, id), 0);
	purge(3);
	assert_int_equal(waiting(), 1);
}

/* --- Confirmed challenges --------------------------------------------------------- */

/* Released by that word, as far as the store knows. */
static void
set_fields(const char *want)
{
	char key[KEY_SIZE], id[HELD_ID_SIZE];

	key_held(key, D, id_of(1, id));
	assert_true(test_redis_do(&world.redis, "HSET %s state released "
				  "released %lld want %s", key,
			SETTLED, want) >= 0);
	assert_true(test_redis_do(&world.redis, "ZREM %s %s",
			(const char *)key_held_index(key, D, "bob"), id) >= 0);
}

static void
let_in(enum rel_event ev)
{
	const struct case_sender who = { D, "bob", SID };
	enum case_outcome outcome;

	assert_int_equal(case_judge(world.store, &world.t, &who, ev, "owner",
			     SETTLED, &outcome),
	    0);
}

static void
a_confirmed_one_counts_after_its_time(void **state)
{
	char key[KEY_SIZE], id[HELD_ID_SIZE] = "";
	redisContext *c;
	redisReply *r;
	struct case_duty d;
	struct label l;

	(void)state;
	hold(&asked, MESSAGE);
	let_in(REL_EV_ALLOWED);
	set_fields("page");
	purge(1);
	assert_int_equal(waiting(), 0);
	c = test_redis_connect(&world.redis);
	r = redisCommand(c, "ZRANGEBYSCORE %s %lld %lld", key_due(key, NODE),
	    (long long)(SETTLED + 14 * DAY), (long long)(SETTLED + 14 * DAY));
	assert_int_equal(r->elements, 1);
	assert_int_equal(strncmp(r->element[0]->str, "learn " D " ", 20), 0);
	(void)snprintf(id, sizeof(id), "%s",
	    strrchr(r->element[0]->str, ' ') + 1);
	freeReplyObject(r);
	redisFree(c);
	d = duty("learn", id);
	assert_int_equal(courier_do(office.courier, &d), DUTY_DONE);
	assert_int_equal(waiting(), 1);
	l = label_at(0);
	assert_true(!l.bad && l.weight == 0.25);
	assert_string_equal(l.domain, D);
	assert_string_equal(l.by, "confirmed");
	/* Once. */
	assert_int_equal(courier_do(office.courier, &d), DUTY_DONE);
	assert_int_equal(waiting(), 1);
}

static void
a_confirmed_one_that_was_blocked_does_not(void **state)
{
	char key[KEY_SIZE];
	struct case_duty d = duty("learn", "");

	(void)state;
	hold(&asked, MESSAGE);
	let_in(REL_EV_ALLOWED);
	set_fields("reply");
	purge(1);
	let_in(REL_EV_BLOCKED);
	{
		redisContext *c = test_redis_connect(&world.redis);
		redisReply *r = redisCommand(c, "ZRANGEBYSCORE %s %lld +inf",
		    key_due(key, NODE), (long long)(SETTLED + 14 * DAY));

		assert_int_equal(r->elements, 1);
		(void)snprintf(d.id, sizeof(d.id), "%s",
		    strrchr(r->element[0]->str, ' ') + 1);
		freeReplyObject(r);
		redisFree(c);
	}
	assert_int_equal(courier_do(office.courier, &d), DUTY_DONE);
	assert_int_equal(waiting(), 0);
}

static void
what_nobody_confirmed_is_no_label(void **state)
{
	(void)state;
	hold(&asked, MESSAGE);
	let_in(REL_EV_ALLOWED);
	set_fields("owner");
	purge(1);
	assert_int_equal(waiting(), 0);
	assert_int_equal(test_redis_do(&world.redis, "EVAL %s 0",
			     "return #redis.call('KEYS', '*:later:*')"),
	    0);
}

/* --- The folder ----------------------------------------------------------------------- */

static void
leave(const char *name, const char *text)
{
	char path[200];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/learn/%s", office.dir, name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static size_t
left(void)
{
	char path[200];
	const struct dirent *e;
	size_t n = 0;
	DIR *d;

	(void)snprintf(path, sizeof(path), "%s/learn", office.dir);
	d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	(void)closedir(d);
	return n;
}

static void
provision_domain(void)
{
	const struct dir_change c = { .domain = D, .create = true,
		.json = "{}", .actor = "test" };
	char problem[256];

	assert_int_equal(directory_change(world.store, &c, problem), 0);
}

static void
files_of_imapsieve(void **state)
{
	static const struct {
		const char *name, *file;
		int labels;
		size_t stays;
	} rows[] = {
		{ "junk", "bob@" D ",1.spam", 1, 0 },
		{ "no junk", "bob@" D ",2.ham", 1, 0 },
		{ "not finished", ".bob@" D ",3.ham", 0, 1 },
		{ "nobody's", "bob@elsewhere.example,4.ham", 0, 0 },
		{ "no address", "bob,5.ham", 0, 0 },
		{ "no word", "bob@" D ",6.txt", 0, 0 },
	};
	long long before = 0;
	char path[200];

	(void)state;
	provision_domain();
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		leave(rows[i].file, MESSAGE);
		assert_int_equal(courier_folder(office.courier, SETTLED), 0);
		assert_int_equal(waiting() - before, rows[i].labels);
		assert_int_equal(left(), rows[i].stays);
		before = waiting();
		(void)snprintf(path, sizeof(path), "%s/learn/%s", office.dir,
		    rows[i].file);
		(void)unlink(path);
	}
	assert_true(label_at(0).bad);
	assert_false(label_at(1).bad);
	assert_string_equal(label_at(1).by, "imap");
	/* A link leads nowhere. */
	(void)snprintf(path, sizeof(path), "%s/learn/bob@" D ",7.ham",
	    office.dir);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(courier_folder(office.courier, SETTLED), 0);
	assert_int_equal(waiting(), before);
	assert_int_equal(left(), 0);
}

/* What was confirmed and then moved to Junk never counts as good. */
static void
junk_undoes_a_confirmation(void **state)
{
	(void)state;
	provision_domain();
	hold(&asked, MESSAGE);
	let_in(REL_EV_ALLOWED);
	set_fields("page");
	purge(1);
	assert_int_equal(test_redis_do(&world.redis, "EVAL %s 0",
			     "return #redis.call('KEYS', '*:later:*')"),
	    1);
	leave("bob@" D ",1.spam",
	    "Return-Path: <alice@example.org>\r\n"
	    "Received: from x by edge.example; now\r\n" MESSAGE);
	assert_int_equal(courier_folder(office.courier, SETTLED), 0);
	assert_int_equal(test_redis_do(&world.redis, "EVAL %s 0",
			     "return #redis.call('KEYS', '*:later:*')"),
	    0);
}

/* --- The model --------------------------------------------------------------------------- */

static uint64_t
updates(void)
{
	struct classifier *c = NULL;
	char path[200];
	uint64_t n;

	(void)snprintf(path, sizeof(path), "%s/model", office.dir);
	if (classifier_open(path, &c) != 0)
		return 0;
	n = classifier_updates(c);
	classifier_close(c);
	return n;
}

static void
the_stream_reaches_the_model(void **state)
{
	struct learner *l = NULL;
	int64_t now = SETTLED;
	char path[200];
	FILE *f;

	(void)state;
	provision_domain();
	assert_int_equal(learner_new(&l), 0);
	assert_int_equal(learner_step(l, office.courier, now), 0);
	assert_int_equal(updates(), 0);
	leave("bob@" D ",1.spam", MESSAGE);
	leave("bob@" D ",2.ham", MESSAGE);
	assert_int_equal(learner_step(l, office.courier, now += 1000), 0);
	assert_int_equal(updates(), 2);
	/* All nodes have it: the entries go. */
	assert_int_equal(learner_step(l, office.courier, now += 601000), 0);
	assert_int_equal(waiting(), 0);
	/* Ended and begun again, it goes on. */
	leave("bob@" D ",3.ham", MESSAGE);
	learner_free(l, office.courier);
	assert_int_equal(learner_new(&l), 0);
	assert_int_equal(learner_step(l, office.courier, now += 1000), 0);
	assert_int_equal(updates(), 3);
	/* A damaged file is not written over: an administrator looks. */
	(void)snprintf(path, sizeof(path), "%s/model", office.dir);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs("no model", f) >= 0);
	assert_int_equal(fclose(f), 0);
	leave("bob@" D ",4.ham", MESSAGE);
	assert_int_equal(learner_step(l, office.courier, now += 1000), 0);
	assert_int_equal(updates(), 0);
	assert_int_equal(waiting(), 1);
	/* Removed, it begins anew with what waits. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(learner_step(l, office.courier, now += 61000), 0);
	assert_int_equal(learner_step(l, office.courier, now += 1000), 0);
	assert_int_equal(updates(), 1);
	learner_free(l, office.courier);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    an_act_becomes_a_label_when_the_file_goes, begin,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    a_confirmed_one_counts_after_its_time, begin, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_confirmed_one_that_was_blocked_does_not, begin,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    what_nobody_confirmed_is_no_label, begin, tear_down),
		cmocka_unit_test_setup_teardown(files_of_imapsieve, begin,
		    tear_down),
		cmocka_unit_test_setup_teardown(junk_undoes_a_confirmation,
		    begin, tear_down),
		cmocka_unit_test_setup_teardown(the_stream_reaches_the_model,
		    begin, tear_down),
	};

	return RUN_COURIER_TESTS("test_teach", tests);
}
