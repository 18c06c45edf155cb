/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SPF and DMARC for scripts: JSON in, JSON out, a line each.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/dmarc.h"
#include "auth/spf.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "provisioning/ctl_auth.h"

#define LINE_OCTETS (1u << 20)
#define AUTHORS_MAX 64
#define SPF_MAX 8

const char *
ctl_auth_path(const char *text, char inner[CTL_AUTH_PATH_SIZE])
{
	size_t len;

	if (text == NULL)
		return "";
	len = strlen(text);
	if (len < 2 || text[0] != '<' || text[len - 1] != '>' ||
	    len - 2 >= CTL_AUTH_PATH_SIZE)
		return text;
	memcpy(inner, text + 1, len - 2);
	inner[len - 2] = '\0';
	return inner;
}

static const char *
member(const json_t *in, const char *key)
{
	return json_string_value(json_object_get(in, key));
}

int
ctl_batch_spf(struct dns_session *dns, const json_t *in, json_t *out,
    const char **expected)
{
	const char *ip = member(in, "ip"), *helo = member(in, "helo");
	char inner[CTL_AUTH_PATH_SIZE];
	struct auth_spf_input q = { .helo = helo != NULL ? helo : "",
		.mail_from = ctl_auth_path(member(in, "from"), inner),
		.receiver = "localhost.localdomain",
		.now_s = oct_clock_wall_ms() / 1000 };
	struct auth_spf r;

	*expected = "\"ip\" must be an IP address";
	if (ip == NULL || oct_ip_parse(ip, &q.ip) != 0)
		return OCT_EPARSE;
	auth_spf_check(dns, &q, &r);
	ctl_json_set(out, "result", json_string(auth_result_name(r.result)));
	ctl_json_set(out, "explanation", ctl_json_text(r.explanation));
	return 0;
}

/* --- DMARC -------------------------------------------------------------- */

struct authors {
	size_t count;
	char domain[AUTHORS_MAX][OCT_DOMAIN_SIZE];
	const char *list[AUTHORS_MAX];
};

/* Each domain once; what is no address and no domain is left out. */
static int
read_authors(const json_t *from, struct authors *a)
{
	json_t *item;
	size_t i;

	a->count = 0;
	json_array_foreach(from, i, item) {
		const char *text = json_string_value(item), *at;
		char *out = a->domain[a->count];
		bool known = false;

		if (text == NULL || a->count == AUTHORS_MAX)
			return OCT_EPARSE;
		at = strrchr(text, '@');
		if (oct_domain_normalise(at != NULL ? at + 1 : text, out) != 0)
			continue;
		for (size_t k = 0; k < a->count; k++)
			known |= strcmp(a->domain[k], out) == 0;
		if (!known)
			a->list[a->count++] = out;
	}
	return 0;
}

static int
read_proof(const json_t *v, char domain[OCT_DOMAIN_SIZE],
    enum auth_result *result)
{
	const char *name = member(v, "domain"), *word = member(v, "result");
	const char *at = name != NULL ? strrchr(name, '@') : NULL;

	if (name == NULL || word == NULL ||
	    auth_result_parse(word, result) != 0)
		return OCT_EPARSE;
	if (oct_domain_normalise(at != NULL ? at + 1 : name, domain) != 0)
		domain[0] = '\0';
	return 0;
}

static void
add_signature(struct auth_dkim *out, const struct auth_dkim_sig *sig)
{
	if (out->count < AUTH_DKIM_MAX)
		out->sig[out->count++] = *sig;
	else
		out->ignored++;
}

/* Passing ones first: only those can align. */
static int
read_dkim(const json_t *list, struct auth_dkim *out)
{
	memset(out, 0, sizeof(*out));
	for (int pass = 1; pass >= 0; pass--) {
		json_t *item;
		size_t i;

		json_array_foreach(list, i, item) {
			struct auth_dkim_sig sig = { .whole_body = true,
				.covers_from = true, .covers_to = true,
				.covers_cc = true, .covers_subject = true };

			if (read_proof(item, sig.domain, &sig.result) != 0)
				return OCT_EPARSE;
			if ((sig.result == AUTH_PASS) == (pass == 1))
				add_signature(out, &sig);
		}
	}
	return 0;
}

/* With each SPF identity in turn: the first one that makes it pass, else the
 * first of all. */
static int
check_each(struct dns_session *dns, struct auth_dmarc_input *in,
    const json_t *list, struct auth_dmarc *out)
{
	size_t n = json_array_size(list);

	for (size_t i = 0; i == 0 || (i < n && i < SPF_MAX); i++) {
		struct auth_spf spf = { .result = AUTH_NONE };
		struct auth_dmarc r;

		if (n > 0 && read_proof(json_array_get(list, i), spf.domain,
				 &spf.result) != 0)
			return OCT_EPARSE;
		in->spf = &spf;
		auth_dmarc_check(dns, in, &r);
		if (i == 0 || r.result == AUTH_PASS)
			*out = r;
		if (r.result == AUTH_PASS)
			break;
	}
	return 0;
}

int
ctl_batch_dmarc_check(struct dns_session *dns, const json_t *in,
    struct auth_dmarc *out)
{
	struct authors *authors = malloc(sizeof(*authors));
	struct auth_dkim *dkim = malloc(sizeof(*dkim));
	struct auth_dmarc_input q = { .dkim = dkim };
	int rc = -ENOMEM;

	if (authors == NULL || dkim == NULL)
		goto out;
	rc = read_authors(json_object_get(in, "from"), authors);
	if (rc == 0)
		rc = read_dkim(json_object_get(in, "dkim"), dkim);
	if (rc != 0)
		goto out;
	q.from_domains = authors->list;
	q.from_count = authors->count;
	rc = check_each(dns, &q, json_object_get(in, "spf"), out);
out:
	free(authors);
	free(dkim);
	return rc;
}

int
ctl_batch_dmarc(struct dns_session *dns, const json_t *in, json_t *out,
    const char **expected)
{
	struct auth_dmarc r;
	int rc;

	*expected = "\"from\" must be a list of addresses or domains, \"spf\" "
		    "and \"dkim\" lists of {\"domain\",\"result\"}";
	rc = ctl_batch_dmarc_check(dns, in, &r);
	if (rc != 0)
		return rc;
	ctl_json_set(out, "result", json_string(auth_result_name(r.result)));
	ctl_json_set(out, "policy",
	    *r.domain != '\0' ? json_string(auth_dmarc_policy_name(r.policy))
			      : json_null());
	ctl_json_set(out, "domain",
	    *r.domain != '\0' ? json_string(r.domain) : json_null());
	return 0;
}

/* --- The lines ---------------------------------------------------------- */

static bool
answer_line(struct dns *dns, const char *line, ctl_batch_answer *answer,
    struct oct_str *text)
{
	const char *expected = "one JSON object a line";
	json_t *in = json_loads(line, 0, NULL), *out = json_object();
	json_t *id = json_object_get(in, "id");
	struct dns_session *session = NULL;
	int rc = OCT_EPARSE;

	ctl_json_set(out, "id", id != NULL ? json_incref(id) : json_null());
	if (json_is_object(in)) {
		rc = dns_session_new(dns,
		    oct_clock_mono_ms() + CTL_AUTH_DNS_MS,
		    CTL_AUTH_DNS_QUESTIONS, &session);
		if (rc == 0)
			rc = answer(session, in, out, &expected);
	}
	if (rc != 0)
		ctl_json_set(out, "error",
		    json_string(rc == OCT_EPARSE ? expected
						 : oct_strerror(rc)));
	oct_str_clear(text);
	if (ctl_out_json(out, true, text) != 0)
		rc = -ENOMEM;
	dns_session_free(session);
	json_decref(in);
	json_decref(out);
	return rc == 0;
}

int
ctl_auth_batch(struct ctl *ctl, const struct ctl_args *args,
    ctl_batch_answer *answer)
{
	char *line = malloc(LINE_OCTETS);
	struct oct_str text;
	bool good = true;
	struct dns *dns;
	int status = ctl_dns(ctl, ctl_args_value(args, "dns"), &dns);

	oct_str_heap(&text, CTL_OUT_MAX);
	if (status == 0 && line == NULL)
		status = ctl_fail_rc(ctl, -ENOMEM, "the", "batch");
	while (status == 0 && fgets(line, LINE_OCTETS, stdin) != NULL) {
		size_t len = strlen(line);

		if (len + 1 == LINE_OCTETS && line[len - 1] != '\n')
			status = ctl_fail_rc(ctl, OCT_ELIMIT, "a line of",
			    "the batch");
		else if (line[strspn(line, " \t\r\n")] == '\0')
			continue;
		else
			good &= answer_line(dns, line, answer, &text);
		if (status == 0 &&
		    (fputs(oct_str_text(&text), stdout) == EOF ||
			fflush(stdout) != 0))
			status = ctl_fail_rc(ctl, -EIO, "standard", "output");
	}
	oct_str_free(&text);
	free(line);
	return status != 0 || good ? status : DAEMON_EXIT_FAILED;
}
