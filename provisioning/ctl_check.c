/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl domain check: is the DNS of a hosted domain right?
 */
#include "provisioning/ctl_check.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "provisioning/ctl_entry.h"
#include "provisioning/ctl_message.h"

#define QUESTIONS_MAX 600
#define TEXT_MAX (1u << 20)

/* --- Running it ------------------------------------------------------------- */

static int
find_resolver(struct ctl *ctl, const char *server,
    struct dns_probe_server *out)
{
	const struct settings *set;
	int status = ctl_settings(ctl, &set);

	if (status != 0)
		return status;
	if (server == NULL)
		server = set->dns_servers.values[0];
	if (dns_probe_server_parse(server, out) == 0)
		return 0;
	return ctl_fail(ctl, DAEMON_EXIT_USAGE,
	    "DNS server '%s': expected ADDRESS or ADDRESS:PORT", server);
}

int
ctl_checking_open(struct ctl *ctl, const char *server,
    const struct ctl_zone *z, const char *name, struct ctl_checking *out)
{
	const struct settings *set;
	struct dns *dns;
	int status = find_resolver(ctl, server, &out->resolver), rc;
	int64_t until = oct_clock_mono_ms() + CTL_CHECK_MS;

	if (status == 0)
		status = ctl_settings(ctl, &set);
	if (status == 0)
		status = ctl_dns(ctl, server, &dns);
	if (status != 0)
		return status;
	rc = dns_session_new(dns, until, QUESTIONS_MAX, &out->dns);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "DNS", "session");
	out->input = (struct check_input){
		.domain = z != NULL ? z->domain : name,
		.dns = out->dns, .resolver = &out->resolver,
		.dns_port = (uint16_t)set->hosting_dns_port,
		.https_port = (uint16_t)set->hosting_https_port,
		.inner_addresses = set->hosting_inner_addresses,
		.deadline_ms = until, .now_ms = oct_clock_wall_ms() };
	if (z != NULL) {
		out->input.zone = &z->zone;
		out->input.hosting = &z->hosting;
		out->input.keys = &z->keys;
	}
	return 0;
}

void
ctl_checking_close(struct ctl_checking *c)
{
	dns_session_free(c->dns);
	c->dns = NULL;
}

int
ctl_check(struct ctl *ctl, const char *server, const struct ctl_zone *z,
    struct check *out)
{
	struct ctl_checking c = { .dns = NULL };
	int status = ctl_checking_open(ctl, server, z, NULL, &c), rc;

	*out = (struct check){ .count = 0 };
	if (status == 0) {
		rc = check_domain(&c.input, out);
		status = rc == 0 ? 0
				 : ctl_fail_rc(ctl, rc, "check of", z->domain);
	}
	ctl_checking_close(&c);
	return status;
}

bool
ctl_check_is_right(const struct check *c)
{
	return !check_has(c, CHECK_UNKNOWN);
}

int
ctl_check_activate(struct ctl *ctl, const struct ctl_zone *z)
{
	struct ctl_subject s;

	ctl_subject_of(DIR_KIND_DOMAIN, z->domain, "", &s);
	return ctl_subject_change(ctl, &s, CTL_SET, "{\"state\":\"active\"}",
	    NULL);
}

/* --- Showing it ------------------------------------------------------------- */

static void
set_words(json_t *v, const char *name, const struct check_finding *f,
    bool english,
    void (*write)(const struct check_finding *, bool, struct oct_str *))
{
	struct oct_str s;

	oct_str_heap(&s, TEXT_MAX);
	write(f, english, &s);
	ctl_json_set(v, name, ctl_json_text(oct_str_text(&s)));
	oct_str_free(&s);
}

static json_t *
findings_json(const struct check *c, bool english)
{
	json_t *all = json_array();

	for (size_t i = 0; i < c->count; i++) {
		const struct check_finding *f = &c->findings[i];
		json_t *v = json_object();

		ctl_json_set(v, "code", json_string(check_code_name(f->code)));
		ctl_json_set(v, "section",
		    json_string(check_section_name(check_section(f->code))));
		ctl_json_set(v, "severity",
		    json_string(check_severity_name(f->severity)));
		ctl_json_set(v, "name", ctl_json_text(f->name));
		ctl_json_set(v, "seen", ctl_json_text(f->seen));
		ctl_json_set(v, "want", ctl_json_text(f->want));
		set_words(v, "what", f, english, check_what);
		set_words(v, "todo", f, english, check_todo);
		(void)json_array_append_new(all, v);
	}
	return all;
}

static json_t *
servers_json(const struct check *c)
{
	static const char *const states[] = { "good", "lame", "silent",
		"unreachable" };
	json_t *all = json_array();

	for (size_t i = 0; i < c->server_count; i++) {
		const struct check_server *s = &c->servers[i];
		json_t *v = json_object();
		char address[OCT_IP_SIZE];

		oct_ip_text(&s->at.ip, address);
		ctl_json_set(v, "name", ctl_json_text(s->name));
		ctl_json_set(v, "address", ctl_json_text(address));
		ctl_json_set(v, "state", json_string(states[s->state]));
		ctl_json_set(v, "serial", json_integer(s->serial));
		(void)json_array_append_new(all, v);
	}
	return all;
}

static size_t
count_of(const struct check *c, enum check_severity s)
{
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++)
		n += c->findings[i].severity == s;
	return n;
}

json_t *
ctl_check_json(const struct ctl_zone *z, const struct check *c, bool english)
{
	json_t *v = json_object();

	ctl_json_set(v, "domain", ctl_json_text(z->domain));
	ctl_json_set(v, "right", json_boolean(ctl_check_is_right(c)));
	ctl_json_set(v, "errors",
	    json_integer((json_int_t)count_of(c, CHECK_ERROR)));
	ctl_json_set(v, "unknown",
	    json_integer((json_int_t)count_of(c, CHECK_UNKNOWN)));
	ctl_json_set(v, "warnings",
	    json_integer((json_int_t)count_of(c, CHECK_WARNING)));
	ctl_json_set(v, "notices",
	    json_integer((json_int_t)count_of(c, CHECK_NOTICE)));
	ctl_json_set(v, "more", json_integer((json_int_t)c->more));
	ctl_json_set(v, "dnssec", json_string(check_dnssec_name(c->dnssec)));
	ctl_json_set(v, "zone", ctl_json_text(c->cut));
	ctl_json_set(v, "servers", servers_json(c));
	ctl_json_set(v, "findings", findings_json(c, english));
	return v;
}

static const char *
severity_word(enum check_severity s, bool english)
{
	static const struct {
		const char *fr, *en;
	} words[] = {
		[CHECK_NOTICE] = { "conseil", "advice" },
		[CHECK_WARNING] = { "attention", "warning" },
		[CHECK_UNKNOWN] = { "inconnu", "unknown" },
		[CHECK_ERROR] = { "ERREUR", "ERROR" },
	};

	return english ? words[s].en : words[s].fr;
}

/* Sections where nothing is wrong, so that what was looked at is seen. */
static void
good_sections(const struct check *c, bool english, struct oct_str *out)
{
	bool bad[CHECK_SECTIONS] = { false };
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++)
		if (c->findings[i].severity > CHECK_NOTICE)
			bad[check_section(c->findings[i].code)] = true;
	if (c->dnssec == CHECK_DNSSEC_WRONG)
		return;
	for (size_t i = 0; i < CHECK_SECTIONS; i++)
		if (!bad[i])
			oct_str_addf(out, "%s%s",
			    n++ > 0 ? ", "
			    : english ? "right: "
				      : "en ordre : ",
			    check_section_name((enum check_section)i));
	if (n > 0)
		oct_str_addc(out, '\n');
}

/* "1 error", "2 errors"; of none the plural in English, the singular in French. */
static void
add_count(struct oct_str *out, size_t n, const char *word, bool english)
{
	bool one = english ? n == 1 : n <= 1;

	oct_str_addf(out, "%zu %s%s", n, word, one ? "" : "s");
}

void
ctl_check_text(const struct ctl_zone *z, const struct check *c, bool english,
    struct oct_str *out)
{
	size_t unknown = count_of(c, CHECK_UNKNOWN);

	zone_unicode(z->domain, out);
	oct_str_add(out, english ? ": " : " : ");
	add_count(out, count_of(c, CHECK_ERROR), english ? "error" : "erreur",
	    english);
	oct_str_add(out, ", ");
	add_count(out, count_of(c, CHECK_WARNING),
	    english ? "warning" : "avertissement", english);
	if (unknown > 0) {
		oct_str_add(out, ", ");
		add_count(out, unknown, "question", english);
		oct_str_add(out, english ? " without answer" : " sans réponse");
	}
	oct_str_addf(out, english ? " (DNSSEC: %s)\n" : " (DNSSEC : %s)\n",
	    check_dnssec_name(c->dnssec));
	good_sections(c, english, out);
	for (size_t i = 0; i < c->count; i++) {
		const struct check_finding *f = &c->findings[i];

		oct_str_addf(out, "\n%s [%s] ",
		    severity_word(f->severity, english),
		    check_code_name(f->code));
		check_what(f, english, out);
		oct_str_add(out, "\n  -> ");
		check_todo(f, english, out);
		oct_str_addc(out, '\n');
	}
	if (c->more > 0)
		oct_str_addf(out, english ? "\n%zu more.\n"
					  : "\nEt %zu autres.\n", c->more);
}

/* --- The command ------------------------------------------------------------ */

static bool
is_pending(const struct ctl_zone *z)
{
	return z->entry != NULL && z->entry->life == DIR_LIFE_PENDING_DNS;
}

static int
print_check(struct ctl *ctl, const struct ctl_zone *z, const struct check *c,
    bool english, bool activated)
{
	struct oct_str out;
	json_t *v;

	if (ctl->json) {
		v = ctl_check_json(z, c, english);
		ctl_json_set(v, "activated", json_boolean(activated));
		return ctl_print(ctl, v, NULL, 0);
	}
	if (ctl->quiet)
		return 0;
	oct_str_heap(&out, CTL_OUT_MAX);
	ctl_check_text(z, c, english, &out);
	if (activated)
		oct_str_add(&out, english ? "\nThe domain is active now.\n"
					  : "\nLe domaine est maintenant "
					    "actif.\n");
	else if (is_pending(z) && ctl_check_is_right(c))
		oct_str_addf(&out,
		    english ? "\nIts DNS is right: 'octroictl domain check %s "
			      "--activate' puts it into service.\n"
			    : "\nSon DNS est en ordre : « octroictl domain "
			      "check %s --activate » le met en service.\n",
		    z->domain);
	return ctl_write(ctl, &out);
}

static int
outcome(const struct check *c, bool strict)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->findings[i].severity == CHECK_ERROR ||
		    (strict && c->findings[i].severity == CHECK_WARNING))
			return DAEMON_EXIT_FAILED;
	return check_has(c, CHECK_UNKNOWN) ? CTL_EXIT_LATER : 0;
}

int
ctl_domain_check(struct ctl *ctl, const struct ctl_args *args)
{
	struct check c = { .count = 0 };
	struct ctl_zone z = { .entry = NULL };
	bool english, activate;
	int status = ctl_english(ctl, args, &english);

	if (status == 0)
		status = ctl_zone_open(ctl, args->words[0], &z);
	if (status == 0)
		status = ctl_check(ctl, ctl_args_value(args, "dns"), &z, &c);
	if (status == 0) {
		activate = ctl_args_has(args, "activate") && is_pending(&z) &&
		    ctl_check_is_right(&c);
		if (activate)
			status = ctl_check_activate(ctl, &z);
		if (status == 0)
			status = print_check(ctl, &z, &c, english, activate);
		if (status == 0)
			status = outcome(&c, ctl_args_has(args, "strict"));
	}
	check_fini(&c);
	ctl_zone_close(&z);
	return status;
}

const struct ctl_option ctl_domain_check_options[] = {
	{ "activate", NULL, "put a pending-dns domain into service if all is "
			    "right" },
	{ "strict", NULL, "warnings count as errors" },
	CTL_LANG_OPTION,
	CTL_DNS_OPTION,
	{ NULL, NULL, NULL },
};
