/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/directory_schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"

#define AT(type, field) offsetof(struct type, field)
#define PLAIN(name, type, entry, field, help)                                  \
	{                                                                      \
		name, DIR_TYPE_##type, AT(entry, field), help,                 \
		    (enum option)0, (enum detail)0, (enum quota)0              \
	}

static const struct dir_attribute domain_attributes[] = {
    PLAIN("state", LIFE, dir_domain, life,
	"where it stands in its life; suspended: mail waits at the senders"),
    PLAIN("tenant", ID, dir_domain, tenant,
	"id of the tenant that the domain belongs to"),
    PLAIN("lang", LANG, dir_domain, lang,
	"default language of what is written to its owners and senders"),
    PLAIN("transport", TRANSPORT, dir_domain, transport,
	"where Postfix delivers; empty: the platform's default"),
    PLAIN("catch_all", ADDRESS, dir_domain, catch_all,
	"address that gets mail to nobody; empty: refused"),
    PLAIN("dmarc", DMARC, dir_domain, dmarc,
	"mail that its author's domain disowns: enforce, hold or observe"),
    PLAIN("own_refuse", BOOL, dir_domain, own_refuse,
	"refuse, rather than hold, unproven mail claiming the domain"),
    PLAIN("statutory", LOCALS, dir_domain, statutory,
	"protected local parts, besides the platform's and the tenant's"),
    PLAIN("unprotected", BOOL, dir_domain, unprotected,
	"statutory protection is lifted for all its mailboxes"),
    PLAIN("unprotected_reason", TEXT, dir_domain, unprotected_reason,
	"why, unless its tenant publishes a teleservice"),
    PLAIN("has_blocks", BOOL, dir_domain, has_blocks,
	"the domain blocks senders (kept by 'block')"),
    PLAIN("sending", STATE, dir_domain, limits.sending,
	"suspended: who submits mail hears 451; closed: 5xx"),
    PLAIN("sending_reason", TEXT, dir_domain, limits.sending_reason,
	"when and why sending was last suspended"),
    PLAIN("limits_maximum", BOOL, dir_domain, limits.maximum,
	"its limits are maxima: inner levels can only lower them"),
    PLAIN("storage", SIZE, dir_domain, limits.storage_octets,
	"default quota of its mailboxes; empty: the tenant's"),
    PLAIN("tag", SCORE, dir_domain, thresholds.tag,
	"score from which mail is marked; null: the platform's"),
    PLAIN("hold", SCORE, dir_domain, thresholds.hold,
	"score from which mail is held; null: the platform's"),
    PLAIN("reject", SCORE, dir_domain, thresholds.reject,
	"score from which mail is refused; null: the platform's"),
};

static const struct dir_attribute mailbox_attributes[] = {
    PLAIN("name", TEXT, dir_mailbox, name, "name for people"),
    PLAIN("state", STATE, dir_mailbox, state,
	"suspended: mail waits at the senders; closed: refused"),
    PLAIN("lang", LANG, dir_mailbox, lang,
	"language; inherit: as the domain"),
    PLAIN("has_blocks", BOOL, dir_mailbox, has_blocks,
	"the owner blocks senders (kept by 'block')"),
    PLAIN("unprotected", BOOL, dir_mailbox, unprotected,
	"statutory protection is lifted, for a reason or a teleservice"),
    PLAIN("unprotected_reason", TEXT, dir_mailbox, unprotected_reason,
	"why, unless its tenant publishes a teleservice"),
    PLAIN("sending", STATE, dir_mailbox, limits.sending,
	"suspended: who submits mail hears 451; closed: 5xx"),
    PLAIN("sending_reason", TEXT, dir_mailbox, limits.sending_reason,
	"when and why sending was last suspended"),
    PLAIN("storage", SIZE, dir_mailbox, limits.storage_octets,
	"quota; empty: as the domain"),
    PLAIN("tag", SCORE, dir_mailbox, thresholds.tag,
	"score from which mail is marked; null: as the domain"),
    PLAIN("hold", SCORE, dir_mailbox, thresholds.hold,
	"score from which mail is held; null: as the domain"),
    PLAIN("reject", SCORE, dir_mailbox, thresholds.reject,
	"score from which mail is refused; null: as the domain"),
};

static const struct dir_attribute tenant_attributes[] = {
    PLAIN("name", TEXT, dir_tenant, name, "legal name"),
    PLAIN("contact", ADDRESS, dir_tenant, contact,
	"address of its referent; empty: none"),
    PLAIN("lang", LANG, dir_tenant, lang,
	"default language of its domains; inherit: the platform's"),
    PLAIN("statutory", LOCALS, dir_tenant, statutory,
	"protected local parts, besides the platform's"),
    PLAIN("teleservice", URL, dir_tenant, teleservice,
	"published teleservice by which citizens seize the authority"),
    PLAIN("teleservice_since", DATE, dir_tenant, teleservice_since,
	"day since which it is published"),
    PLAIN("sending", STATE, dir_tenant, limits.sending,
	"suspended: who submits mail hears 451; closed: 5xx"),
    PLAIN("sending_reason", TEXT, dir_tenant, limits.sending_reason,
	"when and why sending was last suspended"),
    PLAIN("limits_maximum", BOOL, dir_tenant, limits.maximum,
	"its limits are maxima: inner levels can only lower them"),
    PLAIN("storage", SIZE, dir_tenant, limits.storage_octets,
	"default quota of its mailboxes; empty: the platform's"),
};

static const struct dir_attribute alias_attributes[] = {
    {"targets", DIR_TYPE_TARGETS, 0,
	"addresses that get the mail, hosted here or elsewhere",
	(enum option)0, (enum detail)0, (enum quota)0},
};

static const struct dir_attribute *
plain_attributes(enum dir_kind kind, size_t *count)
{
	switch (kind) {
	case DIR_KIND_DOMAIN:
		*count = OCT_LEN(domain_attributes);
		return domain_attributes;
	case DIR_KIND_MAILBOX:
		*count = OCT_LEN(mailbox_attributes);
		return mailbox_attributes;
	case DIR_KIND_TENANT:
		*count = OCT_LEN(tenant_attributes);
		return tenant_attributes;
	case DIR_KIND_ALIAS:
		*count = OCT_LEN(alias_attributes);
		return alias_attributes;
	case DIR_KIND_LEGACY:
	case DIR_KIND_PLAN:
	case DIR_KIND_PRICE:
		break;
	}
	*count = 0;
	return NULL;
}

static size_t
details_offset(enum dir_kind kind)
{
	switch (kind) {
	case DIR_KIND_DOMAIN:
		return AT(dir_domain, details);
	case DIR_KIND_MAILBOX:
		return AT(dir_mailbox, details);
	case DIR_KIND_ALIAS:
		return AT(dir_alias, details);
	case DIR_KIND_TENANT:
		return AT(dir_tenant, details);
	case DIR_KIND_LEGACY:
	case DIR_KIND_PLAN:
	case DIR_KIND_PRICE:
		break;
	}
	return AT(dir_record, details);
}

static size_t
detail_count(enum dir_kind kind)
{
	size_t n = 0;

	for (enum detail d = detail_next(kind, -1); d != DETAIL_COUNT;
	     d = detail_next(kind, (int)d))
		n++;
	return n;
}

static void
detail_attribute(enum dir_kind kind, enum detail d, struct dir_attribute *out)
{
	const struct detail_info *info = detail_info(d);

	*out = (struct dir_attribute){info->name, DIR_TYPE_DETAIL,
	    details_offset(kind), info->help, (enum option)0, d, (enum quota)0};
}

/* The i-th of those that a kind has, or the one of that name (NULL = any). */
static bool
find_detail(enum dir_kind kind, size_t i, const char *name,
    struct dir_attribute *out)
{
	for (enum detail d = detail_next(kind, -1); d != DETAIL_COUNT;
	     d = detail_next(kind, (int)d)) {
		if (name != NULL ? strcmp(detail_info(d)->name, name) != 0
				 : i-- > 0)
			continue;
		detail_attribute(kind, d, out);
		return true;
	}
	return false;
}

/* Where the option set of an entry is; some have none. */
static bool
options_offset(enum dir_kind kind, size_t *out)
{
	switch (kind) {
	case DIR_KIND_DOMAIN:
		*out = AT(dir_domain, options);
		return true;
	case DIR_KIND_MAILBOX:
		*out = AT(dir_mailbox, options);
		return true;
	case DIR_KIND_TENANT:
		*out = AT(dir_tenant, options);
		return true;
	case DIR_KIND_ALIAS:
	case DIR_KIND_LEGACY:
	case DIR_KIND_PLAN:
	case DIR_KIND_PRICE:
		break;
	}
	return false;
}

/* Where its limits are, and how many of them a kind may set: a mailbox none of a
 * whole domain. */
static size_t
quotas_of(enum dir_kind kind, size_t *offset)
{
	switch (kind) {
	case DIR_KIND_DOMAIN:
		*offset = AT(dir_domain, limits.quotas);
		return QUOTA_COUNT;
	case DIR_KIND_MAILBOX:
		*offset = AT(dir_mailbox, limits.quotas);
		return QUOTA_OF_MAILBOX;
	case DIR_KIND_TENANT:
		*offset = AT(dir_tenant, limits.quotas);
		return QUOTA_COUNT;
	case DIR_KIND_ALIAS:
	case DIR_KIND_LEGACY:
	case DIR_KIND_PLAN:
	case DIR_KIND_PRICE:
		break;
	}
	return 0;
}

size_t
dir_attribute_count(enum dir_kind kind)
{
	size_t count, offset;

	(void)plain_attributes(kind, &count);
	return count + detail_count(kind) +
	       (options_offset(kind, &offset) ? OPTION_COUNT : 0) +
	       quotas_of(kind, &offset);
}

static void
option_attribute(enum option o, size_t offset, struct dir_attribute *out)
{
	const struct option_info *info = option_info(o);

	*out = (struct dir_attribute){
	    info->name, DIR_TYPE_OPTION, offset, info->help, o, (enum detail)0,
	    (enum quota)0};
}

static void
quota_attribute(enum quota q, size_t offset, struct dir_attribute *out)
{
	*out = (struct dir_attribute){quota_name(q), DIR_TYPE_QUOTA, offset,
	    quota_help(q), (enum option)0, (enum detail)0, q};
}

void
dir_attribute_at(enum dir_kind kind, size_t i, struct dir_attribute *out)
{
	size_t count, offset;
	const struct dir_attribute *plain = plain_attributes(kind, &count);

	if (i < count) {
		*out = plain[i];
		return;
	}
	if (find_detail(kind, i - count, NULL, out))
		return;
	i -= count + detail_count(kind);
	OCT_ASSERT(options_offset(kind, &offset));
	if (i < OPTION_COUNT) {
		option_attribute((enum option)i, offset, out);
		return;
	}
	i -= OPTION_COUNT;
	count = quotas_of(kind, &offset);
	OCT_ASSERT(i < count);
	quota_attribute((enum quota)i, offset, out);
}

/* "rate_in" is the older name of the limit on messages in. */
static bool
find_quota(enum dir_kind kind, const char *name, struct dir_attribute *out)
{
	size_t offset = 0, count = quotas_of(kind, &offset);
	enum quota q;

	if (count > 0 && strcmp(name, DIR_RATE_IN) == 0)
		q = quota_of(kind != DIR_KIND_MAILBOX, false, QUOTA_MESSAGES);
	else if (quota_find(name, &q) != 0)
		return false;
	if ((size_t)q >= count)
		return false;
	quota_attribute(q, offset, out);
	return true;
}

bool
dir_attribute(enum dir_kind kind, const char *name, struct dir_attribute *out)
{
	size_t count, offset;
	const struct dir_attribute *plain = plain_attributes(kind, &count);
	enum option o;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(plain[i].name, name) == 0) {
			*out = plain[i];
			return true;
		}
	}
	if (find_detail(kind, 0, name, out))
		return true;
	if (!options_offset(kind, &offset) || option_find(name, &o) != 0)
		return find_quota(kind, name, out);
	option_attribute(o, offset, out);
	return true;
}

static const char *
type_expected(enum dir_type type)
{
	switch (type) {
	case DIR_TYPE_STATE:
		return "active, suspended or closed";
	case DIR_TYPE_LIFE:
		return "requested, study, proposed, pending-dns, active, "
		       "suspended, closing or closed";
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
	case DIR_TYPE_SIZE:
		return "a size like \"500M\" or \"5G\", or empty";
	case DIR_TYPE_SCORE:
		return "a number from -1000 to 1000 with at most two decimals, "
		       "or null";
	case DIR_TYPE_LOCALS:
		return "a list of at most 50 local parts in lower case";
	case DIR_TYPE_URL:
		return "an https or http URL of at most 256 octets, or empty";
	case DIR_TYPE_DATE:
		return "a date like 2026-12-31, or empty";
	case DIR_TYPE_OPTION:
	case DIR_TYPE_DETAIL:
	case DIR_TYPE_QUOTA:
	case DIR_TYPE_TARGETS:
		break;
	}
	return "a list of 1 to 500 mail addresses";
}

const char *
dir_attribute_expected(
    const struct dir_attribute *a, char out[DIR_EXPECTED_SIZE])
{
	char expected[OPTION_EXPECTED_SIZE];

	if (a->type == DIR_TYPE_DETAIL) {
		detail_expected(a->detail, out);
		return out;
	}
	if (a->type == DIR_TYPE_QUOTA)
		return quota_expected(quota_unit(a->quota));
	if (a->type != DIR_TYPE_OPTION)
		return type_expected(a->type);
	option_expected(a->option, expected);
	(void)snprintf(out, DIR_EXPECTED_SIZE, "%s, or inherit", expected);
	return out;
}

const char *
dir_kind_name(enum dir_kind kind)
{
	switch (kind) {
	case DIR_KIND_DOMAIN:
		return "domain";
	case DIR_KIND_MAILBOX:
		return "mailbox";
	case DIR_KIND_TENANT:
		return "tenant";
	case DIR_KIND_LEGACY:
		return "legacy";
	case DIR_KIND_PLAN:
		return "plan";
	case DIR_KIND_PRICE:
		return "price";
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
