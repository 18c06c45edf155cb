/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl expect, tag: doors that an owner opens beforehand (challenge.md 7).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/num.h"
#include "policy/expect.h"
#include "provisioning/ctl_grant.h"

#define MINUTE_MS 60000LL
#define DAY_MS 86400000LL
#define EXPECT_STANDARD_MS (30 * MINUTE_MS)
#define TAG_STANDARD_MS (365 * DAY_MS)

/* --- expect ----------------------------------------------------------------- */

static int
read_both(struct ctl *ctl, const struct ctl_args *args, struct ctl_target *t,
    char domain[OCT_DOMAIN_SIZE])
{
	int status = ctl_target(ctl, args->words[0], false, t);

	return status != 0 ? status : ctl_domain(ctl, args->words[1], domain);
}

static int
expect_open_run(struct ctl *ctl, const struct ctl_args *args)
{
	const char *length = ctl_args_value(args, "for");
	int64_t ms = EXPECT_STANDARD_MS;
	char domain[OCT_DOMAIN_SIZE];
	struct ctl_target t;
	int status = read_both(ctl, args, &t, domain), rc;

	if (status != 0)
		return status;
	if (length != NULL && oct_num_duration(length, MINUTE_MS,
		EXPECT_MINUTES_MAX * MINUTE_MS, &ms) != 0)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--for=%s: expected a duration from 1min to 7d", length);
	rc = expect_open(ctl->store, t.addr.domain, t.addr.local, domain,
	    oct_clock_wall_ms() + ms);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "expected senders of", t.name);
	status = ctl_audit(ctl, "expect", t.addr.domain, t.addr.local, domain);
	return status != 0 ? status
			   : ctl_done(ctl, "expected once", "domain", domain);
}

static int
expect_close_run(struct ctl *ctl, const struct ctl_args *args)
{
	char domain[OCT_DOMAIN_SIZE];
	struct ctl_target t;
	int status = read_both(ctl, args, &t, domain), rc;

	if (status != 0)
		return status;
	rc = expect_use(ctl->store, t.addr.domain, t.addr.local, domain);
	if (rc < 0)
		return ctl_fail_rc(ctl, rc, "expected senders of", t.name);
	if (rc == 0)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "%s does not expect %s", t.name, domain);
	status = ctl_audit(ctl, "expect-end", t.addr.domain, t.addr.local,
	    domain);
	return status != 0 ? status
			   : ctl_done(ctl, "expected no longer", "domain",
				 domain);
}

static void
add_expected(void *arg, const char *from_domain, int64_t until_ms)
{
	json_t *v = json_object();

	ctl_json_set(v, "domain", ctl_json_text(from_domain));
	ctl_json_set(v, "until", ctl_json_time(until_ms));
	(void)json_array_append_new(arg, v);
}

static int
expect_list_run(struct ctl *ctl, const struct ctl_args *args)
{
	static const struct ctl_column columns[] = {
		{ "domain", "DOMAIN", CTL_TEXT },
		{ "until", "UNTIL", CTL_TEXT },
	};
	struct ctl_target t;
	json_t *items;
	int status = ctl_target(ctl, args->words[0], false, &t), rc;

	if (status != 0)
		return status;
	items = json_array();
	rc = expect_list(ctl->store, t.addr.domain, t.addr.local,
	    oct_clock_wall_ms(), add_expected, items);
	if (rc != 0) {
		json_decref(items);
		return ctl_fail_rc(ctl, rc, "expected senders of", t.name);
	}
	return ctl_print_list(ctl, json_array_size(items), items, columns,
	    OCT_LEN(columns));
}

/* --- tag -------------------------------------------------------------------- */

/* "2027-11-21": its first ms, UTC. */
static int
read_day(const struct ctl *ctl, const char *text, int64_t *out)
{
	struct tm tm = { .tm_isdst = 0 };
	const char *end = strptime(text, "%Y-%m-%d", &tm);
	time_t t;

	if (end == NULL || *end != '\0' || strlen(text) != 10)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--until=%s: expected a date, as 2027-11-21", text);
	t = timegm(&tm);
	*out = (int64_t)t * 1000;
	if (*out + DAY_MS <= oct_clock_wall_ms())
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--until=%s: that day is over", text);
	return 0;
}

/* The whole address. */
static void
tagged(const struct ctl_target *t, const char *tag, struct oct_str *out)
{
	oct_str_addf(out, "%s+%s@%s", t->addr.local, tag, t->addr.domain);
}

static int
print_tag(const struct ctl *ctl, const struct ctl_target *t, const char *tag,
    const struct expect_tag *said)
{
	static const struct ctl_column columns[] = {
		{ "address", "address", CTL_NAME },
		{ "site", "site", CTL_TEXT },
		{ "until", "until", CTL_TEXT },
	};
	char text[OCT_ADDR_SIZE + EXPECT_TAG_SIZE];
	json_t *v = json_object();
	struct oct_str s;

	oct_str_fixed(&s, text, sizeof(text));
	tagged(t, tag, &s);
	ctl_json_set(v, "address", ctl_json_text(text));
	ctl_json_set(v, "site", ctl_json_text(said->site));
	ctl_json_set(v, "until", ctl_json_time(said->until_ms));
	return ctl_print(ctl, v, columns, OCT_LEN(columns));
}

static int
tag_make(struct ctl *ctl, const struct ctl_args *args)
{
	const char *day = ctl_args_value(args, "until");
	int64_t now = oct_clock_wall_ms(), until = now + TAG_STANDARD_MS;
	uint8_t key[OCT_KEY_OCTETS];
	char tag[EXPECT_TAG_SIZE];
	struct expect_tag said;
	struct ctl_target t;
	int status = ctl_target(ctl, args->words[0], false, &t), rc;

	if (status == 0 && day != NULL)
		status = read_day(ctl, day, &until);
	if (status == 0)
		status = ctl_key(ctl, EXPECT_TAG_PURPOSE, key);
	if (status != 0)
		return status;
	rc = expect_tag_make(key, &t.addr, args->words[1], until, tag);
	explicit_bzero(key, sizeof(key));
	if (rc != 0)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    rc == -ERANGE ? "the day must be of this century"
				  : "%s: expected 1 to 20 letters, digits or "
				    "dots",
		    args->words[1]);
	rc = expect_tag_note(ctl->store, t.addr.domain, t.addr.local, tag,
	    now);
	if (rc == 0)
		rc = expect_tag_parse(tag, &said);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "tagged addresses of", t.name);
	status = ctl_audit(ctl, "tag", t.addr.domain, t.addr.local, tag);
	return status != 0 ? status : print_tag(ctl, &t, tag, &said);
}

/* A tag, or the whole address that bears it. */
static int
read_tag(const struct ctl *ctl, const struct ctl_target *t, const char *text,
    char out[EXPECT_TAG_SIZE], struct expect_tag *said)
{
	const char *plus = strrchr(text, '+');
	struct oct_addr a;
	struct oct_str s;

	oct_str_fixed(&s, out, EXPECT_TAG_SIZE);
	if (plus != NULL && oct_addr_parse(text, &a) == 0 &&
	    strcmp(a.domain, t->addr.domain) == 0)
		oct_str_add(&s, strrchr(a.local, '+') + 1);
	else
		oct_str_add(&s, text);
	for (char *p = out; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	if (oct_str_err(&s) == 0 && expect_tag_parse(out, said) == 0)
		return 0;
	return ctl_fail(ctl, DAEMON_EXIT_USAGE,
	    "%s is no tagged address of %s: 'octroictl tag list %s' shows them",
	    text, t->name, t->name);
}

static int
tag_revoke(struct ctl *ctl, const struct ctl_args *args)
{
	char tag[EXPECT_TAG_SIZE];
	struct expect_tag said;
	struct ctl_target t;
	int status = ctl_target(ctl, args->words[0], false, &t), rc;

	if (status == 0)
		status = read_tag(ctl, &t, args->words[1], tag, &said);
	if (status != 0)
		return status;
	rc = expect_tag_revoke(ctl->store, t.addr.domain, t.addr.local, tag,
	    oct_clock_wall_ms());
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "tagged addresses of", t.name);
	status = ctl_audit(ctl, "tag-revoke", t.addr.domain, t.addr.local,
	    tag);
	return status != 0 ? status
			   : ctl_done(ctl, "revoked", "tag", tag);
}

/* One look at the store: was it revoked? */
static int
ask_revoked(struct ctl *ctl, const struct ctl_target *t, const char *tag,
    bool *revoked)
{
	struct store_batch *b = NULL;
	int slot, rc = store_batch_new(&b);

	if (rc == 0) {
		slot = expect_tag_ask(b, t->addr.domain, t->addr.local, tag);
		rc = slot < 0 ? slot : store_batch_run(ctl->store, b);
		if (rc == 0)
			*revoked = store_batch_value(b, slot, 0)->data != NULL;
	}
	store_batch_free(b);
	return rc == 0 ? 0
		       : ctl_fail_rc(ctl, rc, "tagged addresses of", t->name);
}

static int
tag_check(struct ctl *ctl, const struct ctl_args *args)
{
	uint8_t key[OCT_KEY_OCTETS];
	char tag[EXPECT_TAG_SIZE], good[EXPECT_TAG_SIZE];
	struct expect_tag said;
	struct oct_addr typed;
	bool revoked = false, valid;
	struct ctl_target t;
	int status = ctl_target(ctl, args->words[0], false, &t);

	if (status == 0)
		status = read_tag(ctl, &t, args->words[1], tag, &said);
	if (status == 0)
		status = ctl_key(ctl, EXPECT_TAG_PURPOSE, key);
	if (status == 0)
		status = ask_revoked(ctl, &t, tag, &revoked);
	if (status != 0)
		return status;
	typed = t.addr;
	(void)snprintf(typed.local, sizeof(typed.local), "x+%s", tag);
	/* On its own day: what is over is told apart from what was never made. */
	valid = expect_tag_check(key, &typed, &t.addr, said.until_ms - 1,
	    good);
	explicit_bzero(key, sizeof(key));
	if (!valid || revoked || oct_clock_wall_ms() >= said.until_ms)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED, "%s: %s", tag,
		    !valid	? "its check is wrong for this mailbox"
			: revoked ? "it was revoked"
				: "its day is over");
	return print_tag(ctl, &t, tag, &said);
}

struct tags {
	const struct ctl_target *target;
	json_t *items;
};

static void
add_tag(void *arg, const char *tag, const struct expect_tag *said,
    int64_t made_ms, int64_t revoked_ms)
{
	char text[OCT_ADDR_SIZE + EXPECT_TAG_SIZE];
	struct tags *tags = arg;
	json_t *v = json_object();
	struct oct_str s;

	oct_str_fixed(&s, text, sizeof(text));
	tagged(tags->target, tag, &s);
	ctl_json_set(v, "address", ctl_json_text(text));
	ctl_json_set(v, "site", ctl_json_text(said->site));
	ctl_json_set(v, "made", ctl_json_time(made_ms));
	ctl_json_set(v, "until", ctl_json_time(said->until_ms));
	ctl_json_set(v, "revoked", ctl_json_time(revoked_ms));
	(void)json_array_append_new(tags->items, v);
}

static int
tag_list(struct ctl *ctl, const struct ctl_args *args)
{
	static const struct ctl_column columns[] = {
		{ "address", "ADDRESS", CTL_NAME },
		{ "made", "MADE", CTL_TEXT },
		{ "until", "UNTIL", CTL_TEXT },
		{ "revoked", "REVOKED", CTL_TEXT },
	};
	struct ctl_target t;
	struct tags tags = { .target = &t };
	int status = ctl_target(ctl, args->words[0], false, &t), rc;

	if (status != 0)
		return status;
	tags.items = json_array();
	rc = expect_tag_list(ctl->store, t.addr.domain, t.addr.local,
	    oct_clock_wall_ms(), add_tag, &tags);
	if (rc != 0) {
		json_decref(tags.items);
		return ctl_fail_rc(ctl, rc, "tagged addresses of", t.name);
	}
	return ctl_print_list(ctl, json_array_size(tags.items), tags.items,
	    columns, OCT_LEN(columns));
}

static const struct ctl_option expect_options[] = {
	{ "for", "TIME", "how long the door is open (30min; at most 7d)" },
	{ NULL, NULL, NULL },
};
static const struct ctl_option tag_options[] = {
	{ "until", "DATE", "its last day (2027-11-21; else in a year)" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_expect_verbs[] = {
	{ "open", "MAILBOX DOMAIN",
	    "let the next message of a domain in (if it can prove to be it)", 2,
	    2, expect_options, CTL_NO_ATTRIBUTES, expect_open_run },
	{ "close", "MAILBOX DOMAIN", "take it back", 2, 2, NULL,
	    CTL_NO_ATTRIBUTES, expect_close_run },
	{ "list", "MAILBOX", "print the domains that are expected", 1, 1, NULL,
	    CTL_NO_ATTRIBUTES, expect_list_run },
	{ .run = NULL },
};

const struct ctl_verb ctl_tag_verbs[] = {
	{ "make", "MAILBOX SITE", "make an address to give to one site", 2, 2,
	    tag_options, CTL_NO_ATTRIBUTES, tag_make },
	{ "check", "MAILBOX ADDRESS", "does it let in, today?", 2, 2, NULL,
	    CTL_NO_ATTRIBUTES, tag_check },
	{ "revoke", "MAILBOX ADDRESS", "it lets nobody in any more", 2, 2, NULL,
	    CTL_NO_ATTRIBUTES, tag_revoke },
	{ "list", "MAILBOX", "print those that were made or revoked", 1, 1,
	    NULL, CTL_NO_ATTRIBUTES, tag_list },
	{ .run = NULL },
};
