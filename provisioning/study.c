/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is: the zone, who receives its mail, who may send in its name.
 */
#include "provisioning/study.h"

#include <errno.h>
#include <string.h>

#include "auth/spf_tree.h"
#include "lib/err.h"
#include "policy/zone.h"
#include "provisioning/ctl_out.h"
#include "provisioning/study_int.h"

#define TEXT_MAX (1u << 16)

json_t *
study_string(const char *text)
{
	struct oct_str s;
	json_t *v;

	oct_str_heap(&s, TEXT_MAX);
	for (; *text != '\0'; text++)
		oct_str_addc(&s, *text >= 0x20 && *text < 0x7f ? *text : '?');
	v = json_string(oct_str_text(&s));
	oct_str_free(&s);
	return v;
}

const char *
study_get(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

static json_t *
unicode(const char *domain)
{
	struct oct_str s;
	json_t *v;

	oct_str_heap(&s, 2048);
	zone_unicode(domain, &s);
	v = ctl_json_text(oct_str_text(&s));
	oct_str_free(&s);
	return v;
}

/* --- The zone ----------------------------------------------------------------- */

static void
see_zone(struct studying *s, const struct check *c)
{
	json_t *v = json_object(), *servers = json_array();
	const struct dns_answer *ns;
	const char *provider = "";

	if (*c->cut != '\0') {
		ns = dns_get(s->in->check.dns, c->cut, DNS_NS);
		for (size_t i = 0; i < ns->count; i++) {
			const char *name = ns->records[i].name;
			const char *who = study_service(s->in->services,
			    STUDY_NS, name);
			json_t *one = json_object();

			provider = *who != '\0' ? who : provider;
			ctl_json_set(one, "name", study_string(name));
			ctl_json_set(one, "provider", ctl_json_text(who));
			(void)json_array_append_new(servers, one);
		}
	}
	ctl_json_set(v, "zone", study_string(c->cut));
	ctl_json_set(v, "provider", ctl_json_text(provider));
	ctl_json_set(v, "servers", servers);
	ctl_json_set(s->out, "dns", v);
	ctl_json_set(s->out, "dnssec",
	    json_string(check_dnssec_name(c->dnssec)));
}

/* --- MX ----------------------------------------------------------------------- */

static json_t *
addresses(struct studying *s, const char *name)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA };
	json_t *all = json_array();

	for (size_t t = 0; t < OCT_LEN(types); t++) {
		const struct dns_answer *a =
		    dns_get(s->in->check.dns, name, types[t]);

		for (size_t i = 0; i < a->count && i < 8; i++) {
			char text[OCT_IP_SIZE];

			oct_ip_text(&a->records[i].ip, text);
			(void)json_array_append_new(all, json_string(text));
		}
	}
	return all;
}

static void
see_mx(struct studying *s, const struct check *c)
{
	const char *domain = s->in->check.domain;
	const struct dns_answer *mx = dns_get(s->in->check.dns, domain, DNS_MX);
	json_t *v = json_object(), *all = json_array();
	const char *provider = "";

	for (size_t i = 0; i < mx->count; i++) {
		const char *name = mx->records[i].name;
		const char *who = study_service(s->in->services, STUDY_MX,
		    name);
		json_t *one = json_object();

		ctl_json_set(one, "preference",
		    json_integer(mx->records[i].preference));
		ctl_json_set(one, "host", study_string(name));
		ctl_json_set(one, "provider", ctl_json_text(who));
		ctl_json_set(one, "addresses", addresses(s, name));
		(void)json_array_append_new(all, one);
		if (*who != '\0')
			provider = who;
	}
	ctl_json_set(v, "provider", ctl_json_text(provider));
	ctl_json_set(v, "ttl", json_integer(c->mx_ttl_s));
	ctl_json_set(v, "hosts", all);
	ctl_json_set(s->out, "mx", v);
}

/* --- SPF ---------------------------------------------------------------------- */

static json_t *
tree_json(struct studying *s, const struct spf_tree *t)
{
	static const char *const faults[] = { "", "absent", "several",
		"syntax", "loop", "no-answer", "macro" };
	json_t *all = json_array();

	for (size_t i = 0; i < t->node_count; i++) {
		const struct spf_tree_node *n = &t->nodes[i];
		json_t *one = json_object();

		ctl_json_set(one, "depth", json_integer(n->depth));
		ctl_json_set(one, "domain", study_string(n->domain));
		ctl_json_set(one, "provider",
		    ctl_json_text(study_service(s->in->services, STUDY_SPF,
			n->domain)));
		ctl_json_set(one, "record",
		    study_string(n->record != NULL ? n->record : ""));
		ctl_json_set(one, "fault", json_string(faults[n->fault]));
		ctl_json_set(one, "lookups", json_integer(n->lookups));
		(void)json_array_append_new(all, one);
	}
	return all;
}

/* Who may send: what the record itself names, each with its service. */
static json_t *
senders_json(struct studying *s, const struct spf_tree *t)
{
	json_t *all = json_array();

	for (size_t i = 0; i < t->term_count; i++) {
		const struct spf_tree_term *term = &t->terms[i];
		const char *text = term->text, *colon = strchr(text, ':');
		json_t *one;

		/* Terms of others are theirs; "all" is no sender. */
		if (term->node != 0 || (!term->look_up && term->wide < 0))
			continue;
		one = json_object();
		ctl_json_set(one, "term", study_string(text));
		ctl_json_set(one, "provider",
		    ctl_json_text(colon != NULL
			    ? study_service(s->in->services, STUDY_SPF,
				  colon + 1)
			    : ""));
		(void)json_array_append_new(all, one);
	}
	return all;
}

static int
see_spf(struct studying *s, const struct check *c)
{
	static const char *const ends[] = { "none", "pass", "fail", "softfail",
		"neutral" };
	const char *domain = s->in->check.domain;
	struct spf_tree t;
	json_t *v;
	int rc = spf_tree_walk(s->in->check.dns, domain, &t);

	if (rc == 0) {
		v = json_object();
		ctl_json_set(v, "record",
		    study_string(t.nodes[0].record != NULL ? t.nodes[0].record
							   : ""));
		ctl_json_set(v, "ttl", json_integer(c->txt_ttl_s));
		ctl_json_set(v, "lookups", json_integer(t.lookups));
		ctl_json_set(v, "voids", json_integer(t.voids));
		ctl_json_set(v, "all", json_string(ends[spf_tree_all(&t)]));
		ctl_json_set(v, "senders", senders_json(s, &t));
		ctl_json_set(v, "tree", tree_json(s, &t));
		ctl_json_set(s->out, "spf", v);
	}
	spf_tree_fini(&t);
	return rc;
}

/* --- Risks -------------------------------------------------------------------- */

static void
set_words(json_t *v, const char *name, const struct check_finding *f,
    void (*write)(const struct check_finding *, bool, struct oct_str *))
{
	struct oct_str text;

	oct_str_heap(&text, TEXT_MAX);
	write(f, false, &text);
	ctl_json_set(v, name, ctl_json_text(oct_str_text(&text)));
	oct_str_free(&text);
}

/* Behind the errors: its mail server is on a list. */
static void
add_listings(struct studying *s, json_t *risks, size_t errors)
{
	json_t *listed = json_object_get(
	    json_object_get(s->out, "blocklists"), "listed");
	json_t *one, *risk;
	size_t i;

	json_array_foreach(listed, i, one) {
		struct oct_str text;

		oct_str_heap(&text, TEXT_MAX);
		oct_str_addf(&text,
		    "%s est sur la liste de blocage %s (%s) : une partie de "
		    "son courrier est refusée.",
		    study_get(one, "subject"), study_get(one, "list"),
		    study_get(one, "code"));
		risk = json_object();
		ctl_json_set(risk, "code", json_string("blocklist"));
		ctl_json_set(risk, "severity", json_string("warning"));
		ctl_json_set(risk, "name",
		    study_string(study_get(one, "subject")));
		ctl_json_set(risk, "what",
		    ctl_json_text(oct_str_text(&text)));
		oct_str_free(&text);
		(void)json_array_insert_new(risks, errors, risk);
	}
}

static void
see_risks(struct studying *s, const struct check *c)
{
	json_t *all = json_array();
	size_t errors = 0;

	for (size_t i = 0; i < c->count; i++) {
		const struct check_finding *f = &c->findings[i];
		json_t *one = json_object();

		ctl_json_set(one, "code",
		    json_string(check_code_name(f->code)));
		ctl_json_set(one, "severity",
		    json_string(check_severity_name(f->severity)));
		ctl_json_set(one, "name", study_string(f->name));
		set_words(one, "what", f, check_what);
		(void)json_array_append_new(all, one);
		errors += f->severity == CHECK_ERROR;
	}
	add_listings(s, all, errors);
	ctl_json_set(s->out, "risks", all);
}

int
study_domain(const struct study_input *in, json_t **out)
{
	struct studying s = { .in = in, .out = json_object() };
	struct check c;
	int rc = s.out != NULL ? check_domain(&in->check, &c) : -ENOMEM;

	if (s.out == NULL)
		return -ENOMEM;
	ctl_json_set(s.out, "domain", study_string(in->check.domain));
	ctl_json_set(s.out, "name", unicode(in->check.domain));
	ctl_json_set(s.out, "date", ctl_json_time(in->check.now_ms));
	if (rc == 0) {
		see_zone(&s, &c);
		see_mx(&s, &c);
		rc = see_spf(&s, &c);
	}
	if (rc == 0) {
		study_policies(&s);
		see_risks(&s, &c);
		study_steps(&s);
	}
	check_fini(&c);
	if (rc != 0) {
		json_decref(s.out);
		return rc;
	}
	*out = s.out;
	return 0;
}
