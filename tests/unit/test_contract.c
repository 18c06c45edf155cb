/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Details, rules of notice and bands: what provisioning takes as data.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/date_text.h"
#include "lib/err.h"
#include "policy/contract.h"
#include "policy/directory_schema.h"

static const struct {
	const char *name;
	enum detail what;
	const char *text, *kept; /* NULL = refused */
} forms[] = {
    {"empty", DETAIL_SIREN, "", ""},
    {"siren", DETAIL_SIREN, "732829320", "732829320"},
    {"siren, wrong sum", DETAIL_SIREN, "732829321", NULL},
    {"siren, short", DETAIL_SIREN, "73282932", NULL},
    {"word", DETAIL_KIND, "commune", "commune"},
    {"part of a word", DETAIL_KIND, "comm", NULL},
    {"two words", DETAIL_KIND, "commune epci", NULL},
    {"count", DETAIL_POPULATION, "33000", "33000"},
    {"negative", DETAIL_POPULATION, "-1", NULL},
    {"band 0", DETAIL_BAND, "0", NULL},
    {"band 10", DETAIL_BAND, "10", "10"},
    {"band 11", DETAIL_BAND, "11", NULL},
    {"size", DETAIL_QUOTA, "5120M", "5G"},
    {"size 0", DETAIL_QUOTA, "0", NULL},
    {"yes", DETAIL_AFFILIATED, "true", "yes"},
    {"no", DETAIL_AFFILIATED, "no", "no"},
    {"neither", DETAIL_AFFILIATED, "oui", NULL},
    {"date", DETAIL_UNTIL, "2028-02-29", "2028-02-29"},
    {"no such day", DETAIL_UNTIL, "2027-02-29", NULL},
    {"addresses", DETAIL_FORWARD, "a@B.test ,c@d.test", "a@b.test, c@d.test"},
    {"an empty address", DETAIL_FORWARD, "a@b.test,,c@d.test", NULL},
    {"no address", DETAIL_DPO, "bob", NULL},
    {"local part", DETAIL_MAILBOX, "mairie", "mairie"},
    {"no local part", DETAIL_MAILBOX, "mairie+x", NULL},
    {"hash", DETAIL_CREDENTIAL, "$argon2id$v=19$m=1,t=1,p=1$YQ$YQ",
	"$argon2id$v=19$m=1,t=1,p=1$YQ$YQ"},
    {"a sealed password", DETAIL_PASSWORD, "s1.YWJj-_", "s1.YWJj-_"},
    {"a clear password", DETAIL_PASSWORD, "secret", NULL},
    {"a sealed password and more", DETAIL_PASSWORD, "s1.YW\"", NULL},
    {"external", DETAIL_CREDENTIAL, "external", "external"},
    {"a password", DETAIL_CREDENTIAL, "secret", NULL},
    {"another hash", DETAIL_CREDENTIAL, "$6$abc$def", NULL},
    {"amounts", DETAIL_ITEMS, "mailbox=12.5, challenge=6",
	"mailbox=12.50, challenge=6.00"},
    {"an amount in thousandths", DETAIL_ITEMS, "mailbox=1.005", NULL},
    {"an item twice", DETAIL_ITEMS, "a=1, b=2, a=3", NULL},
    {"an item that begins as another", DETAIL_ITEMS, "a=1, aa=2",
	"a=1.00, aa=2.00"},
    {"weights", DETAIL_WEIGHTS, "URL_IP=0,SPF_FAIL=1.5",
	"URL_IP=0.00, SPF_FAIL=1.50"},
    {"a weight of no symbol", DETAIL_WEIGHTS, "URL_IP=0, NO_SUCH=1", NULL},
    {"a weight twice", DETAIL_WEIGHTS, "URL_IP=0, URL_IP=1", NULL},
    {"no weight", DETAIL_WEIGHTS, "URL_IP", NULL},
    {"a negative amount", DETAIL_ITEMS, "a=-1", NULL},
    {"rule by days", DETAIL_NOTICE_TENANT, "10-31/12-31", "10-31/12-31"},
    {"rule by months", DETAIL_NOTICE_PRICE, "3m", "3m"},
    {"no rule", DETAIL_NOTICE_PRICE, "3 months", NULL},
    {"no such day in a rule", DETAIL_NOTICE_TENANT, "10-32/12-31", NULL},
    {"control character", DETAIL_REFERENT, "a\nb", NULL},
};

static void
forms_have_one_spelling(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(forms); i++) {
		char buf[256];
		struct oct_str out;
		int rc;

		(void)printf("  %s\n", forms[i].name);
		oct_str_fixed(&out, buf, sizeof(buf));
		rc = detail_canonical(forms[i].what, forms[i].text, &out);
		assert_int_equal(rc, forms[i].kept != NULL ? 0 : OCT_EPARSE);
		if (forms[i].kept != NULL)
			assert_string_equal(
			    oct_str_text(&out), forms[i].kept);
	}
}

static const struct {
	const char *rule, *notice, *ends;
} notices[] = {
    {CONTRACT_RULE_TENANT, "2026-10-30", "2026-12-31"},
    {CONTRACT_RULE_TENANT, "2026-10-31", "2027-12-31"},
    {CONTRACT_RULE_TENANT, "2026-01-01", "2026-12-31"},
    {CONTRACT_RULE_CENTRE, "2026-07-30", "2026-12-31"},
    {CONTRACT_RULE_CENTRE, "2026-07-31", "2027-12-31"},
    {CONTRACT_RULE_PRICE, "2026-11-30", "2027-02-28"},
    {CONTRACT_RULE_PRICE, "2026-09-15", "2026-12-15"},
    {CONTRACT_RULE_PRICE, "2026-10-15", "2027-01-15"},
    {"11-01/01-31", "2026-10-15", "2027-01-31"},
    {"02-29/03-01", "2026-02-28", "2026-03-01"},
    {"12-31/02-29", "2026-05-01", "2027-02-28"},
    {"24m", "2026-05-31", "2028-05-31"},
    /* three months after a change of price, to the day or the month's last */
    {CONTRACT_RULE_PRICE, "2027-11-29", "2028-02-29"},
    {CONTRACT_RULE_PRICE, "2027-11-30", "2028-02-29"},
    {CONTRACT_RULE_PRICE, "2027-12-31", "2028-03-31"},
    {CONTRACT_RULE_PRICE, "2028-02-29", "2028-05-29"},
    {CONTRACT_RULE_PRICE, "2028-01-31", "2028-04-30"},
    {CONTRACT_RULE_PRICE, "2099-11-30", "2100-02-28"}, /* no leap year */
    {"12m", "2028-02-29", "2029-02-28"},
    {CONTRACT_RULE_TENANT, "2028-02-29", "2028-12-31"},
    {CONTRACT_RULE_TENANT, "2026-12-31", "2027-12-31"},
    {CONTRACT_RULE_CENTRE, "2028-12-31", "2029-12-31"},
};

static void
notice_has_its_date(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(notices); i++) {
		char ends[DETAIL_DATE_SIZE];
		struct contract_rule r;

		(void)printf("  %s %s\n", notices[i].rule, notices[i].notice);
		assert_int_equal(contract_rule_parse(notices[i].rule, &r), 0);
		contract_ends(&r, notices[i].notice, ends);
		assert_string_equal(ends, notices[i].ends);
	}
}

/* Of each day of nine years: the last day has the same effect, and the day after
 * it another. */
static void
the_last_day_is_the_last(void **state)
{
	static const struct {
		const char *rule, *today, *last;
	} rows[] = {
	    {CONTRACT_RULE_TENANT, "2026-11-21", "2027-10-30"},
	    {CONTRACT_RULE_TENANT, "2026-10-30", "2026-10-30"},
	    {CONTRACT_RULE_TENANT, "2026-10-31", "2027-10-30"},
	    {CONTRACT_RULE_CENTRE, "2026-01-01", "2026-07-30"},
	    {"03-01/12-31", "2028-01-15", "2028-02-29"},
	    {"03-01/12-31", "2027-01-15", "2027-02-28"},
	    {"02-29/12-31", "2027-01-15", "2027-02-28"},
	    {"02-29/12-31", "2028-01-15", "2028-02-28"},
	    {"01-01/12-31", "2026-05-01", "2026-12-31"},
	    {"3m", "2026-05-01", ""},
	};
	static const char *const rules[] = {CONTRACT_RULE_TENANT,
	    CONTRACT_RULE_CENTRE, "03-01/12-31", "02-29/06-30", "01-01/12-31",
	    "12-31/02-29"};
	char last[DETAIL_DATE_SIZE], ends[DETAIL_DATE_SIZE],
	    other[DETAIL_DATE_SIZE], next[DETAIL_DATE_SIZE],
	    day[DETAIL_DATE_SIZE] = "2023-01-01";
	struct contract_rule r;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		(void)printf("  %s %s\n", rows[i].rule, rows[i].today);
		assert_int_equal(contract_rule_parse(rows[i].rule, &r), 0);
		contract_last_day(&r, rows[i].today, last);
		assert_string_equal(last, rows[i].last);
	}
	while (strcmp(day, "2032-01-01") < 0) {
		for (size_t i = 0; i < OCT_LEN(rules); i++) {
			assert_int_equal(contract_rule_parse(rules[i], &r), 0);
			contract_ends(&r, day, ends);
			contract_last_day(&r, day, last);
			assert_true(strcmp(last, day) >= 0);
			contract_ends(&r, last, other);
			assert_string_equal(other, ends);
			detail_add_days(last, 1, next);
			contract_ends(&r, next, other);
			assert_true(strcmp(other, ends) > 0);
		}
		detail_add_days(day, 1, next);
		memcpy(day, next, sizeof(day));
	}
}

/* A notice is of the day that it is where the Centre is, not in UTC. */
static void
a_day_is_one_of_the_platform(void **state)
{
	static const struct {
		const char *zone;
		int64_t wall_ms;
		const char *day;
	} rows[] = {
	    /* 2026-10-30T22:59:59Z and a second later: winter time */
	    {"Europe/Paris", 1793401199000LL, "2026-10-30"},
	    {"Europe/Paris", 1793401200000LL, "2026-10-31"},
	    /* 2026-07-30T21:59:59Z: summer time */
	    {"Europe/Paris", 1785448799000LL, "2026-07-30"},
	    {"Europe/Paris", 1785448800000LL, "2026-07-31"},
	    {"Indian/Reunion", 1785441600000LL, "2026-07-31"},
	    {"America/Cayenne", 1793415600000LL, "2026-10-31"},
	    {"America/Cayenne", 1793415599000LL, "2026-10-30"},
	    {"UTC", 1793401200000LL, "2026-10-30"},
	    /* leap days, and the hours that are there twice or not at all */
	    {"Europe/Paris", 1835391600000LL, "2028-02-29"},
	    {"Europe/Paris", 1792889999000LL, "2026-10-25"},
	    {"Europe/Paris", 1774746000000LL, "2026-03-29"},
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		char day[DETAIL_DATE_SIZE];

		(void)printf("  %s %s\n", rows[i].zone, rows[i].day);
		assert_int_equal(oct_date_zone(rows[i].zone), 0);
		detail_day(rows[i].wall_ms, day);
		assert_string_equal(day, rows[i].day);
	}
	assert_int_equal(oct_date_zone("UTC"), 0);
}

static void
a_plan_may_have_other_rules(void **state)
{
	const struct detail_pair pair = {DETAIL_NOTICE_CENTRE, "6m"};
	const struct detail_set plan = {1, &pair};
	struct contract_rule r;

	(void)state;
	contract_rule(&plan, CONTRACT_CENTRE, &r);
	assert_int_equal(r.months, 6);
	contract_rule(&plan, CONTRACT_TENANT, &r);
	assert_string_equal(r.before, "10-31");
	contract_rule(NULL, CONTRACT_PRICE, &r);
	assert_int_equal(r.months, 3);
}

static const struct {
	const char *name, *kind, *population, *agents, *more;
	enum detail of_more;
	int band;
} tenants[] = {
    {"nothing known", NULL, NULL, NULL, NULL, 0, 0},
    {"hamlet", "commune", "99", NULL, NULL, 0, 1},
    {"village of 100", "commune", "100", NULL, NULL, 0, 3},
    {"249", "commune", "249", "50", NULL, 0, 3},
    {"250", "commune", "250", NULL, NULL, 0, 4},
    {"999", "commune", "999", NULL, NULL, 0, 5},
    {"1000", "commune", "1000", NULL, NULL, 0, 6},
    {"3499", "commune", "3499", NULL, NULL, 0, 7},
    {"4999", "commune", "4999", NULL, NULL, 0, 8},
    {"9999", "commune", "9999", NULL, NULL, 0, 9},
    {"10000", "commune", "10000", NULL, NULL, 0, 10},
    {"3 agents", "etablissement", NULL, "3", NULL, 0, 3},
    {"7 agents", "etablissement", NULL, "7", NULL, 0, 4},
    {"8 agents", "syndicat", NULL, "8", NULL, 0, 5},
    {"119 agents, of many people", "epci", "50000", "119", NULL, 0, 9},
    {"120 agents", "epci", NULL, "120", NULL, 0, 10},
    {"hosted", "hosted", "500", NULL, NULL, 0, 2},
    {"hosted commune", "commune", "500", NULL, "yes", DETAIL_HOSTED, 2},
    {"not affiliated", "commune", "50", NULL, "no", DETAIL_AFFILIATED, 10},
    {"overridden", "commune", "50", NULL, "7", DETAIL_BAND, 7},
};

static void
bands_follow_from_people_or_agents(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(tenants); i++) {
		struct detail_pair pairs[4];
		struct detail_set set = {0, pairs};

		(void)printf("  %s\n", tenants[i].name);
		if (tenants[i].kind != NULL)
			pairs[set.count++] = (struct detail_pair){
			    DETAIL_KIND, tenants[i].kind};
		if (tenants[i].population != NULL)
			pairs[set.count++] = (struct detail_pair){
			    DETAIL_POPULATION, tenants[i].population};
		if (tenants[i].agents != NULL)
			pairs[set.count++] = (struct detail_pair){
			    DETAIL_AGENTS, tenants[i].agents};
		if (tenants[i].more != NULL)
			pairs[set.count++] = (struct detail_pair){
			    tenants[i].of_more, tenants[i].more};
		assert_int_equal(contract_band_of(&set), tenants[i].band);
	}
	assert_int_equal(contract_band(10)->backup_gb, 27);
}

static void
every_detail_has_a_kind_and_a_name_of_its_own(void **state)
{
	size_t seen = 0;

	(void)state;
	for (unsigned int kind = 0; kind < DIR_KINDS; kind++) {
		size_t count = dir_attribute_count((enum dir_kind)kind);

		for (size_t i = 0; i < count; i++) {
			struct dir_attribute a, found;
			char expected[DIR_EXPECTED_SIZE];

			dir_attribute_at((enum dir_kind)kind, i, &a);
			assert_true(dir_attribute(
			    (enum dir_kind)kind, a.name, &found));
			assert_int_equal(found.type, a.type);
			assert_int_equal(found.offset, a.offset);
			assert_true(*dir_attribute_expected(&a, expected) != 0);
			seen += a.type == DIR_TYPE_DETAIL;
		}
	}
	assert_true(seen >= DETAIL_COUNT);
}

static void
days_are_counted_through_the_calendar(void **state)
{
	char day[DETAIL_DATE_SIZE];

	(void)state;
	detail_add_days("2026-12-31", 1, day);
	assert_string_equal(day, "2027-01-01");
	detail_add_days("2028-02-28", 2, day);
	assert_string_equal(day, "2028-03-01");
	detail_add_days("2026-03-01", -1, day);
	assert_string_equal(day, "2026-02-28");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(forms_have_one_spelling),
	    cmocka_unit_test(notice_has_its_date),
	    cmocka_unit_test(the_last_day_is_the_last),
	    cmocka_unit_test(a_day_is_one_of_the_platform),
	    cmocka_unit_test(a_plan_may_have_other_rules),
	    cmocka_unit_test(bands_follow_from_people_or_agents),
	    cmocka_unit_test(every_detail_has_a_kind_and_a_name_of_its_own),
	    cmocka_unit_test(days_are_counted_through_the_calendar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
