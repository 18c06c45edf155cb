/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform's limits (design 7): of mailboxes, domains and client networks.
 * The names are those of the attributes (policy/quota.h), where there are some.
 */
#include <stddef.h>
#include <string.h>

#include "policy/settings_int.h"

#define RATE(item, place, value, text)                                         \
	{ .section = "limits", .name = item, .type = OCT_CONF_STRING, .lo = 0, \
		.hi = QUOTA_TEXT_SIZE - 1, .check = settings_is_rates,         \
		.expected = "rates such as 100/1h,500/1d, or nothing",         \
		.standard = value, .help = text,                               \
		.offset = offsetof(struct settings, place) }
#define VOLUME(item, place, value, text)                                       \
	{ .section = "limits", .name = item, .type = OCT_CONF_STRING, .lo = 0, \
		.hi = QUOTA_TEXT_SIZE - 1, .check = settings_is_volumes,       \
		.expected = "volumes such as 500M/1h,2G/1d, or nothing",       \
		.standard = value, .help = text,                               \
		.offset = offsetof(struct settings, place) }
#define PAST(item, quota, list, value, text)                                   \
	{ .section = "limits", .name = item, .type = OCT_CONF_WORD,            \
		.words = list, .standard = value, .help = text,                \
		.offset = offsetof(struct settings, past[quota]) }
#define PAST_IN "defer refuse hold"
#define PAST_OUT "defer refuse hold suspend"
#define NUMBER(item, kind, place, most, value, text)                           \
	{ .section = "limits", .name = item, .type = OCT_CONF_##kind, .lo = 0, \
		.hi = most, .standard = value, .help = text,                   \
		.offset = offsetof(struct settings, place) }

static const struct oct_conf_item items[] = {
	RATE("rate_messages_in", rates[QUOTA_MESSAGES_IN],
	    "600/1h", "messages to one mailbox"),
	RATE("rate_recipients_in", rates[QUOTA_RECIPIENTS_IN],
	    "", "RCPTs that lead to one mailbox"),
	VOLUME("rate_volume_in", rates[QUOTA_VOLUME_IN],
	    "", "octets of messages to one mailbox"),
	RATE("rate_messages_out", rates[QUOTA_MESSAGES_OUT],
	    "100/1h", "messages that one mailbox submits"),
	RATE("rate_recipients_out", rates[QUOTA_RECIPIENTS_OUT],
	    "300/1h", "recipients of what one mailbox submits"),
	VOLUME("rate_volume_out", rates[QUOTA_VOLUME_OUT],
	    "", "octets that one mailbox submits, for each recipient"),
	RATE("domain_rate_messages_in", rates[QUOTA_DOMAIN_MESSAGES_IN],
	    "", "messages to a whole domain"),
	RATE("domain_rate_recipients_in", rates[QUOTA_DOMAIN_RECIPIENTS_IN],
	    "6000/1h", "RCPTs of a whole domain"),
	VOLUME("domain_rate_volume_in", rates[QUOTA_DOMAIN_VOLUME_IN],
	    "", "octets of messages to a whole domain, for each RCPT"),
	RATE("domain_rate_messages_out", rates[QUOTA_DOMAIN_MESSAGES_OUT],
	    "", "messages that a whole domain submits"),
	RATE("domain_rate_recipients_out", rates[QUOTA_DOMAIN_RECIPIENTS_OUT],
	    "", "recipients of what a whole domain submits"),
	VOLUME("domain_rate_volume_out", rates[QUOTA_DOMAIN_VOLUME_OUT],
	    "", "octets that a whole domain submits, for each recipient"),
	RATE("network_rate_messages_in", network_rates[QUOTA_MESSAGES],
	    "", "messages from one client network"),
	RATE("network_rate_recipients_in", network_rates[QUOTA_RECIPIENTS],
	    "1200/1h", "recipients here of mail from one client network"),
	VOLUME("network_rate_volume_in", network_rates[QUOTA_VOLUME],
	    "", "octets from one client network, for each recipient here"),
	PAST("past_messages_in", QUOTA_MESSAGES_IN, PAST_IN,
	    "defer", "what becomes of mail past a limit on messages in"),
	PAST("past_recipients_in", QUOTA_RECIPIENTS_IN, PAST_IN,
	    "defer", "what becomes of mail past a limit on recipients in"),
	PAST("past_volume_in", QUOTA_VOLUME_IN, PAST_IN,
	    "defer", "what becomes of mail past a limit on volume in"),
	PAST("past_messages_out", QUOTA_MESSAGES_OUT, PAST_OUT,
	    "suspend", "what becomes of mail past a limit on messages out"),
	PAST("past_recipients_out", QUOTA_RECIPIENTS_OUT, PAST_OUT,
	    "suspend", "what becomes of mail past a limit on recipients out"),
	PAST("past_volume_out", QUOTA_VOLUME_OUT, PAST_OUT,
	    "defer", "what becomes of mail past a limit on volume out"),
	NUMBER("max_recipients_in", INT, max_recipients_in, 100000, "0",
	    "recipients in one domain of one message in; 0: no limit"),
	NUMBER("max_recipients_out", INT, max_recipients_out, 100000, "0",
	    "recipients of one submitted message; 0: no limit"),
	NUMBER("max_size_in", SIZE, max_size_in, 10737418240LL, "0",
	    "octets of one message in; 0: no limit but 'body'"),
	NUMBER("max_size_out", SIZE, max_size_out, 10737418240LL, "0",
	    "octets of one submitted message; 0: no limit but 'body'"),
	NUMBER("storage", SIZE, storage, 1125899906842624LL, "5G",
	    "quota of a mailbox whose tenant and domain set none; 0: none"),
	NUMBER("storage_grace", INT, storage_grace, 100, "10",
	    "percent of its quota that a mailbox's last message may go past "
	    "it"),
	{ .section = "limits",
	    .name = "maximum",
	    .type = OCT_CONF_BOOL,
	    .standard = "no",
	    .help = "these limits are maxima: tenants, domains and mailboxes "
		    "can only lower them",
	    .offset = offsetof(struct settings, limits_maximum) },
};

struct oct_conf_table
settings_table_limits(struct settings *s)
{
	return (struct oct_conf_table){ .items = items,
		.count = OCT_LEN(items), .values = s };
}

static bool
is_rates(enum quota_unit unit, const char *v)
{
	struct quota_windows w;

	return *v == '\0' || quota_parse(unit, v, &w) == 0;
}

bool
settings_is_rates(const char *v)
{
	return is_rates(QUOTA_MESSAGES, v);
}

bool
settings_is_volumes(const char *v)
{
	return is_rates(QUOTA_VOLUME, v);
}

/* Checked when they were loaded; nothing is no limit. */
static void
read_rates(enum quota_unit unit, const char *text, struct quota_windows *out)
{
	if (*text == '\0' || quota_parse(unit, text, out) != 0)
		out->count = 0;
}

void
settings_limits(const struct settings *s, struct limit_platform *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < QUOTA_COUNT; i++)
		read_rates(quota_unit((enum quota)i), s->rates[i],
		    &out->of[i]);
	for (size_t i = 0; i < QUOTA_UNITS; i++)
		read_rates((enum quota_unit)i, s->network_rates[i],
		    &out->network[i]);
	settings_options(s, &out->options);
	out->storage_octets = s->storage;
	out->maximum = s->limits_maximum;
}
