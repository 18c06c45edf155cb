/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each kind of mail that is never asked (challenge.md 6), and its near misses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/exempt.h"

static void
senders(void **state)
{
	static const struct {
		const char *rpath;
		bool exempt;
	} rows[] = {
		{ "<>", true },
		{ "mailer-daemon@example.org", true },
		{ "MAILER-DAEMON@example.org", true },
		{ "postmaster@example.org", true },
		{ "owner-list@example.org", true },
		{ "list-owner@example.org", true },
		{ "list-request@example.org", true },
		{ "list-bounces@example.org", true },
		{ "list-bounces+bob=ville.example@example.org", true },
		{ "bounce@example.org", true },
		{ "bounces@example.org", true },
		{ "bounce-1234@example.org", true },
		{ "Bounce+x@example.org", true },
		{ "noreply@example.org", true },
		{ "NoReply+1@example.org", true },
		{ "no-reply@example.org", true },
		{ "donotreply@example.org", true },
		{ "ne-pas-repondre@example.org", true },
		{ "nepasrepondre@example.org", true },
		{ "notification@example.org", true },
		{ "notifications@example.org", true },
		/* near misses */
		{ "alice@example.org", false },
		{ "alice@noreply.example.org", false },
		{ "alice+noreply@example.org", false },
		{ "mailer-daemons@example.org", false },
		{ "postmasters@example.org", false },
		{ "owner@example.org", false },
		{ "list-owners@example.org", false },
		{ "request@example.org", false },
		{ "bounces-list-x@example.org", true },
		{ "rebounce@example.org", false },
		{ "noreplyalice@example.org", false },
		{ "reply@example.org", false },
		{ "notif@example.org", false },
		{ "\"owner-[a]*\"@example.org", true },
		{ "\"[a-z]\"@example.org", false },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_addr a;

		print_message("  %s\n", rows[i].rpath);
		assert_int_equal(oct_addr_parse(rows[i].rpath, &a), 0);
		assert_int_equal(exempt_sender(&a) != NULL, rows[i].exempt);
	}
}

static const char *
kind_of(const char *name, const char *value, bool named)
{
	struct oct_msg_limits limits;
	struct oct_msg *m = NULL;
	struct oct_addr a;
	const char *kind;

	oct_msg_limits_init(&limits);
	assert_int_equal(oct_msg_new(&limits, &m), 0);
	assert_int_equal(oct_addr_parse("alice@example.org", &a), 0);
	assert_int_equal(oct_msg_add_field(m, "From", " alice@example.org"),
	    0);
	assert_int_equal(oct_msg_add_field(m, name, value), 0);
	kind = exempt_kind(m, &a, named);
	oct_msg_free(m);
	return kind;
}

/* Said by the message itself to come from a machine. */
static bool
is_automatic(const char *name, const char *value)
{
	struct oct_msg_limits limits;
	struct oct_msg *m = NULL;
	bool automatic;

	oct_msg_limits_init(&limits);
	assert_int_equal(oct_msg_new(&limits, &m), 0);
	assert_int_equal(oct_msg_add_field(m, name, value), 0);
	automatic = exempt_is_automatic(m);
	oct_msg_free(m);
	return automatic;
}

static void
fields(void **state)
{
	static const struct {
		const char *name, *value;
		bool exempt;
	} rows[] = {
		{ "Auto-Submitted", " auto-replied", true },
		{ "Auto-Submitted", " auto-generated; owner-email=\"a@b\"",
		    true },
		{ "auto-submitted", "AUTO-NOTIFIED", true },
		{ "Auto-Submitted", " none", true },
		{ "Auto-Submitted", " nothing", true },
		{ "Auto-Submitted", " (c) no", true },
		{ "Auto-Submitted", "", true },
		{ "Auto-Submitted", " no", false },
		{ "Auto-Submitted", " No", false },
		{ "Auto-Submitted", "no (by a person)", false },
		{ "Auto-Submitted", " no; x=y", false },
		{ "Auto-Submitted", "\n\tno", false },
		{ "X-Auto-Submitted", " auto-replied", false },
		{ "List-Id", " <list.example.org>", true },
		{ "List-Unsubscribe", " <https://example.org/u>", true },
		{ "list-anything", "", true },
		{ "Listing", " x", false },
		{ "X-List-Id", " x", false },
		{ "Mailing-List", " list x", true },
		{ "X-Mailing-List", " x", true },
		{ "Mailing-Lists", " x", false },
		{ "Precedence", " bulk", true },
		{ "Precedence", " JUNK", true },
		{ "Precedence", " list", true },
		{ "Precedence", " auto_reply", true },
		{ "Precedence", " first-class", false },
		{ "Precedence", " bulky", false },
		{ "Precedence", " special-delivery", false },
		{ "X-Auto-Response-Suppress", " DR", true },
		{ "X-Auto-Response-Suppress", " OOF, AutoReply", true },
		{ "X-Auto-Response-Suppress", " all", true },
		{ "X-Auto-Response-Suppress", " OOF", false },
		{ "X-Auto-Response-Suppress", " NDR, RN", false },
		{ "Feedback-ID", " 1:2:3:mailer", true },
		{ "X-Feedback-ID", " 1", false },
		{ "Content-Type", " multipart/report; report-type=x", true },
		{ "Content-Type", "\n Multipart/Report;boundary=x", true },
		{ "Content-Type", " multipart/report", true },
		{ "Content-Type", " multipart/reporting; boundary=x", false },
		{ "Content-Type", " multipart/mixed; boundary=report", false },
		{ "Content-Type", " text/plain; x=multipart/report", false },
		{ "X-Octroi-Challenge", " 1", true },
		{ "Subject", " Auto-Submitted: auto-replied", false },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const char *kind = kind_of(rows[i].name, rows[i].value, true);

		print_message("  %s:%s\n", rows[i].name, rows[i].value);
		assert_int_equal(kind != NULL, rows[i].exempt);
		assert_int_equal(is_automatic(rows[i].name, rows[i].value),
		    rows[i].exempt &&
			(strcasecmp(rows[i].name, "Auto-Submitted") == 0 ||
			    strcmp(rows[i].name, "Content-Type") == 0));
	}
}

static void
recipients(void **state)
{
	(void)state;
	assert_null(kind_of("Subject", " x", true));
	assert_string_equal(kind_of("Subject", " x", false),
	    "recipient not named");
}

static const char *
kind_of_hops(size_t hops)
{
	struct oct_msg_limits limits;
	struct oct_msg *m = NULL;
	struct oct_addr a;
	const char *kind;

	oct_msg_limits_init(&limits);
	assert_int_equal(oct_msg_new(&limits, &m), 0);
	assert_int_equal(oct_addr_parse("alice@example.org", &a), 0);
	for (size_t i = 0; i < hops; i++)
		assert_int_equal(oct_msg_add_field(m, "received", " by x"), 0);
	kind = exempt_kind(m, &a, true);
	oct_msg_free(m);
	return kind;
}

static void
loops(void **state)
{
	(void)state;
	assert_null(kind_of_hops(0));
	assert_null(kind_of_hops(50));
	assert_non_null(kind_of_hops(51));
}

/* The mark may stand behind any amount of other text. */
static void
long_values(void **state)
{
	static char value[4000];

	(void)state;
	memset(value, ' ', sizeof(value) - 6);
	memcpy(value + sizeof(value) - 6, "bulk", 5);
	assert_non_null(kind_of("Precedence", value, true));
	memcpy(value + sizeof(value) - 6, "blue", 5);
	assert_null(kind_of("Precedence", value, true));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(senders),
		cmocka_unit_test(fields),
		cmocka_unit_test(recipients),
		cmocka_unit_test(loops),
		cmocka_unit_test(long_values),
	};

	return cmocka_run_group_tests_name("exempt", tests, NULL, NULL);
}
