/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/detail.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "lib/num.h"
#include "policy/contract.h"
#include "policy/directory_private.h"
#include "policy/score.h"

enum form {
	FORM_TEXT,
	FORM_ID,
	FORM_SIREN,
	FORM_COUNT,
	FORM_SIZE,
	FORM_DATE,
	FORM_WORD,
	FORM_YES,
	FORM_ADDRESS,
	FORM_ADDRESSES,
	FORM_LOCAL,
	FORM_CREDENTIAL,
	FORM_SEALED,
	FORM_RULE,
	FORM_AMOUNTS,
	FORM_WEIGHTS
};

struct row {
	struct detail_info info;
	unsigned int kinds; /* bits */
	enum form form;
	const char *words; /* FORM_WORD: with a space between */
	int64_t hi;        /* FORM_COUNT */
};

#define BIT(kind) (1u << DIR_KIND_##kind)
#define PLACES                                                                 \
	(BIT(TENANT) | BIT(DOMAIN) | BIT(MAILBOX) | BIT(ALIAS) | BIT(LEGACY))

#define ROW(name, kinds, form, words, hi, help)                                \
	{                                                                      \
		{name, help, false, false}, kinds, FORM_##form, words, hi      \
	}

static const struct row rows[DETAIL_COUNT] = {
    [DETAIL_KIND] = ROW("kind", BIT(TENANT), WORD,
	"commune epci syndicat etablissement ccas annexe hosted other", 0,
	"what it is"),
    [DETAIL_SIREN] = ROW("siren", BIT(TENANT), SIREN, NULL, 0,
	"its number in the national register"),
    [DETAIL_POPULATION] = ROW("population", BIT(TENANT), COUNT, NULL, 99999999,
	"inhabitants"),
    [DETAIL_AGENTS] =
	ROW("agents", BIT(TENANT), COUNT, NULL, 999999, "number of agents"),
    [DETAIL_BAND] = ROW("band", BIT(TENANT), COUNT, NULL, 10,
	"its stratum, 1 to 10; empty: as the table derives it"),
    [DETAIL_HOSTED] = ROW("hosted", BIT(TENANT), YES, NULL, 0,
	"shares the business database of another"),
    [DETAIL_AFFILIATED] = ROW("affiliated", BIT(TENANT), YES, NULL, 0,
	"affiliated to the Centre; empty: yes"),
    [DETAIL_REFERENT] = ROW("referent", BIT(TENANT), TEXT, NULL, 0,
	"who its referent is (contact has the address)"),
    [DETAIL_DPO] = ROW("dpo", BIT(TENANT), ADDRESS, NULL, 0,
	"address of its data protection officer"),
    [DETAIL_PLAN] = ROW("plan", BIT(TENANT), ID, NULL, 0,
	"id of its plan; empty: nothing is counted"),
    [DETAIL_EXTRA_MAILBOXES] = ROW("extra_mailboxes", BIT(TENANT), COUNT, NULL,
	100000, "mailboxes ordered beyond the plan"),
    [DETAIL_EXTRA_STORAGE] = ROW("extra_storage", BIT(TENANT), SIZE, NULL, 0,
	"storage ordered beyond the plan"),
    [DETAIL_EXTRA_CHALLENGE] = ROW("extra_challenge", BIT(TENANT), COUNT, NULL,
	100000, "addresses with the Challenge option beyond the plan"),
    [DETAIL_EXTRA_DOMAINS] = ROW("extra_domains", BIT(TENANT), COUNT, NULL,
	10000, "domains ordered beyond the plan"),
    [DETAIL_CONTRACT_START] = ROW("contract_start", BIT(TENANT), DATE, NULL, 0,
	"day from which the contract holds"),
    [DETAIL_CONTRACT_DOCUMENT] = ROW("contract_document", BIT(TENANT), TEXT,
	NULL, 0, "version of the documents that were signed"),
    [DETAIL_CONTRACT_OPTION] = ROW("contract_option", BIT(TENANT), TEXT, NULL,
	0, "what was chosen in them"),
    [DETAIL_CONTRACT_NOTICE] = ROW("contract_notice", BIT(TENANT), DATE, NULL,
	0, "day on which notice was given"),
    [DETAIL_CONTRACT_NOTICE_BY] = ROW("contract_notice_by", BIT(TENANT), WORD,
	"tenant centre price", 0, "who gave it; price: for a new price"),
    [DETAIL_CONTRACT_ENDS] = ROW("contract_ends", BIT(TENANT), DATE, NULL, 0,
	"its last day"),
    [DETAIL_ORIGIN] = ROW("origin", BIT(DOMAIN), WORD,
	"offered reserved brought", 0, "where its name comes from"),
    [DETAIL_RESERVED_UNTIL] = ROW("reserved_until", BIT(DOMAIN), DATE, NULL, 0,
	"day on which its registration expires"),
    [DETAIL_ONBOARD] = ROW("onboard", BIT(DOMAIN), TEXT, NULL, 0,
	"steps of its coming that nothing else shows (octroictl onboard)"),
    [DETAIL_MTA_STS] = ROW("mta_sts", BIT(DOMAIN), WORD,
	"none testing enforce", 0,
	"mode of its MTA-STS policy; empty: hosting.mta_sts"),
    [DETAIL_SPF] = ROW("spf", BIT(DOMAIN), TEXT, NULL, 0,
	"SPF terms of its other senders, as include:spf.example"),
    [DETAIL_WEIGHTS] = ROW("weights", BIT(DOMAIN) | BIT(MAILBOX), WEIGHTS, NULL,
	0, "weights of symbols that differ, like FRAUD_OFFICE=1,URL_IP=0"),
    [DETAIL_CREDENTIAL] = {{"credential",
			       "how its owner proves who he is: external, or "
			       "'octroictl mailbox password'",
			       true, true},
	BIT(MAILBOX), FORM_CREDENTIAL, NULL, 0},
    [DETAIL_ROLE] = ROW("role", BIT(MAILBOX), WORD, "none referent", 0,
	"referent: its owner administers his tenant's domains"),
    [DETAIL_CHALLENGE_FROM] = ROW("challenge_from", BIT(MAILBOX), DATE, NULL,
	0, "first day of its Challenge option"),
    [DETAIL_CHALLENGE_UNTIL] = ROW("challenge_until", BIT(MAILBOX), DATE, NULL,
	0, "last day of its Challenge option"),
    [DETAIL_FORWARD] = ROW("forward", BIT(MAILBOX), ADDRESSES, NULL, 0,
	"where its mail goes too"),
    [DETAIL_KEEP_COPY] = ROW("keep_copy", BIT(MAILBOX), YES, NULL, 0,
	"forwarded mail is delivered here as well; empty: yes"),
    [DETAIL_OWNERS] = ROW("owners", BIT(MAILBOX), ADDRESSES, NULL, 0,
	"people who share it: each has a link of his own to its held mail"),
    [DETAIL_NO_DIGEST] = ROW("no_digest", BIT(MAILBOX), ADDRESSES, NULL, 0,
	"which of its owners want no digest"),
    [DETAIL_POST] = ROW("post", BIT(ALIAS), WORD,
	"anyone domain tenant members listed", 0,
	"it is a group, and who may write to it"),
    [DETAIL_POSTERS] = ROW("posters", BIT(ALIAS), ADDRESSES, NULL, 0,
	"who may write to it besides, or with post=listed only"),
    [DETAIL_MAILBOX] = ROW("mailbox", BIT(LEGACY), LOCAL, NULL, 0,
	"local part of the mailbox that gets its mail"),
    [DETAIL_HOW] = ROW("how", BIT(LEGACY), WORD, "collected forwarded", 0,
	"how its mail comes"),
    [DETAIL_SERVER] = ROW("server", BIT(LEGACY), TEXT, NULL, 0,
	"collected: protocol and server, like imaps://imap.example.org"),
    [DETAIL_LOGIN] = ROW("login", BIT(LEGACY), TEXT, NULL, 0,
	"collected: account at that server"),
    [DETAIL_PASSWORD] = {{"password",
			     "collected: its password, sealed by "
			     "'octroictl legacy password'",
			     true, true},
	BIT(LEGACY), FORM_SEALED, NULL, 0},
    [DETAIL_VERIFIED] = ROW("verified", BIT(LEGACY), DATE, NULL, 0,
	"day on which a message was seen to arrive by it"),
    [DETAIL_VERIFIED_HOST] = ROW("verified_host", BIT(LEGACY), TEXT, NULL, 0,
	"who brought that message: address and name"),
    [DETAIL_VERIFIED_PATH] = ROW("verified_path", BIT(LEGACY), TEXT, NULL, 0,
	"domain of its reverse-path then"),
    [DETAIL_VERIFIED_DKIM] = ROW("verified_dkim", BIT(LEGACY), WORD,
	"none kept broken", 0, "what became of its signature"),
    [DETAIL_VERIFIED_HOPS] = ROW("verified_hops", BIT(LEGACY), COUNT, NULL,
	1000, "servers that it came by"),
    [DETAIL_UNTIL] = ROW("until", BIT(LEGACY), DATE, NULL, 0,
	"last day on which it is collected or expected"),
    [DETAIL_LABEL] = ROW("name", BIT(PLAN) | BIT(PRICE), TEXT,
	NULL, 0, "name for people"),
    [DETAIL_MAILBOXES] = ROW("mailboxes", BIT(PLAN), COUNT, NULL, 100000,
	"mailboxes included; empty: any number"),
    [DETAIL_QUOTA] = ROW("quota", BIT(PLAN), SIZE, NULL, 0,
	"storage included for each; empty: any size"),
    [DETAIL_CHALLENGE_ADDRESSES] = ROW("challenge_addresses", BIT(PLAN), COUNT,
	NULL, 100000, "Challenge options included; empty: any number"),
    [DETAIL_DOMAINS] = ROW("domains", BIT(PLAN), COUNT, NULL, 10000,
	"domains included; empty: any number"),
    [DETAIL_NOTICE_TENANT] = ROW("notice_tenant", BIT(PLAN), RULE, NULL, 0,
	"notice by the tenant; empty: 10-31/12-31"),
    [DETAIL_NOTICE_CENTRE] = ROW("notice_centre", BIT(PLAN), RULE, NULL, 0,
	"notice by the Centre; empty: 07-31/12-31"),
    [DETAIL_NOTICE_PRICE] = ROW("notice_price", BIT(PLAN), RULE, NULL, 0,
	"time for notice after a change of price; empty: 3m"),
    [DETAIL_FROM] =
	ROW("from", BIT(PRICE), DATE, NULL, 0, "day from which it holds"),
    [DETAIL_NOTIFIED] = ROW("notified", BIT(PRICE), DATE, NULL, 0,
	"day on which the tenants were told"),
    [DETAIL_CURRENCY] =
	ROW("currency", BIT(PRICE), ID, NULL, 0, "of its amounts"),
    [DETAIL_ITEMS] = ROW("items", BIT(PRICE), AMOUNTS, NULL, 0,
	"item=amount a year, with commas between"),
    [DETAIL_STATE] = ROW("state", BIT(TENANT) | BIT(ALIAS) | BIT(LEGACY), WORD,
	"active closing closed", 0, "empty: active"),
    [DETAIL_CLOSES] = ROW("closes", PLACES, DATE, NULL, 0,
	"first day on which it is closed"),
    [DETAIL_CLOSED] = {{"closed", "day on which it was closed: kept by 'close'",
			   false, true},
	PLACES, FORM_DATE, NULL, 0},
};

/* --- Looking ------------------------------------------------------------- */

const char *
detail_get(const struct detail_set *set, enum detail what)
{
	for (size_t i = 0; set != NULL && i < set->count; i++)
		if (set->pairs[i].what == what)
			return set->pairs[i].text;
	return "";
}

int64_t
detail_number(const struct detail_set *set, enum detail what, int64_t standard)
{
	const char *text = detail_get(set, what);
	int64_t n;

	if (*text == '\0')
		return standard;
	if (rows[what].form == FORM_SIZE)
		return oct_num_size(text, 0, INT64_MAX, &n) == 0 ? n : standard;
	return oct_num_int(text, 0, INT64_MAX, &n) == 0 ? n : standard;
}

bool
detail_yes(const struct detail_set *set, enum detail what, bool standard)
{
	const char *text = detail_get(set, what);

	return *text == '\0' ? standard : strcmp(text, "yes") == 0;
}

bool
detail_closed(const struct detail_set *set)
{
	return strcmp(detail_get(set, DETAIL_STATE), "closed") == 0;
}

enum detail
detail_next(unsigned int kind, int what)
{
	for (what++; what < DETAIL_COUNT; what++)
		if ((rows[what].kinds & (1u << kind)) != 0)
			break;
	return (enum detail)what;
}

const struct detail_info *
detail_info(enum detail what)
{
	return &rows[what].info;
}

static const char *
form_expected(enum form form)
{
	switch (form) {
	case FORM_TEXT:
		return "a text of at most 256 octets without control "
		       "characters";
	case FORM_ID:
		return "at most 64 letters, digits, dots, '_' or '-'";
	case FORM_SIREN:
		return "the nine digits of a SIREN (the last one checks the "
		       "others)";
	case FORM_SIZE:
		return "a size like \"500M\" or \"5G\", or empty";
	case FORM_DATE:
		return "a date like 2026-12-31, or empty";
	case FORM_YES:
		return "yes or no, or empty";
	case FORM_ADDRESS:
		return "a mail address, or empty";
	case FORM_ADDRESSES:
		return "at most 50 mail addresses with commas between";
	case FORM_LOCAL:
		return "a local part in lower case";
	case FORM_CREDENTIAL:
		return "external, an argon2id hash, or empty";
	case FORM_SEALED:
		return "a sealed text, or empty";
	case FORM_RULE:
		return "month-day/month-day like 10-31/12-31, months like 3m, "
		       "or empty";
	case FORM_AMOUNTS:
		return "item=12.50 with commas between, each item once";
	case FORM_WEIGHTS:
		return "SYMBOL=1.50 with commas between, each known symbol "
		       "once";
	case FORM_COUNT:
	case FORM_WORD:
		break;
	}
	return "";
}

void
detail_expected(enum detail what, char out[DETAIL_EXPECTED_SIZE])
{
	const struct row *r = &rows[what];

	if (r->form == FORM_COUNT)
		(void)snprintf(out, DETAIL_EXPECTED_SIZE,
		    "a number from %d to %" PRId64 ", or empty",
		    what == DETAIL_BAND ? 1 : 0, r->hi);
	else if (r->form == FORM_WORD)
		(void)snprintf(out, DETAIL_EXPECTED_SIZE,
		    "one of: %s; or empty", r->words);
	else
		(void)snprintf(out, DETAIL_EXPECTED_SIZE, "%s",
		    form_expected(r->form));
}

/* --- Forms --------------------------------------------------------------- */

static bool
is_plain(const char *text, size_t max)
{
	if (strlen(text) > max)
		return false;
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

/* Luhn's sum, as INSEE has it for SIREN. */
static bool
is_siren(const char *text)
{
	int sum = 0;

	if (strlen(text) != 9 || strspn(text, "0123456789") != 9)
		return false;
	for (int i = 0; i < 9; i++) {
		int digit = (text[i] - '0') * (i % 2 == 1 ? 2 : 1);

		sum += digit > 9 ? digit - 9 : digit;
	}
	return sum % 10 == 0;
}

static bool
is_word(const char *words, const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || strchr(text, ' ') != NULL)
		return false;
	for (const char *p = words; p != NULL; p = strchr(p, ' ')) {
		p += *p == ' ';
		if (strncmp(p, text, len) == 0 &&
		    (p[len] == ' ' || p[len] == '\0'))
			return true;
	}
	return false;
}

static bool
is_credential(const char *text)
{
	if (strcmp(text, "external") == 0)
		return true;
	return strncmp(text, "$argon2id$", 10) == 0 && strlen(text) < 128 &&
	       is_plain(text, 128) && strpbrk(text, " \"\\'") == NULL;
}

/* As lib/seal.h makes it. */
static bool
is_sealed(const char *text)
{
	return strncmp(text, "s1.", 3) == 0 && strlen(text) < 4096 &&
	       text[3 + strspn(text + 3, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ"
					 "KLMNOPQRSTUVWXYZ0123456789-_")] ==
		   '\0';
}

static int
add_address(const char *text, struct oct_str *out)
{
	char normal[OCT_ADDR_SIZE];
	struct oct_addr a;

	if (oct_addr_parse(text, &a) != 0 || a.local[0] == '\0' ||
	    a.domain[0] == '\0' || a.domain[0] == '[' ||
	    strchr(a.local, ',') != NULL)
		return OCT_EPARSE;
	oct_addr_text(&a, normal);
	oct_str_add(out, normal);
	return 0;
}

/* "a=1.5" as "a=1.50". */
static int
add_amount(const char *text, struct oct_str *out)
{
	const char *eq = strchr(text, '=');
	size_t name = eq != NULL ? (size_t)(eq - text) : 0;
	size_t whole, part = 0;

	if (name == 0 || name > DETAIL_NAME_MAX ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") != name)
		return OCT_EPARSE;
	whole = strspn(++eq, "0123456789");
	if (eq[whole] == '.')
		part = strspn(eq + whole + 1, "0123456789");
	if (whole == 0 || whole > 9 || part > 2 ||
	    eq[whole + (eq[whole] == '.' ? part + 1 : 0)] != '\0' ||
	    (eq[whole] == '.' && part == 0))
		return OCT_EPARSE;
	oct_str_addn(out, text, name + 1 + whole);
	oct_str_addf(out, ".%c%c", part > 0 ? eq[whole + 1] : '0',
	    part > 1 ? eq[whole + 2] : '0');
	return 0;
}

/* Each part as canonical has it, ", " between; at most DETAIL_ADDRESSES_MAX. */
static int
add_parts(const char *text, int (*add)(const char *, struct oct_str *),
    struct oct_str *out)
{
	char part[OCT_ADDR_SIZE];
	size_t count = 0;

	for (;;) {
		size_t n, len;
		int rc;

		text += strspn(text, " ");
		n = len = strcspn(text, ",");
		while (len > 0 && text[len - 1] == ' ')
			len--;
		if (len == 0 || len >= sizeof(part) ||
		    count++ == DETAIL_ADDRESSES_MAX)
			return OCT_EPARSE;
		memcpy(part, text, len);
		part[len] = '\0';
		oct_str_add(out, count > 1 ? ", " : "");
		rc = add(part, out);
		if (rc != 0)
			return rc;
		text += n;
		if (*text == '\0')
			return 0;
		text++;
	}
}

static int
add_weight(const char *text, struct oct_str *out)
{
	enum symbol_id id;
	int32_t weight;
	char num[16];

	if (score_weight_parse(text, &id, &weight) != 0)
		return OCT_EPARSE;
	score_text(weight, num);
	oct_str_addf(out, "%s=%s", symbol_of(id)->name, num);
	return 0;
}

static bool
has_twice(const char *items)
{
	for (const char *p = items; *p != '\0'; p += strspn(p, ", ")) {
		size_t name = strcspn(p, "=") + 1;

		for (const char *q = p + strcspn(p, ","); *q != '\0';
		     q += strcspn(q, ",")) {
			q += strspn(q, ", ");
			if (strncmp(p, q, name) == 0)
				return true;
		}
		p += strcspn(p, ",");
	}
	return false;
}

static int
add_number(const struct row *r, const char *text, struct oct_str *out)
{
	int64_t n;

	if (r->form == FORM_SIZE) {
		if (oct_num_size(text, 1, 1LL << 50, &n) != 0)
			return OCT_EPARSE;
		detail_size_text(out, n);
		return 0;
	}
	if (oct_num_int(text, r == &rows[DETAIL_BAND] ? 1 : 0, r->hi, &n) != 0)
		return OCT_EPARSE;
	oct_str_addf(out, "%" PRId64, n);
	return 0;
}

static bool
is_right(const struct row *r, const char *text)
{
	char problem[DIR_PROBLEM_SIZE];
	struct contract_rule rule;

	switch (r->form) {
	case FORM_TEXT:
		return is_plain(text, DIR_TEXT_MAX);
	case FORM_ID:
		return dir_is_id(text);
	case FORM_SIREN:
		return is_siren(text);
	case FORM_DATE:
		return detail_is_date(text);
	case FORM_WORD:
		return is_word(r->words, text);
	case FORM_LOCAL:
		return dir_local_check(text, problem) == 0;
	case FORM_CREDENTIAL:
		return is_credential(text);
	case FORM_SEALED:
		return is_sealed(text);
	case FORM_RULE:
		return contract_rule_parse(text, &rule) == 0;
	case FORM_COUNT:
	case FORM_SIZE:
	case FORM_YES:
	case FORM_ADDRESS:
	case FORM_ADDRESSES:
	case FORM_AMOUNTS:
	case FORM_WEIGHTS:
		break;
	}
	return false;
}

static int
add_yes(const char *text, struct oct_str *out)
{
	bool yes = strcmp(text, "yes") == 0 || strcmp(text, "true") == 0;

	if (!yes && strcmp(text, "no") != 0 && strcmp(text, "false") != 0)
		return OCT_EPARSE;
	oct_str_add(out, yes ? "yes" : "no");
	return 0;
}

int
detail_canonical(enum detail what, const char *text, struct oct_str *out)
{
	const struct row *r = &rows[what];
	size_t from = out->len;
	int rc;

	if (*text == '\0')
		return 0;
	if (strlen(text) > DETAIL_TEXT_MAX)
		return OCT_EPARSE;
	if (r->form == FORM_COUNT || r->form == FORM_SIZE)
		return add_number(r, text, out);
	if (r->form == FORM_YES)
		return add_yes(text, out);
	if (r->form == FORM_ADDRESS)
		return add_address(text, out);
	if (r->form == FORM_ADDRESSES)
		return add_parts(text, add_address, out);
	if (r->form == FORM_AMOUNTS || r->form == FORM_WEIGHTS) {
		rc = add_parts(text,
		    r->form == FORM_WEIGHTS ? add_weight : add_amount, out);
		return rc == 0 && has_twice(oct_str_text(out) + from)
		    ? OCT_EPARSE
		    : rc;
	}
	if (!is_right(r, text))
		return OCT_EPARSE;
	/* Its default is not kept. */
	if (what != DETAIL_STATE || strcmp(text, "active") != 0)
		oct_str_add(out, text);
	return 0;
}

/* --- Days ---------------------------------------------------------------- */

bool
detail_is_date(const char *text)
{
	static const int64_t days[] = {
	    31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t year, month, day;
	char part[DETAIL_DATE_SIZE];

	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
		return false;
	memcpy(part, text, sizeof(part));
	part[4] = part[7] = '\0';
	if (oct_num_int(part, 1970, 9999, &year) != 0 ||
	    oct_num_int(part + 5, 1, 12, &month) != 0 ||
	    oct_num_int(part + 8, 1, days[month - 1], &day) != 0)
		return false;
	return month != 2 || day != 29 ||
	       (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

void
detail_day(int64_t wall_ms, char out[DETAIL_DATE_SIZE])
{
	time_t at = (time_t)(wall_ms / 1000);
	struct tm tm;

	OCT_ASSERT(localtime_r(&at, &tm) != NULL &&
		   strftime(out, DETAIL_DATE_SIZE, "%Y-%m-%d", &tm) == 10);
}

void
detail_add_days(const char *date, int64_t days, char out[DETAIL_DATE_SIZE])
{
	struct tm tm = {.tm_hour = 12};
	time_t at;

	OCT_ASSERT(detail_is_date(date));
	OCT_ASSERT(sscanf(date, "%d-%d-%d", &tm.tm_year, &tm.tm_mon,
		       &tm.tm_mday) == 3);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	at = timegm(&tm) + (time_t)(days * 86400);
	OCT_ASSERT(gmtime_r(&at, &tm) != NULL &&
		   strftime(out, DETAIL_DATE_SIZE, "%Y-%m-%d", &tm) == 10);
}

void
detail_size_text(struct oct_str *out, int64_t octets)
{
	static const struct {
		int64_t octets;
		const char *unit;
	} units[] = {{1 << 30, "G"}, {1 << 20, "M"}, {1 << 10, "k"}, {1, ""}};
	size_t i = 0;

	if (octets == 0)
		return;
	while (octets % units[i].octets != 0)
		i++;
	oct_str_addf(
	    out, "%" PRId64 "%s", octets / units[i].octets, units[i].unit);
}
