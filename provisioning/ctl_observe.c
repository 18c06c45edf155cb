/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/ctl_observe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/dkim_key.h"
#include "auth/spf.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "policy/directory_schema.h"
#include "policy/dkim_keys.h"
#include "policy/own.h"

#define DNS_MS 10000
#define DNS_QUESTIONS 100
#define PROBLEM_SIZE DKIM_KEYS_PROBLEM_SIZE
#define DAY_MS 86400000

/* A client address that belongs to nobody (RFC 1112 4, class E): what SPF says
 * of it, it says of every stranger. */
#define STRANGER "240.0.0.1"

/* Everything that enforcement waits for.  An empty problem: it is right. */
struct readiness {
	struct own own;
	int64_t now_ms;
	bool observed;
	char spf[PROBLEM_SIZE], dkim[PROBLEM_SIZE];
};

static bool
is_ready(const struct readiness *r)
{
	return r->observed && r->spf[0] == '\0' && r->dkim[0] == '\0';
}

/* --- The domain's records ------------------------------------------------------------ */

static void
check_spf(struct dns_session *dns, const char *domain, char problem[PROBLEM_SIZE])
{
	char from[OCT_ADDR_SIZE];
	struct auth_spf_input in = { .helo = domain, .mail_from = from,
		.receiver = "localhost",
		.now_s = oct_clock_wall_ms() / 1000 };
	struct auth_spf spf;
	const char *what = "";

	(void)snprintf(from, sizeof(from), "postmaster@%s", domain);
	if (oct_ip_parse(STRANGER, &in.ip) != 0)
		return;
	memset(&spf, 0, sizeof(spf));
	auth_spf_check(dns, &in, &spf);
	switch (spf.result) {
	case AUTH_FAIL:
	case AUTH_SOFTFAIL:
		return;
	case AUTH_NONE:
		what = "the domain has no SPF record";
		break;
	case AUTH_PASS:
		what = "the SPF record lets any server write for the domain";
		break;
	case AUTH_NEUTRAL:
		what = "the SPF record does not end in -all or ~all";
		break;
	case AUTH_TEMPERROR:
		what = "the DNS gave no answer about SPF";
		break;
	case AUTH_PERMERROR:
	case AUTH_POLICY:
		what = "the SPF record is wrong";
		break;
	}
	(void)snprintf(problem, PROBLEM_SIZE, "%s%s%s", what,
	    spf.problem[0] != '\0' ? ": " : "", spf.problem);
}

/* Signed elsewhere: the keys that the administrator names. */
static size_t
check_selectors(const struct ctl_args *args, struct dns_session *dns,
    const char *domain, char problem[PROBLEM_SIZE])
{
	struct auth_dkim_pubkey *key = malloc(sizeof(*key));
	char why[128];
	size_t n = 0;

	for (size_t i = 0; key != NULL && i < args->given_count; i++) {
		const char *selector = args->given[i].value;

		if (strcmp(args->given[i].name, "selector") != 0)
			continue;
		n++;
		why[0] = '\0';
		if (auth_dkim_key_get(dns, selector, domain, key, why) != 1)
			(void)snprintf(problem, PROBLEM_SIZE,
			    "selector %.63s: %s", selector,
			    why[0] != '\0' ? why : "no domain name");
	}
	free(key);
	return n;
}

/* Signed here: each key that is in use must be the one that the DNS shows. */
static int
check_keys(struct store *store, struct dns_session *dns, const char *domain,
    char problem[PROBLEM_SIZE])
{
	struct dkim_keys keys;
	size_t active = 0;
	int rc = dkim_keys_load(store, domain, &keys);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < keys.count; i++) {
		const struct dkim_keys_item *k = &keys.items[i];
		char why[PROBLEM_SIZE] = "";

		if (k->state != DKIM_KEYS_ACTIVE)
			continue;
		active++;
		if (dkim_keys_published(dns, domain, k, why) != 0)
			(void)snprintf(problem, PROBLEM_SIZE, "%s", why);
	}
	if (active == 0)
		(void)snprintf(problem, PROBLEM_SIZE,
		    "no DKIM key signs for the domain here ('octroictl dkim "
		    "add'; --selector=NAME if it is signed elsewhere)");
	dkim_keys_fini(&keys);
	return 0;
}

static int
look(struct ctl *ctl, const struct ctl_args *args, const char *domain,
    struct readiness *r)
{
	struct dns_session *session = NULL;
	struct store *store;
	struct dns *dns;
	int status = ctl_store(ctl, &store), rc;

	if (status == 0)
		status = ctl_dns(ctl, NULL, &dns);
	if (status != 0)
		return status;
	r->now_ms = oct_clock_wall_ms();
	rc = own_load(store, domain, &r->own);
	if (rc == 0)
		rc = dns_session_new(dns, oct_clock_mono_ms() + DNS_MS,
		    DNS_QUESTIONS, &session);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "observation of", domain);
	r->observed = own_is_observed(&r->own, r->now_ms);
	check_spf(session, domain, r->spf);
	if (check_selectors(args, session, domain, r->dkim) == 0)
		rc = check_keys(store, session, domain, r->dkim);
	dns_session_free(session);
	return rc == 0 ? 0 : ctl_fail_rc(ctl, rc, "DKIM keys of", domain);
}

/* --- domain observe ------------------------------------------------------------- */

static json_t *
sources_json(const struct own *own)
{
	json_t *all = json_array();

	for (size_t i = 0; i < own->count; i++) {
		const struct own_source *s = &own->sources[i];
		json_t *v = json_object();

		ctl_json_set(v, "source", ctl_json_text(s->name));
		ctl_json_set(v, "messages", json_integer(s->count));
		ctl_json_set(v, "first", ctl_json_time(s->first_ms));
		ctl_json_set(v, "last", ctl_json_time(s->last_ms));
		ctl_json_set(v, "known_by", ctl_json_text(s->hint));
		(void)json_array_append_new(all, v);
	}
	return all;
}

static json_t *
right_or(const char *problem)
{
	return ctl_json_text(*problem == '\0' ? "right" : problem);
}

static json_t *
readiness_json(const struct readiness *r, const char *domain)
{
	int64_t messages = 0, left = 0;
	json_t *v = json_object();

	for (size_t i = 0; i < r->own.count; i++)
		messages += r->own.sources[i].count;
	if (!r->observed)
		left = (OWN_OBSERVE_MS - (r->now_ms - r->own.since_ms) +
			   DAY_MS - 1) / DAY_MS;
	ctl_json_set(v, "domain", json_string(domain));
	ctl_json_set(v, "since", ctl_json_time(r->own.since_ms));
	ctl_json_set(v, "days_left", json_integer(left));
	ctl_json_set(v, "messages", json_integer(messages));
	ctl_json_set(v, "spf", right_or(r->spf));
	ctl_json_set(v, "dkim", right_or(r->dkim));
	ctl_json_set(v, "ready", json_boolean(is_ready(r)));
	ctl_json_set(v, "sources", sources_json(&r->own));
	return v;
}

static const struct ctl_column record_columns[] = {
	{ "domain", "domain", CTL_NAME },
	{ "since", "observed since", CTL_TEXT },
	{ "days_left", "days left", CTL_TEXT },
	{ "messages", "unproven messages", CTL_TEXT },
	{ "spf", "SPF record", CTL_TEXT },
	{ "dkim", "DKIM keys", CTL_TEXT },
	{ "ready", "may be enforced", CTL_TEXT },
};
static const struct ctl_column source_columns[] = {
	{ "source", "SOURCE", CTL_TEXT },
	{ "messages", "MESSAGES", CTL_RIGHT },
	{ "first", "FIRST", CTL_TEXT },
	{ "last", "LAST", CTL_TEXT },
	{ "known_by", "KNOWN BY", CTL_TEXT },
};

static int
print(const struct ctl *ctl, json_t *v)
{
	struct oct_str out;
	int status;

	if (ctl->json)
		return ctl_print(ctl, v, NULL, 0);
	oct_str_heap(&out, CTL_OUT_MAX);
	ctl_out_record(v, record_columns, OCT_LEN(record_columns), &out);
	if (json_array_size(json_object_get(v, "sources")) > 0) {
		oct_str_addc(&out, '\n');
		ctl_out_table(json_object_get(v, "sources"), source_columns,
		    OCT_LEN(source_columns), &out);
	}
	status = ctl_write(ctl, &out);
	json_decref(v);
	return status;
}

int
ctl_observe(struct ctl *ctl, const struct ctl_args *args)
{
	struct readiness r = { .observed = false };
	const struct dir_snapshot *snapshot;
	bool anew = ctl_args_has(args, "reset");
	char domain[OCT_DOMAIN_SIZE];
	struct store *store;
	int status = ctl_domain(ctl, args->words[0], domain), rc;

	if (status == 0)
		status = ctl_directory(ctl, domain, &snapshot);
	if (status != 0)
		return status;
	directory_put(snapshot);
	status = ctl_store(ctl, &store);
	if (status != 0)
		return status;
	rc = own_begin(store, domain, anew, oct_clock_wall_ms());
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "observation of", domain);
	if (anew)
		status = ctl_audit(ctl, "observe-reset", domain, NULL, "");
	if (status == 0)
		status = look(ctl, args, domain, &r);
	if (status == 0)
		status = print(ctl, readiness_json(&r, domain));
	own_fini(&r.own);
	return status;
}

/* --- domain set --own_refuse=true --------------------------------------------------- */

static bool
asks_refusal(const struct ctl_args *args)
{
	const char *text = ctl_args_value(args, "own_refuse");
	struct dir_attribute a;
	char json[16];
	struct oct_str s;

	if (text == NULL || !dir_attribute(DIR_KIND_DOMAIN, "own_refuse", &a))
		return false;
	oct_str_fixed(&s, json, sizeof(json));
	return dir_attribute_json(&a, text, &s) == 0 &&
	    strcmp(oct_str_text(&s), "true") == 0;
}

static bool
refuses_already(struct ctl *ctl, const char *domain)
{
	const struct dir_snapshot *snapshot;
	const struct dir_domain *d;
	struct store *store;
	bool refuses;

	if (ctl_store(ctl, &store) != 0 ||
	    directory_read(store, domain, &snapshot) != 0)
		return false;
	d = dir_domain(snapshot, domain);
	refuses = d != NULL && d->own_refuse;
	directory_put(snapshot);
	return refuses;
}

int
ctl_observe_guard(struct ctl *ctl, const struct ctl_args *args,
    const char *domain)
{
	struct readiness r = { .observed = false };
	const char *problem = "";
	int status;

	if (!asks_refusal(args) || ctl_args_has(args, "force") ||
	    refuses_already(ctl, domain))
		return 0;
	status = look(ctl, args, domain, &r);
	if (status == 0 && !is_ready(&r)) {
		if (r.spf[0] != '\0')
			problem = r.spf;
		else if (r.dkim[0] != '\0')
			problem = r.dkim;
		else
			problem = "its senders were not observed for 14 days";
		status = ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "%s: own_refuse must wait: %s; 'octroictl domain observe "
		    "%s' shows all, --force does it all the same",
		    domain, problem, domain);
	}
	own_fini(&r.own);
	return status;
}
