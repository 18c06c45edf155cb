/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random models and random histories against a real Redis: what is exported is
 * what was applied, what was planned is what is done, and the journals know every
 * state that there was.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "policy/directory_record.h"
#include "policy/journal.h"
#include "policy/keys.h"
#include "policy/model.h"
#include "tests/support/redis.h"

#define FILE_MAX (4u << 20)
#define NOON 1795255200000LL /* 2026-11-21 */

static struct {
	struct test_redis redis;
	struct store *store;
} world;

static char problem[MODEL_PROBLEM_SIZE];

static void
empty_store(void)
{
	assert_int_equal(test_redis_do(&world.redis, "FLUSHALL"), 1);
}

static struct model *
loaded(void)
{
	struct model *m = NULL;

	assert_int_equal(model_load(world.store, NULL, &m), 0);
	return m;
}

/* The caller frees. */
static char *
exported(void)
{
	struct model *m = loaded();
	struct oct_str out;

	oct_str_heap(&out, FILE_MAX);
	model_write(m, true, &out);
	assert_int_equal(oct_str_err(&out), 0);
	model_free(m);
	return oct_str_take(&out);
}

/* The rc of model_diff: a random file may not fit what is there. */
static int
plan_of(const char *text, bool close_missing, struct model_plan *p)
{
	struct model *live = loaded(), *wanted = NULL;
	int rc = model_parse(text, &wanted, problem);

	if (rc != 0)
		print_error("%s\n%s\n", problem, text);
	assert_int_equal(rc, 0);
	rc = model_diff(live, wanted, close_missing, p, problem);
	model_free(live);
	model_free(wanted);
	return rc;
}

static size_t
changes_of(const char *text, bool close_missing)
{
	struct model_plan p;
	size_t n;

	assert_int_equal(plan_of(text, close_missing, &p), 0);
	n = p.count;
	model_plan_free(&p);
	return n;
}

static int
apply(const char *text, bool close_missing, const char *actor)
{
	char fingerprint[MODEL_FINGERPRINT_SIZE];
	struct model_applied done;
	struct model_plan p;
	int rc = plan_of(text, close_missing, &p);

	if (rc != 0)
		return rc;
	model_fingerprint(&p, fingerprint);
	rc = model_apply(
	    world.store, &p, fingerprint, actor, &done, problem);
	model_plan_free(&p);
	return rc;
}

static void
must_apply(const char *text, bool close_missing)
{
	int rc = apply(text, close_missing, "test");

	if (rc != 0)
		print_error("%s\n", problem);
	assert_int_equal(rc, 0);
}

/* --- Drawing ------------------------------------------------------------- */

static uint64_t seed;

static unsigned int
draw(unsigned int below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)(seed >> 33) % below;
}

/* As a file writes them, without quotes where none are needed. */
struct sample {
	const char *name;
	const char *values[5];
};

static const struct sample plan_samples[] = {
    {"name", {"Technologie", "M\xc3\xa9tiers"}},
    {"mailboxes", {"9000", "100000"}},
    {"quota", {"100G", "200G"}},
    {"challenge_addresses", {"5000"}},
    {"domains", {"500"}},
    {"notice_tenant", {"10-31/12-31", "02-29/06-30", "2m"}},
    {"notice_centre", {"07-31/12-31"}},
    {"notice_price", {"3m", "14m"}},
};
static const struct sample price_samples[] = {
    {"name", {"2026", "hausse d'avril"}},
    {"from", {"2026-01-01", "2028-02-29"}},
    {"notified", {"2025-12-08"}},
    {"currency", {"EUR"}},
    {"items", {"mailbox=12.50, challenge=6.00", "domain=0.10"}},
};
static const struct sample tenant_samples[] = {
    {"name", {"Ville", "\"  x\"", "d'Agen # 2", "\xc3\x89" "c\xc3\xb4t"}},
    {"kind", {"commune", "epci", "ccas"}},
    {"siren", {"732829320"}},
    {"population", {"0", "33000"}},
    {"agents", {"3", "120"}},
    {"band", {"1", "10"}},
    {"affiliated", {"no", "yes"}},
    {"plan", {"p0", "p1", "none"}},
    {"contact", {"mairie@isp.test"}},
    {"lang", {"en", "fr", "inherit"}},
    {"extra_mailboxes", {"2"}},
    {"extra_storage", {"5G"}},
    {"contract_start", {"2024-02-29"}},
    {"contract_document", {"2017-12"}},
    {"challenge", {"off", "first-contact", "inherit"}},
    {"statutory", {"maire, cabinet", "elu"}},
    {"storage", {"2G"}},
    {"limits_maximum", {"yes", "no"}},
    {"rate_messages_out", {"100/1h,500/1d", "none", "inherit"}},
    {"max_recipients_out", {"50", "inherit"}},
    {"past_messages_out", {"suspend", "defer", "hold"}},
};
static const struct sample domain_samples[] = {
    {"tenant", {"t0", "t1", "t2"}},
    {"origin", {"offered", "reserved", "brought"}},
    {"reserved_until", {"2027-06-30"}},
    {"state", {"suspended", "pending-dns", "requested", "closed", "active"}},
    {"tag", {"4.25", "-1"}},
    {"hold", {"7"}},
    {"t_hold", {"5d", "inherit"}},
    {"challenge", {"off", "first-contact"}},
    {"catch_all", {"x@y.test"}},
    {"own_refuse", {"yes", "no"}},
    {"storage", {"1G", "1500k"}},
    {"transport", {"lmtp:unix:/run/lmtp"}},
    {"domain_rate_volume_in", {"2G/1d", "500M/1h,2G/1d"}},
    {"sending", {"suspended", "active"}},
    {"sending_reason", {"2026-11-21T10:00:00Z limit x passed"}},
};
static const struct sample mailbox_samples[] = {
    {"name", {"\xc3\x89lu", "a = b", "\"\\\"q\\\"\""}},
    {"state", {"suspended", "closed", "closed", "active"}},
    {"storage", {"10G", "7"}},
    {"credential", {"external", "$argon2id$v=19$m=1,t=1,p=1$YQ$YQ"}},
    {"role", {"referent"}},
    {"forward", {"a@b.test, c@d.test"}},
    {"challenge", {"off", "doubtful", "inherit"}},
    {"challenge_from", {"2026-03-01"}},
    {"challenge_until", {"2028-02-29"}},
    {"closes", {"2027-01-01"}},
    {"lang", {"en", "inherit"}},
    {"rate_in", {"100/1h", "3/1min"}},
    {"rate_recipients_out", {"1/1s,5/1min,300/1h,1000/1d"}},
    {"max_size_in", {"10M"}},
    {"sending", {"suspended", "closed"}},
};
static const struct sample alias_samples[] = {
    {"targets", {"a@b.test", "m0@d0.test, \"x,y\"@e.test", "z@y.x"}},
    {"post",
	{"anyone", "members", "listed\n\tposters = p@q.test, r@s.test",
	    "domain\n\tposters = p@q.test", "tenant"}},
    {"state", {"active", "closed"}},
};
static const struct sample legacy_samples[] = {
    {"mailbox", {"m0", "m1"}},
    {"how", {"forwarded"}},
    {"verified", {"2026-02-28"}},
    {"until", {"2027-12-31", "2028-02-29"}},
    {"state", {"active", "closed"}},
};

struct samples {
	enum dir_kind kind;
	const struct sample *at;
	size_t count, always; /* so many first ones are always there */
};
#define SAMPLES(kind, list, always) {kind, list, OCT_LEN(list), always}
static const struct samples samples[] = {
    SAMPLES(DIR_KIND_PLAN, plan_samples, 3),
    SAMPLES(DIR_KIND_PRICE, price_samples, 0),
    SAMPLES(DIR_KIND_TENANT, tenant_samples, 0),
    SAMPLES(DIR_KIND_DOMAIN, domain_samples, 0),
    SAMPLES(DIR_KIND_MAILBOX, mailbox_samples, 0),
    SAMPLES(DIR_KIND_ALIAS, alias_samples, 1),
    SAMPLES(DIR_KIND_LEGACY, legacy_samples, 2),
};

static const struct samples *
samples_of(enum dir_kind kind)
{
	size_t i = 0;

	while (i + 1 < OCT_LEN(samples) && samples[i].kind != kind)
		i++;
	return &samples[i];
}

static const char *
draw_value(const struct sample *s)
{
	unsigned int n = 0;

	while (n < OCT_LEN(s->values) && s->values[n] != NULL)
		n++;
	return s->values[draw(n)];
}

static void
random_attributes(enum dir_kind kind, struct oct_str *out)
{
	const struct samples *s = samples_of(kind);

	for (size_t i = 0; i < s->count; i++)
		if (i < s->always || draw(4) == 0)
			oct_str_addf(out, "\t%s = %s\n", s->at[i].name,
			    draw_value(&s->at[i]));
}

/* As people write them, and as they are kept. */
static const struct {
	const char *written, *kept;
} domains[] = {
    {"d0.test", "d0.test"},
    {"D1.Test", "d1.test"},
    {"ch\xc3\xa2teau.test", "xn--chteau-xta.test"},
    {"xn--chteau-xta.fr", "xn--chteau-xta.fr"},
};
static const char *const locals[] = {"m0", "m1", "accueil.\xc3\xa9tat", "m3"};

static void
random_domain(struct oct_str *out, unsigned int d)
{
	oct_str_addf(out, "domain %s\n", domains[d].written);
	random_attributes(DIR_KIND_DOMAIN, out);
	for (unsigned int i = 0; i < OCT_LEN(locals); i++) {
		if (draw(2) == 0) {
			oct_str_addf(out, "mailbox %s@%s\n", locals[i],
			    domains[d].written);
			random_attributes(DIR_KIND_MAILBOX, out);
		}
		if (draw(3) == 0) {
			oct_str_addf(
			    out, "alias a%u@%s\n", i, domains[d].written);
			random_attributes(DIR_KIND_ALIAS, out);
		}
		if (draw(4) == 0) {
			oct_str_addf(out, "legacy l%u@isp.test %s\n", i,
			    domains[d].kept);
			random_attributes(DIR_KIND_LEGACY, out);
		}
	}
}

static void
random_some(struct oct_str *out, enum dir_kind kind, const char *prefix,
    unsigned int most)
{
	for (unsigned int i = 0; i < most; i++) {
		if (draw(4) == 0)
			continue;
		oct_str_addf(
		    out, "%s %s%u\n", dir_kind_name(kind), prefix, i);
		random_attributes(kind, out);
	}
}

static char *
random_file(void)
{
	struct oct_str out;

	oct_str_heap(&out, FILE_MAX);
	oct_str_add(&out, "scope all\n");
	random_some(&out, DIR_KIND_PLAN, "p", 2);
	random_some(&out, DIR_KIND_PRICE, "y", 2);
	random_some(&out, DIR_KIND_TENANT, "t", 3);
	for (unsigned int d = 0; d < OCT_LEN(domains); d++)
		if (draw(4) > 0)
			random_domain(&out, d);
	return oct_str_take(&out);
}

static void
random_models_come_back_as_they_were(void **state)
{
	(void)state;
	for (unsigned int n = 1; n <= 60; n++) {
		char *text, *once, *twice;

		seed = n;
		empty_store();
		text = random_file();
		must_apply(text, false);
		once = exported();
		assert_int_equal(changes_of(text, true), 0);
		assert_int_equal(changes_of(once, true), 0);
		empty_store();
		must_apply(once, false);
		twice = exported();
		if (strcmp(once, twice) != 0)
			print_error("seed %u\n", n);
		assert_string_equal(twice, once);
		free(text);
		free(once);
		free(twice);
	}
}

static void
random_pairs_become_the_second(void **state)
{
	(void)state;
	for (unsigned int n = 1; n <= 80; n++) {
		char *first, *second;

		seed = 1000 + n;
		empty_store();
		first = random_file();
		second = random_file();
		must_apply(first, false);
		must_apply(second, n % 2 == 0);
		assert_int_equal(changes_of(second, n % 2 == 0), 0);
		must_apply(first, true);
		assert_int_equal(changes_of(first, true), 0);
		free(first);
		free(second);
	}
}

/* --- Histories ----------------------------------------------------------- */

/* Everything that may be there. */
struct place {
	enum dir_kind kind;
	const char *domain; /* NULL: of none */
	char name[48];
};

#define PLACES_MAX 64
static struct place places[PLACES_MAX];
static size_t place_count;

static void
add_place(enum dir_kind kind, const char *domain, const char *name)
{
	struct place *p = &places[place_count++];

	assert_true(place_count <= PLACES_MAX);
	*p = (struct place){.kind = kind, .domain = domain};
	(void)snprintf(p->name, sizeof(p->name), "%s", name);
}

static void
list_places(void)
{
	place_count = 0;
	add_place(DIR_KIND_PLAN, NULL, "p0");
	add_place(DIR_KIND_PRICE, NULL, "y0");
	add_place(DIR_KIND_TENANT, NULL, "t0");
	add_place(DIR_KIND_TENANT, NULL, "t1");
	for (size_t d = 0; d < OCT_LEN(domains); d++) {
		add_place(DIR_KIND_DOMAIN, domains[d].kept, "");
		for (size_t i = 0; i < OCT_LEN(locals); i++)
			add_place(
			    DIR_KIND_MAILBOX, domains[d].kept, locals[i]);
		add_place(DIR_KIND_ALIAS, domains[d].kept, "a0");
		add_place(DIR_KIND_ALIAS, domains[d].kept, "a1");
		add_place(DIR_KIND_LEGACY, domains[d].kept, "l0@isp.test");
	}
}

static const char *
key_of(const struct place *p, char key[KEY_SIZE], const char **field)
{
	*field = p->name;
	switch (p->kind) {
	case DIR_KIND_MAILBOX:
		return key_mailboxes(key, p->domain);
	case DIR_KIND_ALIAS:
		return key_aliases(key, p->domain);
	case DIR_KIND_LEGACY:
		return key_legacy(key, p->domain);
	case DIR_KIND_PLAN:
		return KEY_PLANS;
	case DIR_KIND_PRICE:
		return KEY_PRICES;
	case DIR_KIND_TENANT:
	case DIR_KIND_DOMAIN:
		break;
	}
	*field = "v";
	return p->kind == DIR_KIND_TENANT ? key_tenant(key, p->name)
					  : key_domain(key, p->domain);
}

/* What is there now, of every place: the journal has no part in it. */
struct moment {
	int64_t at_ms;
	json_t *states[PLACES_MAX];
};

static void
read_moment(struct moment *m)
{
	struct store_batch *b = NULL;

	assert_int_equal(store_batch_new(&b), 0);
	for (size_t i = 0; i < place_count; i++) {
		char key[KEY_SIZE];
		const char *field, *at = key_of(&places[i], key, &field);

		assert_true(store_batch_hget(b, at, field) >= 0);
	}
	assert_int_equal(store_batch_run(world.store, b), 0);
	for (size_t i = 0; i < place_count; i++) {
		const struct store_value *v =
		    store_batch_value(b, (int)i, 0);

		m->states[i] = v != NULL && v->data != NULL
		    ? json_loads(v->data, 0, NULL)
		    : NULL;
		(void)json_object_del(m->states[i], "credential");
	}
	store_batch_free(b);
	m->at_ms = oct_clock_wall_ms();
	/* The journal is stamped by the clock of Redis, in milliseconds. */
	while (oct_clock_wall_ms() < m->at_ms + 2)
		(void)test_redis_do(&world.redis, "PING");
}

/* One or two attributes, as octroictl gives them. */
static void
random_json(enum dir_kind kind, bool whole, struct oct_str *out)
{
	const struct samples *s = samples_of(kind);
	const char *sep = "{";

	for (size_t i = 0; i < s->count; i++) {
		struct dir_attribute a;
		const char *value = draw_value(&s->at[i]);

		if (!(whole && i < s->always) && draw(6) != 0)
			continue;
		if (*value == '"' || strchr(value, '\n') != NULL ||
		    !dir_attribute(kind, s->at[i].name, &a))
			continue;
		oct_str_addf(out, "%s\"%s\":", sep, s->at[i].name);
		assert_int_equal(dir_attribute_json(&a, value, out), 0);
		sep = ",";
	}
	oct_str_add(out, *sep == '{' ? "{}" : "}");
}

static int
change(const struct place *p, bool create, bool remove, const char *json)
{
	const struct dir_change c = {.domain = p->domain,
	    .local = p->kind == DIR_KIND_DOMAIN ? NULL : p->name,
	    .alias = p->kind == DIR_KIND_ALIAS,
	    .legacy = p->kind == DIR_KIND_LEGACY,
	    .create = create,
	    .remove = remove,
	    .json = remove ? NULL : json,
	    .actor = "player"};
	const struct dir_tenant_change t = {.id = p->name,
	    .create = create,
	    .remove = remove,
	    .json = c.json,
	    .actor = "player"};
	char why[256];

	if (p->kind == DIR_KIND_TENANT)
		return directory_change_tenant(world.store, &t, why);
	if (p->domain == NULL)
		return directory_change_record(
		    world.store, p->kind, &t, why);
	return directory_change(world.store, &c, why);
}

/* Adding, changing, closing, opening again, purging: what cannot be done is
 * refused, and that is no change. */
static bool
random_act(void)
{
	const struct place *p = &places[draw((unsigned int)place_count)];
	struct oct_str json;
	int rc = 0;

	oct_str_heap(&json, 8192);
	switch (draw(10)) {
	case 0:
		rc = change(p, false, true, NULL);
		break;
	case 1:
		rc = change(p, false, false, "{\"state\":\"closed\"}");
		break;
	case 2:
		rc = change(
		    p, false, false, "{\"state\":\"active\",\"closes\":\"\"}");
		break;
	case 3:
	case 4:
	case 5:
		random_json(p->kind, true, &json);
		rc = change(p, true, false, oct_str_text(&json));
		break;
	default:
		random_json(p->kind, false, &json);
		rc = change(p, false, false, oct_str_text(&json));
		break;
	}
	oct_str_free(&json);
	assert_true(rc != OCT_EDOWN && rc != OCT_ETIME && rc != OCT_EREPLY);
	return rc == 0;
}

static bool
random_step(void)
{
	char *text;
	int rc;

	if (draw(12) != 0)
		return random_act();
	text = random_file();
	rc = apply(text, draw(2) == 0, "file");
	free(text);
	return rc == 0;
}

static void
check_place(const struct place *p, const struct moment *m, const json_t *want)
{
	struct journal_of of = {p->domain, NULL};
	json_t *got = NULL;
	int rc;

	if (p->kind == DIR_KIND_TENANT)
		of.tenant = p->name;
	rc = journal_at(
	    world.store, &of, p->kind, p->name, m->at_ms, &got);
	assert_true(rc >= 0);
	(void)json_object_del(got, "credential");
	if ((got == NULL) != (want == NULL) ||
	    (got != NULL && !json_equal(got, want))) {
		char *a = json_dumps(got, JSON_ENCODE_ANY | JSON_SORT_KEYS);
		char *b = json_dumps(want, JSON_ENCODE_ANY | JSON_SORT_KEYS);

		print_error("%s %s %s at %" PRId64 ":\n%s\nnot\n%s\n",
		    dir_kind_name(p->kind), p->name,
		    p->domain != NULL ? p->domain : "", m->at_ms,
		    a != NULL ? a : "-", b != NULL ? b : "-");
		free(a);
		free(b);
		fail();
	}
	json_decref(got);
}

#define STEPS 160

static void
every_past_state_is_known(void **state)
{
	static struct moment moments[STEPS + 1];
	size_t done = 0;

	(void)state;
	oct_clock_set_wall_ms(-1);
	for (unsigned int n = 1; n <= 3; n++) {
		seed = 7000 + n;
		empty_store();
		list_places();
		read_moment(&moments[0]);
		done = 0;
		for (unsigned int i = 0; i < STEPS; i++)
			if (random_step())
				read_moment(&moments[++done]);
		(void)printf("  history %u: %zu changes\n", n, done);
		assert_true(done > STEPS / 4);
		for (size_t i = 0; i <= done; i++)
			for (size_t k = i % 3; k < place_count; k += 3)
				check_place(&places[k], &moments[i],
				    moments[i].states[k]);
		for (size_t i = 0; i <= done; i++)
			for (size_t k = 0; k < place_count; k++)
				json_decref(moments[i].states[k]);
	}
	oct_clock_set_wall_ms(NOON);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(random_models_come_back_as_they_were),
	    cmocka_unit_test(random_pairs_become_the_second),
	    cmocka_unit_test(every_past_state_is_known),
	};
	struct store_conf conf;
	int failed;

	if (sodium_init() < 0)
		return 1;
	failed = test_redis_start(&world.redis);
	if (failed != 0)
		return failed == TEST_REDIS_SKIP ? failed : 1;
	oct_clock_set_wall_ms(NOON);
	store_conf_init(&conf);
	conf.address = world.redis.address;
	if (store_new(&conf, &world.store) != 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	store_free(world.store);
	test_redis_stop(&world.redis);
	return failed;
}
