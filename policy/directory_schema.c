/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/directory_schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"

#define AT(type, field) offsetof(struct type, field)

static const struct dir_attribute domain_attributes[] = {
    {"state", DIR_TYPE_STATE, AT(dir_domain, state),
	"suspended: mail waits at the senders; closed: refused"},
    {"tenant", DIR_TYPE_ID, AT(dir_domain, tenant),
	"id of the tenant that the domain belongs to"},
    {"challenge", DIR_TYPE_CHALLENGE, AT(dir_domain, challenge),
	"default of the Challenge option for its mailboxes"},
    {"lang", DIR_TYPE_LANG, AT(dir_domain, lang),
	"default language of what is written to its owners and senders"},
    {"transport", DIR_TYPE_TRANSPORT, AT(dir_domain, transport),
	"where Postfix delivers; empty: the platform's default"},
    {"catch_all", DIR_TYPE_ADDRESS, AT(dir_domain, catch_all),
	"address that gets mail to nobody; empty: refused"},
    {"dmarc", DIR_TYPE_DMARC, AT(dir_domain, dmarc),
	"mail that its author's domain disowns: enforce, hold or observe"},
    {"own_refuse", DIR_TYPE_BOOL, AT(dir_domain, own_refuse),
	"refuse, rather than hold, unproven mail claiming the domain"},
    {"has_blocks", DIR_TYPE_BOOL, AT(dir_domain, has_blocks),
	"the domain blocks senders (kept by 'block')"},
    {"rate_in", DIR_TYPE_RATE, AT(dir_domain, limits.messages_in),
	"messages in for the whole domain; empty: no limit of its own"},
    {"storage", DIR_TYPE_SIZE, AT(dir_domain, limits.storage_octets),
	"default quota of its mailboxes; empty: the platform's"},
    {"tag", DIR_TYPE_SCORE, AT(dir_domain, thresholds.tag),
	"score from which mail is marked; null: the platform's"},
    {"hold", DIR_TYPE_SCORE, AT(dir_domain, thresholds.hold),
	"score from which mail is held; null: the platform's"},
    {"reject", DIR_TYPE_SCORE, AT(dir_domain, thresholds.reject),
	"score from which mail is refused; null: the platform's"},
};

static const struct dir_attribute mailbox_attributes[] = {
    {"name", DIR_TYPE_TEXT, AT(dir_mailbox, name), "name for people"},
    {"state", DIR_TYPE_STATE, AT(dir_mailbox, state),
	"suspended: mail waits at the senders; closed: refused"},
    {"challenge", DIR_TYPE_CHALLENGE, AT(dir_mailbox, challenge),
	"Challenge option; inherit: as the domain"},
    {"lang", DIR_TYPE_LANG, AT(dir_mailbox, lang),
	"language; inherit: as the domain"},
    {"has_blocks", DIR_TYPE_BOOL, AT(dir_mailbox, has_blocks),
	"the owner blocks senders (kept by 'block')"},
    {"unprotected", DIR_TYPE_BOOL, AT(dir_mailbox, unprotected),
	"statutory protection is lifted for mail to this mailbox"},
    {"rate_in", DIR_TYPE_RATE, AT(dir_mailbox, limits.messages_in),
	"messages in; empty: no limit of its own"},
    {"storage", DIR_TYPE_SIZE, AT(dir_mailbox, limits.storage_octets),
	"quota; empty: as the domain"},
    {"tag", DIR_TYPE_SCORE, AT(dir_mailbox, thresholds.tag),
	"score from which mail is marked; null: as the domain"},
    {"hold", DIR_TYPE_SCORE, AT(dir_mailbox, thresholds.hold),
	"score from which mail is held; null: as the domain"},
    {"reject", DIR_TYPE_SCORE, AT(dir_mailbox, thresholds.reject),
	"score from which mail is refused; null: as the domain"},
};

static const struct dir_attribute alias_attributes[] = {
    {"targets", DIR_TYPE_TARGETS, 0,
	"addresses that get the mail, hosted here or elsewhere"},
};

const struct dir_attribute *
dir_attributes(enum dir_kind kind, size_t *count)
{
	switch (kind) {
	case DIR_KIND_DOMAIN:
		*count = OCT_LEN(domain_attributes);
		return domain_attributes;
	case DIR_KIND_MAILBOX:
		*count = OCT_LEN(mailbox_attributes);
		return mailbox_attributes;
	case DIR_KIND_ALIAS:
		break;
	}
	*count = OCT_LEN(alias_attributes);
	return alias_attributes;
}

const struct dir_attribute *
dir_attribute(enum dir_kind kind, const char *name)
{
	size_t count;
	const struct dir_attribute *all = dir_attributes(kind, &count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(all[i].name, name) == 0)
			return &all[i];
	return NULL;
}

const char *
dir_type_expected(enum dir_type type)
{
	switch (type) {
	case DIR_TYPE_STATE:
		return "active, suspended or closed";
	case DIR_TYPE_CHALLENGE:
		return "inherit, off or first-contact";
	case DIR_TYPE_LANG:
		return "inherit, fr or en";
	case DIR_TYPE_DMARC:
		return "inherit, enforce, hold or observe";
	case DIR_TYPE_BOOL:
		return "true or false";
	case DIR_TYPE_TEXT:
		return "a text of at most 256 octets without control "
		       "characters";
	case DIR_TYPE_ID:
		return "at most 64 letters, digits, dots, '_' or '-'";
	case DIR_TYPE_TRANSPORT:
		return "transport:nexthop without spaces, like "
		       "\"lmtp:unix:/run/dovecot/lmtp\", or empty";
	case DIR_TYPE_ADDRESS:
		return "a mail address, or empty";
	case DIR_TYPE_RATE:
		return "count/period like \"100/1h\" (1s to 31d), or empty";
	case DIR_TYPE_SIZE:
		return "a size like \"500M\" or \"5G\", or empty";
	case DIR_TYPE_SCORE:
		return "a number from -1000 to 1000 with at most two decimals, "
		       "or null";
	case DIR_TYPE_TARGETS:
		break;
	}
	return "a list of 1 to 500 mail addresses";
}

const char *
dir_kind_name(enum dir_kind kind)
{
	switch (kind) {
	case DIR_KIND_DOMAIN:
		return "domain";
	case DIR_KIND_MAILBOX:
		return "mailbox";
	case DIR_KIND_ALIAS:
		break;
	}
	return "alias";
}

const char *
dir_kind_article(enum dir_kind kind)
{
	return kind == DIR_KIND_ALIAS ? "an" : "a";
}

/* --- Local parts --------------------------------------------------------- */

static const char *
local_problem(const char *local)
{
	size_t len = strlen(local);

	if (len == 0 || len > DIR_LOCAL_MAX)
		return "must have 1 to 64 octets";
	if (local[0] == '.' || local[len - 1] == '.' ||
	    strstr(local, "..") != NULL)
		return "must not start or end with a dot or have two in a row";
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)local[i];

		if (c <= ' ' || c == 0x7f)
			return "must not contain spaces or control characters";
		if (strchr("+@/\"'\\<>(),:;[]", c) != NULL)
			return "must not contain + @ / quotes, brackets or "
			       "other punctuation special to mail";
		if (c >= 'A' && c <= 'Z')
			return "must be in lower case";
	}
	return NULL;
}

int
dir_local_check(const char *local, char problem[256])
{
	const char *what = local_problem(local);

	if (what == NULL)
		return 0;
	(void)snprintf(problem, 256, "the local part %s", what);
	return OCT_EPARSE;
}
