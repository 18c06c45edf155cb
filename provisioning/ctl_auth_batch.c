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
#include "lib/addrlist.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "provisioning/ctl_auth.h"

#define LINE_OCTETS (1u << 20)
#define CLAIMS_MAX 64 /* of authors, SPF and DKIM results each */

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

/* A member that is a text; "" if absent or null.  false: it is something else,
 * or has a NUL in it. */
static bool
member(const json_t *in, const char *key, const char **out)
{
	const json_t *v = json_object_get(in, key);

	*out = json_is_string(v) ? json_string_value(v) : "";
	return v == NULL || json_is_null(v) ||
	    (json_is_string(v) && strlen(*out) == json_string_length(v));
}

int
ctl_batch_spf(struct dns_session *dns, const json_t *in, json_t *out,
    const char **expected)
{
	struct auth_spf_input q = { .receiver = "localhost.localdomain",
		.now_s = oct_clock_wall_ms() / 1000 };
	char inner[CTL_AUTH_PATH_SIZE];
	const char *ip, *from;
	struct auth_spf r;

	*expected = "\"helo\" and \"from\" must be texts without NUL";
	if (!member(in, "helo", &q.helo) || !member(in, "from", &from))
		return OCT_EPARSE;
	*expected = "\"ip\" must be an IP address";
	if (!member(in, "ip", &ip) || oct_ip_parse(ip, &q.ip) != 0)
		return OCT_EPARSE;
	q.mail_from = ctl_auth_path(from, inner);
	auth_spf_check(dns, &q, &r);
	ctl_json_set(out, "result", json_string(auth_result_name(r.result)));
	ctl_json_set(out, "explanation", ctl_json_text(r.explanation));
	return 0;
}

/* --- DMARC -------------------------------------------------------------- */

struct claims {
	size_t authors, spf_count, dkim_count;
	char author[CLAIMS_MAX][OCT_DOMAIN_SIZE];
	struct auth_spf spf[CLAIMS_MAX];
	struct auth_dkim_sig dkim[CLAIMS_MAX];
	struct auth_dkim some; /* of dkim, as many as a message may have */
};

/* Each domain once.  What is none stays: no author must get lost beside another
 * one who is proven. */
static int
add_author(struct claims *c, const char *text)
{
	char domain[OCT_DOMAIN_SIZE];

	if (oct_domain_normalise(text, domain) != 0)
		memcpy(domain, "?", 2);
	for (size_t i = 0; i < c->authors; i++)
		if (strcmp(c->author[i], domain) == 0)
			return 0;
	if (c->authors == CLAIMS_MAX)
		return OCT_EPARSE;
	memcpy(c->author[c->authors++], domain, sizeof(domain));
	return 0;
}

/* No list of addresses: a domain, or an address with something wrong before its
 * domain.  What may hold more than one is malformed besides. */
static int
add_unread(struct claims *c, const char *text)
{
	const char *at = strrchr(text, '@');
	int rc = add_author(c, at != NULL ? at + 1 : text);

	return rc == 0 && at != NULL && strchr(text, '@') != at
	    ? add_author(c, "?")
	    : rc;
}

/* An address, several as a From field has them, or a domain. */
static int
read_author(const json_t *item, struct claims *c)
{
	const char *text = json_string_value(item);
	struct oct_addr *list;
	size_t count = 0;
	int rc;

	if (text == NULL)
		return OCT_EPARSE;
	list = calloc(CLAIMS_MAX, sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	rc = oct_addrlist_parse(text, strlen(text), list, CLAIMS_MAX, &count);
	if (rc == OCT_ELIMIT)
		rc = OCT_EPARSE;
	else if (rc != 0 || count == 0)
		rc = add_unread(c, text);
	else
		for (size_t i = 0; rc == 0 && i < count; i++)
			rc = add_author(c, list[i].domain);
	free(list);
	return rc;
}

static int
read_authors(const json_t *from, struct claims *c)
{
	const json_t *item;
	size_t i;
	int rc = 0;

	if (json_is_string(from))
		return read_author(from, c);
	if (!json_is_array(from))
		return OCT_EPARSE;
	json_array_foreach(from, i, item)
	{
		if (rc == 0)
			rc = read_author(item, c);
	}
	return rc;
}

static int
read_proof(const json_t *v, char domain[OCT_DOMAIN_SIZE],
    enum auth_result *result)
{
	const char *name, *word, *at;

	if (json_object_get(v, "domain") == NULL ||
	    !member(v, "domain", &name) || !member(v, "result", &word) ||
	    auth_result_parse(word, result) != 0)
		return OCT_EPARSE;
	at = strrchr(name, '@');
	if (oct_domain_normalise(at != NULL ? at + 1 : name, domain) != 0)
		domain[0] = '\0';
	return 0;
}

static bool
is_list(const json_t *v)
{
	return v == NULL || json_is_null(v) ||
	    (json_is_array(v) && json_array_size(v) <= CLAIMS_MAX);
}

static int
read_proofs(const json_t *in, struct claims *c)
{
	const json_t *spf = json_object_get(in, "spf");
	const json_t *dkim = json_object_get(in, "dkim");
	int rc = is_list(spf) && is_list(dkim) ? 0 : OCT_EPARSE;

	c->spf_count = json_array_size(spf);
	c->dkim_count = json_array_size(dkim);
	for (size_t i = 0; rc == 0 && i < c->spf_count; i++)
		rc = read_proof(json_array_get(spf, i), c->spf[i].domain,
		    &c->spf[i].result);
	for (size_t i = 0; rc == 0 && i < c->dkim_count; i++) {
		struct auth_dkim_sig *sig = &c->dkim[i];

		sig->whole_body = sig->covers_from = true;
		rc = read_proof(json_array_get(dkim, i), sig->domain,
		    &sig->result);
	}
	return rc;
}

/* Signatures from number i on; how many there are left behind them. */
static size_t
take_some(struct claims *c, size_t i)
{
	c->some.count = 0;
	while (i < c->dkim_count && c->some.count < AUTH_DKIM_MAX)
		c->some.sig[c->some.count++] = c->dkim[i++];
	return c->dkim_count - i;
}

/* With all that is said to have passed, however much: what makes the author
 * pass, else an answer that is missing, else what the first round said. */
static void
check_author(struct dns_session *dns, struct claims *c, const char *author,
    struct auth_dmarc *out)
{
	struct auth_dmarc_input in = { .from_domains = &author,
		.from_count = author != NULL ? 1 : 0, .dkim = &c->some };
	size_t left = 1;

	for (size_t i = 0; i == 0 || i < c->spf_count || left > 0; i++) {
		struct auth_dmarc r;

		left = i * AUTH_DKIM_MAX < c->dkim_count
		    ? take_some(c, i * AUTH_DKIM_MAX)
		    : take_some(c, c->dkim_count);
		in.spf = i < c->spf_count ? &c->spf[i] : NULL;
		auth_dmarc_check(dns, &in, &r);
		if (i == 0 || r.result == AUTH_PASS ||
		    (r.result == AUTH_TEMPERROR && out->result != AUTH_PASS))
			*out = r;
		if (out->result == AUTH_PASS)
			break;
	}
}

int
ctl_batch_dmarc_check(struct dns_session *dns, const json_t *in,
    struct auth_dmarc *out)
{
	struct claims *c = calloc(1, sizeof(*c));
	struct auth_dmarc one;
	int rc = -ENOMEM;

	if (c == NULL)
		return rc;
	rc = read_authors(json_object_get(in, "from"), c);
	if (rc == 0)
		rc = read_proofs(in, c);
	if (rc == 0)
		check_author(dns, c, c->authors > 0 ? c->author[0] : NULL,
		    out);
	for (size_t i = 1; rc == 0 && i < c->authors; i++) {
		check_author(dns, c, c->author[i], &one);
		if (auth_dmarc_is_stricter(&one, out))
			*out = one;
	}
	out->author_domains = c->authors;
	free(c);
	return rc;
}

int
ctl_batch_dmarc(struct dns_session *dns, const json_t *in, json_t *out,
    const char **expected)
{
	struct auth_dmarc r;
	int rc;

	*expected = "\"from\" must be a list of addresses or domains, \"spf\" "
		    "and \"dkim\" lists of {\"domain\",\"result\"}, with at "
		    "most 64 entries each";
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

struct line {
	char *text; /* LINE_OCTETS */
	size_t len;
	bool over; /* it was longer than that; the rest was read and left */
};

/* false: there are no more. */
static bool
read_line(struct line *line)
{
	int c;

	line->len = 0;
	line->over = false;
	while ((c = getc_unlocked(stdin)) != EOF && c != '\n') {
		line->over |= line->len == LINE_OCTETS;
		if (!line->over)
			line->text[line->len++] = (char)c;
	}
	return c != EOF || line->len > 0;
}

static bool
is_blank(const struct line *line)
{
	for (size_t i = 0; i < line->len; i++)
		if (strchr(" \t\r", line->text[i]) == NULL ||
		    line->text[i] == '\0')
			return false;
	return true;
}

static bool
answer_line(struct dns *dns, const struct line *line,
    ctl_batch_answer *answer, struct oct_str *text)
{
	const char *expected = line->over
	    ? "a line of at most 1 MiB"
	    : "one JSON object a line";
	json_t *in = line->over ? NULL
				: json_loadb(line->text, line->len,
				      JSON_ALLOW_NUL, NULL);
	json_t *out = json_object();
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
	struct line line = { .text = malloc(LINE_OCTETS) };
	struct oct_str text;
	bool good = true;
	struct dns *dns;
	int status = ctl_dns(ctl, ctl_args_value(args, "dns"), &dns);

	oct_str_heap(&text, CTL_OUT_MAX);
	if (status == 0 && line.text == NULL)
		status = ctl_fail_rc(ctl, -ENOMEM, "the", "batch");
	while (status == 0 && read_line(&line)) {
		if (is_blank(&line))
			continue;
		good &= answer_line(dns, &line, answer, &text);
		if (fputs(oct_str_text(&text), stdout) == EOF ||
		    fflush(stdout) != 0)
			status = ctl_fail_rc(ctl, -EIO, "standard", "output");
	}
	if (status == 0 && ferror(stdin))
		status = ctl_fail_rc(ctl, -EIO, "standard", "input");
	oct_str_free(&text);
	free(line.text);
	return status != 0 || good ? status : DAEMON_EXIT_FAILED;
}
