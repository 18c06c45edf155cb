/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The changes in their safe order, each with the way back; and what they cost.
 *
 * What is added harms nobody and comes first; what replaces comes after the time
 * that the old answer is remembered; what takes away comes last.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "auth/spf_tree.h"
#include "policy/zone.h"
#include "provisioning/ctl_out.h"
#include "provisioning/study_int.h"

#define TTL_LOW_S 300
#define TEXT_SIZE 2048

/* --- Making steps ---------------------------------------------------------------- */

static json_t *
add_step(struct studying *s, const char *title, const char *when,
    const char *back)
{
	json_t *steps = json_object_get(s->out, "steps"), *one = json_object();

	ctl_json_set(one, "title", ctl_json_text(title));
	ctl_json_set(one, "when", ctl_json_text(when));
	ctl_json_set(one, "records", json_array());
	ctl_json_set(one, "back", ctl_json_text(back));
	(void)json_array_append_new(steps, one);
	return one;
}

static void
add_change(json_t *step, const char *action, const char *name,
    const char *type, const char *old, const char *new)
{
	json_t *one = json_object();

	ctl_json_set(one, "action", json_string(action));
	ctl_json_set(one, "name", study_string(name));
	ctl_json_set(one, "type", json_string(type));
	ctl_json_set(one, "old", study_string(old));
	ctl_json_set(one, "new", study_string(new));
	(void)json_array_append_new(json_object_get(step, "records"), one);
}

static void OCT_PRINTF(2, 3)
write_text(char out[TEXT_SIZE], const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(out, TEXT_SIZE, fmt, ap);
	va_end(ap);
	OCT_ASSERT(n >= 0 && n < TEXT_SIZE);
}

static int64_t
member(const json_t *v, const char *object, const char *name)
{
	return json_integer_value(
	    json_object_get(json_object_get(v, object), name));
}

/* --- The records ------------------------------------------------------------------ */

static void
old_mx(const struct studying *s, struct oct_str *out)
{
	const json_t *hosts = json_object_get(json_object_get(s->out, "mx"),
	    "hosts");
	json_t *host;
	size_t i;

	json_array_foreach(hosts, i, host)
		oct_str_addf(out, "%s%d %s.", i > 0 ? ", " : "",
		    (int)json_integer_value(
			json_object_get(host, "preference")),
		    study_get(host, "host"));
}

static void
new_mx(const struct hosting *h, struct oct_str *out)
{
	for (size_t i = 0; i < h->mx_count; i++)
		oct_str_addf(out, "%s%u %s.", i > 0 ? ", " : "",
		    h->mx[i].preference, h->mx[i].host);
}

/* --- The steps -------------------------------------------------------------------- */

static void
step_repair(struct studying *s)
{
	json_t *step;

	if (strcmp(study_get(s->out, "dnssec"), "bogus") != 0)
		return;
	step = add_step(s, "Réparer DNSSEC avant toute autre chose",
	    "Tout de suite : aucune autre modification n'est fiable avant.",
	    "Retirer l'enregistrement DS chez le bureau d'enregistrement : la "
	    "zone redevient non signée.");
	add_change(step, "repair", s->in->check.domain, "DS", "", "");
}

static void
step_lower_ttl(struct studying *s)
{
	int64_t mx = member(s->out, "mx", "ttl");
	int64_t spf = member(s->out, "spf", "ttl");
	int64_t wait = mx > spf ? mx : spf;
	char when[TEXT_SIZE], old[32];
	json_t *step;

	if (wait <= TTL_LOW_S)
		return;
	write_text(when,
	    "Deux jours avant la bascule ; attendre ensuite au moins %" PRId64
	    " secondes (l'ancien TTL).",
	    wait);
	step = add_step(s, "Abaisser les TTL, pour que la bascule et le retour "
			   "soient rapides", when,
	    "Remettre les anciens TTL ; rien d'autre n'a changé.");
	(void)snprintf(old, sizeof(old), "TTL %" PRId64, mx);
	if (mx > TTL_LOW_S)
		add_change(step, "ttl", s->in->check.domain, "MX", old,
		    "TTL 300");
	(void)snprintf(old, sizeof(old), "TTL %" PRId64, spf);
	if (spf > TTL_LOW_S)
		add_change(step, "ttl", s->in->check.domain, "TXT", old,
		    "TTL 300");
}

static void
step_prepare(struct studying *s)
{
	char name[OCT_DOMAIN_SIZE + 32];
	json_t *step = add_step(s,
	    "Créer les boîtes ici et publier les clés DKIM",
	    "Avant la bascule, sans effet sur le courrier actuel : "
	    "« octroictl domain add », les boîtes, puis « octroictl dkim "
	    "rotate » donne les deux clés à publier.",
	    "Retirer ces enregistrements : rien ne les emploie encore.");

	(void)snprintf(name, sizeof(name), "rAAAAMMJJ._domainkey.%s",
	    s->in->check.domain);
	add_change(step, "add", name, "TXT", "", "v=DKIM1; k=rsa; p=...");
	(void)snprintf(name, sizeof(name), "eAAAAMMJJ._domainkey.%s",
	    s->in->check.domain);
	add_change(step, "add", name, "TXT", "", "v=DKIM1; k=ed25519; p=...");
}

static void
step_spf(struct studying *s)
{
	const char *old = study_get(json_object_get(s->out, "spf"), "record");
	struct oct_str new;
	json_t *step = add_step(s,
	    "Autoriser nos serveurs dans SPF, à côté de ceux d'aujourd'hui",
	    "Avant la bascule ; attendre le TTL. Un seul enregistrement "
	    "v=spf1 doit rester.",
	    "Remettre l'ancien enregistrement SPF.");

	oct_str_heap(&new, 1 << 14);
	zone_spf_merge(&old, *old != '\0' ? 1 : 0, s->in->hosting->spf,
	    &new);
	add_change(step, *old != '\0' ? "replace" : "add",
	    s->in->check.domain, "TXT", old, oct_str_text(&new));
	oct_str_free(&new);
}

static void
step_sts(struct studying *s)
{
	const char *old = study_get(s->out, "mta_sts");
	char name[OCT_DOMAIN_SIZE + 16];
	json_t *step;

	if (*old == '\0')
		return;
	step = add_step(s,
	    "Ouvrir la politique MTA-STS à nos serveurs",
	    "Avant la bascule : ajouter nos MX à la politique servie par "
	    "l'hôte mta-sts, changer l'identifiant, puis attendre max_age. "
	    "Sans cela, les serveurs qui la respectent ne livreront pas ici.",
	    "Remettre l'ancienne politique avec un nouvel identifiant.");
	(void)snprintf(name, sizeof(name), "_mta-sts.%s",
	    s->in->check.domain);
	add_change(step, "replace", name, "TXT", old,
	    "v=STSv1; id=AAAAMMJJ;");
}

static void
step_mx(struct studying *s)
{
	struct oct_str old, new;
	json_t *step = add_step(s,
	    "La bascule : le courrier arrive ici",
	    "Un matin de semaine. Garder les anciennes boîtes ouvertes au "
	    "moins 5 jours : du courrier en attente y arrivera encore.",
	    "Remettre les anciens MX : en cinq minutes (TTL 300) le courrier "
	    "revient chez l'ancien prestataire. Ce qui est arrivé ici entre-"
	    "temps y reste lisible.");

	oct_str_heap(&old, 1 << 14);
	oct_str_heap(&new, 1 << 14);
	old_mx(s, &old);
	new_mx(s->in->hosting, &new);
	add_change(step, old.len > 0 ? "replace" : "add", s->in->check.domain,
	    "MX", oct_str_text(&old), oct_str_text(&new));
	oct_str_free(&old);
	oct_str_free(&new);
}

static void
step_setup(struct studying *s)
{
	struct zone z;
	json_t *step;

	if (zone_expected(s->in->hosting, s->in->check.domain, NULL, &z) !=
		0 ||
	    (zone_find(&z, ZONE_AUTOCONFIG) == NULL &&
		zone_find(&z, ZONE_TLS_RPT) == NULL)) {
		zone_fini(&z);
		return;
	}
	step = add_step(s,
	    "Configuration automatique des logiciels de courrier",
	    "Le jour de la bascule ; remplacer ceux de l'ancien prestataire.",
	    "Remettre les anciens enregistrements, ou les retirer.");
	for (size_t i = 0; i < z.count; i++)
		if (z.records[i].purpose >= ZONE_MTA_STS)
			add_change(step, "add", z.records[i].name,
			    z.records[i].type, "", z.records[i].data);
	zone_fini(&z);
}

static void
step_dmarc(struct studying *s)
{
	const json_t *dmarc = json_object_get(s->out, "dmarc");
	const char *old = strcmp(study_get(dmarc, "at"),
			      s->in->check.domain) == 0
	    ? study_get(dmarc, "record")
	    : "";
	const struct hosting *h = s->in->hosting;
	char name[OCT_DOMAIN_SIZE + 16], first[TEXT_SIZE], then[TEXT_SIZE];
	json_t *step;

	(void)snprintf(name, sizeof(name), "_dmarc.%s", s->in->check.domain);
	write_text(first, "v=DMARC1; p=none%s%s",
	    *h->rua != '\0' ? "; rua=mailto:" : "", h->rua);
	write_text(then, "v=DMARC1; p=%s%s%s", h->dmarc,
	    *h->rua != '\0' ? "; rua=mailto:" : "", h->rua);
	if (*old == '\0') {
		step = add_step(s, "DMARC : observer d'abord",
		    "Une semaine après la bascule.",
		    "Retirer l'enregistrement.");
		add_change(step, "add", name, "TXT", "", first);
	}
	step = add_step(s, "DMARC : protéger le nom du domaine",
	    "Quatre semaines après la bascule, quand les rapports ne montrent "
	    "plus que des expéditeurs connus.",
	    "Remettre p=none.");
	add_change(step, "replace", name, "TXT", *old != '\0' ? old : first,
	    then);
}

/* Terms of whoever receives the mail today: they send no more. */
static void
step_clean(struct studying *s)
{
	const char *provider = study_get(json_object_get(s->out, "mx"),
	    "provider");
	json_t *senders = json_object_get(json_object_get(s->out, "spf"),
	    "senders");
	json_t *step = add_step(s, "Ménage : retirer ce qui ne sert plus",
	    "Quand l'ancienne messagerie est fermée, et au plus tôt 7 jours "
	    "après la bascule. Remettre les TTL à 3600.",
	    "Remettre le terme retiré.");
	json_t *one;
	size_t i;

	json_array_foreach(senders, i, one)
		if (*provider != '\0' &&
		    strcmp(study_get(one, "provider"), provider) == 0)
			add_change(step, "remove", s->in->check.domain, "TXT",
			    study_get(one, "term"), "");
	add_change(step, "ttl", s->in->check.domain, "MX", "TTL 300",
	    "TTL 3600");
}

/* --- Effort ------------------------------------------------------------------------ */

static void
add_reason(json_t *reasons, const char *text, int half_hours, int *sum)
{
	(void)json_array_append_new(reasons, ctl_json_text(text));
	*sum += half_hours;
}

static size_t
errors(const struct studying *s)
{
	json_t *risks = json_object_get(s->out, "risks"), *one;
	size_t i, n = 0;

	json_array_foreach(risks, i, one)
		n += strcmp(study_get(one, "severity"), "error") == 0;
	return n;
}

static void
set_effort(struct studying *s)
{
	json_t *v = json_object(), *reasons = json_array();
	const json_t *spf = json_object_get(s->out, "spf");
	int sum = 0;

	add_reason(reasons, "préparation, bascule, vérifications", 4, &sum);
	if (json_array_size(json_object_get(spf, "senders")) > 2)
		add_reason(reasons, "plusieurs expéditeurs à retrouver et à "
				    "garder", 2, &sum);
	if (member(s->out, "spf", "lookups") + 1 > SPF_TREE_LOOKUPS_MAX)
		add_reason(reasons, "SPF à réduire sous 10 consultations", 2,
		    &sum);
	if (*study_get(s->out, "mta_sts") != '\0')
		add_reason(reasons, "politique MTA-STS à accompagner", 2,
		    &sum);
	if (strcmp(study_get(s->out, "dnssec"), "bogus") == 0)
		add_reason(reasons, "DNSSEC à réparer d'abord", 4, &sum);
	if (errors(s) > 0)
		add_reason(reasons, "défauts à corriger avant la bascule", 2,
		    &sum);
	ctl_json_set(v, "level", ctl_json_text(sum <= 4	  ? "simple"
						: sum <= 8 ? "moyen"
							   : "délicat"));
	ctl_json_set(v, "hours", json_real((double)sum / 2));
	ctl_json_set(v, "reasons", reasons);
	ctl_json_set(s->out, "effort", v);
}

void
study_steps(struct studying *s)
{
	ctl_json_set(s->out, "steps", json_array());
	step_repair(s);
	step_lower_ttl(s);
	step_prepare(s);
	step_spf(s);
	step_sts(s);
	step_mx(s);
	step_setup(s);
	step_dmarc(s);
	step_clean(s);
	set_effort(s);
}
