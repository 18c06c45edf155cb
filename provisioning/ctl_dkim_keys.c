/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl dkim add, list, show, activate, retire, remove: the keys that octroi
 * signs with (policy/dkim_keys.h has their life).
 */
#include "provisioning/ctl_dkim_keys.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "auth/dkim_key.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "policy/dkim_keys.h"
#include "provisioning/ctl_auth.h"
#include "provisioning/ctl_message.h"

#define NAMES_MAX 9 /* selectors that are tried on one day */

/* What all verbs begin with: the domain, the store, who and when. */
int
ctl_dkim_begin(struct ctl *ctl, const struct ctl_args *args,
    char domain[OCT_DOMAIN_SIZE], struct dkim_keys_change *out)
{
	const struct settings *set;
	char own[OCT_DOMAIN_SIZE];
	int status = ctl_domain(ctl, args->words[0], domain);

	if (status == 0)
		status = ctl_settings(ctl, &set);
	if (status != 0)
		return status;
	*out = (struct dkim_keys_change){ .domain = domain,
		.selector = args->count > 1 ? args->words[1] : "",
		.actor = ctl->actor, .now_ms = oct_clock_wall_ms(),
		.force = ctl_args_has(args, "force") };
	out->own = oct_domain_normalise(set->challenge_domain, own) == 0 &&
	    strcmp(own, domain) == 0;
	return ctl_store(ctl, &out->store);
}

/* An exit status for what a step gave. */
int
ctl_dkim_outcome(const struct ctl *ctl, int rc, const char *problem,
    const char *done, const char *name)
{
	if (rc == 0)
		return ctl_done(ctl, done, "key", name);
	if (rc == OCT_EDOWN)
		return ctl_fail(ctl, DAEMON_EXIT_UNAVAILABLE, "Redis: %s",
		    problem);
	return ctl_fail(ctl,
	    rc == OCT_EPARSE ? DAEMON_EXIT_USAGE : DAEMON_EXIT_FAILED, "%s",
	    problem);
}

/* --- Showing -------------------------------------------------------------- */

static const struct ctl_column columns[] = {
	{ "selector", "SELECTOR", CTL_TEXT },
	{ "algorithm", "ALGORITHM", CTL_TEXT },
	{ "state", "STATE", CTL_TEXT },
	{ "since", "SINCE", CTL_TEXT },
	{ "created", "CREATED", CTL_TEXT },
};

static json_t *
key_json(const struct dkim_keys_item *key)
{
	json_t *v = json_object();

	ctl_json_set(v, "selector", json_string(key->selector));
	ctl_json_set(v, "state",
	    json_string(dkim_keys_state_name(key->state)));
	if (key->state == DKIM_KEYS_BROKEN)
		return v;
	ctl_json_set(v, "algorithm",
	    json_string(dkim_keys_algorithm(key->ed25519)));
	ctl_json_set(v, "since", ctl_json_time(key->changed_ms));
	ctl_json_set(v, "created", ctl_json_time(key->created_ms));
	return v;
}

static int
load(struct ctl *ctl, const struct dkim_keys_change *c, struct dkim_keys *out)
{
	int rc = dkim_keys_load(c->store, c->domain, out);

	return rc == 0 ? 0 : ctl_fail_rc(ctl, rc, "keys of", c->domain);
}

int
ctl_dkim_list(struct ctl *ctl, const struct ctl_args *args)
{
	char domain[OCT_DOMAIN_SIZE];
	struct dkim_keys_change c;
	struct dkim_keys keys;
	json_t *items;
	int status = ctl_dkim_begin(ctl, args, domain, &c);

	if (status == 0)
		status = load(ctl, &c, &keys);
	if (status != 0)
		return status;
	items = json_array();
	for (size_t i = 0; i < keys.count; i++)
		(void)json_array_append_new(items, key_json(&keys.items[i]));
	status = ctl_print_list(ctl, keys.count, items, columns,
	    OCT_LEN(columns));
	dkim_keys_fini(&keys);
	return status;
}

/* For programs an object, for people the line of a zone file first. */
static int
print_key(const struct ctl *ctl, const char *domain,
    const struct dkim_keys_item *key, const char *published)
{
	static const struct ctl_column rest[] = {
		{ "algorithm", "algorithm", CTL_TEXT },
		{ "state", "state", CTL_TEXT },
		{ "since", "since", CTL_TEXT },
		{ "published", "in the DNS", CTL_TEXT },
	};
	json_t *v = key_json(key);
	char name[OCT_DOMAIN_SIZE];
	struct oct_str line;
	int status;

	if (key->state == DKIM_KEYS_BROKEN ||
	    auth_dkim_key_name(key->selector, domain, name) != 0)
		return ctl_print(ctl, v, columns, OCT_LEN(columns));
	ctl_json_set(v, "published", ctl_json_text(published));
	if (ctl->json) {
		ctl_json_set(v, "name", ctl_json_text(name));
		ctl_json_set(v, "record", ctl_json_text(key->record));
		return ctl_print(ctl, v, NULL, 0);
	}
	oct_str_heap(&line, CTL_OUT_MAX);
	ctl_dkim_zone_line(name, key->record, &line);
	status = ctl_write(ctl, &line);
	if (status == 0 && !ctl->quiet)
		return ctl_print(ctl, v, rest, OCT_LEN(rest));
	json_decref(v);
	return status;
}

int
ctl_dkim_show(struct ctl *ctl, const struct ctl_args *args)
{
	char domain[OCT_DOMAIN_SIZE], problem[DKIM_KEYS_PROBLEM_SIZE] = "";
	const struct dkim_keys_item *key;
	struct dns_session *dns = NULL;
	struct dkim_keys_change c;
	struct dkim_keys keys;
	bool shown = false;
	int status = ctl_dkim_begin(ctl, args, domain, &c);

	if (status == 0)
		status = load(ctl, &c, &keys);
	if (status != 0)
		return status;
	key = dkim_keys_find(&keys, c.selector);
	if (key == NULL)
		status = ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "there is no key %s: 'octroictl dkim list %s' shows all",
		    c.selector, domain);
	else if (key->state != DKIM_KEYS_BROKEN)
		status = ctl_auth_session(ctl, args, &dns);
	if (dns != NULL)
		shown = dkim_keys_published(dns, domain, key, problem) == 0;
	if (status == 0)
		status = print_key(ctl, domain, key, shown ? "yes" : problem);
	dns_session_free(dns);
	dkim_keys_fini(&keys);
	return status;
}

/* --- Adding --------------------------------------------------------------- */

static int
open_vault(struct ctl *ctl, struct dkim_vault **out)
{
	struct oct_secret secret;
	int status = ctl_secret(ctl, &secret), rc;

	if (status != 0)
		return status;
	rc = dkim_vault_new(&secret, out);
	oct_secret_fini(&secret);
	return rc == 0 ? 0 : ctl_fail_rc(ctl, rc, "keys of", "the secret");
}

/* "r20261121" for RSA, "e20261121" for Ed25519, "-2" and so on after it. */
static void
propose(bool ed25519, int64_t now_ms, int n, char out[DKIM_SELECTOR_SIZE])
{
	time_t now = (time_t)(now_ms / 1000);
	struct oct_str s;
	struct tm tm;

	(void)gmtime_r(&now, &tm);
	oct_str_fixed(&s, out, DKIM_SELECTOR_SIZE);
	oct_str_addf(&s, "%c%04d%02d%02d", ed25519 ? 'e' : 'r',
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	if (n > 1)
		oct_str_addf(&s, "-%d", n);
}

int
ctl_dkim_add_key(struct ctl *ctl, struct dkim_keys_change *c, bool ed25519,
    char selector[DKIM_SELECTOR_SIZE])
{
	char problem[DKIM_KEYS_PROBLEM_SIZE];
	struct dkim_vault *vault = NULL;
	int status = open_vault(ctl, &vault), rc = -EEXIST;

	if (status != 0)
		return status;
	if (*c->selector != '\0')
		rc = dkim_keys_add(c, vault, ed25519, problem);
	for (int n = 1; *c->selector == '\0' && rc == -EEXIST &&
	     n <= NAMES_MAX; n++) {
		struct dkim_keys_change named = *c;

		propose(ed25519, c->now_ms, n, selector);
		named.selector = selector;
		rc = dkim_keys_add(&named, vault, ed25519, problem);
	}
	dkim_vault_free(vault);
	if (rc == 0 && *c->selector == '\0')
		c->selector = selector;
	return rc == 0 ? 0 : ctl_dkim_outcome(ctl, rc, problem, NULL, NULL);
}

static int
read_algorithm(const struct ctl *ctl, const struct ctl_args *args,
    bool *ed25519)
{
	const char *text = ctl_args_value(args, "algorithm");

	*ed25519 = text != NULL && strcmp(text, dkim_keys_algorithm(true)) == 0;
	if (text == NULL || *ed25519 ||
	    strcmp(text, dkim_keys_algorithm(false)) == 0)
		return 0;
	return ctl_fail(ctl, DAEMON_EXIT_USAGE,
	    "--algorithm=%s: expected %s or %s", text,
	    dkim_keys_algorithm(false), dkim_keys_algorithm(true));
}

int
ctl_dkim_add(struct ctl *ctl, const struct ctl_args *args)
{
	char domain[OCT_DOMAIN_SIZE], selector[DKIM_SELECTOR_SIZE];
	const struct dkim_keys_item *key;
	struct dkim_keys_change c;
	struct dkim_keys keys;
	bool ed25519;
	int status = read_algorithm(ctl, args, &ed25519);

	if (status == 0)
		status = ctl_dkim_begin(ctl, args, domain, &c);
	if (status == 0)
		status = ctl_dkim_add_key(ctl, &c, ed25519, selector);
	if (status == 0)
		status = load(ctl, &c, &keys);
	if (status != 0)
		return status;
	key = dkim_keys_find(&keys, c.selector);
	status = key != NULL
	    ? print_key(ctl, domain, key, "to be published, then activated")
	    : ctl_fail(ctl, DAEMON_EXIT_FAILED, "the key %s is gone again",
		  c.selector);
	dkim_keys_fini(&keys);
	return status;
}

/* --- The other steps ------------------------------------------------------ */

int
ctl_dkim_activate(struct ctl *ctl, const struct ctl_args *args)
{
	char domain[OCT_DOMAIN_SIZE], problem[DKIM_KEYS_PROBLEM_SIZE];
	struct dns_session *dns = NULL;
	struct dkim_keys_change c;
	int status = ctl_dkim_begin(ctl, args, domain, &c), rc;

	if (status == 0 && !c.force)
		status = ctl_dkim_prepare(ctl, args, &c);
	if (status == 0 && !c.force)
		status = ctl_auth_session(ctl, args, &dns);
	if (status != 0)
		return status;
	rc = dkim_keys_activate(&c, dns, problem);
	dns_session_free(dns);
	return ctl_dkim_outcome(ctl, rc, problem, "active", c.selector);
}

int
ctl_dkim_retire(struct ctl *ctl, const struct ctl_args *args)
{
	char domain[OCT_DOMAIN_SIZE], problem[DKIM_KEYS_PROBLEM_SIZE];
	struct dkim_keys_change c;
	int status = ctl_dkim_begin(ctl, args, domain, &c);

	if (status != 0)
		return status;
	return ctl_dkim_outcome(ctl, dkim_keys_retire(&c, problem), problem,
	    "retired; leave its record in the DNS for 7 days", c.selector);
}

int
ctl_dkim_remove(struct ctl *ctl, const struct ctl_args *args)
{
	char domain[OCT_DOMAIN_SIZE], problem[DKIM_KEYS_PROBLEM_SIZE];
	struct dkim_keys_change c;
	int status = ctl_dkim_begin(ctl, args, domain, &c);

	if (status != 0)
		return status;
	return ctl_dkim_outcome(ctl, dkim_keys_remove(&c, problem), problem,
	    "removed; its record may leave the DNS", c.selector);
}

const struct ctl_option ctl_dkim_add_options[] = {
	{ "algorithm", "NAME", "rsa2048 (default) or ed25519" },
	{ NULL, NULL, NULL },
};

const struct ctl_option ctl_dkim_activate_options[] = {
	CTL_DNS_OPTION,
	{ "force", NULL, "without a look at the DNS" },
	{ NULL, NULL, NULL },
};

const struct ctl_option ctl_dkim_remove_options[] = {
	{ "force", NULL, "although mail may still need it" },
	{ NULL, NULL, NULL },
};
