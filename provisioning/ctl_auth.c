/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl auth, dkim FILE, arc FILE, spf, dmarc: authentication for the eyes
 * of an administrator, with every DNS question that it took.  No configuration, no
 * Redis, no daemon is needed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "auth/arc.h"
#include "auth/dkim.h"
#include "auth/dmarc.h"
#include "auth/spf.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "provisioning/ctl_auth.h"
#include "provisioning/ctl_message.h"

/* A configuration is used only if it was named. */
static int
named_settings(struct ctl *ctl, const struct settings **out)
{
	*out = NULL;
	return ctl->conf_given ? ctl_settings(ctl, out) : 0;
}

static int
print_results(const struct ctl *ctl, json_t *v, const struct ctl_message *m)
{
	struct oct_str out;

	if (ctl->json)
		return ctl_print(ctl, v, NULL, 0);
	oct_str_heap(&out, CTL_OUT_MAX);
	if (m != NULL) {
		ctl_message_envelope_text(m, &out);
		oct_str_addc(&out, '\n');
	}
	ctl_results_text(v, &out);
	json_decref(v);
	return ctl_write(ctl, &out);
}

static int
auth_file(struct ctl *ctl, const struct ctl_args *args)
{
	union {
		const char *word;
		char *path; /* which is not written to */
	} u = { .word = args->words[0] };
	const struct ctl_mail mail = { .path = u.path };
	const struct settings *set;
	struct ctl_message m = { .path = NULL };
	struct ctl_site site;
	json_t *v;
	int status = named_settings(ctl, &set);

	if (status != 0)
		return status;
	status = ctl_site_open(ctl, set, args, true, &site);
	if (status == 0)
		status = ctl_message_read(ctl, &site, &mail, &m);
	if (status == 0) {
		v = ctl_results_json(&m);
		ctl_json_set(v, "envelope", ctl_message_envelope(&m));
		status = print_results(ctl, v, &m);
	}
	ctl_message_fini(&m);
	ctl_site_close(&site);
	return status;
}

int
ctl_auth_session(struct ctl *ctl, const struct ctl_args *args,
    struct dns_session **out)
{
	struct dns *dns;
	int status = ctl_dns(ctl, ctl_args_value(args, "dns"), &dns), rc;

	if (status != 0)
		return status;
	rc = dns_session_new(dns, oct_clock_mono_ms() + CTL_AUTH_DNS_MS,
	    CTL_AUTH_DNS_QUESTIONS, out);
	return rc == 0 ? 0 : ctl_fail_rc(ctl, rc, "DNS", "session");
}

int
ctl_auth_print(const struct ctl *ctl, struct dns_session *dns,
    const char *method, json_t *result)
{
	json_t *v = json_object();

	ctl_json_set(v, method, result);
	ctl_json_set(v, "queries", ctl_queries_json(dns));
	return print_results(ctl, v, NULL);
}

/* --- One method of a file ----------------------------------------------- */

typedef int check_one(struct dns_session *dns, struct oct_msg *m,
    json_t **out);

static int
check_arc(struct dns_session *dns, struct oct_msg *m, json_t **out)
{
	struct auth_arc r;
	int rc = auth_arc_check(dns, m, &r);

	if (rc == 0)
		*out = ctl_arc_json(&r);
	return rc;
}

static int
feed_dkim(struct auth_dkim_verifier *v, struct oct_msg *m)
{
	const char *body;
	size_t len;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < oct_msg_field_count(m); i++) {
		const struct oct_field *f = oct_msg_field(m, i);

		rc = auth_dkim_verify_field(v, f->name, f->name_len, f->value,
		    f->value_len);
	}
	if (rc == 0)
		rc = auth_dkim_verify_eoh(v);
	if (rc == 0)
		rc = oct_msg_body(m, &body, &len);
	if (rc == 0)
		rc = auth_dkim_verify_body(v, body, len);
	return rc;
}

static int
check_dkim(struct dns_session *dns, struct oct_msg *m, json_t **out)
{
	struct auth_dkim *r = calloc(1, sizeof(*r));
	struct auth_dkim_verifier *v = NULL;
	struct auth_dkim_lib *lib = NULL;
	int rc = r == NULL ? -ENOMEM : auth_dkim_lib_new(&lib);

	if (rc == 0)
		rc = auth_dkim_verify_new(lib, dns, "octroictl", &v);
	if (rc == 0) {
		auth_dkim_verify_message(v, m);
		rc = feed_dkim(v, m);
	}
	if (rc == 0)
		rc = auth_dkim_verify_end(v, r);
	if (rc == 0)
		*out = ctl_dkim_json(r);
	auth_dkim_verify_free(v);
	auth_dkim_lib_free(lib);
	free(r);
	return rc;
}

static int
check_file(struct ctl *ctl, const struct ctl_args *args, const char *method,
    check_one *check)
{
	struct dns_session *dns = NULL;
	struct oct_msg_limits limits;
	struct oct_msg *m = NULL;
	json_t *v;
	int status, rc;

	oct_msg_limits_init(&limits);
	limits.body_octets = CTL_BODY_MAX;
	status = ctl_message_file(ctl, args->words[0], &limits, &m);
	if (status == 0)
		status = ctl_auth_session(ctl, args, &dns);
	if (status == 0) {
		rc = check(dns, m, &v);
		status = rc == 0 ? ctl_auth_print(ctl, dns, method, v)
				 : ctl_fail_rc(ctl, rc, method, args->words[0]);
	}
	dns_session_free(dns);
	oct_msg_free(m);
	return status;
}

int
ctl_auth_dkim(struct ctl *ctl, const struct ctl_args *args)
{
	return check_file(ctl, args, "dkim", check_dkim);
}

static int
arc_file(struct ctl *ctl, const struct ctl_args *args)
{
	return check_file(ctl, args, "arc", check_arc);
}

/* --- Without a file ----------------------------------------------------- */

static int
spf_check(struct ctl *ctl, const struct ctl_args *args)
{
	const char *ip = ctl_args_value(args, "client");
	const char *helo = ctl_args_value(args, "helo");
	const char *from = ctl_args_value(args, "from");
	char inner[CTL_AUTH_PATH_SIZE];
	struct auth_spf_input in = { .helo = helo != NULL ? helo : "",
		.mail_from = ctl_auth_path(from, inner),
		.receiver = "localhost.localdomain",
		.now_s = oct_clock_wall_ms() / 1000 };
	struct dns_session *dns;
	struct auth_spf r;
	int status;

	if (ctl_args_has(args, "batch"))
		return ctl_auth_batch(ctl, args, ctl_batch_spf);
	if (ip == NULL || oct_ip_parse(ip, &in.ip) != 0)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "expected --client=IP with an IP address");
	status = ctl_auth_session(ctl, args, &dns);
	if (status != 0)
		return status;
	auth_spf_check(dns, &in, &r);
	status = ctl_auth_print(ctl, dns, "spf", ctl_spf_json(&r));
	dns_session_free(dns);
	return status;
}

/* "DOMAIN=RESULT" of --spf or --dkim as a batch has it. */
static int
proof_json(const struct ctl *ctl, const char *given, json_t *list)
{
	const char *eq = strrchr(given, '=');
	json_t *v = json_object();
	enum auth_result r = AUTH_PASS;

	(void)json_array_append_new(list, v);
	if (eq != NULL && auth_result_parse(eq + 1, &r) != 0)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "'%s': expected DOMAIN or DOMAIN=RESULT", given);
	ctl_json_set(v, "domain",
	    json_stringn(given,
		eq != NULL ? (size_t)(eq - given) : strlen(given)));
	ctl_json_set(v, "result", json_string(auth_result_name(r)));
	return 0;
}

static int
dmarc_request(const struct ctl *ctl, const struct ctl_args *args, json_t *in)
{
	json_t *from = json_array(), *spf = json_array(), *dkim = json_array();
	int status = 0;

	ctl_json_set(in, "from", from);
	ctl_json_set(in, "spf", spf);
	ctl_json_set(in, "dkim", dkim);
	for (size_t i = 0; i < args->count; i++)
		(void)json_array_append_new(from,
		    ctl_json_text(args->words[i]));
	for (size_t i = 0; status == 0 && i < args->given_count; i++) {
		const struct ctl_given *g = &args->given[i];

		if (strcmp(g->name, "spf") == 0)
			status = proof_json(ctl, g->value, spf);
		else if (strcmp(g->name, "dkim") == 0)
			status = proof_json(ctl, g->value, dkim);
	}
	return status;
}

static int
dmarc_check(struct ctl *ctl, const struct ctl_args *args)
{
	struct dns_session *dns = NULL;
	struct auth_dmarc r;
	json_t *in;
	int status;

	if (ctl_args_has(args, "batch"))
		return ctl_auth_batch(ctl, args, ctl_batch_dmarc);
	if (args->count == 0)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "expected the author's address or domain");
	in = json_object();
	status = dmarc_request(ctl, args, in);
	if (status == 0)
		status = ctl_auth_session(ctl, args, &dns);
	if (status == 0 && ctl_batch_dmarc_check(dns, in, &r) != 0)
		status = ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "expected at most 64 authors");
	else if (status == 0)
		status = ctl_auth_print(ctl, dns, "dmarc", ctl_dmarc_json(&r));
	dns_session_free(dns);
	json_decref(in);
	return status;
}

static const struct ctl_option file_options[] = {
	CTL_ENVELOPE_OPTIONS,
	CTL_DNS_OPTION,
	{ NULL, NULL, NULL },
};
static const struct ctl_option spf_options[] = {
	CTL_ENVELOPE_OPTIONS,
	CTL_DNS_OPTION,
	{ "batch", NULL,
	    "answer JSON lines {\"id\",\"ip\",\"helo\",\"from\"}" },
	{ NULL, NULL, NULL },
};
static const struct ctl_option dmarc_options[] = {
	{ "spf", "DOMAIN[=RESULT]", "what SPF found (pass)" },
	{ "dkim", "DOMAIN[=RESULT]", "what DKIM found (pass); repeatable" },
	CTL_DNS_OPTION,
	{ "batch", NULL,
	    "answer JSON lines {\"id\",\"from\",\"spf\",\"dkim\"}" },
	{ NULL, NULL, NULL },
};

const struct ctl_option ctl_auth_dns_options[] = {
	CTL_DNS_OPTION,
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_auth_verbs[] = {
	{ NULL, "FILE|-", "authenticate a message and show the look-ups", 1, 1,
	    file_options, CTL_NO_ATTRIBUTES, auth_file },
	{ .run = NULL },
};

const struct ctl_verb ctl_arc_verbs[] = {
	{ NULL, "FILE|-", "verify the ARC chain of a message", 1, 1,
	    ctl_auth_dns_options, CTL_NO_ATTRIBUTES, arc_file },
	{ .run = NULL },
};

const struct ctl_verb ctl_spf_verbs[] = {
	{ NULL, "--client=IP [--helo=NAME] [--from=ADDRESS] | --batch",
	    "evaluate SPF", 0, 0, spf_options, CTL_NO_ATTRIBUTES, spf_check },
	{ .run = NULL },
};

const struct ctl_verb ctl_dmarc_verbs[] = {
	{ NULL, "AUTHOR... | --batch", "evaluate DMARC", 0, CTL_ANY,
	    dmarc_options, CTL_NO_ATTRIBUTES, dmarc_check },
	{ .run = NULL },
};
