/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/ctl_message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "milter/legacy.h"
#include "provisioning/ctl_guess.h"

#define DNS_MS 20000 /* RFC 7208 4.6.4: at least 20 s */
#define DNS_QUESTIONS 500
#define PROBE_MS 2000 /* for a resolver of the system to show itself */

/* --- The environment of an evaluation ----------------------------------- */

static int
view(const struct oct_conf_list *list, const char ***out)
{
	*out = calloc(list->count + 1, sizeof(**out));
	if (*out == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++)
		(*out)[i] = list->values[i];
	return 0;
}

static int
view_prefixes(const struct oct_conf_list *list, struct oct_prefix **out)
{
	int rc = 0;

	*out = calloc(list->count + 1, sizeof(**out));
	if (*out == NULL)
		return -ENOMEM;
	for (size_t i = 0; rc == 0 && i < list->count; i++)
		rc = oct_prefix_parse(list->values[i], &(*out)[i]);
	return rc;
}

static int
env_of_settings(struct ctl_site *m)
{
	const struct settings *set = m->set;
	struct evaluate_env *e = &m->env;
	int rc = view(&set->providers, &m->providers);

	if (rc == 0)
		rc = view(&set->sealers, &m->sealers);
	if (rc == 0)
		rc = domain_file_open("institutional", set->institutional_file,
		    &e->institutional);
	if (rc == 0)
		rc = domain_file_open("providers", set->providers_file,
		    &e->providers_file);
	if (rc == 0)
		rc = view_prefixes(&set->forwarders, &m->forwarders);
	if (rc == 0)
		rc = lists_new((const char *const *)set->lists.values,
		    set->lists.count, e->dns, &e->lists);
	if (rc != 0)
		return rc;
	lists_probe(e->lists);
	e->limits.header_octets = (size_t)set->max_header;
	e->limits.header_count = (size_t)set->max_header_count;
	e->limits.body_octets = (size_t)set->max_body;
	e->hostname = set->hostname;
	e->spf_libspf2 = set->spf_engine == 1;
	e->org_psl = set->dns_org == 1;
	e->providers = m->providers;
	e->sealers = m->sealers;
	e->forwarders = m->forwarders;
	e->forwarder_count = set->forwarders.count;
	settings_weights(set, &e->weights);
	return 0;
}

/* Does any server know the Internet?  Each knows the servers of the root; one that
 * says that there are none stands in a walled garden, and what it says of other
 * names is worth nothing. */
static bool
answers(struct dns *dns)
{
	struct dns_session *s = NULL;
	bool yes;

	if (dns_session_new(dns, oct_clock_mono_ms() + PROBE_MS, 1, &s) != 0)
		return false;
	yes = dns_get(s, ".", DNS_NS)->status == DNS_OK;
	dns_session_free(s);
	return yes;
}

/* Thousands of messages are not to wait for a resolver that never answers. */
static int
open_dns(struct ctl *ctl, const struct ctl_args *args, bool patient,
    struct dns **out)
{
	int status, rc;

	if (ctl->dns == NULL && ctl_args_has(args, "no-dns")) {
		rc = dns_new_silent(&ctl->dns);
		if (rc != 0)
			return ctl_fail_rc(ctl, rc, "DNS", "none");
	}
	if (ctl->dns != NULL) {
		*out = ctl->dns;
		return 0;
	}
	if (patient)
		return ctl_dns(ctl, ctl_args_value(args, "dns"), out);
	status = ctl_dns_quiet(ctl, ctl_args_value(args, "dns"), out);
	if (status == 0 && *out != NULL && answers(*out))
		return 0;
	if (status != 0)
		return status;
	if (!ctl->quiet)
		(void)fputs("octroictl: no DNS server that knows the "
			    "Internet: what needs DNS is not known\n", stderr);
	dns_free(ctl->dns);
	ctl->dns = NULL;
	rc = dns_new_silent(&ctl->dns);
	*out = ctl->dns;
	return rc == 0 ? 0 : ctl_fail_rc(ctl, rc, "DNS", "none");
}

static int
open_model(struct ctl *ctl, struct ctl_site *site)
{
	const char *path = ctl_args_value(site->args, "model");
	struct classifier *c = NULL;
	int rc;

	/* What was named must be there; what is configured may be. */
	if (path != NULL) {
		rc = classifier_open(path, &c);
		if (rc != 0)
			return ctl_fail_rc(ctl, rc, "model", path);
		classifier_close(c);
	} else {
		path = site->set != NULL ? site->set->model : "";
	}
	rc = classifier_live_new(path, &site->env.model);
	return rc == 0 ? 0 : ctl_fail_rc(ctl, rc, "model", path);
}

int
ctl_site_open(struct ctl *ctl, const struct settings *set,
    const struct ctl_args *args, bool needs_dns, struct ctl_site *out)
{
	const char *manifest = ctl_args_value(args, "manifest");
	struct evaluate_env *e = &out->env;
	int status, rc;

	memset(out, 0, sizeof(*out));
	out->set = set;
	out->args = args;
	/* With a server named or configured, one waits for it. */
	status = open_dns(ctl, args, needs_dns || set != NULL ||
		ctl_args_has(args, "dns"), &e->dns);
	if (status != 0)
		return status;
	oct_msg_limits_init(&e->limits);
	e->limits.body_octets = CTL_BODY_MAX;
	e->hostname = "localhost.localdomain";
	e->dns_ms = DNS_MS;
	e->dns_questions = DNS_QUESTIONS;
	score_weights_init(&e->weights);
	rc = auth_dkim_lib_new(&e->dkim);
	if (rc == 0 && set != NULL)
		rc = env_of_settings(out);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "evaluation", "of messages");
	status = open_model(ctl, out);
	if (status == 0 && manifest != NULL)
		status = ctl_manifest_read(ctl, manifest, &out->manifest);
	return status;
}

void
ctl_site_close(struct ctl_site *site)
{
	lists_free(site->env.lists);
	domain_file_close(site->env.providers_file);
	domain_file_close(site->env.institutional);
	auth_dkim_lib_free(site->env.dkim);
	classifier_live_free(site->env.model);
	ctl_manifest_free(site->manifest);
	free(site->providers);
	free(site->sealers);
	free(site->forwarders);
	memset(site, 0, sizeof(*site));
}

/* --- The envelope ------------------------------------------------------- */

static int
given_rcpts(const struct ctl *ctl, const struct ctl_args *args,
    struct ctl_message *m)
{
	m->rcpts = calloc(CTL_RCPT_MAX, sizeof(*m->rcpts));
	if (m->rcpts == NULL)
		return ctl_fail_rc(ctl, -ENOMEM, "evaluation of", m->path);
	for (size_t i = 0; i < args->given_count; i++) {
		const char *text = args->given[i].value;

		if (strcmp(args->given[i].name, "rcpt") != 0)
			continue;
		if (m->rcpt_count == CTL_RCPT_MAX)
			return ctl_fail(ctl, DAEMON_EXIT_USAGE,
			    "--rcpt: at most %d recipients", CTL_RCPT_MAX);
		if (oct_addr_parse(text, &m->rcpts[m->rcpt_count++]) != 0)
			return ctl_fail(ctl, DAEMON_EXIT_USAGE,
			    "--rcpt=%s: expected an address", text);
	}
	return 0;
}

static int
given_envelope(const struct ctl *ctl, const struct ctl_args *args,
    struct ctl_message *m)
{
	const char *client = ctl_args_value(args, "client");
	const char *helo = ctl_args_value(args, "helo");
	const char *from = ctl_args_value(args, "from");
	struct evaluate_envelope *e = &m->envelope;

	e->client.family = AF_UNSPEC;
	if (client != NULL && oct_ip_parse(client, &e->client) != 0)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--client=%s: expected an IP address", client);
	if (helo != NULL && strlen(helo) >= sizeof(m->helo))
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--helo: expected at most 255 octets");
	if (helo != NULL)
		memcpy(m->helo, helo, strlen(helo) + 1);
	if (from != NULL && *from != '\0' &&
	    oct_addr_parse(from, &e->rpath) != 0)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--from=%s: expected an address, or <>", from);
	m->guessed_client = client == NULL;
	m->guessed_helo = helo == NULL;
	m->guessed_from = from == NULL;
	m->guessed_rcpt = !ctl_args_has(args, "rcpt");
	return given_rcpts(ctl, args, m);
}

static void
guess_rest(struct ctl_message *m, const struct oct_msg *msg)
{
	struct ctl_guess g;

	ctl_guess(msg, &g);
	if (m->guessed_client)
		m->envelope.client = g.client;
	if (m->guessed_helo)
		memcpy(m->helo, g.helo, sizeof(m->helo));
	if (m->guessed_from && g.has_rpath)
		m->envelope.rpath = g.rpath;
	if (m->guessed_rcpt && g.has_rcpt)
		m->rcpts[m->rcpt_count++] = g.rcpt;
	m->envelope.helo = m->helo;
	m->envelope.id = m->path;
	/* Without a client no hop is the site's. */
	m->envelope.received_skip = m->listed
	    ? m->envelope.client.family != AF_UNSPEC
	    : g.received_own;
	m->envelope.received_ms = g.received_ms;
}

static bool
in_networks(const struct oct_conf_list *list, const struct oct_ip *ip)
{
	for (size_t i = 0; i < list->count; i++) {
		struct oct_prefix p;

		if (oct_prefix_parse(list->values[i], &p) == 0 &&
		    oct_ip_in(ip, &p.net, p.bits))
			return true;
	}
	return false;
}

static enum direction
direction_of(const struct settings *set, const struct oct_ip *client)
{
	if (set == NULL || client->family == AF_UNSPEC)
		return DIR_INBOUND;
	if (in_networks(&set->trusted_relays, client))
		return DIR_RELAY;
	return in_networks(&set->forwarders, client) ? DIR_FORWARDED
							: DIR_INBOUND;
}

/* --- Feeding ------------------------------------------------------------ */

/* As libmilter gives it: a value ends at its first NUL. */
static int
feed_field(struct evaluator *e, const struct oct_field *f)
{
	char *name = strndup(f->name, f->name_len);
	char *value = strndup(f->value, f->value_len);
	int rc = -ENOMEM;

	if (name != NULL && value != NULL)
		rc = evaluator_field(e, name, value);
	free(name);
	free(value);
	return rc;
}

/* As at RCPT. */
static void
want_legacy(const struct ctl_message *m, const struct oct_addr *typed)
{
	static const char *const none[] = { NULL };
	struct dir_finals finals = { .count = 0 };

	if (m->site->snapshot == NULL)
		return;
	if (dir_resolve(m->site->snapshot, typed, none, &finals) ==
	    DIR_FOUND)
		legacy_want(m->evaluator, &finals, oct_clock_wall_ms());
	dir_finals_free(&finals);
}

static int
feed(const struct ctl_message *m, struct oct_msg *msg,
    const struct evaluation **out)
{
	struct evaluator *e = m->evaluator;
	const char *body;
	size_t len;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < oct_msg_field_count(msg); i++)
		rc = feed_field(e, oct_msg_field(msg, i));
	if (rc == 0)
		rc = evaluator_eoh(e);
	if (rc == 0)
		rc = oct_msg_body(msg, &body, &len);
	if (rc == 0)
		rc = evaluator_body(e, body, len);
	for (size_t i = 0; i < m->rcpt_count; i++) {
		evaluator_rcpt(e, &m->rcpts[i]);
		want_legacy(m, &m->rcpts[i]);
	}
	if (rc == 0)
		rc = evaluator_end(e, oct_clock_wall_ms(), out);
	return rc;
}

int
ctl_message_file(const struct ctl *ctl, const char *path,
    const struct oct_msg_limits *limits, struct oct_msg **out)
{
	union {
		const char *text;
		char *path; /* which is not written to */
	} u = { .text = path };
	const struct ctl_mail mail = { .path = u.path };

	return ctl_mail_read(ctl, &mail, limits, out);
}

/* The envelope of the table, in the place of the options'. */
static int
listed_envelope(const struct ctl *ctl, const struct ctl_site *site,
    const struct ctl_mail *mail, struct ctl_message *m)
{
	char *id = site->manifest != NULL ? ctl_mail_id(mail) : NULL;
	const struct ctl_manifest_row *row = id != NULL
	    ? ctl_manifest_find(site->manifest, id)
	    : NULL;
	struct evaluate_envelope *e = &m->envelope;

	free(id);
	if (row == NULL)
		return 0;
	m->listed = true;
	m->guessed_client = m->guessed_helo = false;
	e->client.family = AF_UNSPEC;
	if (*row->client != '\0' && oct_ip_parse(row->client, &e->client) != 0)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "%s: its client_ip in the table is no address: %s",
		    mail->path, row->client);
	if (strlen(row->helo) < sizeof(m->helo))
		memcpy(m->helo, row->helo, strlen(row->helo) + 1);
	if (*row->mail_from == '\0' || strcmp(row->mail_from, "?") == 0)
		return 0;
	/* What is no address was none to the site that took it, either. */
	m->guessed_from = oct_addr_parse(row->mail_from, &e->rpath) != 0;
	return 0;
}

int
ctl_message_read(const struct ctl *ctl, const struct ctl_site *site,
    const struct ctl_mail *mail, struct ctl_message *out)
{
	struct oct_msg *msg = NULL;
	int status, rc;

	memset(out, 0, sizeof(*out));
	out->site = site;
	out->path = mail->path;
	status = given_envelope(ctl, site->args, out);
	if (status == 0)
		status = listed_envelope(ctl, site, mail, out);
	if (status == 0)
		status = ctl_mail_read(ctl, mail, &site->env.limits, &msg);
	if (status != 0)
		return status;
	guess_rest(out, msg);
	out->envelope.direction = direction_of(site->set,
	    &out->envelope.client);
	out->envelope.hosted = site->snapshot;
	rc = evaluator_new(&site->env, &out->envelope, &out->evaluator);
	if (rc == 0)
		rc = feed(out, msg, &out->ev);
	oct_msg_free(msg);
	return rc == 0 ? 0 : ctl_fail_rc(ctl, rc, "evaluation of", mail->path);
}

void
ctl_message_fini(struct ctl_message *m)
{
	evaluator_free(m->evaluator);
	free(m->rcpts);
	memset(m, 0, sizeof(*m));
}

/* --- The envelope, shown ------------------------------------------------ */

json_t *
ctl_message_envelope(const struct ctl_message *m)
{
	const struct {
		const char *name;
		bool guessed;
	} marks[] = { { "client", m->guessed_client },
		{ "helo", m->guessed_helo }, { "from", m->guessed_from },
		{ "rcpt", m->guessed_rcpt } };
	json_t *v = json_object(), *rcpts = json_array(), *list = json_array();
	char ip[OCT_IP_SIZE] = "", text[OCT_ADDR_SIZE];

	if (m->envelope.client.family != AF_UNSPEC)
		oct_ip_text(&m->envelope.client, ip);
	ctl_json_set(v, "client", *ip != '\0' ? json_string(ip) : json_null());
	ctl_json_set(v, "helo", ctl_json_text(m->helo));
	oct_addr_text(&m->envelope.rpath, text);
	ctl_json_set(v, "from", ctl_json_text(text));
	for (size_t i = 0; i < m->rcpt_count; i++) {
		oct_addr_text(&m->rcpts[i], text);
		(void)json_array_append_new(rcpts, ctl_json_text(text));
	}
	ctl_json_set(v, "rcpt", rcpts);
	for (size_t i = 0; i < OCT_LEN(marks); i++)
		if (marks[i].guessed)
			(void)json_array_append_new(list,
			    json_string(marks[i].name));
	ctl_json_set(v, "guessed", list);
	return v;
}

void
ctl_message_envelope_text(const struct ctl_message *m, struct oct_str *out)
{
	json_t *v = ctl_message_envelope(m);
	static const struct ctl_column columns[] = {
		{ "client", "client", CTL_TEXT },
		{ "helo", "helo", CTL_TEXT },
		{ "from", "reverse-path", CTL_TEXT },
		{ "rcpt", "recipients", CTL_NAME },
		{ "guessed", "guessed", CTL_TEXT },
	};

	ctl_out_record(v, columns, OCT_LEN(columns), out);
	if (m->envelope.client.family == AF_UNSPEC)
		oct_str_add(out, "No client address is known: SPF says nothing "
				 "(--client=IP names it).\n");
	json_decref(v);
}
