/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/detail_int.h"

#include <string.h>

#include "lib/num.h"
#include "policy/directory_private.h"

#define BIT(kind) (1u << DIR_KIND_##kind)
#define PLACES                                                                 \
	(BIT(TENANT) | BIT(DOMAIN) | BIT(MAILBOX) | BIT(ALIAS) | BIT(LEGACY))

#define ROW(name, kinds, form, words, hi, help)                                \
	{                                                                      \
		{name, help, false, false}, kinds, FORM_##form, words, hi      \
	}

static const struct detail_row rows[DETAIL_COUNT] = {
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
    [DETAIL_CHALLENGE_GENTLER] = {{"challenge_gentler",
				      "its owner has challenge=first-contact "
				      "ask of doubtful mail only",
				      false, true},
	BIT(MAILBOX), FORM_YES, NULL, 0},
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

const struct detail_row *
detail_row(enum detail what)
{
	return &rows[what];
}

const struct detail_info *
detail_info(enum detail what)
{
	return &rows[what].info;
}
