/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/sent.h"

#include "tests/unit/case_fixture.h"

#define ID "<1@" D ">"

static const uint8_t key[OCT_KEY_OCTETS] = { 7 };

static const char *const no_fields[] = { NULL };

/* A message of "Name: value" fields and a body. */
static struct oct_msg *
message(const char *const *fields, const char *body)
{
	struct oct_msg_limits limits;
	struct oct_msg *m;

	oct_msg_limits_init(&limits);
	assert_int_equal(oct_msg_new(&limits, &m), 0);
	for (; *fields != NULL; fields++) {
		char name[64];
		const char *colon = strchr(*fields, ':');

		(void)snprintf(name, sizeof(name), "%.*s",
		    (int)(colon - *fields), *fields);
		assert_int_equal(oct_msg_add_field(m, name, colon + 1), 0);
	}
	assert_int_equal(oct_msg_add_body(m, body, strlen(body)), 0);
	return m;
}

static void
what_counts_as_a_person_writing_to_somebody(void **state)
{
	static const struct {
		const char *name, *field;
		size_t rcpts;
		bool own, counts;
	} rows[] = {
		{ "a letter", "Subject: x", 1, true, true },
		{ "to twenty", "Subject: x", 20, true, true },
		{ "to twenty-one", "Subject: x", 21, true, false },
		{ "to nobody", "Subject: x", 0, true, false },
		{ "another's reverse-path", "Subject: x", 1, false, false },
		{ "list", "List-Id: x", 1, true, false },
		{ "any list field", "LIST-UNSUBSCRIBE: x", 1, true, false },
		{ "vacation", "Auto-Submitted: auto-replied", 1, true, false },
		{ "no", "Auto-Submitted: no", 1, true, true },
		{ "no, with a comment", "Auto-Submitted:  NO (me)", 1, true,
		    true },
		{ "not no", "Auto-Submitted: none", 1, true, false },
		{ "empty", "Auto-Submitted:", 1, true, false },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const char *const fields[] = { rows[i].field, NULL };
		struct oct_msg *m = message(fields, "");

		print_message("  %s\n", rows[i].name);
		assert_int_equal(sent_counts(m, rows[i].rcpts, rows[i].own),
		    rows[i].counts);
		oct_msg_free(m);
	}
}

static int
send_one(const char *id, const char *local, const char *rcpt, const char *org)
{
	struct sent_mail mail = { .domain = D, .local = local,
		.message_id = id, .orgs = &org, .count = 1, .now_ms = NOW,
		.allow_ms = 180 * DAY };
	struct oct_addr a;

	assert_int_equal(oct_addr_parse(rcpt, &a), 0);
	mail.rcpts = &a;
	return sent_remember(world.store, key, &mail);
}

static void
writing_to_somebody_is_a_grant_with_an_end(void **state)
{
	struct store_batch *b;
	struct case_grant g;
	char name[KEY_SIZE];
	int slot;

	(void)state;
	assert_int_equal(send_one(ID, "bob", "Alice@B.fr", "b.fr"), 0);
	assert_int_equal(store_batch_new(&b), 0);
	slot = store_batch_hget(b, key_grants(name, D, "bob"),
	    "sent:alice@b.fr");
	assert_int_equal(store_batch_run(world.store, b), 0);
	assert_non_null(store_batch_value(b, slot, 0)->data);
	assert_int_equal(case_grant_parse(store_batch_value(b, slot, 0)->data,
			     &g),
	    0);
	assert_string_equal(g.origin, GRANT_SENT);
	assert_int_equal(g.since_ms, NOW);
	assert_int_equal(g.until_ms, NOW + 180 * DAY);
	assert_false(g.block);
	store_batch_free(b);
}

/* Nothing in the store may show an address or an id. */
static void
ids_are_hashed_and_die(void **state)
{
	(void)state;
	assert_int_equal(send_one(ID, "bob", "a@b.fr", "b.fr"), 0);
	/* Domains, grants apart: one key, that says nothing. */
	assert_int_equal(test_redis_do(&world.redis, "DEL oct:{" D
				       "}:grant:bob"),
	    1);
	assert_int_equal(test_redis_do(&world.redis, "DBSIZE"), 1);
	assert_int_equal(test_redis_do(&world.redis,
			     "EVAL %s 0",
			     "local\tk=redis.call('KEYS','*')[1]\t"
			     "local\tt=k..table.concat("
			     "redis.call('HGETALL',k),'\t')\t"
			     "return\t(t:find('b.fr',1,true)\tor"
			     "\tt:find('1@',1,true))\tand\t1\tor\t0"),
	    0);
	assert_true(test_redis_do(&world.redis, "EVAL %s 0",
			"return\tredis.call('PTTL',redis.call("
			"'KEYS','*')[1])") > 29 * DAY);
}

/* Does the message answer bob's?  index of the id in *index. */
static bool
answers(struct oct_msg *m, const char *local, const char *org, bool automatic,
    int64_t now_ms, struct sent_query *q, size_t *index)
{
	struct store_batch *b;
	bool yes;

	assert_int_equal(store_batch_new(&b), 0);
	assert_int_equal(sent_ask(key, m, D, local, b, q), 0);
	assert_int_equal(store_batch_run(world.store, b), 0);
	yes = sent_answers(key, b, q, org, automatic, now_ms, index);
	store_batch_free(b);
	return yes;
}

#define DSN "Content-Type: multipart/report; report-type=delivery-status;" \
	    " boundary=b"
#define PARTS "--b\r\n\r\ncould not be delivered\r\n--b\r\n" \
	      "Content-Type: message/delivery-status\r\n\r\n" \
	      "Reporting-MTA: dns; x\r\n\r\nAction: failed\r\n\r\n--b\r\n" \
	      "Content-Type: text/rfc822-headers\r\n\r\nFrom: bob@" D "\r\n"

static void
what_answers(void **state)
{
	static const struct {
		const char *name, *field, *body, *org;
		bool automatic, yes;
	} rows[] = {
		{ "In-Reply-To", "In-Reply-To: " ID, "", "b.fr", false, true },
		{ "among others",
		    "References: <x@y> " ID "\r\n\t<z@y>", "", "b.fr", false,
		    true },
		{ "proven by another", "In-Reply-To: " ID, "", "c.fr", false,
		    false },
		{ "not proven", "In-Reply-To: " ID, "", "", false, false },
		{ "another id", "In-Reply-To: <2@" D ">", "", "b.fr", false,
		    false },
		{ "no id", "Subject: Re: " ID, "", "b.fr", false, false },
		{ "DSN", DSN, PARTS "Message-ID: " ID "\r\n", "", true, true },
		{ "DSN, folded", DSN,
		    PARTS "MESSAGE-ID:\r\n " ID "\r\nTo: x\r\n", "", true,
		    true },
		{ "DSN of something else", DSN,
		    PARTS "Message-ID: <2@" D ">\r\n", "", true, false },
		{ "DSN that only talks of it", DSN,
		    PARTS "Subject: " ID "\r\n", "", true, false },
		{ "bounce of old, bare line ends", "Subject: failure notice",
		    "Hi. This is the qmail-send program\n\n"
		    "Message-ID: " ID "\n", "", true, true },
		{ "automatic reply", "Auto-Submitted: auto-replied",
		    "Message-ID: " ID, "", true, true },
		{ "automatic reply, by its header", "In-Reply-To: " ID, "", "",
		    true, true },
		{ "a letter that quotes another's header",
		    "In-Reply-To: <2@" D ">", "Message-ID: " ID "\r\n",
		    "b.fr", false, false },
	};

	(void)state;
	assert_int_equal(send_one(ID, "bob", "a@b.fr", "b.fr"), 0);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const char *const fields[] = { rows[i].field, NULL };
		struct oct_msg *m = message(fields, rows[i].body);
		struct sent_query q;
		size_t index;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(answers(m, "bob", rows[i].org,
				     rows[i].automatic, NOW, &q, &index),
		    rows[i].yes);
		/* It was not dora who wrote. */
		assert_false(answers(m, "dora", rows[i].org,
		    rows[i].automatic, NOW, &q, &index));
		oct_msg_free(m);
	}
}

static void
one_id_has_its_time_and_its_uses(void **state)
{
	static const char *const fields[] = { "In-Reply-To: " ID, NULL };
	struct oct_msg *m = message(fields, "");
	struct sent_query q;
	size_t index;

	(void)state;
	assert_int_equal(send_one(ID, "bob", "a@b.fr", "b.fr"), 0);
	assert_true(answers(m, "bob", "b.fr", false, NOW + 30 * DAY - 1, &q,
	    &index));
	assert_false(answers(m, "bob", "b.fr", false, NOW + 30 * DAY, &q,
	    &index));
	for (int i = 0; i < SENT_USES_MAX; i++) {
		assert_true(answers(m, "bob", "b.fr", false, NOW, &q, &index));
		assert_int_equal(sent_use(world.store, &q, index, D, "bob"),
		    0);
	}
	assert_false(answers(m, "bob", "b.fr", false, NOW, &q, &index));
	assert_int_equal(sent_use(world.store, &q, 0, D, "bob"), OCT_ELIMIT);
	assert_int_equal(sent_use(world.store, &q, 1, D, "bob"), OCT_ELIMIT);
	oct_msg_free(m);
}

static void
a_second_envelope_adds_its_organisations(void **state)
{
	static const char *const fields[] = { "In-Reply-To: " ID, NULL };
	struct oct_msg *m = message(fields, "");
	struct sent_query q;
	size_t index;

	(void)state;
	assert_int_equal(send_one(ID, "bob", "a@b.fr", "b.fr"), 0);
	assert_int_equal(send_one(ID, "bob", "a@c.fr", "c.fr"), 0);
	assert_int_equal(send_one(ID, "bob", "a@d.fr", ""), 0);
	assert_true(answers(m, "bob", "b.fr", false, NOW, &q, &index));
	assert_true(answers(m, "bob", "c.fr", false, NOW, &q, &index));
	assert_false(answers(m, "bob", "d.fr", false, NOW, &q, &index));
	oct_msg_free(m);
}

static void
without_an_id_only_grants_are_made(void **state)
{
	static const char *const ids[] = { "", "none", "<broken", "<a b@c>" };
	struct sent_mail none = { .domain = D, .local = "bob",
		.message_id = ID };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(ids); i++)
		assert_int_equal(send_one(ids[i], "bob", "a@b.fr", "b.fr"), 0);
	assert_int_equal(test_redis_do(&world.redis, "DBSIZE"), 1);
	assert_int_equal(sent_remember(world.store, key, &none), OCT_ELIMIT);
}

static void
ids_that_are_looked_at_are_bounded(void **state)
{
	struct oct_msg *m = message(no_fields, "");
	struct store_batch *b;
	struct oct_str all;
	struct sent_query q;

	(void)state;
	oct_str_heap(&all, 1 << 20);
	for (int i = 0; i < 1000; i++)
		oct_str_addf(&all, "Message-ID: <%d@x>\r\n", i);
	assert_int_equal(oct_msg_add_field(m, "References",
			     "<1@r> <2@r> <3@r> <4@r> <5@r> <6@r> <7@r> <8@r> "
			     "<9@r> <10@r> <11@r> <12@r>"),
	    0);
	assert_int_equal(oct_msg_add_field(m, "In-Reply-To",
			     "<1@i> <2@i> <3@i> <4@i> <5@i> <6@i> <7@i>"),
	    0);
	assert_int_equal(oct_msg_add_field(m, "Auto-Submitted",
			     "auto-replied"),
	    0);
	assert_int_equal(oct_msg_add_body(m, oct_str_text(&all), all.len), 0);
	assert_int_equal(store_batch_new(&b), 0);
	assert_int_equal(sent_ask(key, m, D, "bob", b, &q), 0);
	assert_int_equal(q.count, SENT_IDS_MAX);
	store_batch_free(b);
	oct_str_free(&all);
	oct_msg_free(m);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup(f, reset)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_counts_as_a_person_writing_to_somebody),
		T(writing_to_somebody_is_a_grant_with_an_end),
		T(ids_are_hashed_and_die),
		T(what_answers),
		T(one_id_has_its_time_and_its_uses),
		T(a_second_envelope_adds_its_organisations),
		T(without_an_id_only_grants_are_made),
		T(ids_that_are_looked_at_are_bounded),
	};
	int rc = test_redis_start(&world.redis);

	if (rc != 0)
		return rc == TEST_REDIS_SKIP ? TEST_REDIS_SKIP : 1;
	rc = cmocka_run_group_tests_name("sent", tests, start_world,
	    end_world);
	test_redis_stop(&world.redis);
	return rc;
}
