/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/dmarc.h"

#include <stdio.h>
#include <string.h>

#include "auth/dmarc_record.h"
#include "lib/err.h"

#define WALK_MAX 8   /* queries, RFC 9989 4.10 */
#define WALK_LABELS 7 /* kept when there are eight or more */

struct step {
	const char *name; /* points into the walk's domain */
	bool found;
	struct auth_dmarc_record record;
};

struct walk {
	char domain[OCT_DOMAIN_SIZE];
	struct step step[WALK_MAX];
	size_t count;
	bool psl; /* two steps: the domain, and what was registered */
	bool temporary; /* an answer is missing: nothing beyond is known */
	const char *org;
	const struct step *psd; /* the psd=y record above org, or NULL */
};

/* Whether an identifier is aligned. */
enum aligned { ALIGNED_NO, ALIGNED_YES, ALIGNED_UNKNOWN };

static size_t
count_labels(const char *domain)
{
	size_t n = 1;

	for (; *domain != '\0'; domain++) {
		if (*domain == '.')
			n++;
	}
	return n;
}

static const char *
parent(const char *domain)
{
	const char *dot = strchr(domain, '.');

	return dot != NULL ? dot + 1 : NULL;
}

/* RFC 7489 3.2 and 6.6.3: the domain, and its organisational domain.  False:
 * there is no list. */
static bool
plan_psl(struct walk *w)
{
	char org[OCT_DOMAIN_SIZE];

	if (auth_psl_org(w->domain, org) < 0)
		return false;
	w->step[0] = (struct step){ .name = w->domain };
	w->count = 1;
	w->org = w->domain + strlen(w->domain) - strlen(org);
	if (w->org != w->domain)
		w->step[w->count++] = (struct step){ .name = w->org };
	return true;
}

/* The names of a walk, longest first (RFC 9989 4.10 steps 1, 3, 4 and 7). */
static void
plan_walk(struct walk *w)
{
	const char *name = w->domain;
	size_t labels = count_labels(name);

	w->count = 0;
	while (name != NULL && w->count < WALK_MAX) {
		w->step[w->count].name = name;
		w->step[w->count++].found = false;
		do {
			name = parent(name);
			labels--;
		} while (name != NULL && labels > WALK_LABELS);
	}
}

static void
plan(struct walk *w)
{
	w->psl = w->psl && plan_psl(w);
	if (!w->psl)
		plan_walk(w);
}

static bool
query_name(const char *domain, char out[OCT_DOMAIN_SIZE])
{
	int n = snprintf(out, OCT_DOMAIN_SIZE, "_dmarc.%s", domain);

	return n > 0 && n < OCT_DOMAIN_SIZE;
}

static void
prefetch(struct dns_session *dns, const struct walk *w)
{
	char name[OCT_DOMAIN_SIZE];

	for (size_t i = 0; i < w->count; i++) {
		if (query_name(w->step[i].name, name))
			dns_prefetch(dns, name, DNS_TXT);
	}
}

/* 1 = exactly one record stands there, 0 = none that counts, OCT_ETIME. */
static int
ask(struct dns_session *dns, const char *domain, struct auth_dmarc_record *out)
{
	struct auth_dmarc_record record;
	const struct dns_answer *answer;
	char name[OCT_DOMAIN_SIZE];
	int found = 0;

	if (!query_name(domain, name))
		return 0;
	answer = dns_get(dns, name, DNS_TXT);
	if (answer->status == DNS_TEMPFAIL)
		return OCT_ETIME;
	for (size_t i = 0; i < answer->count; i++) {
		if (auth_dmarc_record_parse(answer->records[i].text,
			answer->records[i].text_len, &record) != 0)
			continue;
		/* Several at one name are all discarded, 4.10 step 2. */
		if (found++ > 0)
			return 0;
		*out = record;
	}
	return found;
}

/* The name one label longer than suffix on the way down to domain. */
static const char *
one_below(const char *domain, const char *suffix)
{
	const char *p = suffix;

	if (p == domain)
		return domain;
	for (p--; p > domain && p[-1] != '.'; p--)
		;
	return p;
}

/* RFC 9989 4.10.2, the three rules. */
static void
select_org(struct walk *w)
{
	w->psd = NULL;
	if (w->psl)
		return; /* known from the plan */
	w->org = w->domain;
	for (size_t i = 0; i < w->count; i++) {
		const struct step *s = &w->step[i];

		if (!s->found)
			continue;
		if (s->record.psd == AUTH_DMARC_PSD_Y && i > 0) {
			w->psd = s;
			w->org = one_below(w->domain, s->name);
			return;
		}
		w->org = s->name;
		if (s->record.psd == AUTH_DMARC_PSD_N)
			return;
	}
}

/* domain is normalised. */
static void
walk(struct dns_session *dns, const char *domain, bool psl, struct walk *w)
{
	int rc;

	(void)snprintf(w->domain, sizeof(w->domain), "%s", domain);
	w->psl = psl;
	w->temporary = false;
	plan(w);
	prefetch(dns, w);
	for (size_t i = 0; i < w->count; i++) {
		struct step *s = &w->step[i];

		rc = ask(dns, s->name, &s->record);
		if (rc < 0)
			w->temporary = true;
		s->found = rc == 1;
		if (rc < 0 || (s->found && s->record.psd != AUTH_DMARC_PSD_U)) {
			w->count = i + 1;
			break;
		}
	}
	select_org(w);
}

static void
start(struct dns_session *dns, const char *domain, bool psl)
{
	struct walk w = { .psl = psl };

	if (oct_domain_normalise(domain, w.domain) != 0)
		return;
	plan(&w);
	prefetch(dns, &w);
}

void
auth_dmarc_prefetch(struct dns_session *dns, const char *domain)
{
	start(dns, domain, false);
}

void
auth_dmarc_prefetch_psl(struct dns_session *dns, const char *domain)
{
	start(dns, domain, true);
}

int
auth_dmarc_org(struct dns_session *dns, const char *domain,
    char out[OCT_DOMAIN_SIZE])
{
	struct walk w;

	if (oct_domain_normalise(domain, out) != 0) {
		out[0] = '\0';
		return 0;
	}
	walk(dns, out, false, &w);
	if (w.temporary)
		return OCT_ETIME;
	(void)snprintf(out, OCT_DOMAIN_SIZE, "%s", w.org);
	for (size_t i = 0; i < w.count; i++) {
		if (w.step[i].found)
			return 1;
	}
	return 0;
}

/* The record that applies: author domain, organisational domain, PSD. */
static const struct step *
policy_record(const struct walk *w)
{
	if (w->step[0].found)
		return &w->step[0];
	for (size_t i = 1; i < w->count; i++) {
		if (w->step[i].found && w->step[i].name == w->org)
			return &w->step[i];
	}
	return w->psd;
}

/* RFC 9989 3.2.13: 0 = the name does not exist, 1 = it does, OCT_ETIME. */
static int
domain_exists(struct dns_session *dns, const char *domain)
{
	static const enum dns_type type[] = { DNS_A, DNS_AAAA, DNS_MX };
	const struct dns_answer *answer;
	int rc = 0;

	for (size_t i = 0; i < OCT_LEN(type); i++)
		dns_prefetch(dns, domain, type[i]);
	for (size_t i = 0; i < OCT_LEN(type); i++) {
		answer = dns_get(dns, domain, type[i]);
		if (answer->status == DNS_OK || answer->status == DNS_NODATA)
			return 1;
		if (answer->status == DNS_TEMPFAIL)
			rc = OCT_ETIME;
	}
	return rc;
}

static enum auth_dmarc_policy
lower(enum auth_dmarc_policy policy)
{
	return policy == AUTH_DMARC_REJECT ? AUTH_DMARC_QUARANTINE :
					     AUTH_DMARC_NONE;
}

/* Set out->policy; OCT_ETIME if it hangs on an answer that is missing. */
static int
choose_policy(struct dns_session *dns, const struct walk *w,
    const struct step *at, struct auth_dmarc *out)
{
	const struct auth_dmarc_record *r = &at->record;
	int exists = 1;

	out->policy = r->p;
	if (at != &w->step[0]) {
		if (r->has_np && r->np != r->sp)
			exists = domain_exists(dns, w->domain);
		out->policy = exists == 0 ? r->np : r->sp;
		if (exists < 0 && r->np < r->sp)
			out->policy = r->np;
	}
	out->testing = r->testing;
	if (r->testing)
		out->policy = lower(out->policy);
	return exists < 0 ? OCT_ETIME : 0;
}

/* RFC 7489 3.1.1; no question is needed. */
static enum aligned
is_aligned_psl(const char *domain, const char *author_org)
{
	char org[OCT_DOMAIN_SIZE];

	return auth_psl_org(domain, org) >= 0 && strcmp(org, author_org) == 0
	    ? ALIGNED_YES
	    : ALIGNED_NO;
}

static enum aligned
is_aligned(struct dns_session *dns, const struct walk *author,
    const char *identifier, bool strict)
{
	char domain[OCT_DOMAIN_SIZE];
	struct walk w;

	if (oct_domain_normalise(identifier, domain) != 0)
		return ALIGNED_NO;
	if (strcmp(domain, author->domain) == 0)
		return ALIGNED_YES;
	if (strict)
		return ALIGNED_NO;
	if (author->psl)
		return is_aligned_psl(domain, author->org);
	if (author->temporary)
		return ALIGNED_UNKNOWN;
	/* Its own organisational domain can only be a suffix of it. */
	if (!oct_domain_under(domain, author->org))
		return ALIGNED_NO;
	walk(dns, domain, false, &w);
	if (w.temporary)
		return ALIGNED_UNKNOWN;
	return strcmp(w.org, author->org) == 0 ? ALIGNED_YES : ALIGNED_NO;
}

/*
 * What l= left out, or a second From that is not signed, was said by somebody
 * else: such a signature does not speak for the author domain.
 */
static bool
speaks(const struct auth_dkim_sig *sig)
{
	return sig->result == AUTH_PASS && sig->covers_from && sig->whole_body;
}

static enum auth_result
align_all(struct dns_session *dns, const struct auth_dmarc_input *in,
    const struct walk *author, const struct auth_dmarc_record *record,
    struct auth_dmarc *out)
{
	bool unknown = false;
	enum aligned a;

	if (in->spf != NULL && in->spf->result == AUTH_PASS) {
		a = is_aligned(dns, author, in->spf->domain,
		    record->aspf_strict);
		out->by_spf = a == ALIGNED_YES;
		unknown = a == ALIGNED_UNKNOWN;
	}
	for (size_t i = 0; in->dkim != NULL && i < in->dkim->count; i++) {
		if (out->by_dkim || !speaks(&in->dkim->sig[i]))
			continue;
		a = is_aligned(dns, author, in->dkim->sig[i].domain,
		    record->adkim_strict);
		out->by_dkim = a == ALIGNED_YES;
		unknown = unknown || a == ALIGNED_UNKNOWN;
	}
	if (out->by_spf || out->by_dkim)
		return AUTH_PASS;
	return unknown ? AUTH_TEMPERROR : AUTH_FAIL;
}

static void
set_problem(struct auth_dmarc *out, enum auth_result result, const char *why)
{
	out->result = result;
	(void)snprintf(out->problem, sizeof(out->problem), "%s", why);
}

static void
judge_author(struct dns_session *dns, const struct auth_dmarc_input *in,
    const char *domain, struct auth_dmarc *out)
{
	const struct step *at;
	struct walk w;
	int rc;

	if (oct_domain_normalise(domain, out->from_domain) != 0) {
		out->from_domain[0] = '\0';
		set_problem(out, AUTH_PERMERROR, "author domain malformed");
		return;
	}
	walk(dns, out->from_domain, in->psl, &w);
	(void)snprintf(out->org_domain, sizeof(out->org_domain), "%s", w.org);
	at = policy_record(&w);
	if (w.temporary && !w.step[0].found) {
		set_problem(out, AUTH_TEMPERROR, "no answer for the record");
		return;
	}
	if (at == NULL || !at->record.usable)
		return;
	(void)snprintf(out->domain, sizeof(out->domain), "%s", at->name);
	rc = choose_policy(dns, &w, at, out);
	out->result = align_all(dns, in, &w, &at->record, out);
	if (out->result == AUTH_FAIL && rc != 0)
		out->result = AUTH_TEMPERROR;
	if (out->result == AUTH_TEMPERROR)
		set_problem(out, AUTH_TEMPERROR, "no answer for alignment");
}

/* How much an outcome speaks against a message that names several authors. */
static int
severity(const struct auth_dmarc *d)
{
	if (d->result == AUTH_FAIL && d->policy == AUTH_DMARC_REJECT)
		return 6;
	if (d->result == AUTH_FAIL && d->policy == AUTH_DMARC_QUARANTINE)
		return 5;
	if (d->result == AUTH_TEMPERROR)
		return 4;
	if (d->result == AUTH_FAIL)
		return 3;
	if (d->result == AUTH_PERMERROR)
		return 2;
	return d->result == AUTH_PASS ? 0 : 1;
}

bool
auth_dmarc_is_stricter(const struct auth_dmarc *a, const struct auth_dmarc *b)
{
	return severity(a) > severity(b);
}

/*
 * RFC 9989 5.3.1 ends without a result where From names no domain, or several;
 * we say permerror for none, and go on with several as it allows.
 */
void
auth_dmarc_check(struct dns_session *dns, const struct auth_dmarc_input *in,
    struct auth_dmarc *out)
{
	struct auth_dmarc one;

	memset(out, 0, sizeof(*out));
	if (in->from_count == 0)
		set_problem(out, AUTH_PERMERROR, "no usable From");
	for (size_t i = 0; i < in->from_count; i++) {
		memset(&one, 0, sizeof(one));
		judge_author(dns, in, in->from_domains[i], &one);
		if (i == 0 || auth_dmarc_is_stricter(&one, out))
			*out = one;
	}
	out->author_domains = in->from_count;
}
