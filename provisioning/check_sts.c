/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MTA-STS (RFC 8461), and the names by which mail programs set themselves up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/https_get.h"
#include "lib/num.h"
#include "provisioning/check_int.h"

#define FETCH_MS 8000
#define POLICY_PATH "/.well-known/mta-sts.txt"
#define LINE_MAX_OCTETS 512
#define ID_MAX 32
#define MX_PATTERNS_MAX 32
#define ASK_MS 3000

struct policy {
	bool version;
	char mode[16];
	int64_t max_age;
	size_t mx_count;
	char *mx[MX_PATTERNS_MAX];
};

/* --- The policy ------------------------------------------------------------- */

static int
take_line(struct policy *p, const char *line)
{
	const char *colon = strchr(line, ':'), *value;
	size_t len = colon != NULL ? (size_t)(colon - line) : 0;

	if (len == 0)
		return *line == '\0' ? 0 : OCT_EPARSE;
	value = colon + 1 + strspn(colon + 1, " \t");
	if (len == 7 && strncmp(line, "version", len) == 0) {
		p->version = strcmp(value, "STSv1") == 0;
	} else if (len == 4 && strncmp(line, "mode", len) == 0) {
		(void)snprintf(p->mode, sizeof(p->mode), "%.15s", value);
	} else if (len == 7 && strncmp(line, "max_age", len) == 0) {
		return oct_num_int(value, 0, 31557600, &p->max_age);
	} else if (len == 2 && strncmp(line, "mx", len) == 0) {
		if (p->mx_count == MX_PATTERNS_MAX)
			return OCT_ELIMIT;
		p->mx[p->mx_count] = strdup(value);
		if (p->mx[p->mx_count] == NULL)
			return OCT_ELIMIT;
		p->mx_count++;
	}
	return 0;
}

/* RFC 8461 3.2: lines end in LF or CRLF; what is unknown is passed over. */
static int
parse_policy(const char *text, struct policy *p)
{
	*p = (struct policy){ .max_age = -1 };
	while (*text != '\0') {
		size_t len = strcspn(text, "\n"), n = len;
		char line[LINE_MAX_OCTETS];
		int rc;

		while (n > 0 && strchr("\r \t", text[n - 1]) != NULL)
			n--;
		if (n >= sizeof(line))
			return OCT_EPARSE;
		memcpy(line, text, n);
		line[n] = '\0';
		rc = take_line(p, line);
		if (rc != 0)
			return rc;
		text += len + (text[len] == '\n' ? 1 : 0);
	}
	if (!p->version || p->max_age < 0 ||
	    (strcmp(p->mode, "enforce") != 0 &&
		strcmp(p->mode, "testing") != 0 &&
		strcmp(p->mode, "none") != 0))
		return OCT_EPARSE;
	return strcmp(p->mode, "none") == 0 || p->mx_count > 0 ? 0
							       : OCT_EPARSE;
}

static void
policy_fini(struct policy *p)
{
	for (size_t i = 0; i < p->mx_count; i++)
		free(p->mx[i]);
	p->mx_count = 0;
}

/* RFC 8461 4.1: a wildcard stands for one whole label. */
static bool
covers(const struct policy *p, const char *host)
{
	const char *dot = strchr(host, '.');

	for (size_t i = 0; i < p->mx_count; i++) {
		if (strcasecmp(p->mx[i], host) == 0)
			return true;
		if (strncmp(p->mx[i], "*.", 2) == 0 && dot != NULL &&
		    strcasecmp(p->mx[i] + 1, dot) == 0)
			return true;
	}
	return false;
}

static void
judge_policy(struct checking *c, const char *name, const struct policy *p)
{
	const struct dns_answer *mx = dns_get(c->in->dns, c->in->domain,
	    DNS_MX);
	const struct hosting *h = c->in->hosting;
	bool enforced = strcmp(p->mode, "enforce") == 0;

	for (size_t i = 0; i < mx->count && strcmp(p->mode, "none") != 0; i++)
		if (*mx->records[i].name != '\0' &&
		    !covers(p, mx->records[i].name))
			check_add(c, CHECK_STS_MX,
			    enforced ? CHECK_ERROR : CHECK_WARNING, name,
			    mx->records[i].name, NULL);
	if (h != NULL && h->sts != HOSTING_STS_NONE &&
	    strcmp(p->mode, hosting_sts_name(h->sts)) != 0)
		check_add(c, CHECK_STS_MODE, CHECK_WARNING, name, p->mode,
		    hosting_sts_name(h->sts));
}

static void
fetch_policy(struct checking *c, const char *name, const struct oct_ip *ip)
{
	struct https_get g = { .host = name, .ip = *ip,
		.port = c->in->https_port, .path = POLICY_PATH,
		.deadline_ms = oct_clock_mono_ms() + FETCH_MS };
	char problem[HTTPS_GET_PROBLEM_SIZE];
	struct oct_str body;
	unsigned int status;
	struct policy p;
	int rc;

	if (g.deadline_ms > c->in->deadline_ms)
		g.deadline_ms = c->in->deadline_ms;
	oct_str_heap(&body, HTTPS_GET_MAX);
	rc = https_get(&g, &status, &body, problem);
	if (rc == 0 && status != 200) {
		(void)snprintf(problem, sizeof(problem), "HTTP %u", status);
		rc = OCT_EREPLY;
	}
	if (rc != 0) {
		check_add(c, CHECK_STS_FETCH, CHECK_WARNING, name, problem,
		    NULL);
	} else {
		if (parse_policy(oct_str_text(&body), &p) == 0)
			judge_policy(c, name, &p);
		else
			check_add(c, CHECK_STS_POLICY, CHECK_WARNING, name,
			    oct_str_text(&body), NULL);
		policy_fini(&p);
	}
	oct_str_free(&body);
}

/* Whoever runs the domain says where we go: not to what only we can reach.
 * Where to, NULL: nowhere. */
static const struct oct_ip *
find_place(const struct checking *c, const struct dns_answer *a)
{
	for (size_t i = 0; i < a->count; i++)
		if (c->in->inner_addresses ||
		    oct_ip_is_global(&a->records[i].ip))
			return &a->records[i].ip;
	return NULL;
}

static void
say_inner(struct checking *c, const char *name, const struct oct_ip *ip)
{
	char text[OCT_IP_SIZE];

	oct_ip_text(ip, text);
	check_add(c, CHECK_STS_INNER, CHECK_WARNING, name, text,
	    check_expected(c, ZONE_MTA_STS_HOST));
}

static void
see_host(struct checking *c)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA };
	struct oct_ip inner = { .family = 0 };
	const struct oct_ip *ip = NULL;
	char name[OCT_DOMAIN_SIZE];
	bool found = false;

	if (!check_name(c, "mta-sts", name))
		return;
	for (size_t i = 0; i < OCT_LEN(types) && ip == NULL; i++) {
		const struct dns_answer *a = check_get(c, name, types[i]);

		if (a == NULL)
			return;
		ip = find_place(c, a);
		if (!found && a->count > 0)
			inner = a->records[0].ip;
		found |= a->count > 0;
	}
	if (!found)
		check_add(c, CHECK_STS_HOST, CHECK_WARNING, name, NULL,
		    check_expected(c, ZONE_MTA_STS_HOST));
	else if (c->in->https_port != 0 && ip != NULL)
		fetch_policy(c, name, ip);
	else if (c->in->https_port != 0)
		say_inner(c, name, &inner);
}

/* --- Its record ------------------------------------------------------------- */

/* The id of a TXT record; false: it is not of its form (RFC 8461 3.1). */
static bool
read_id(const char *text, char id[ID_MAX + 1])
{
	const char *p = text;
	bool found = false;

	if (strncmp(p, "v=STSv1", 7) != 0)
		return false;
	p += 7;
	while (*(p += strspn(p, " \t")) == ';') {
		size_t len;

		p++;
		p += strspn(p, " \t");
		if (strncmp(p, "id=", 3) != 0) {
			p += strcspn(p, ";");
			continue;
		}
		p += 3;
		len = strspn(p, "abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
		if (len == 0 || len > ID_MAX || found)
			return false;
		memcpy(id, p, len);
		id[len] = '\0';
		found = true;
		p += len;
	}
	return found && *p == '\0';
}

static void
see_id(struct checking *c, const char *name, const struct dns_record *r)
{
	const char *want = check_expected(c, ZONE_MTA_STS);
	char id[ID_MAX + 1], ours[ZONE_STS_ID_SIZE];

	if (strlen(r->text) != r->text_len || !read_id(r->text, id)) {
		check_add(c, CHECK_STS_SYNTAX, CHECK_WARNING, name, r->text,
		    want);
		return;
	}
	if (want != NULL) {
		zone_sts_id(c->in->hosting, ours);
		if (strcmp(id, ours) != 0)
			check_add(c, CHECK_STS_ID, CHECK_WARNING, name,
			    r->text, want);
	}
	see_host(c);
}

void
check_sts(struct checking *c)
{
	const char *want = check_expected(c, ZONE_MTA_STS);
	const struct dns_record *found;
	const struct dns_answer *a;
	char name[OCT_DOMAIN_SIZE];
	size_t count;

	if (!check_name(c, "_mta-sts", name))
		return;
	a = check_get(c, name, DNS_TXT);
	if (a == NULL)
		return;
	count = check_texts(a, "v=STS", &found);
	if (count > 1)
		check_add(c, CHECK_STS_SEVERAL, CHECK_WARNING, name, NULL,
		    want);
	else if (count == 1)
		see_id(c, name, found);
	else if (check_attempt(a, "sts") != NULL)
		check_add(c, CHECK_STS_SYNTAX, CHECK_WARNING, name,
		    check_attempt(a, "sts")->text, want);
	else if (want != NULL)
		check_add(c, CHECK_STS_MISSING, CHECK_WARNING, name, NULL,
		    want);
}

/* --- Mail programs ---------------------------------------------------------- */

static void
see_web_name(struct checking *c, const struct zone_record *r)
{
	const struct dns_answer *a = check_get(c, r->name, DNS_A);

	if (a == NULL)
		return;
	if (!check_has_address(c, r->name))
		check_add(c, CHECK_SETUP_MISSING, CHECK_NOTICE, r->name, NULL,
		    r->data);
	else if (check_has_address(c, c->in->hosting->web) &&
	    !check_same_address(c, r->name, c->in->hosting->web))
		check_add(c, CHECK_SETUP_ELSEWHERE, CHECK_NOTICE, r->name,
		    NULL, r->data);
}

/* Port and target alone: priority and weight are the domain's to choose. */
static const char *
target_of(const char *srv)
{
	for (int i = 0; i < 2 && srv != NULL; i++) {
		srv = strchr(srv, ' ');
		srv = srv != NULL ? srv + 1 : NULL;
	}
	return srv != NULL ? srv : "";
}

static void
see_srv(struct checking *c, const struct zone_record *r)
{
	int64_t until = oct_clock_mono_ms() + ASK_MS;
	struct dns_probe_reply reply;
	bool good = false;

	if (c->in->resolver == NULL)
		return;
	if (dns_probe(c->in->resolver, r->name, DNS_PROBE_SRV,
		DNS_PROBE_RECURSE,
		until < c->in->deadline_ms ? until : c->in->deadline_ms,
		&reply) != 0) {
		check_add(c, CHECK_DNS_FAILED, CHECK_UNKNOWN, r->name, "SRV",
		    NULL);
		return;
	}
	for (size_t i = 0; i < reply.count; i++)
		good |= strcmp(target_of(reply.records[i]),
			    target_of(r->data)) == 0;
	if (reply.count == 0)
		check_add(c, CHECK_SRV_MISSING, CHECK_NOTICE, r->name, NULL,
		    r->data);
	else if (!good)
		check_add(c, CHECK_SRV_WRONG, CHECK_WARNING, r->name,
		    reply.records[0], r->data);
	dns_probe_fini(&reply);
}

void
check_setup(struct checking *c)
{
	const struct zone *z = c->in->zone;

	for (size_t i = 0; z != NULL && i < z->count; i++) {
		const struct zone_record *r = &z->records[i];

		if (r->purpose == ZONE_AUTOCONFIG ||
		    r->purpose == ZONE_AUTODISCOVER)
			see_web_name(c, r);
		else if (r->purpose == ZONE_SRV_IMAP ||
		    r->purpose == ZONE_SRV_SMTP)
			see_srv(c, r);
	}
}
