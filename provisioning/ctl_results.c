/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authentication results as JSON and for people.
 */
#include <string.h>

#include "provisioning/ctl_message.h"

static json_t *
text(const char *s)
{
	return ctl_json_text(s);
}

/* null where there is nothing to name. */
static json_t *
name(const char *s)
{
	return *s != '\0' ? ctl_json_text(s) : json_null();
}

static const char *
term_name(enum auth_spf_term t)
{
	switch (t) {
	case AUTH_SPF_NONE:
		break;
	case AUTH_SPF_ALL:
		return "all";
	case AUTH_SPF_A:
		return "a";
	case AUTH_SPF_MX:
		return "mx";
	case AUTH_SPF_PTR:
		return "ptr";
	case AUTH_SPF_IP4:
		return "ip4";
	case AUTH_SPF_IP6:
		return "ip6";
	case AUTH_SPF_EXISTS:
		return "exists";
	case AUTH_SPF_UNKNOWN:
		return "unknown";
	}
	return "";
}

json_t *
ctl_spf_json(const struct auth_spf *r)
{
	json_t *v = json_object();

	ctl_json_set(v, "result", text(auth_result_name(r->result)));
	ctl_json_set(v, "identity", text(r->helo ? "helo" : "mailfrom"));
	ctl_json_set(v, "domain", name(r->domain));
	ctl_json_set(v, "term", name(term_name(r->term)));
	ctl_json_set(v, "prefix",
	    r->prefix >= 0 ? json_integer(r->prefix) : json_null());
	ctl_json_set(v, "term_domain", name(r->term_domain));
	ctl_json_set(v, "lookups", json_integer(r->lookups));
	ctl_json_set(v, "voids", json_integer(r->voids));
	ctl_json_set(v, "explanation", text(r->explanation));
	ctl_json_set(v, "problem", text(r->problem));
	return v;
}

static json_t *
covered(const struct auth_dkim_sig *s)
{
	const struct {
		const char *field;
		bool yes;
	} fields[] = { { "from", s->covers_from }, { "to", s->covers_to },
		{ "cc", s->covers_cc }, { "subject", s->covers_subject } };
	json_t *list = json_array();

	for (size_t i = 0; i < OCT_LEN(fields); i++)
		if (fields[i].yes)
			(void)json_array_append_new(list,
			    json_string(fields[i].field));
	return list;
}

json_t *
ctl_dkim_json(const struct auth_dkim *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->count; i++) {
		const struct auth_dkim_sig *s = &r->sig[i];
		json_t *v = json_object();

		ctl_json_set(v, "result", text(auth_result_name(s->result)));
		ctl_json_set(v, "domain", name(s->domain));
		ctl_json_set(v, "selector", name(s->selector));
		ctl_json_set(v, "identity", name(s->identity));
		ctl_json_set(v, "algorithm", name(s->algorithm));
		ctl_json_set(v, "key_bits", json_integer(s->key_bits));
		ctl_json_set(v, "testing", json_boolean(s->testing));
		ctl_json_set(v, "length", json_boolean(s->length));
		ctl_json_set(v, "whole_body", json_boolean(s->whole_body));
		ctl_json_set(v, "covers", covered(s));
		ctl_json_set(v, "dnssec", json_boolean(s->secure));
		ctl_json_set(v, "problem", text(s->problem));
		(void)json_array_append_new(list, v);
	}
	return list;
}

json_t *
ctl_dmarc_json(const struct auth_dmarc *r)
{
	bool found = *r->domain != '\0';
	json_t *v = json_object();

	ctl_json_set(v, "result", text(auth_result_name(r->result)));
	ctl_json_set(v, "policy",
	    found ? text(auth_dmarc_policy_name(r->policy)) : json_null());
	ctl_json_set(v, "domain", name(r->domain));
	ctl_json_set(v, "from_domain", name(r->from_domain));
	ctl_json_set(v, "org_domain", name(r->org_domain));
	ctl_json_set(v, "testing", json_boolean(r->testing));
	ctl_json_set(v, "by_spf", json_boolean(r->by_spf));
	ctl_json_set(v, "by_dkim", json_boolean(r->by_dkim));
	ctl_json_set(v, "author_domains",
	    json_integer((json_int_t)r->author_domains));
	ctl_json_set(v, "problem", text(r->problem));
	return v;
}

json_t *
ctl_arc_json(const struct auth_arc *r)
{
	json_t *v = json_object();

	ctl_json_set(v, "result", text(auth_result_name(r->result)));
	ctl_json_set(v, "instances", json_integer(r->instances));
	ctl_json_set(v, "sealer", name(r->sealer));
	ctl_json_set(v, "problem", text(r->problem));
	return v;
}

json_t *
ctl_queries_json(const struct dns_session *dns)
{
	json_t *list = json_array();

	for (size_t i = 0; i < dns_session_count(dns); i++) {
		struct dns_question q;
		json_t *v = json_object();

		dns_session_question(dns, i, &q);
		ctl_json_set(v, "name", text(q.name));
		ctl_json_set(v, "type", text(dns_type_name(q.type)));
		ctl_json_set(v, "status",
		    text(q.joined ? dns_status_name(q.status) : "unused"));
		ctl_json_set(v, "cached", json_boolean(q.cached));
		ctl_json_set(v, "ms", json_integer(q.took_ms));
		(void)json_array_append_new(list, v);
	}
	return list;
}

json_t *
ctl_results_json(const struct ctl_message *m)
{
	json_t *v = json_object();

	ctl_json_set(v, "spf", ctl_spf_json(&m->ev->spf));
	ctl_json_set(v, "dkim", ctl_dkim_json(&m->ev->dkim));
	ctl_json_set(v, "dmarc", ctl_dmarc_json(&m->ev->dmarc));
	ctl_json_set(v, "arc", ctl_arc_json(&m->ev->arc));
	ctl_json_set(v, "queries",
	    ctl_queries_json(evaluator_dns(m->evaluator)));
	return v;
}

/* --- For people --------------------------------------------------------- */

/* "spf    pass  domain=a.example term=ip4 prefix=32": what is empty or usual is
 * left out. */
static void
method_line(const char *method, json_t *v, struct oct_str *out)
{
	const char *key;
	json_t *item;

	oct_str_addf(out, "%-6s %s", method,
	    json_string_value(json_object_get(v, "result")));
	json_object_foreach(v, key, item) {
		if (strcmp(key, "result") == 0)
			continue;
		if (json_is_string(item) && *json_string_value(item) != '\0') {
			oct_str_addf(out, " %s=", key);
			ctl_out_text(json_string_value(item), 0, out);
		} else if (json_is_integer(item)) {
			oct_str_addf(out, " %s=%" JSON_INTEGER_FORMAT, key,
			    json_integer_value(item));
		} else if (json_is_true(item)) {
			oct_str_addf(out, " %s", key);
		}
	}
	oct_str_addc(out, '\n');
}

void
ctl_results_text(const json_t *v, struct oct_str *out)
{
	static const struct ctl_column columns[] = {
		{ "type", "TYPE", CTL_TEXT },
		{ "status", "ANSWER", CTL_TEXT },
		{ "ms", "MS", CTL_RIGHT },
		{ "name", "QUESTION", CTL_TEXT },
	};
	static const char *const methods[] = { "spf", "dmarc", "arc" };
	const json_t *dkim = json_object_get(v, "dkim");
	const json_t *queries = json_object_get(v, "queries");
	json_t *item;
	size_t i;

	for (i = 0; i < OCT_LEN(methods); i++)
		if (json_object_get(v, methods[i]) != NULL)
			method_line(methods[i],
			    json_object_get(v, methods[i]), out);
	json_array_foreach(dkim, i, item)
		method_line("dkim", item, out);
	if (dkim != NULL && json_array_size(dkim) == 0)
		oct_str_add(out, "dkim   none\n");
	if (json_array_size(queries) > 0) {
		oct_str_addc(out, '\n');
		ctl_out_table(queries, columns, OCT_LEN(columns), out);
	}
}
