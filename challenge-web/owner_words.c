/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/owner_words.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#include "lib/mime_text.h"
#include "policy/digest_schedule.h"

#define SUBJECT_CHARACTERS 200

enum otext
owner_words_why(const struct case_item *item)
{
	static const struct {
		enum fate_reason reason;
		enum otext text;
	} words[] = { { FATE_R_VIRUS, OTEXT_WHY_VIRUS },
		{ FATE_R_DMARC, OTEXT_WHY_SPOOF },
		{ FATE_R_SPOOF, OTEXT_WHY_SPOOF },
		{ FATE_R_SPAM, OTEXT_WHY_SPAM },
		{ FATE_R_AUTOMATIC, OTEXT_WHY_AUTOMATIC },
		{ FATE_R_UNMATCHED, OTEXT_WHY_BOUNCE },
		{ FATE_R_UNDECIDED, OTEXT_WHY_UNDECIDED },
		{ FATE_R_SUSPENDED, OTEXT_WHY_SUSPENDED },
		{ FATE_R_LIMIT, OTEXT_WHY_LIMIT },
		{ FATE_R_FIRST_CONTACT, OTEXT_WHY_CONTACT } };
	const char *reason = item->held.reason;

	if (strcmp(reason, fate_reason_name(FATE_R_FIRST_CONTACT)) == 0 &&
	    *item->held.challenge != '\0' && item->silent[0] == '\0')
		return OTEXT_WHY_ASKED;
	for (size_t i = 0; i < OCT_LEN(words); i++)
		if (strcmp(reason, fate_reason_name(words[i].reason)) == 0)
			return words[i].text;
	return OTEXT_WHY_OTHER;
}

enum otext
owner_words_proof(const struct case_item *item, bool *good)
{
	*good = owner_item_is_proven(item);
	if (*good)
		return OTEXT_PROOF_YES;
	switch (item->held.class[0]) {
	case 'A':
		return OTEXT_PROOF_PATH;
	case 'X':
		return OTEXT_PROOF_FORGED;
	case 'T':
		return OTEXT_PROOF_LATER;
	default:
		return OTEXT_PROOF_NO;
	}
}

enum otext
owner_words_status(const struct case_item *item)
{
	if (item->want[0] != '\0')
		return OTEXT_ST_GOING;
	switch (item->refused) {
	case CASE_REFUSED:
		return OTEXT_ST_REFUSED;
	case CASE_GAVE_UP:
		return OTEXT_ST_GAVE_UP;
	case CASE_BOUNCED:
		return OTEXT_ST_BOUNCED;
	case CASE_LOST:
		return OTEXT_ST_LOST;
	case CASE_NOT_REFUSED:
		break;
	}
	return OTEXT_COUNT;
}

enum otext
owner_words_act(enum owner_act act)
{
	static const enum otext words[OWNER_ACTS] = {
		[OWNER_ACT_ENTER] = OTEXT_H_ENTER,
		[OWNER_ACT_RELEASE] = OTEXT_H_RELEASE,
		[OWNER_ACT_ACCEPT] = OTEXT_H_ACCEPT,
		[OWNER_ACT_DISCARD] = OTEXT_H_DISCARD,
		[OWNER_ACT_SPAM] = OTEXT_H_SPAM,
		[OWNER_ACT_REFUSE] = OTEXT_H_REFUSE,
		[OWNER_ACT_UNDO] = OTEXT_H_UNDO,
		[OWNER_ACT_ALLOW] = OTEXT_H_ALLOW,
		[OWNER_ACT_BLOCK] = OTEXT_H_BLOCK,
		[OWNER_ACT_FORGET] = OTEXT_H_FORGET,
		[OWNER_ACT_IMPORT] = OTEXT_H_IMPORT,
		[OWNER_ACT_EXPECT] = OTEXT_H_EXPECT,
		[OWNER_ACT_EXPECT_END] = OTEXT_H_EXPECT_END,
		[OWNER_ACT_SETTING] = OTEXT_H_SETTING,
		[OWNER_ACT_REVOKE] = OTEXT_H_REVOKE,
	};

	return words[act];
}

enum otext
owner_words_origin(const char *origin)
{
	static const struct {
		const char *origin;
		enum otext text;
	} words[] = { { "owner", OTEXT_ORIGIN_OWNER },
		{ "sent", OTEXT_ORIGIN_SENT }, { "outbound", OTEXT_ORIGIN_SENT },
		{ "seed", OTEXT_ORIGIN_SEED }, { "page", OTEXT_ORIGIN_PAGE },
		{ "reply", OTEXT_ORIGIN_PAGE } };

	for (size_t i = 0; i < OCT_LEN(words); i++)
		if (strcmp(words[i].origin, origin) == 0)
			return words[i].text;
	return OTEXT_ORIGIN_OTHER;
}

void
owner_words_subject(enum lang l, const char *raw, struct oct_str *out)
{
	size_t before = out->len;

	oct_mime_decode(out, raw, SUBJECT_CHARACTERS);
	if (out->len == before)
		oct_str_add(out, owner_text(l, OTEXT_NO_SUBJECT));
}

const char *
owner_words_sender(enum lang l, const struct case_item *item)
{
	const char *who = owner_item_sender(item);

	return *who != '\0' ? who : owner_text(l, OTEXT_FROM_NOBODY);
}

void
owner_words_who(const char *who, struct oct_str *out)
{
	const char *colon = strchr(who, ':');
	char from[OCT_ADDR_SIZE];

	/* Only an identity is made of parts: any address may hold a bar. */
	if (strncmp(who, "sid:", 4) == 0) {
		(void)proof_sid_from(who + 4, from);
		oct_str_add(out, from);
	} else {
		oct_str_add(out, colon != NULL ? colon + 1 : who);
	}
}

/* --- Times ---------------------------------------------------------------- */

static const char *const days[LANG_COUNT][7] = {
	[LANG_FR] = { "dimanche", "lundi", "mardi", "mercredi", "jeudi",
	    "vendredi", "samedi" },
	[LANG_EN] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday",
	    "Friday", "Saturday" },
};
static const char *const short_months[LANG_COUNT][12] = {
	[LANG_FR] = { "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.",
	    "août", "sept.", "oct.", "nov.", "déc." },
	[LANG_EN] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
	    "Sep", "Oct", "Nov", "Dec" },
};
static const char *const months[LANG_COUNT][12] = {
	[LANG_FR] = { "janvier", "février", "mars", "avril", "mai", "juin",
	    "juillet", "août", "septembre", "octobre", "novembre",
	    "décembre" },
	[LANG_EN] = { "January", "February", "March", "April", "May", "June",
	    "July", "August", "September", "October", "November",
	    "December" },
};

/* False: no calendar has it. */
static bool
tell(int64_t wall_ms, struct tm *out)
{
	time_t t = (time_t)(wall_ms / 1000);

	return localtime_r(&t, out) != NULL;
}

void
owner_words_time(enum lang l, int64_t wall_ms, struct oct_str *out)
{
	const bool fr = l == LANG_FR;
	struct tm t;

	if (!tell(wall_ms, &t))
		return;
	oct_str_addf(out, fr ? "%.3s.\u00a0%d\u00a0%s à %d\u00a0h\u00a0%02d"
			     : "%.3s\u00a0%d\u00a0%s at %02d:%02d",
	    days[l][t.tm_wday], t.tm_mday, short_months[l][t.tm_mon],
	    t.tm_hour, t.tm_min);
}

void
owner_words_day(enum lang l, int64_t wall_ms, struct oct_str *out)
{
	struct tm t;

	if (tell(wall_ms, &t))
		oct_str_addf(out, "%s %d%s\u00a0%s", days[l][t.tm_wday],
		    t.tm_mday, l == LANG_FR && t.tm_mday == 1 ? "er" : "",
		    months[l][t.tm_mon]);
}

static void
add_days(enum lang l, int64_t schedule, struct oct_str *out)
{
	const bool fr = l == LANG_FR;
	int64_t set = schedule & DIGEST_DAILY;
	size_t first = out->len;
	const char *comma = "";

	if (set == DIGEST_DAILY || set == DIGEST_WEEKDAYS) {
		bool daily = set == DIGEST_DAILY;

		oct_str_add(out, fr
			? (daily ? "Tous les jours" : "Du lundi au vendredi")
			: (daily ? "Every day" : "Monday to Friday"));
		return;
	}
	for (int d = 0; d < 7; d++) {
		if ((set & DIGEST_DAYS(1 << d)) == 0)
			continue;
		/* The table begins on Sunday, a schedule on Monday. */
		oct_str_addf(out, "%s%s", comma, days[l][(d + 1) % 7]);
		comma = ", ";
	}
	/* No name of a day begins with an accent. */
	if (oct_str_err(out) == 0 && out->len > first)
		out->buf[first] = (char)toupper((unsigned char)out->buf[first]);
}

void
owner_words_schedule(enum lang l, int64_t schedule, struct oct_str *out)
{
	const char *before = l == LANG_FR ? " à " : " at ";

	if (schedule == DIGEST_OFF)
		return;
	add_days(l, schedule, out);
	for (int h = 0; h < 24; h++) {
		if ((schedule & DIGEST_HOUR(h)) == 0)
			continue;
		oct_str_addf(out, l == LANG_FR ? "%s%d\u00a0h" : "%s%d:00",
		    before, h);
		before = ", ";
	}
}

void
owner_words_size(enum lang l, int64_t octets, struct oct_str *out)
{
	const bool fr = l == LANG_FR;

	if (octets < 1000000)
		oct_str_addf(out, "%lld\u00a0%s",
		    (long long)(octets + 999) / 1000, fr ? "ko" : "kB");
	else
		oct_str_addf(out, "%lld%s%lld\u00a0%s",
		    (long long)octets / 1000000, fr ? "," : ".",
		    (long long)octets % 1000000 / 100000, fr ? "Mo" : "MB");
}
