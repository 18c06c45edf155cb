/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "lib/str.h"
#include "policy/digest_schedule.h"

#define SECOND 1000LL
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define MIB (1024LL * 1024)

static const char *const challenge_words[] = { "off", "first-contact",
	"doubtful", "simulate", NULL };
static const char *const first_words[] = { "hold", "defer", NULL };
static const char *const unproven_words[] = { "refuse", "hold", NULL };
static const char *const automatic_words[] = { "hold", "by-score", NULL };
static const char *const proof_words[] = { "button", "code", NULL };
static const char *const past_in_words[] = { "defer", "refuse", "hold", NULL };
static const char *const past_out_words[] = { "defer", "refuse", "hold",
	"suspend", NULL };
static const char *const bool_words[] = { "no", "yes", NULL };

#define WORDS(list) OPTION_TYPE_WORD, list, 0, OCT_LEN(list) - 2
#define TIME(lo, hi) OPTION_TYPE_DURATION, NULL, lo, hi
#define COUNT(lo, hi) OPTION_TYPE_COUNT, NULL, lo, hi
#define SIZE(lo, hi) OPTION_TYPE_SIZE, NULL, lo, hi

static const struct option_info infos[OPTION_COUNT] = {
	[OPTION_CHALLENGE] = { "challenge", WORDS(challenge_words), 0,
	    "the Challenge option" },
	[OPTION_FIRST_CONTACT] = { "first_contact", WORDS(first_words), 0,
	    "a proven stranger's message is held and he is asked, or deferred "
	    "and he is asked" },
	[OPTION_UNPROVEN] = { "unproven", WORDS(unproven_words), 0,
	    "an unproven stranger's message is refused with a link, or held "
	    "silently" },
	[OPTION_AUTOMATIC] = { "automatic", WORDS(automatic_words), 0,
	    "lists and automatic mail from strangers wait for the owner, or go "
	    "by score" },
	[OPTION_PROOF] = { "proof", WORDS(proof_words), 0,
	    "the sender's page asks for a press of the button, or for the code "
	    "too" },
	[OPTION_OUTBOUND] = { "outbound_here", WORDS(bool_words), 0,
	    "all outgoing mail passes here: a bounce of anything else is "
	    "refused" },
	[OPTION_HOLD] = { "t_hold", TIME(3 * DAY, 30 * DAY), 7 * DAY,
	    "how long a message waits for its sender" },
	[OPTION_HOLD_SILENT] = { "t_hold_silent", TIME(3 * DAY, 60 * DAY),
	    14 * DAY, "how long it waits for its owner alone" },
	[OPTION_QUIET] = { "t_quiet", TIME(DAY, 400 * DAY), 30 * DAY,
	    "a sender is not asked again sooner" },
	[OPTION_ALLOW] = { "t_allow", TIME(30 * DAY, 4000 * DAY), 400 * DAY,
	    "a confirmed sender who writes no more is forgotten" },
	[OPTION_ALLOW_SENT] = { "t_allow_sent", TIME(30 * DAY, 4000 * DAY),
	    180 * DAY, "the same for one who was only written to" },
	[OPTION_FORGET] = { "t_forget", TIME(30 * DAY, 4000 * DAY), 400 * DAY,
	    "one who did not confirm is forgotten" },
	[OPTION_DEFER] = { "t_defer", TIME(HOUR, 5 * DAY), 4 * DAY,
	    "how long a deferred sender's confirmation is waited for" },
	[OPTION_BUTTON] = { "t_button", TIME(0, HOUR), 60 * SECOND,
	    "pressed sooner after the mail was handed over, the page asks for "
	    "the code" },
	[OPTION_PASS] = { "t_pass", TIME(HOUR, 30 * DAY), 72 * HOUR,
	    "life of the pass that a refused sender got" },
	[OPTION_ASKS] = { "asks", COUNT(1, 10), 2,
	    "times that one sender is asked" },
	[OPTION_PASS_MESSAGES] = { "pass_messages", COUNT(1, 100), 3,
	    "messages that such a pass lets through" },
	[OPTION_SETTLE] = { "t_settle", TIME(5 * SECOND, 10 * MINUTE),
	    20 * SECOND, "before anything acts on a held message" },
	[OPTION_FRESH] = { "t_fresh", TIME(MINUTE, DAY), 15 * MINUTE,
	    "a challenge not handed over by then is not sent" },
	[OPTION_HOLD_VIRUS] = { "t_hold_virus", TIME(3 * DAY, 90 * DAY),
	    30 * DAY, "how long a message with malware is kept" },
	[OPTION_CAP_MAILBOX] = { "cap_mailbox", COUNT(0, 10000), 30,
	    "challenges a day for one mailbox" },
	[OPTION_SHARE_MAILBOX] = { "share_mailbox", COUNT(1, 10000), 3,
	    "of these, for senders of one organisation" },
	[OPTION_CAP_DOMAIN] = { "cap_domain", COUNT(1, 10000000),
	    CAPS_DOMAIN_STANDARD,
	    "challenges a day for one hosted domain; of a mailbox: not looked "
	    "at" },
	[OPTION_RELATION_ITEMS] = { "relation_messages", COUNT(1, 20), 20,
	    "messages of one sender that wait" },
	[OPTION_RELATION_OCTETS] = { "relation_octets", SIZE(MIB, 1024 * MIB),
	    25 * MIB, "octets of one sender that wait" },
	[OPTION_SPACE_ITEMS] = { "space_messages", COUNT(20, 100000), 500,
	    "messages that wait for one mailbox" },
	[OPTION_SPACE_OCTETS] = { "space_octets",
	    SIZE(25 * MIB, 1024 * 1024 * MIB), 1024 * MIB,
	    "octets that wait for one mailbox" },
	[OPTION_PAST_MESSAGES_IN] = { "past_messages_in",
	    WORDS(past_in_words), OPTION_PAST_DEFER,
	    "past a limit on messages in" },
	[OPTION_PAST_RECIPIENTS_IN] = { "past_recipients_in",
	    WORDS(past_in_words), OPTION_PAST_DEFER,
	    "past a limit on recipients in" },
	[OPTION_PAST_VOLUME_IN] = { "past_volume_in", WORDS(past_in_words),
	    OPTION_PAST_DEFER, "past a limit on volume in" },
	[OPTION_PAST_MESSAGES_OUT] = { "past_messages_out",
	    WORDS(past_out_words), OPTION_PAST_SUSPEND,
	    "past a limit on messages out" },
	[OPTION_PAST_RECIPIENTS_OUT] = { "past_recipients_out",
	    WORDS(past_out_words), OPTION_PAST_SUSPEND,
	    "past a limit on recipients out" },
	[OPTION_PAST_VOLUME_OUT] = { "past_volume_out", WORDS(past_out_words),
	    OPTION_PAST_DEFER, "past a limit on volume out" },
	[OPTION_MAX_RECIPIENTS_IN] = { "max_recipients_in", COUNT(0, 100000),
	    0, "recipients in this domain of one message in; 0: no limit" },
	[OPTION_MAX_RECIPIENTS_OUT] = { "max_recipients_out", COUNT(0, 100000),
	    0, "recipients of one message out; 0: no limit" },
	[OPTION_MAX_SIZE_IN] = { "max_size_in", SIZE(0, 10240 * MIB), 0,
	    "octets of one message in; 0: no limit" },
	[OPTION_MAX_SIZE_OUT] = { "max_size_out", SIZE(0, 10240 * MIB), 0,
	    "octets of one message out; 0: no limit" },
	[OPTION_STORAGE_GRACE] = { "storage_grace", COUNT(0, 100), 10,
	    "percent of its quota that the last message may go past it" },
	[OPTION_DIGEST] = { "digest", OPTION_TYPE_SCHEDULE, NULL, DIGEST_OFF,
	    DIGEST_MAX, DIGEST_STANDARD,
	    "when the owner is told what is held for him; off: what its score "
	    "would hold is delivered with a mark, and the Challenge option "
	    "keeps a weekly one" },
};

const struct option_info *
option_info(enum option o)
{
	return &infos[o];
}

int
option_find(const char *name, enum option *out)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (strcmp(infos[i].name, name) == 0) {
			*out = (enum option)i;
			return 0;
		}
	}
	return OCT_EABSENT;
}

void
options_standard(struct option_values *out)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		out->v[i] = infos[i].standard;
}

void
options_apply(struct option_values *values, const struct option_set *set)
{
	for (size_t i = 0; set != NULL && i < set->count; i++)
		values->v[set->pairs[i].option] = set->pairs[i].value;
}

static int
parse_word(const struct option_info *info, const char *text, int64_t *out)
{
	for (int64_t i = 0; info->words[i] != NULL; i++) {
		if (strcmp(info->words[i], text) == 0) {
			*out = i;
			return 0;
		}
	}
	return OCT_EPARSE;
}

int
option_parse(enum option o, const char *text, int64_t *out)
{
	const struct option_info *info = &infos[o];
	int rc = OCT_EPARSE;

	switch (info->type) {
	case OPTION_TYPE_WORD:
		return parse_word(info, text, out);
	case OPTION_TYPE_DURATION:
		rc = oct_num_duration(text, info->lo, info->hi, out);
		break;
	case OPTION_TYPE_COUNT:
		rc = oct_num_int(text, info->lo, info->hi, out);
		break;
	case OPTION_TYPE_SIZE:
		rc = oct_num_size(text, info->lo, info->hi, out);
		break;
	case OPTION_TYPE_SCHEDULE:
		return digest_schedule_parse(text, out);
	}
	return rc == 0 ? 0 : OCT_EPARSE;
}

struct unit {
	int64_t size;
	const char *name;
};

/* In the largest unit that leaves no rest. */
static void
with_unit(int64_t value, const struct unit *units, size_t count,
    char out[OPTION_TEXT_SIZE])
{
	size_t i = 0;

	while (i + 1 < count &&
	    (value < units[i].size || value % units[i].size != 0))
		i++;
	(void)snprintf(out, OPTION_TEXT_SIZE, "%" PRId64 "%s",
	    value / units[i].size, units[i].name);
}

void
option_text(enum option o, int64_t value, char out[OPTION_TEXT_SIZE])
{
	static const struct unit times[] = { { DAY, "d" }, { HOUR, "h" },
		{ MINUTE, "min" }, { SECOND, "s" }, { 1, "ms" } };
	static const struct unit sizes[] = { { 1024 * MIB, "G" }, { MIB, "M" },
		{ 1024, "k" }, { 1, "" } };
	static const struct unit plain[] = { { 1, "" } };
	const struct option_info *info = &infos[o];

	switch (info->type) {
	case OPTION_TYPE_WORD:
		(void)snprintf(out, OPTION_TEXT_SIZE, "%s",
		    value >= info->lo && value <= info->hi ? info->words[value]
							   : "?");
		return;
	case OPTION_TYPE_DURATION:
		with_unit(value, times, OCT_LEN(times), out);
		return;
	case OPTION_TYPE_SIZE:
		with_unit(value, sizes, OCT_LEN(sizes), out);
		return;
	case OPTION_TYPE_SCHEDULE:
		digest_schedule_text(value, out);
		return;
	case OPTION_TYPE_COUNT:
		break;
	}
	with_unit(value, plain, OCT_LEN(plain), out);
}

void
option_expected(enum option o, char out[OPTION_EXPECTED_SIZE])
{
	const struct option_info *info = &infos[o];
	char lo[OPTION_TEXT_SIZE], hi[OPTION_TEXT_SIZE];
	struct oct_str s;

	oct_str_fixed(&s, out, OPTION_EXPECTED_SIZE);
	if (info->type == OPTION_TYPE_WORD) {
		for (size_t i = 0; info->words[i] != NULL; i++)
			oct_str_addf(&s, "%s%s",
			    i == 0			   ? ""
				: info->words[i + 1] == NULL ? " or "
							   : ", ",
			    info->words[i]);
		return;
	}
	if (info->type == OPTION_TYPE_SCHEDULE) {
		oct_str_add(&s, DIGEST_EXPECTED);
		return;
	}
	option_text(o, info->lo, lo);
	option_text(o, info->hi, hi);
	oct_str_addf(&s, "%s from %s to %s",
	    info->type == OPTION_TYPE_DURATION ? "a duration"
		: info->type == OPTION_TYPE_SIZE ? "a size"
						 : "a number",
	    lo, hi);
}
