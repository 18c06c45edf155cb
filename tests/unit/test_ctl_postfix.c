/* SPDX-License-Identifier: Apache-2.0 */
/* The doctor's judgement of Postfix's and Redis's settings, given as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/str.h"
#include "provisioning/ctl_doctor.h"

#define GOOD_MAIN                                                              \
	"milter_default_action = tempfail\n"                                   \
	"local_header_rewrite_clients =\n"                                     \
	"remote_header_rewrite_domain =\n"                                     \
	"always_add_missing_headers = no\n"                                    \
	"message_drop_headers =\n"                                             \
	"smtp_line_length_limit = 0\n"                                         \
	"lmtp_line_length_limit = 0\n"                                         \
	"smtpd_forbid_bare_newline = normalize\n"                              \
	"enable_original_recipient = yes\n"                                    \
	"virtual_alias_domains =\n"                                            \
	"smtpd_authorized_xclient_hosts =\n"                                   \
	"smtpd_discard_ehlo_keywords =\n"                                      \
	"smtpd_milters =\n"                                                    \
	"receive_override_options =\n"                                         \
	"milter_macro_daemon_name = $myhostname\n"                             \
	"virtual_mailbox_domains = socketmap:unix:/run/octroi/mapd.sock:"      \
	"vdomains\n"                                                           \
	"virtual_mailbox_maps = hash:/x, socketmap:unix:/run/octroi/"          \
	"mapd.sock:vmailbox\n"                                                 \
	"virtual_alias_maps = socketmap:unix:/run/octroi/mapd.sock:valias\n"   \
	"transport_maps = socketmap:unix:/run/octroi/mapd.sock:transport\n"   \
	"sender_dependent_default_transport_maps = "                           \
	"socketmap:unix:/run/octroi/mapd.sock:srs\n"
#define GOOD_SERVICES                                                          \
	"smtp       inet  n       -       n       -       -       smtpd\n"     \
	"submission inet  n       -       n       -       -       smtpd -o a=b\n" \
	"127.0.0.1:10026 inet n - n - - smtpd\n"                               \
	"127.0.0.1:10027 inet n - n - - smtpd\n"                               \
	"127.0.0.1:10028 inet n - n - - smtpd\n"                               \
	"10029 inet n - n - - qmqpd\n"                                         \
	"pickup     unix  n       -       n       60      1       pickup\n"
#define GOOD_OPTIONS                                                           \
	"smtp/inet/smtpd_milters = unix:/run/other.sock, "                     \
	"{ unix:/run/octroi/milter.sock, default_action=tempfail }\n"          \
	"smtp/inet/smtpd_discard_ehlo_keywords = dsn, silent-discard\n"        \
	"submission/inet/smtpd_milters = unix:octroi/milter.sock\n"            \
	"submission/inet/milter_macro_daemon_name = ORIGINATING\n"             \
	"127.0.0.1:10026/inet/receive_override_options = "                     \
	"no_unknown_recipient_checks,no_milters\n"                             \
	"127.0.0.1:10027/inet/receive_override_options = no_milters\n"         \
	"127.0.0.1:10028/inet/receive_override_options = no_milters\n"

/* "check on|check on" of what is not ok; *worst as found. */
static void
judge(const char *main_text, const char *services, const char *options,
    struct oct_str *out, enum ctl_grade *worst)
{
	char milter[] = "unix:/run/octroi/milter.sock";
	char mapd[] = "unix:/run/octroi/mapd.sock";
	char release[] = "127.0.0.1:10026", own[] = "127.0.0.1:10027";
	char srs[] = "srs.test", srs_listen[] = "127.0.0.1:10028";
	char daemon[] = "ORIGINATING", *daemons[] = { daemon };
	struct settings set = { .milter_socket = milter,
		.mapd_socket = mapd,
		.release_address = release,
		.own_address = own,
		.srs_domain = srs,
		.srs_listen = srs_listen,
		.submission_daemons = { 1, daemons } };
	struct ctl_findings f = { .items = json_array() };
	json_t *item;
	size_t i;

	ctl_postfix_judge(main_text, services, options, &set, &f);
	json_array_foreach(f.items, i, item) {
		const char *state =
		    json_string_value(json_object_get(item, "state"));

		if (strcmp(state, "ok") == 0)
			continue;
		oct_str_addf(out, "%s%s %s", out->len > 0 ? "|" : "",
		    json_string_value(json_object_get(item, "check")),
		    json_string_value(json_object_get(item, "on")));
		assert_string_not_equal(
		    json_string_value(json_object_get(item, "hint")), "");
	}
	*worst = f.worst;
	assert_true(json_array_size(f.items) > 10);
	json_decref(f.items);
}

static const struct {
	const char *name, *from, *to; /* replaced in one of the texts */
	enum ctl_grade worst;
	const char *found;
} cases[] = {
	{ "all as it must be", "", "", CTL_OK, "" },
	{ "mail passes when the filter is down", "= tempfail\n", "= accept\n",
	    CTL_FAIL, "postfix milter_default_action" },
	{ "headers are rewritten", "local_header_rewrite_clients =",
	    "local_header_rewrite_clients = permit_inet_interfaces", CTL_FAIL,
	    "postfix local_header_rewrite_clients" },
	{ "headers vanish", "message_drop_headers =",
	    "message_drop_headers = bcc", CTL_FAIL,
	    "postfix message_drop_headers" },
	{ "long lines are cut", "smtp_line_length_limit = 0",
	    "smtp_line_length_limit = 998", CTL_FAIL,
	    "postfix smtp_line_length_limit" },
	{ "an old Postfix", "smtpd_forbid_bare_newline = normalize\n", "",
	    CTL_FAIL, "postfix smtpd_forbid_bare_newline" },
	{ "a warning only", "virtual_alias_domains =",
	    "virtual_alias_domains = $virtual_alias_maps", CTL_WARN,
	    "postfix virtual_alias_domains" },
	{ "another map server", "/mapd.sock:valias", "/other.sock:valias",
	    CTL_FAIL, "postfix virtual_alias_maps" },
	{ "octroi is not the last milter",
	    "/run/octroi/milter.sock, default_action=tempfail }",
	    "/run/octroi/milter.sock }, inet:127.0.0.1:9", CTL_FAIL,
	    "postfix smtpd_milters smtp" },
	{ "no milter", "smtp/inet/smtpd_milters", "smtp/inet/xxx", CTL_FAIL,
	    "postfix smtpd_milters smtp" },
	{ "receipts", "= dsn, silent-discard", "= silent-discard", CTL_FAIL,
	    "postfix smtpd_discard_ehlo_keywords smtp" },
	{ "a test bed's clients may claim addresses",
	    "smtpd_authorized_xclient_hosts =",
	    "smtpd_authorized_xclient_hosts = 127.0.0.0/8", CTL_WARN,
	    "postfix smtpd_authorized_xclient_hosts smtp" },
	{ "anybody may claim addresses", "smtpd_authorized_xclient_hosts =",
	    "smtpd_authorized_xclient_hosts = 127.0.0.1, 192.0.2.1", CTL_FAIL,
	    "postfix smtpd_authorized_xclient_hosts smtp" },
	{ "released mail is not expanded",
	    "no_unknown_recipient_checks,no_milters",
	    "no_address_mappings,no_milters", CTL_FAIL,
	    "postfix release listener 127.0.0.1:10026" },
	{ "our own mail is filtered", "options = no_milters",
	    "options = no_header_body_checks", CTL_FAIL,
	    "postfix own listener 127.0.0.1:10027" },
	{ "a listener is missing", "127.0.0.1:10026 inet",
	    "127.0.0.1:10026 unix", CTL_FAIL,
	    "postfix release listener 127.0.0.1:10026" },
	{ "forwarded mail is not rewritten",
	    "sender_dependent_default_transport_maps",
	    "sender_dependent_relayhost_maps", CTL_FAIL,
	    "postfix sender_dependent_default_transport_maps" },
	{ "forwarded mail has nowhere to go", "127.0.0.1:10028 inet",
	    "127.0.0.1:10028 unix", CTL_FAIL,
	    "postfix srs listener 127.0.0.1:10028" },
};

/* text with the first occurrence of from exchanged. */
static char *
with(const char *text, const char *from, const char *to)
{
	const char *at = *from != '\0' ? strstr(text, from) : NULL;
	struct oct_str s;
	char *out;

	oct_str_heap(&s, 65536);
	oct_str_addn(&s, text, at != NULL ? (size_t)(at - text) : strlen(text));
	if (at != NULL)
		oct_str_addf(&s, "%s%s", to, at + strlen(from));
	out = oct_str_take(&s);
	assert_non_null(out);
	return out;
}

static void
each_wrong_setting_is_found_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		const char *from = cases[i].from, *to = cases[i].to;
		char *main_text = with(GOOD_MAIN, from, to);
		char *services = with(GOOD_SERVICES, from, to);
		char *options = with(GOOD_OPTIONS, from, to);
		enum ctl_grade worst;
		struct oct_str s;

		print_message("  %s\n", cases[i].name);
		oct_str_heap(&s, 65536);
		judge(main_text, services, options, &s, &worst);
		assert_string_equal(oct_str_text(&s), cases[i].found);
		assert_int_equal(worst, cases[i].worst);
		oct_str_free(&s);
		free(main_text);
		free(services);
		free(options);
	}
}

static const struct {
	const char *name, *milter, *milter_out, *map, *map_out;
} endpoints[] = {
	{ "unix", "unix:/a/b", "unix:/a/b", "unix:/a/b", "unix:/a/b" },
	{ "inet", "inet:8891@127.0.0.1", "inet:127.0.0.1:8891",
	    "127.0.0.1:10025", "inet:127.0.0.1:10025" },
	{ "IPv6", "inet:8891@[::1]", "inet:[::1]:8891", "[::1]:1",
	    "inet:[::1]:1" },
	{ "relative path", "unix:a", NULL, "unix:a", NULL },
	{ "no port", "inet:@h", NULL, "h:", NULL },
	{ "no host", "inet:1@", NULL, ":1", NULL },
	{ "no number", "inet:x@h", NULL, "h:x", NULL },
	{ "nothing", "", NULL, "", NULL },
};

static void
endpoints_are_written_as_postfix_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(endpoints); i++) {
		char out[CTL_ENDPOINT_SIZE];

		print_message("  %s\n", endpoints[i].name);
		assert_int_equal(ctl_postfix_milter(endpoints[i].milter, out),
		    endpoints[i].milter_out != NULL ? 0 : OCT_EPARSE);
		if (endpoints[i].milter_out != NULL)
			assert_string_equal(out, endpoints[i].milter_out);
		assert_int_equal(ctl_postfix_map(endpoints[i].map, out),
		    endpoints[i].map_out != NULL ? 0 : OCT_EPARSE);
		if (endpoints[i].map_out != NULL)
			assert_string_equal(out, endpoints[i].map_out);
	}
}

static void
a_setting_of_redis_is_judged(void **state)
{
	static const struct {
		const char *value, *want;
	} rows[] = { { "yes", "ok" }, { "no", "fail" }, { NULL, "warn" } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct ctl_findings f = { .items = json_array() };

		doctor_redis_setting("appendonly", rows[i].value, "yes", "why",
		    &f);
		assert_string_equal(
		    json_string_value(json_object_get(
			json_array_get(f.items, 0), "state")),
		    rows[i].want);
		json_decref(f.items);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_wrong_setting_is_found_and_nothing_else),
		cmocka_unit_test(endpoints_are_written_as_postfix_does),
		cmocka_unit_test(a_setting_of_redis_is_judged),
	};

	return cmocka_run_group_tests_name("ctl_postfix", tests, NULL, NULL);
}
