/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"

#define MONTHS_MAX 120

/* --- Notice -------------------------------------------------------------- */

/* "10-31" of a year that has a 29 February. */
static bool
is_month_day(const char *text, size_t len)
{
	char date[DETAIL_DATE_SIZE] = "2000-";

	if (len != 5)
		return false;
	memcpy(date + 5, text, 5);
	date[10] = '\0';
	return detail_is_date(date);
}

int
contract_rule_parse(const char *text, struct contract_rule *out)
{
	struct contract_rule r = {.months = 0};
	size_t len = strlen(text);
	char number[8];
	int64_t months;

	if (len == 11 && text[5] == '/' && is_month_day(text, 5) &&
	    is_month_day(text + 6, 5)) {
		memcpy(r.before, text, 5);
		memcpy(r.effect, text + 6, 5);
		*out = r;
		return 0;
	}
	if (len < 2 || len >= sizeof(number) || text[len - 1] != 'm')
		return OCT_EPARSE;
	memcpy(number, text, len - 1);
	number[len - 1] = '\0';
	if (oct_num_int(number, 1, MONTHS_MAX, &months) != 0)
		return OCT_EPARSE;
	r.months = (int)months;
	*out = r;
	return 0;
}

/* The 29 February of other years is their 28th, the 31st of short months their
 * last day. */
static void
put_date(int year, int month, int day, char out[DETAIL_DATE_SIZE])
{
	struct oct_str s;

	do {
		oct_str_fixed(&s, out, DETAIL_DATE_SIZE);
		oct_str_addf(&s, "%04d-%02d-%02d", year, month, day);
		OCT_ASSERT(oct_str_err(&s) == 0 && day > 0);
		day--;
	} while (!detail_is_date(out));
}

static void
split_date(const char *date, int *year, int *month, int *day)
{
	OCT_ASSERT(detail_is_date(date) &&
		   sscanf(date, "%d-%d-%d", year, month, day) == 3);
}

void
contract_ends(const struct contract_rule *rule, const char *notice,
    char out[DETAIL_DATE_SIZE])
{
	int year, month, day, effect_month = 1, effect_day = 1;

	split_date(notice, &year, &month, &day);
	if (rule->months > 0) {
		month += rule->months;
		put_date(year + (month - 1) / 12, (month - 1) % 12 + 1, day,
		    out);
		return;
	}
	if (strcmp(notice + 5, rule->before) >= 0)
		year++;
	if (strcmp(rule->effect, rule->before) < 0)
		year++;
	(void)sscanf(rule->effect, "%d-%d", &effect_month, &effect_day);
	put_date(year, effect_month, effect_day, out);
}

void
contract_last_day(const struct contract_rule *rule, const char *today,
    char out[DETAIL_DATE_SIZE])
{
	int year, month, day, before_month = 1, before_day = 1;
	char first[DETAIL_DATE_SIZE]; /* on which it is too late */

	out[0] = '\0';
	if (rule->months > 0)
		return;
	split_date(today, &year, &month, &day);
	if (strcmp(today + 5, rule->before) >= 0)
		year++;
	(void)sscanf(rule->before, "%d-%d", &before_month, &before_day);
	put_date(year, before_month, before_day, first);
	/* "02-29" of other years: the 28th is before it. */
	if (strcmp(first + 5, rule->before) != 0)
		memcpy(out, first, DETAIL_DATE_SIZE);
	else
		detail_add_days(first, -1, out);
}

static const struct {
	const char *word;
	enum detail what;
	const char *standard;
} parties[] = {
    [CONTRACT_TENANT] = {"tenant", DETAIL_NOTICE_TENANT, CONTRACT_RULE_TENANT},
    [CONTRACT_CENTRE] = {"centre", DETAIL_NOTICE_CENTRE, CONTRACT_RULE_CENTRE},
    [CONTRACT_PRICE] = {"price", DETAIL_NOTICE_PRICE, CONTRACT_RULE_PRICE},
};

int
contract_party(const char *word, enum contract_party *out)
{
	for (size_t i = 0; i < OCT_LEN(parties); i++) {
		if (strcmp(word, parties[i].word) != 0)
			continue;
		*out = (enum contract_party)i;
		return 0;
	}
	return OCT_EPARSE;
}

void
contract_rule(const struct detail_set *plan, enum contract_party party,
    struct contract_rule *out)
{
	const char *text = detail_get(plan, parties[party].what);

	if (*text == '\0' || contract_rule_parse(text, out) != 0)
		OCT_ASSERT(
		    contract_rule_parse(parties[party].standard, out) == 0);
}

/* --- Bands --------------------------------------------------------------- */

/* Annex 1 of the convention, in its order.  The second and the last are no
 * matter of numbers only. */
#define BAND_HOSTED 2
static const struct contract_band bands[CONTRACT_BANDS] = {
    {1, 100, 0, 1, 4, 1, "under 100 inhabitants"},
    {BAND_HOSTED, 0, 0, 0, 4, 0, "hosted in another's database"},
    {3, 250, 4, 1, 6, 1, "under 250 inhabitants or 4 agents"},
    {4, 500, 8, 1, 9, 1, "250 to 499 inhabitants or 4 to 7 agents"},
    {5, 1000, 10, 2, 12, 1, "500 to 999 inhabitants or 8 to 9 agents"},
    {6, 2000, 20, 2, 15, 1, "1,000 to 1,999 inhabitants or 10 to 19 agents"},
    {7, 3500, 30, 5, 18, 2, "2,000 to 3,499 inhabitants or 20 to 29 agents"},
    {8, 5000, 60, 10, 21, 2, "3,500 to 4,999 inhabitants or 30 to 59 agents"},
    {9, 10000, 120, 15, 24, 2, "5,000 inhabitants or 60 agents and more"},
    {10, INT64_MAX, INT64_MAX, 15, 27, 2,
	"not affiliated, or 10,000 inhabitants or 120 agents and more"},
};

const struct contract_band *
contract_band(int number)
{
	OCT_ASSERT(number >= 1 && number <= CONTRACT_BANDS);
	return &bands[number - 1];
}

/* A commune is measured by its inhabitants, others by their agents; by what is
 * known, where only one is. */
int
contract_band_derived(const struct detail_set *tenant)
{
	int64_t population = detail_number(tenant, DETAIL_POPULATION, -1);
	int64_t agents = detail_number(tenant, DETAIL_AGENTS, -1);
	const char *kind = detail_get(tenant, DETAIL_KIND);
	bool by_people = population >= 0 &&
			 (agents < 0 || strcmp(kind, "commune") == 0);

	if (!detail_yes(tenant, DETAIL_AFFILIATED, true))
		return CONTRACT_BANDS;
	if (strcmp(kind, "hosted") == 0 ||
	    detail_yes(tenant, DETAIL_HOSTED, false))
		return BAND_HOSTED;
	for (size_t i = 0; i < OCT_LEN(bands); i++)
		if (by_people ? population < bands[i].population_below
			      : agents >= 0 && agents < bands[i].agents_below)
			return bands[i].number;
	return 0;
}

int
contract_band_of(const struct detail_set *tenant)
{
	int64_t set = detail_number(tenant, DETAIL_BAND, 0);

	return set > 0 ? (int)set : contract_band_derived(tenant);
}
