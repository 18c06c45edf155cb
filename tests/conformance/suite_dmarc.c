/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DMARC evaluations recorded from mailauth: suite_dmarc FOLDER (*.json).  Of
 * its answers status.result, policy and domain are compared; the rest is its
 * own.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/dmarc.h"
#include "lib/str.h"
#include "tests/conformance/kit.h"

#define AUTHORS_MAX 8
#define QUERIES_MAX 8

/* Rows that ask for something else than RFC 9989, by a part of their name. */
static const struct {
	const char *part, *why;
} exceptions[] = {
	{ "does-not-inherit-the-org-policy-when-the-author-domain-publishes",
	    "4.10 step 2 discards the several records and steps 3 to 7 go on; "
	    "4.10.1: no valid record at the author domain, so the walk "
	    "decides" },
};

struct query {
	char author[AUTHORS_MAX][OCT_DOMAIN_SIZE];
	const char *authors[AUTHORS_MAX];
	struct auth_spf spf;
	struct auth_dkim dkim;
	struct auth_dmarc out;
};

static void
copy_domain(char out[OCT_DOMAIN_SIZE], const char *address)
{
	const char *at = strrchr(address, '@');

	(void)snprintf(out, OCT_DOMAIN_SIZE, "%s",
	    at != NULL ? at + 1 : address);
}

static bool
add_txt(struct dns *dns, const char *name, json_t *chunks)
{
	char text[4096];
	struct oct_str s;
	size_t i;
	json_t *chunk;

	oct_str_fixed(&s, text, sizeof(text));
	if (json_is_string(chunks))
		oct_str_add(&s, json_string_value(chunks));
	json_array_foreach(chunks, i, chunk) {
		if (json_is_string(chunk))
			oct_str_add(&s, json_string_value(chunk));
	}
	return oct_str_err(&s) == 0 &&
	    dns_static_add(dns, name, DNS_TXT, text, s.len) == 0;
}

static bool
add_other(struct dns *dns, const char *name, const char *type, json_t *rdata)
{
	const char *text = json_string_value(rdata);
	char mx[OCT_DOMAIN_SIZE + 8];
	enum dns_type t;

	if (strcmp(type, "A") == 0 || strcmp(type, "AAAA") == 0) {
		t = strcmp(type, "A") == 0 ? DNS_A : DNS_AAAA;
		return text != NULL &&
		    dns_static_add(dns, name, t, text, strlen(text)) == 0;
	}
	if (strcmp(type, "MX") != 0)
		return false;
	text = json_string_value(json_object_get(rdata, "exchange"));
	if (text == NULL)
		return false;
	(void)snprintf(mx, sizeof(mx), "%d %s", 10, text);
	return dns_static_add(dns, name, DNS_MX, mx, strlen(mx)) == 0;
}

/* An answer that is no list is an error of the resolver. */
static bool
add_error(struct dns *dns, const char *name, json_t *value)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY);
	bool absent;

	absent = text != NULL && (strstr(text, "NOTFOUND") != NULL ||
	    strstr(text, "NODATA") != NULL);
	free(text);
	return absent || dns_static_timeout(dns, name) == 0;
}

static bool
load_zone(struct dns *dns, json_t *zone)
{
	const char *name, *type;
	json_t *types, *list, *one;
	size_t i;
	bool ok = true;

	json_object_foreach(zone, name, types) {
		json_object_foreach(types, type, list) {
			if (!json_is_array(list))
				ok = ok && add_error(dns, name, list);
			json_array_foreach(list, i, one) {
				ok = ok && (strcmp(type, "TXT") == 0 ?
					add_txt(dns, name, one) :
					add_other(dns, name, type, one));
			}
		}
	}
	return ok;
}

static void
load_authors(struct query *q, json_t *from, struct auth_dmarc_input *in)
{
	size_t i;
	json_t *one;

	if (json_is_string(from)) {
		copy_domain(q->author[0], json_string_value(from));
		in->from_count = 1;
	}
	json_array_foreach(from, i, one) {
		if (in->from_count < AUTHORS_MAX && json_is_string(one))
			copy_domain(q->author[in->from_count++],
			    json_string_value(one));
	}
	for (i = 0; i < in->from_count; i++)
		q->authors[i] = q->author[i];
	in->from_domains = q->authors;
}

static const char *
domain_of(json_t *entry)
{
	const char *text = json_string_value(entry);

	if (text == NULL)
		text = json_string_value(json_object_get(entry, "domain"));
	return text != NULL ? text : "";
}

static void
load_identifiers(struct query *q, json_t *args)
{
	json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(args, "dkimDomains"), i, entry) {
		struct auth_dkim_sig *sig = &q->dkim.sig[q->dkim.count];

		if (q->dkim.count == AUTH_DKIM_MAX)
			break;
		q->dkim.count++;
		sig->result = AUTH_PASS;
		copy_domain(sig->domain, domain_of(entry));
		sig->covers_from = true;
		sig->whole_body = json_object_get(entry, "underSized") == NULL;
	}
	json_array_foreach(json_object_get(args, "spfDomains"), i, entry) {
		q->spf.result = AUTH_PASS;
		copy_domain(q->spf.domain, domain_of(entry));
	}
}

static bool
run_query(json_t *query, struct query *q)
{
	json_t *args = json_object_get(query, "args");
	struct auth_dmarc_input in = { .spf = &q->spf, .dkim = &q->dkim };
	struct dns_session *session;
	struct dns *dns;
	bool ok;

	if (!json_is_object(args) || dns_new_static(&dns) != 0)
		return false;
	ok = load_zone(dns, json_object_get(query, "zone"));
	load_authors(q, json_object_get(args, "headerFrom"), &in);
	load_identifiers(q, args);
	session = kit_session(dns);
	auth_dmarc_check(session, &in, &q->out);
	dns_session_free(session);
	dns_free(dns);
	return ok;
}

/* 1 = holds, 0 = does not, -1 = not about us. */
static int
holds(json_t *expect, const struct auth_dmarc *d)
{
	const char *path = json_string_value(json_object_get(expect, "path"));
	const char *op = json_string_value(json_object_get(expect, "op"));
	const char *arg = json_string_value(
	    json_array_get(json_object_get(expect, "args"), 0));

	if (path == NULL || op == NULL || arg == NULL)
		return -1;
	if (path[0] == '\0' && strcmp(op, "not property") == 0 &&
	    strcmp(arg, "policy") == 0)
		return d->domain[0] == '\0';
	if (strcmp(op, "equal") != 0)
		return -1;
	if (strcmp(path, "status.result") == 0)
		return strcmp(arg, auth_result_name(d->result)) == 0;
	if (strcmp(path, "policy") == 0)
		return d->domain[0] != '\0' &&
		    strcmp(arg, auth_dmarc_policy_name(d->policy)) == 0;
	if (strcmp(path, "domain") == 0)
		return strcmp(arg, d->domain) == 0;
	return -1;
}

/* How many expectations before number i concern the same thing. */
static size_t
occurrence(json_t *expects, size_t i)
{
	json_t *path = json_object_get(json_array_get(expects, i), "path");
	size_t n = 0;

	for (size_t k = 0; k < i; k++) {
		if (json_equal(path, json_object_get(json_array_get(expects, k),
			"path")))
			n++;
	}
	return n;
}

/* The k-th expectation about a field belongs to the k-th query. */
static int
compare(json_t *expects, const struct query *q, size_t queries)
{
	int all = -1, one;
	size_t i;
	json_t *expect;

	json_array_foreach(expects, i, expect) {
		size_t k = occurrence(expects, i);

		one = k < queries ? holds(expect, &q[k].out) : -1;
		if (one >= 0)
			all = all < 0 ? one : (all > 0 && one > 0);
	}
	return all;
}

static const char *
exception_for(const char *name)
{
	for (size_t i = 0; i < OCT_LEN(exceptions); i++) {
		if (strstr(name, exceptions[i].part) != NULL)
			return exceptions[i].why;
	}
	return NULL;
}

static void
judge(struct kit_score *score, const char *name, json_t *root)
{
	json_t *queries = json_object_get(root, "queries"), *query;
	struct query *q = calloc(QUERIES_MAX, sizeof(*q));
	size_t i, n = 0;
	bool ok = q != NULL;
	int right;

	json_array_foreach(queries, i, query) {
		ok = ok && n < QUERIES_MAX && run_query(query, &q[n]);
		n++;
	}
	right = ok ? compare(json_object_get(root, "expect"), q, n) : -1;
	if (right < 0) {
		score->unsettled++;
	} else if (right > 0) {
		score->right++;
	} else if (exception_for(name) != NULL) {
		score->unsettled++;
		(void)printf("exception %s: %s\n", name, exception_for(name));
	} else {
		kit_wrong(score, name, "result %s policy %s domain %s",
		    auth_result_name(q[0].out.result),
		    auth_dmarc_policy_name(q[0].out.policy), q[0].out.domain);
	}
	free(q);
}

static int
is_json(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot != NULL && strcmp(dot, ".json") == 0;
}

int
main(int argc, char **argv)
{
	struct kit_score score = { .name = "dmarc" };
	const char *base = argc > 1 ? argv[1] : "../shared/conformance";
	char folder[KIT_PATH], path[KIT_PATH];
	struct dirent **list;
	json_error_t error;
	json_t *root;
	int n;

	if (!kit_folder(base, "dmarc", folder))
		return kit_skip("dmarc", base);
	n = scandir(folder, &list, is_json, alphasort);
	for (int i = 0; i < n; i++) {
		kit_path(path, folder, list[i]->d_name, "");
		root = json_load_file(path, 0, &error);
		if (root != NULL)
			judge(&score, list[i]->d_name, root);
		else
			kit_wrong(&score, list[i]->d_name, "%s", error.text);
		json_decref(root);
		free(list[i]);
	}
	free(list);
	return kit_end(&score);
}
