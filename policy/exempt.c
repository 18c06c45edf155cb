/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/exempt.h"

#include <fnmatch.h>
#include <string.h>
#include <strings.h>

/* Received fields past which a message is taken for a loop. */
#define RECEIVED_MAX 50

/* Enough for the keywords looked for: a longer value is judged by its start. */
#define VALUE_SIZE 256

const char *
exempt_sender(const struct oct_addr *rpath)
{
	static const char *const robots[] = { "mailer-daemon", "postmaster",
		"owner-*", "*-owner", "*-request", "*-bounces", "bounce*",
		"noreply", "no-reply", "donotreply", "ne-pas-repondre",
		"nepasrepondre", "notification", "notifications" };
	struct oct_addr folded;

	if (oct_addr_is_null(rpath))
		return "null reverse-path";
	oct_addr_fold(rpath, '+', &folded);
	for (size_t i = 0; i < OCT_LEN(robots); i++)
		if (fnmatch(robots[i], folded.local, FNM_NOESCAPE) == 0)
			return "role sender";
	return NULL;
}

/* The field's value without leading white space, its start copied into out. */
static void
value_start(const struct oct_field *f, char out[VALUE_SIZE])
{
	size_t i = 0, n = 0;

	while (i < f->value_len && strchr(" \t\r\n", f->value[i]) != NULL)
		i++;
	while (i < f->value_len && n < VALUE_SIZE - 1) {
		char c = f->value[i++];

		out[n++] = (char)(c == '\0' ? ' ' : c);
	}
	out[n] = '\0';
}

/* Does value hold word as a whole, comma-, space- or semicolon-separated? */
static bool
has_word(const char *value, const char *word)
{
	size_t len = strlen(word);

	while (*value != '\0') {
		size_t n = strcspn(value, " \t\r\n,;");

		if (n == len && strncasecmp(value, word, len) == 0)
			return true;
		value += n;
		value += strspn(value, " \t\r\n,;");
	}
	return false;
}

static bool
has_any(const char *value, const char *const *words)
{
	for (; *words != NULL; words++)
		if (has_word(value, *words))
			return true;
	return false;
}

/* "no", with optional comments or parameters behind. */
static bool
says_automatic(const struct oct_field *f)
{
	char value[VALUE_SIZE];

	if (!oct_field_is(f, "Auto-Submitted"))
		return false;
	value_start(f, value);
	return strncasecmp(value, "no", 2) != 0 ||
	    strchr(" \t;(\r\n", value[2]) == NULL;
}

static bool
is_report(const struct oct_field *f)
{
	char value[VALUE_SIZE];

	if (!oct_field_is(f, "Content-Type"))
		return false;
	value_start(f, value);
	return strncasecmp(value, "multipart/report", 16) == 0 &&
	    strchr(" \t;(\r\n", value[16]) != NULL;
}

bool
exempt_is_automatic(const struct oct_msg *m)
{
	for (size_t i = 0; i < oct_msg_field_count(m); i++)
		if (says_automatic(oct_msg_field(m, i)) ||
		    is_report(oct_msg_field(m, i)))
			return true;
	return false;
}

static const char *
kind_of_field(const struct oct_field *f)
{
	static const char *const bulk[] = { "bulk", "junk", "list",
		"auto_reply", NULL };
	static const char *const suppress[] = { "DR", "AutoReply", "All",
		NULL };
	char value[VALUE_SIZE];

	if (oct_field_starts(f, "List-") ||
	    oct_field_is(f, "Mailing-List") ||
	    oct_field_is(f, "X-Mailing-List"))
		return "mailing list";
	if (oct_field_is(f, "Feedback-ID"))
		return "bulk mail";
	if (oct_field_is(f, "X-Octroi-Challenge"))
		return "mail of a first-contact filter";
	if (says_automatic(f))
		return "automatic mail";
	if (is_report(f))
		return "report";
	value_start(f, value);
	if (oct_field_is(f, "Precedence"))
		return has_any(value, bulk) ? "bulk mail" : NULL;
	if (oct_field_is(f, "X-Auto-Response-Suppress"))
		return has_any(value, suppress) ? "automatic mail" : NULL;
	return NULL;
}

const char *
exempt_kind(const struct oct_msg *m, const struct oct_addr *rpath, bool named)
{
	const char *kind = exempt_sender(rpath);

	for (size_t i = 0; kind == NULL && i < oct_msg_field_count(m); i++)
		kind = kind_of_field(oct_msg_field(m, i));
	if (kind == NULL && oct_msg_count(m, "Received") > RECEIVED_MAX)
		kind = "too many Received fields";
	if (kind == NULL && !named)
		kind = "recipient not named";
	return kind;
}
