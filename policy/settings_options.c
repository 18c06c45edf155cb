/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform's values of the options (policy/options.h), in the sections
 * challenge and digest.
 * Some stand in settings_table.c under the names that they had before.  Bounds
 * are wider here than for tenants: the platform's owner may try seconds.
 */
#include <stddef.h>

#include "lib/err.h"
#include "policy/digest_schedule.h"
#include "policy/settings_int.h"

static bool
is_schedule(const char *v)
{
	int64_t schedule;

	return digest_schedule_parse(v, &schedule) == 0;
}

static const struct oct_conf_item items[] = {
	{ .section = "challenge",
	    .name = "mode",
	    .type = OCT_CONF_WORD,
	    .words = "off first-contact doubtful simulate",
	    .standard = "off",
	    .help = "the Challenge option of a tenant, domain or "
		    "mailbox that sets none",
	    .offset = offsetof(struct settings, mode) },
	{ .section = "challenge",
	    .name = "first_contact",
	    .type = OCT_CONF_WORD,
	    .words = "hold defer",
	    .standard = "hold",
	    .help = "a proven stranger's message is held and he is "
		    "asked, or deferred and he is asked",
	    .offset = offsetof(struct settings, first_contact) },
	{ .section = "challenge",
	    .name = "unproven",
	    .type = OCT_CONF_WORD,
	    .words = "refuse hold",
	    .standard = "refuse",
	    .help = "an unproven stranger's message is refused with a "
		    "link, or held silently",
	    .offset = offsetof(struct settings, unproven) },
	{ .section = "challenge",
	    .name = "automatic",
	    .type = OCT_CONF_WORD,
	    .words = "hold by-score",
	    .standard = "hold",
	    .help = "lists and automatic mail from strangers wait for "
		    "the owner, or go by score",
	    .offset = offsetof(struct settings, automatic) },
	{ .section = "challenge",
	    .name = "proof",
	    .type = OCT_CONF_WORD,
	    .words = "button code",
	    .standard = "button",
	    .help = "the sender's page asks for a press of the button, "
		    "or for the code too",
	    .offset = offsetof(struct settings, proof) },
	{ .section = "challenge",
	    .name = "outbound_here",
	    .type = OCT_CONF_WORD,
	    .words = "no yes",
	    .standard = "no",
	    .help = "all outgoing mail passes here: a bounce of "
		    "anything else is refused",
	    .offset = offsetof(struct settings, outbound_here) },
	{ .section = "challenge",
	    .name = "allow",
	    .type = OCT_CONF_DURATION,
	    .lo = 1000,
	    .hi = 126144000000LL,
	    .standard = "400d",
	    .help = "a confirmed sender who writes no more is forgotten",
	    .offset = offsetof(struct settings, t_allow) },
	{ .section = "challenge",
	    .name = "allow_sent",
	    .type = OCT_CONF_DURATION,
	    .lo = 1000,
	    .hi = 126144000000LL,
	    .standard = "180d",
	    .help = "the same for one who was only written to",
	    .offset = offsetof(struct settings, t_allow_sent) },
	{ .section = "challenge",
	    .name = "forget",
	    .type = OCT_CONF_DURATION,
	    .lo = 1000,
	    .hi = 126144000000LL,
	    .standard = "400d",
	    .help = "one who did not confirm is forgotten",
	    .offset = offsetof(struct settings, t_forget) },
	{ .section = "challenge",
	    .name = "defer",
	    .type = OCT_CONF_DURATION,
	    .lo = 1000,
	    .hi = 432000000LL,
	    .standard = "4d",
	    .help = "a deferred sender's confirmation is waited for",
	    .offset = offsetof(struct settings, t_defer) },
	{ .section = "challenge",
	    .name = "pass",
	    .type = OCT_CONF_DURATION,
	    .lo = 1000,
	    .hi = 2592000000LL,
	    .standard = "72h",
	    .help = "life of the pass that a refused sender got",
	    .offset = offsetof(struct settings, t_pass) },
	{ .section = "challenge",
	    .name = "pass_messages",
	    .type = OCT_CONF_INT,
	    .lo = 1,
	    .hi = 100,
	    .standard = "3",
	    .help = "messages that such a pass lets through",
	    .offset = offsetof(struct settings, pass_messages) },
	{ .section = "challenge",
	    .name = "cap_mailbox",
	    .type = OCT_CONF_INT,
	    .lo = 0,
	    .hi = 10000,
	    .standard = "30",
	    .help = "challenges a day for one mailbox",
	    .offset = offsetof(struct settings, cap_mailbox) },
	{ .section = "challenge",
	    .name = "share_mailbox",
	    .type = OCT_CONF_INT,
	    .lo = 1,
	    .hi = 10000,
	    .standard = "3",
	    .help = "of these, for senders of one organisation",
	    .offset = offsetof(struct settings, share_mailbox) },
	{ .section = "challenge",
	    .name = "relation_messages",
	    .type = OCT_CONF_INT,
	    .lo = 1,
	    .hi = 20,
	    .standard = "20",
	    .help = "messages of one sender that wait for a mailbox",
	    .offset = offsetof(struct settings, relation_messages) },
	{ .section = "challenge",
	    .name = "relation_octets",
	    .type = OCT_CONF_SIZE,
	    .lo = 1024,
	    .hi = 1073741824LL,
	    .standard = "25M",
	    .help = "octets of one sender that wait for a mailbox",
	    .offset = offsetof(struct settings, relation_octets) },
	{ .section = "challenge",
	    .name = "space_messages",
	    .type = OCT_CONF_INT,
	    .lo = 1,
	    .hi = 100000,
	    .standard = "500",
	    .help = "messages that wait for one mailbox",
	    .offset = offsetof(struct settings, space_messages) },
	{ .section = "challenge",
	    .name = "space_octets",
	    .type = OCT_CONF_SIZE,
	    .lo = 1024,
	    .hi = 1099511627776LL,
	    .standard = "1G",
	    .help = "octets that wait for one mailbox",
	    .offset = offsetof(struct settings, space_octets) },
	{ .section = "digest",
	    .name = "schedule",
	    .type = OCT_CONF_STRING,
	    .lo = 1,
	    .hi = DIGEST_TEXT_SIZE - 1,
	    .check = is_schedule,
	    .expected = DIGEST_EXPECTED,
	    .standard = "weekdays@8",
	    .help = "when owners are told what is held for them, in the "
		    "platform's time zone, where nothing else is set",
	    .offset = offsetof(struct settings, digest_schedule) },
};

struct oct_conf_table
settings_table_options(struct settings *s)
{
	return (struct oct_conf_table){ .items = items,
		.count = OCT_LEN(items), .values = s };
}

/* It was checked at load. */
static int64_t
digest_of(const struct settings *s)
{
	int64_t schedule = DIGEST_STANDARD;

	(void)!digest_schedule_parse(s->digest_schedule, &schedule);
	return schedule;
}

void
settings_options(const struct settings *s, struct option_values *out)
{
	*out = (struct option_values){ .v = {
	    [OPTION_CHALLENGE] = s->mode,
	    [OPTION_FIRST_CONTACT] = s->first_contact,
	    [OPTION_UNPROVEN] = s->unproven,
	    [OPTION_AUTOMATIC] = s->automatic,
	    [OPTION_PROOF] = s->proof,
	    [OPTION_OUTBOUND] = s->outbound_here,
	    [OPTION_HOLD] = s->t_hold,
	    [OPTION_HOLD_SILENT] = s->t_hold_silent,
	    [OPTION_QUIET] = s->t_quiet,
	    [OPTION_ALLOW] = s->t_allow,
	    [OPTION_ALLOW_SENT] = s->t_allow_sent,
	    [OPTION_FORGET] = s->t_forget,
	    [OPTION_DEFER] = s->t_defer,
	    [OPTION_BUTTON] = s->t_button,
	    [OPTION_PASS] = s->t_pass,
	    [OPTION_ASKS] = s->asks_max,
	    [OPTION_PASS_MESSAGES] = s->pass_messages,
	    [OPTION_SETTLE] = s->t_settle,
	    [OPTION_FRESH] = s->t_fresh,
	    [OPTION_HOLD_VIRUS] = s->t_hold_virus,
	    [OPTION_CAP_MAILBOX] = s->cap_mailbox,
	    [OPTION_SHARE_MAILBOX] = s->share_mailbox,
	    [OPTION_CAP_DOMAIN] = s->cap_domain,
	    [OPTION_RELATION_ITEMS] = s->relation_messages,
	    [OPTION_RELATION_OCTETS] = s->relation_octets,
	    [OPTION_SPACE_ITEMS] = s->space_messages,
	    [OPTION_SPACE_OCTETS] = s->space_octets,
	    [OPTION_PAST_MESSAGES_IN] = s->past[QUOTA_MESSAGES_IN],
	    [OPTION_PAST_RECIPIENTS_IN] = s->past[QUOTA_RECIPIENTS_IN],
	    [OPTION_PAST_VOLUME_IN] = s->past[QUOTA_VOLUME_IN],
	    [OPTION_PAST_MESSAGES_OUT] = s->past[QUOTA_MESSAGES_OUT],
	    [OPTION_PAST_RECIPIENTS_OUT] = s->past[QUOTA_RECIPIENTS_OUT],
	    [OPTION_PAST_VOLUME_OUT] = s->past[QUOTA_VOLUME_OUT],
	    [OPTION_MAX_RECIPIENTS_IN] = s->max_recipients_in,
	    [OPTION_MAX_RECIPIENTS_OUT] = s->max_recipients_out,
	    [OPTION_MAX_SIZE_IN] = s->max_size_in,
	    [OPTION_MAX_SIZE_OUT] = s->max_size_out,
	    [OPTION_STORAGE_GRACE] = s->storage_grace,
	    [OPTION_DIGEST] = digest_of(s),
	} };
}
