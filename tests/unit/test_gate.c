/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The courier's gate against a real Redis and a table of DNS: why a challenge
 * does not leave, what is charged, and what becomes of its relations and items.
 */
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "courier/gate.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "policy/breaker.h"
#include "policy/target.h"
#include "tests/unit/case_fixture.h"

#define SETTLED (NOW + 20000)

static struct {
	char dir[64];
	struct settings *settings;
	struct courier *courier;
} office;

static void
zone(const char *name, enum dns_type type, const char *data)
{
	assert_int_equal(dns_static_add(office.courier->gate->dns, name, type,
			     data, strlen(data)),
	    0);
}

static void
open_courier(void)
{
	char path[128], text[1024];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/octroi.conf", office.dir);
	(void)snprintf(text, sizeof(text),
	    "platform { hostname = edge.example secret_file = \"%s/secret\" }\n"
	    "redis { address = \"%s\" }\n"
	    "spool { path = \"%s/spool\" reserve = 0 }\n"
	    "challenge { domain = defi.example url = \"https://defi.example\" "
	    "}\ncourier { release = \"127.0.0.1:1\" own = \"127.0.0.1:1\" }\n",
	    office.dir, world.redis.address, office.dir);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(settings_load(path, &office.settings), 0);
	assert_int_equal(courier_open(office.settings, &office.courier), 0);
	dns_free(office.courier->gate->dns);
	assert_int_equal(dns_new_static(&office.courier->gate->dns), 0);
	zone("example.org", DNS_MX, "10 mx.example.org");
	zone("mx.example.org", DNS_A, "192.0.2.1");
	zone("gmail.com", DNS_MX, "10 mx.gmail.com");
	zone("mx.gmail.com", DNS_A, "192.0.2.2");
	zone("other.example", DNS_MX, "10 mx.other.example");
	zone("mx.other.example", DNS_A, "198.51.100.1");
	zone("null.example", DNS_MX, "0 .");
	zone("evil.example", DNS_MX, "10 mx.victim.example");
	zone("mx.victim.example", DNS_A, "203.0.113.1");
	assert_int_equal(dns_static_timeout(office.courier->gate->dns,
			     "slow.example"),
	    0);
}

static int
set_up(void **state)
{
	char path[128];

	oct_clock_set_wall_ms(SETTLED);
	(void)snprintf(office.dir, sizeof(office.dir), "/tmp/oct-gate-XXXXXX");
	if (reset(state) != 0 || mkdtemp(office.dir) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/spool", office.dir);
	if (mkdir(path, 0770) != 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/secret", office.dir);
	if (oct_secret_create(path) != 0)
		return -1;
	open_courier();
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
	courier_close(office.courier);
	settings_free(office.settings);
	return nftw(office.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static enum gate
ask(const char *sender, const char *client, struct gate_pass *p)
{
	static const char *const local[] = { "bob" };
	char sid[256];
	const char *at = strchr(sender, '@');
	struct gate_ask a = { .domain = D, .rpath = sender, .sid = sid,
		.client = client, .count = 1, .local = local };

	(void)snprintf(sid, sizeof(sid), "A|%s|%s", sender,
	    at != NULL ? at + 1 : "");
	return gate_try(office.courier, &a, p);
}

static void
why_not(const char *sender, const char *client, const char *why)
{
	struct gate_pass p;

	print_message("  %s: %s\n", sender, why);
	assert_int_equal(ask(sender, client, &p), GATE_SHUT);
	assert_string_equal(p.why, why);
}

static void
targets(void **state)
{
	struct gate_pass p;

	(void)state;
	assert_int_equal(ask("a@example.org", "192.0.2.9", &p), GATE_OPEN);
	assert_string_equal(p.network, "192.0.2.0/24");
	why_not("a@null.example", "192.0.2.9", "no-mx");
	why_not("a@absent.example", "192.0.2.9", "no-mx");
	why_not("a@evil.example", "192.0.2.9", "mx-elsewhere");
	assert_int_equal(target_confirm(world.store, "evil.example"), 0);
	assert_int_equal(ask("a@evil.example", "192.0.2.9", &p), GATE_OPEN);
	assert_int_equal(ask("a@slow.example", "192.0.2.9", &p), GATE_LATER);
}

static void
one_sender_is_asked_so_often(void **state)
{
	struct gate_pass p;

	(void)state;
	assert_int_equal(ask("a@example.org", "192.0.2.9", &p), GATE_OPEN);
	assert_int_equal(ask("b@example.org", "192.0.2.9", &p), GATE_OPEN);
	assert_int_equal(ask("c@example.org", "192.0.2.9", &p), GATE_OPEN);
	why_not("d@example.org", "192.0.2.9", "share-mailbox");
	/* An honest one is asked all the same. */
	assert_int_equal(ask("a@other.example", "198.51.100.9", &p), GATE_OPEN);
}

static void
what_was_not_handed_over_is_given_back(void **state)
{
	static const char *const local[] = { "bob" };
	const struct gate_ask a = { .domain = D, .rpath = "a@example.org",
		.sid = SID, .client = "192.0.2.9", .count = 1, .local = local };
	struct gate_pass p;

	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(gate_try(office.courier, &a, &p), GATE_OPEN);
		gate_give_back(office.courier, &a, &p);
	}
}

static void
a_mailbox_over_its_cap_is_silent_alone(void **state)
{
	static const char *const local[] = { "bob", "zoe" };
	struct gate_ask a = { .domain = D, .rpath = "a@example.org",
		.sid = SID, .client = "192.0.2.9", .count = 2,
		.local = local };
	const struct caps_box box = { .local = "bob", .cap = 30, .share = 3 };
	const struct caps_ask other = { .domain = D, .share = "o.example" };
	enum caps_limit over;
	struct gate_pass p;

	(void)state;
	for (int i = 0; i < 30; i++) {
		const struct caps_box wide = { .local = "bob", .cap = 30,
			.share = 99 };

		assert_int_equal(caps_take_box(world.store, &other, &wide,
				     &over),
		    1);
	}
	assert_int_equal(caps_take_box(world.store, &other, &box, &over), 0);
	assert_int_equal(gate_try(office.courier, &a, &p), GATE_OPEN);
	assert_int_equal(p.shut_count, 1);
	assert_true(p.shut[0]);
	assert_false(p.shut[1]);
	assert_string_equal(p.why, "cap-mailbox");
	a.count = 1;
	assert_int_equal(gate_try(office.courier, &a, &p), GATE_SHUT);
}

static void
levers_and_breakers(void **state)
{
	char id[17];
	struct breaker_of of = { .challenge = id, .org = "example.org",
		.network = "192.0.2.0/24" };
	struct gate_pass p;

	(void)state;
	assert_int_equal(lever_stop(world.store, true, "ctl:ann", SETTLED), 0);
	why_not("a@example.org", "192.0.2.9", "stopped");
	assert_int_equal(lever_stop(world.store, false, "ctl:ann", SETTLED), 0);
	oct_clock_set_wall_ms(SETTLED + 2000);
	assert_int_equal(ask("a@example.org", "192.0.2.9", &p), GATE_OPEN);
	for (int i = 0; i < 3; i++) {
		(void)snprintf(id, sizeof(id), "%08x00000000", i);
		assert_int_equal(breaker_record(world.store, &of, BREAKER_SENT,
				     SETTLED),
		    0);
		assert_int_equal(breaker_record(world.store, &of,
				     BREAKER_NOT_ME, SETTLED),
		    0);
	}
	why_not("b@example.org", "192.0.2.9", "breaker-org");
}

/* --- What becomes of it -------------------------------------------------------- */

static enum duty
act_challenge(void)
{
	struct case_duty d;
	char member[OCT_DOMAIN_SIZE + 64];

	case_duty_write("challenge", D, CH, member);
	assert_int_equal(case_duty_parse(member, &d), 0);
	return courier_do(office.courier, &d);
}

static void
not_asked_is_held_silently(void **state)
{
	struct case_challenge c;
	struct case_item i;

	(void)state;
	first_contact(1, "bob", CH);
	assert_int_equal(lever_stop(world.store, true, "ctl:ann", SETTLED), 0);
	assert_int_equal(act_challenge(), DUTY_DONE);
	assert_int_equal(relation_of("bob").state, REL_SILENT);
	assert_int_equal(relation_of("bob").asks, 0);
	i = item(1);
	assert_int_equal(i.expires_ms, NOW + world.t.hold_silent);
	assert_string_equal(i.silent, "stopped");
	assert_int_equal(due("expire", 1), NOW + world.t.hold_silent);
	case_item_fini(&i);
	assert_int_equal(case_challenge_read(world.store, D, CH, &c), 1);
	assert_int_equal(c.state, CHALLENGE_LATE);
	assert_string_equal(c.why, "stopped");
	case_challenge_fini(&c);
	/* Again: nothing more. */
	assert_int_equal(act_challenge(), DUTY_DONE);
	/* The next message may be asked. */
	assert_int_equal(lever_stop(world.store, false, "ctl:ann", SETTLED), 0);
	first_contact(2, "bob", CH2);
	assert_int_equal(relation_of("bob").state, REL_ASKED);
}

static void
a_challenge_goes_on_for_fewer(void **state)
{
	static const bool only[CHALLENGE_RCPT_MAX] = { true };
	struct case_duty d = { .verb = "challenge", .domain = D, .id = CH };
	enum case_outcome out;
	struct case_challenge c;
	struct oct_str json;
	struct arrival a = { .local = "bob", .sid = SID, .ask = CH,
		.at_ms = NOW };
	struct challenge both;
	char key[KEY_SIZE];

	(void)state;
	first_contact(1, "bob", CH);
	first_contact(2, "zoe", CH);
	challenge_of(&a, &both);
	both.count = 2;
	both.local[1] = "zoe";
	both.typed[1] = "z@" D;
	oct_str_heap(&json, CHALLENGE_JSON_MAX);
	assert_int_equal(challenge_write(&both, &json), 0);
	assert_int_equal(test_redis_do(&world.redis, "HSET %s v %s",
			     key_challenge(key, D, CH), oct_str_text(&json)),
	    0);
	oct_str_free(&json);
	assert_int_equal(case_silence(world.store, &world.t, &d, only,
			     "cap-mailbox", SETTLED, &out),
	    0);
	assert_int_equal(relation_of("bob").state, REL_SILENT);
	assert_int_equal(relation_of("zoe").state, REL_ASKED);
	assert_int_equal(case_challenge_read(world.store, D, CH, &c), 1);
	assert_int_equal(c.state, CHALLENGE_PENDING);
	assert_int_equal(c.challenge.count, 1);
	assert_string_equal(c.challenge.local[0], "zoe");
	case_challenge_fini(&c);
}

static void
outcomes_reach_the_breakers(void **state)
{
	const struct breaker_of of = { .challenge = CH, .org = "example.org",
		.network = "192.0.2.0/24" };
	char key[KEY_SIZE];
	enum case_outcome out;

	(void)state;
	first_contact(1, "bob", CH);
	assert_int_equal(case_challenge_goes(world.store, D, CH,
			     "192.0.2.0/24", "example.org"),
	    0);
	assert_int_equal(breaker_record(world.store, &of, BREAKER_SENT,
			     SETTLED),
	    0);
	assert_int_equal(target_confirmed(world.store, "example.org"), 0);
	assert_int_equal(case_confirm(world.store, &world.t, D, CH, "page",
			     SETTLED, &out),
	    0);
	assert_int_equal(out, CASE_DONE);
	assert_int_equal(target_confirmed(world.store, "example.org"), 1);
	for (int k = 0; k < BREAKER_KINDS; k++) {
		static const char *const names[] = { "example.org",
			"192.0.2.0/24", "all" };

		assert_int_equal(test_redis_do(&world.redis, "EVAL %s 1 %s",
				     "return string.find(redis.call('GET', "
				     "KEYS[1]), 'c$') and 1 or 0",
				     key_breaker(key,
					 breaker_kind_name(
					     (enum breaker_kind)k),
					 names[k])),
		    1);
	}
}

/* At a provider where everybody may have an address, one has a breaker of his
 * own: three that he disowned silence none of the others. */
static void
at_a_provider_an_address_stands_alone(void **state)
{
	struct breaker_of of = { .challenge = CH, .network = "gmail.com" };
	struct case_challenge c;
	char id[17], org[OCT_DOMAIN_SIZE];
	struct gate_pass p;

	(void)state;
	assert_int_equal(ask("eve@gmail.com", "192.0.2.9", &p), GATE_OPEN);
	of.org = p.share;
	for (int i = 0; i < 3; i++) {
		(void)snprintf(id, sizeof(id), "%08x00000000", i);
		of.challenge = id;
		assert_int_equal(breaker_record(world.store, &of, BREAKER_SENT,
				     SETTLED),
		    0);
		assert_int_equal(breaker_record(world.store, &of,
				     BREAKER_NOT_ME, SETTLED),
		    0);
	}
	oct_clock_set_wall_ms(SETTLED + 2000);
	why_not("eve@gmail.com", "192.0.2.9", "breaker-org");
	assert_int_equal(ask("ann@gmail.com", "192.0.2.9", &p), GATE_OPEN);
	/* And what a challenge came to is told of its share. */
	first_contact(1, "bob", CH);
	assert_int_equal(case_challenge_goes(world.store, D, CH, "gmail.com",
			     p.share),
	    0);
	assert_int_equal(case_challenge_read(world.store, D, CH, &c), 1);
	assert_true(case_breaker_of(&c, org, &of));
	assert_string_equal(of.org, p.share);
	assert_string_equal(org, "example.org");
	case_challenge_fini(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define GATE_TEST(name)                                                        \
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		GATE_TEST(targets),
		GATE_TEST(one_sender_is_asked_so_often),
		GATE_TEST(what_was_not_handed_over_is_given_back),
		GATE_TEST(a_mailbox_over_its_cap_is_silent_alone),
		GATE_TEST(levers_and_breakers),
		GATE_TEST(not_asked_is_held_silently),
		GATE_TEST(a_challenge_goes_on_for_fewer),
		GATE_TEST(outcomes_reach_the_breakers),
		GATE_TEST(at_a_provider_an_address_stands_alone),
	};
	int rc = test_redis_start(&world.redis);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	if (rc == 0)
		rc = cmocka_run_group_tests_name("gate", tests, start_world,
		    end_world);
	test_redis_stop(&world.redis);
	return rc != 0;
}
