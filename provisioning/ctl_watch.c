/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl domain watch: checks all hosted domains, for a timer.  What changed
 * since the last time is printed, and told to the administrators by a courier,
 * once; a domain that waited for its DNS goes into service when it is right.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/num.h"
#include "policy/dns_watch.h"
#include "provisioning/ctl_check.h"
#include "provisioning/ctl_entry.h"
#include "provisioning/ctl_message.h"

#define LIMIT_MS (20 * 60000LL)
#define DIGEST_OCTETS 16

struct watching {
	struct ctl *ctl;
	const struct ctl_args *args;
	struct store *store;
	const struct settings *settings;
	struct dns_watch *past;
	bool english;
	size_t checked, wrong, unknown, changed, left;
	json_t *changes; /* what --json prints */
};

struct candidate {
	const char *domain; /* the snapshot's */
	int64_t checked_ms;
};

/* Whoever waits longest comes first, so that a run that ends early is made up
 * for by the next one. */
static int
by_age(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->checked_ms != y->checked_ms)
		return x->checked_ms < y->checked_ms ? -1 : 1;
	return strcmp(x->domain, y->domain);
}

/* --- What is kept ------------------------------------------------------------------ */

/* Of what is wrong, by name.  A server that is silent for once is no change. */
static void
digest_of(const struct check *c, char out[DNS_WATCH_DIGEST_SIZE])
{
	crypto_generichash_state hash;
	uint8_t octets[DIGEST_OCTETS];

	(void)crypto_generichash_init(&hash, NULL, 0, sizeof(octets));
	for (size_t i = 0; i < c->count; i++) {
		const struct check_finding *f = &c->findings[i];
		const char *code = check_code_name(f->code);

		if (f->severity < CHECK_WARNING ||
		    f->code == CHECK_SERVER_SILENT)
			continue;
		(void)crypto_generichash_update(&hash,
		    (const unsigned char *)code, strlen(code) + 1);
		(void)crypto_generichash_update(&hash,
		    (const unsigned char *)f->name, strlen(f->name) + 1);
	}
	(void)crypto_generichash_final(&hash, octets, sizeof(octets));
	(void)sodium_bin2hex(out, DNS_WATCH_DIGEST_SIZE, octets,
	    sizeof(octets));
}

static size_t
count_of(const struct check *c, enum check_severity s)
{
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++)
		n += c->findings[i].severity == s;
	return n;
}

/* --- What is told ------------------------------------------------------------------- */

static void
write_subject(const struct ctl_zone *z, const struct check *c, bool activated,
    char out[DNS_WATCH_SUBJECT_SIZE])
{
	size_t errors = count_of(c, CHECK_ERROR);
	size_t warnings = count_of(c, CHECK_WARNING);

	if (activated)
		(void)snprintf(out, DNS_WATCH_SUBJECT_SIZE,
		    "%s est en service", z->domain);
	else if (errors + warnings == 0)
		(void)snprintf(out, DNS_WATCH_SUBJECT_SIZE,
		    "DNS de %s : en ordre", z->domain);
	else
		(void)snprintf(out, DNS_WATCH_SUBJECT_SIZE,
		    "DNS de %s : %zu erreur(s), %zu avertissement(s)",
		    z->domain, errors, warnings);
}

static void
write_mail(const struct ctl_zone *z, const struct check *c, bool activated,
    struct oct_str *out)
{
	if (activated)
		oct_str_addf(out,
		    "Le DNS de %s est en ordre : le domaine vient d'être mis "
		    "en service.\n\n", z->domain);
	else
		oct_str_addf(out, "Le DNS de %s a changé.\n\n", z->domain);
	ctl_check_text(z, c, false, out);
	oct_str_addf(out,
	    "\nPour l'état présent : octroictl domain check %s\n\n"
	    "English: the DNS of this domain has changed; for its present "
	    "state:\noctroictl domain check %s --lang=en\n",
	    z->domain, z->domain);
}

static int
note(struct watching *w, const struct ctl_zone *z, const struct check *c,
    const struct dns_watch_state *state, bool tell, bool activated)
{
	char subject[DNS_WATCH_SUBJECT_SIZE];
	struct oct_str text;
	int rc;

	oct_str_heap(&text, DNS_WATCH_TEXT_MAX);
	if (tell) {
		write_subject(z, c, activated, subject);
		write_mail(z, c, activated, &text);
		rc = oct_str_err(&text);
		if (rc == OCT_EFULL) { /* the list is too long for a mail */
			oct_str_clear(&text);
			oct_str_addf(&text, "octroictl domain check %s\n",
			    z->domain);
		}
	}
	rc = dns_watch_note(w->store, z->domain, state, tell ? subject : NULL,
	    oct_str_text(&text));
	oct_str_free(&text);
	return rc == 0 ? 0 : ctl_fail_rc(w->ctl, rc, "watch of", z->domain);
}

static int
print_change(struct watching *w, const struct ctl_zone *z,
    const struct check *c, bool activated)
{
	struct oct_str out;
	json_t *v;

	w->changed++;
	if (w->ctl->json) {
		v = ctl_check_json(z, c, w->english);
		ctl_json_set(v, "activated", json_boolean(activated));
		(void)json_array_append_new(w->changes, v);
		return 0;
	}
	if (w->ctl->quiet)
		return 0;
	oct_str_heap(&out, CTL_OUT_MAX);
	ctl_check_text(z, c, w->english, &out);
	if (activated)
		oct_str_addf(&out, "%s: active\n", z->domain);
	oct_str_addc(&out, '\n');
	return ctl_write(w->ctl, &out);
}

/* --- One domain ---------------------------------------------------------------------- */

static int
see_change(struct watching *w, const struct ctl_zone *z,
    const struct check *c)
{
	bool pending = z->entry != NULL &&
	    z->entry->life == DIR_LIFE_PENDING_DNS;
	bool activated = pending && ctl_check_is_right(c) &&
	    !ctl_args_has(w->args, "no-activate");
	struct dns_watch_state was, now = {
		.checked_ms = oct_clock_wall_ms() };
	bool first, changed;
	int status = 0;

	dns_watch_get(w->past, z->domain, &was);
	digest_of(c, now.digest);
	first = was.digest[0] == '\0';
	changed = first ? check_has(c, CHECK_WARNING)
			: strcmp(was.digest, now.digest) != 0;
	now.since_ms = first || changed || was.since_ms == 0 ? now.checked_ms
							     : was.since_ms;
	if (activated)
		status = ctl_check_activate(w->ctl, z);
	/* While it is prepared, somebody looks at it anyway. */
	if (status == 0)
		status = note(w, z, c, &now,
		    (activated || (changed && !pending)) &&
			*w->settings->challenge_alerts != '\0',
		    activated);
	if (status == 0 && (changed || activated))
		status = print_change(w, z, c, activated);
	return status;
}

static int
watch_one(struct watching *w, const char *domain)
{
	struct check c = { .count = 0 };
	struct ctl_zone z = { .entry = NULL };
	int status = ctl_zone_open(w->ctl, domain, &z);

	if (status == 0)
		status = ctl_check(w->ctl, ctl_args_value(w->args, "dns"), &z,
		    &c);
	if (status == 0) {
		w->checked++;
		w->wrong += count_of(&c, CHECK_ERROR) > 0;
		/* What the DNS did not answer is no change. */
		if (count_of(&c, CHECK_UNKNOWN) > 0)
			w->unknown++;
		else
			status = see_change(w, &z, &c);
	}
	check_fini(&c);
	ctl_zone_close(&z);
	return status;
}

/* --- All ------------------------------------------------------------------------------- */

static bool
is_watched(const struct dir_domain *d)
{
	return d->life == DIR_LIFE_ACTIVE || d->life == DIR_LIFE_PENDING_DNS ||
	    d->life == DIR_LIFE_CLOSING;
}

static int
watch_all(struct watching *w, const struct dir_snapshot *s, int64_t until)
{
	size_t count = dir_domain_count(s), n = 0;
	struct candidate *all = calloc(count + 1, sizeof(*all));
	struct dns_watch_state state;
	char own[OCT_DOMAIN_SIZE];
	bool has_own = ctl_zone_own(w->settings, own);
	int status = 0;

	if (all == NULL)
		return ctl_fail(w->ctl, DAEMON_EXIT_FAILED, "out of memory");
	for (size_t i = 0; i < count; i++) {
		const struct dir_domain *d = dir_domain_at(s, i);

		if (!is_watched(d) || (has_own && strcmp(own, d->name) == 0))
			continue;
		dns_watch_get(w->past, d->name, &state);
		all[n++] = (struct candidate){ d->name, state.checked_ms };
	}
	/* Without it nobody is asked any more. */
	if (has_own) {
		dns_watch_get(w->past, own, &state);
		all[n++] = (struct candidate){ own, state.checked_ms };
	}
	qsort(all, n, sizeof(*all), by_age);
	for (size_t i = 0; status == 0 && i < n; i++) {
		if (oct_clock_mono_ms() >= until) {
			w->left = n - i;
			break;
		}
		status = watch_one(w, all[i].domain);
	}
	free(all);
	return status;
}

/* Domains that are gone, or closed. */
static int
forget_gone(struct watching *w, const struct dir_snapshot *s)
{
	char own[OCT_DOMAIN_SIZE];
	bool has_own = ctl_zone_own(w->settings, own);
	const char *domain;
	int rc = 0;

	for (size_t i = 0;
	     rc == 0 && (domain = dns_watch_domain(w->past, i)) != NULL; i++) {
		const struct dir_domain *d = dir_domain_any(s, domain);

		if (has_own && strcmp(own, domain) == 0)
			continue;
		if (d == NULL || !is_watched(d))
			rc = dns_watch_forget(w->store, domain);
	}
	return rc == 0 ? 0 : ctl_fail_rc(w->ctl, rc, "watch of", domain);
}

static int
print_summary(struct watching *w)
{
	static const struct ctl_column columns[] = {
		{ "checked", "checked", CTL_TEXT },
		{ "changed", "changed", CTL_TEXT },
		{ "wrong", "wrong", CTL_TEXT },
		{ "unknown", "not answered", CTL_TEXT },
		{ "left", "left for the next time", CTL_TEXT },
	};
	json_t *v;

	if (w->ctl->quiet && !w->ctl->json)
		return 0;
	v = json_object();
	ctl_json_set(v, "checked", json_integer((json_int_t)w->checked));
	ctl_json_set(v, "changed", json_integer((json_int_t)w->changed));
	ctl_json_set(v, "wrong", json_integer((json_int_t)w->wrong));
	ctl_json_set(v, "unknown", json_integer((json_int_t)w->unknown));
	ctl_json_set(v, "left", json_integer((json_int_t)w->left));
	if (w->ctl->json)
		ctl_json_set(v, "changes", json_incref(w->changes));
	return ctl_print(w->ctl, v, columns, OCT_LEN(columns));
}

static int
run(struct watching *w, int64_t until)
{
	const struct dir_snapshot *s;
	int status = ctl_directory(w->ctl, NULL, &s), said;

	if (status != 0)
		return status;
	status = w->args->count == 0 ? watch_all(w, s, until) : 0;
	for (size_t i = 0; status == 0 && i < w->args->count; i++)
		status = watch_one(w, w->args->words[i]);
	if (status == 0)
		status = forget_gone(w, s);
	directory_put(s);
	if (status != 0)
		return status;
	said = print_summary(w);
	if (said != 0)
		return said;
	return w->wrong > 0	  ? DAEMON_EXIT_FAILED
	    : w->unknown > 0 || w->left > 0 ? CTL_EXIT_LATER
					    : 0;
}

int
ctl_domain_watch(struct ctl *ctl, const struct ctl_args *args)
{
	struct watching w = { .ctl = ctl, .args = args };
	const char *limit = ctl_args_value(args, "limit");
	int64_t limit_ms = LIMIT_MS;
	int status = ctl_english(ctl, args, &w.english), rc;

	if (status == 0 && limit != NULL &&
	    oct_num_duration(limit, 1000, 86400000, &limit_ms) != 0)
		status = ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--limit=%s: expected a duration like 20min", limit);
	if (status == 0)
		status = ctl_settings(ctl, &w.settings);
	if (status == 0)
		status = ctl_store(ctl, &w.store);
	if (status != 0)
		return status;
	rc = dns_watch_load(w.store, &w.past);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "watch in Redis at",
		    w.settings->redis_address);
	w.changes = json_array();
	status = run(&w, oct_clock_mono_ms() + limit_ms);
	json_decref(w.changes);
	dns_watch_free(w.past);
	return status;
}

const struct ctl_option ctl_domain_watch_options[] = {
	{ "no-activate", NULL, "leave domains pending-dns that are right" },
	{ "limit", "TIME", "begin no check after that (20min)" },
	CTL_LANG_OPTION,
	CTL_DNS_OPTION,
	{ NULL, NULL, NULL },
};
