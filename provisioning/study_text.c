/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A study in French, for a terminal and as a page to be printed.  What is said
 * once is made once: both are written from the same lines.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "provisioning/ctl_out.h"
#include "provisioning/ctl_page.h"
#include "provisioning/study_int.h"

#define LINE_SIZE 1024

/* Where lines go: plain, or HTML. */
struct sheet {
	struct oct_str *out;
	bool html;
};

static const struct {
	const char *severity, *fr;
} severities[] = {
	{ "error", "Grave" },
	{ "unknown", "À revoir" },
	{ "warning", "Attention" },
	{ "notice", "Conseil" },
};

static const struct {
	const char *action, *fr;
} actions[] = {
	{ "add", "Créer" },
	{ "replace", "Remplacer" },
	{ "remove", "Retirer" },
	{ "ttl", "Changer le TTL" },
	{ "repair", "Réparer" },
};

static const struct {
	const char *state, *fr;
} dnssec_states[] = {
	{ "secure", "signée, signatures valables" },
	{ "insecure", "non signée" },
	{ "bogus", "SIGNATURES FAUSSES" },
	{ "unknown", "non vérifié (le résolveur ne valide pas)" },
};

static void
put(const struct sheet *s, const char *text)
{
	if (s->html)
		ctl_page_text(s->out, text);
	else
		ctl_out_text(text, 0, s->out);
}

static void
heading(const struct sheet *s, const char *text)
{
	oct_str_add(s->out, s->html ? "<h2>" : "\n");
	put(s, text);
	oct_str_add(s->out, s->html ? "</h2>\n" : "\n");
}

static void
paragraph(const struct sheet *s, const char *text)
{
	oct_str_add(s->out, s->html ? "<p>" : "  ");
	put(s, text);
	oct_str_add(s->out, s->html ? "</p>\n" : "\n");
}

static void
table(const struct sheet *s, bool begin)
{
	if (s->html)
		oct_str_add(s->out,
		    begin ? "<table>\n<tbody>\n" : "</tbody>\n</table>\n");
}

/* A fact with its name. */
static void
row(const struct sheet *s, const char *name, const char *value)
{
	if (s->html) {
		oct_str_add(s->out, "<tr><th scope=\"row\">");
		put(s, name);
		oct_str_add(s->out, "</th><td>");
		put(s, value);
		oct_str_add(s->out, "</td></tr>\n");
		return;
	}
	oct_str_add(s->out, "  ");
	put(s, name);
	oct_str_add(s->out, " : ");
	put(s, value);
	oct_str_addc(s->out, '\n');
}

/* A record, as it is written. */
static void
code_row(const struct sheet *s, const char *name, const char *value)
{
	if (*value == '\0')
		return;
	if (!s->html) {
		oct_str_add(s->out, "      ");
		put(s, name);
		oct_str_add(s->out, " : ");
		put(s, value);
		oct_str_addc(s->out, '\n');
		return;
	}
	oct_str_add(s->out, "<br>");
	put(s, name);
	oct_str_add(s->out, " : <code>");
	put(s, value);
	oct_str_add(s->out, "</code>");
}

static const char *
or_none(const char *text)
{
	return *text != '\0' ? text : "aucun";
}

/* --- What is ------------------------------------------------------------------------ */

static void
with_provider(char out[LINE_SIZE], const char *name, const char *provider)
{
	struct oct_str s;

	oct_str_fixed(&s, out, LINE_SIZE);
	oct_str_addf(&s, "%.400s", name);
	if (*provider != '\0')
		oct_str_addf(&s, " (%.200s)", provider);
}

static void
write_who(const struct sheet *s, const json_t *study)
{
	const json_t *dns = json_object_get(study, "dns");
	const json_t *mx = json_object_get(study, "mx");
	char line[LINE_SIZE];
	const char *value = study_get(study, "dnssec");
	json_t *one;
	size_t i;

	heading(s, "Qui s'en occupe aujourd'hui");
	table(s, true);
	row(s, "Zone DNS", or_none(study_get(dns, "zone")));
	json_array_foreach(json_object_get(dns, "servers"), i, one) {
		with_provider(line, study_get(one, "name"),
		    study_get(one, "provider"));
		row(s, "Serveur de noms", line);
	}
	json_array_foreach(json_object_get(mx, "hosts"), i, one) {
		char host[LINE_SIZE];

		with_provider(host, study_get(one, "host"),
		    study_get(one, "provider"));
		(void)snprintf(line, sizeof(line), "%d %.900s",
		    (int)json_integer_value(
			json_object_get(one, "preference")),
		    host);
		row(s, "Reçoit le courrier (MX)", line);
	}
	for (i = 0; i < OCT_LEN(dnssec_states); i++)
		if (strcmp(value, dnssec_states[i].state) == 0)
			row(s, "DNSSEC", dnssec_states[i].fr);
	table(s, false);
}

static void
write_tree(const struct sheet *s, const json_t *spf)
{
	char line[LINE_SIZE], who[LINE_SIZE];
	json_t *one;
	size_t i;

	(void)snprintf(line, sizeof(line),
	    "%d sur 10 consultations du DNS permises, %d sur 2 sans réponse",
	    (int)json_integer_value(json_object_get(spf, "lookups")),
	    (int)json_integer_value(json_object_get(spf, "voids")));
	row(s, "Coût de SPF", line);
	json_array_foreach(json_object_get(spf, "senders"), i, one) {
		with_provider(line, study_get(one, "term"),
		    study_get(one, "provider"));
		row(s, "Peut écrire", line);
	}
	json_array_foreach(json_object_get(spf, "tree"), i, one) {
		int depth = (int)json_integer_value(
		    json_object_get(one, "depth"));

		if (i == 0)
			continue;
		with_provider(who, study_get(one, "domain"),
		    study_get(one, "provider"));
		(void)snprintf(line, sizeof(line), "%*s%.600s%s%.40s",
		    2 * (depth > 10 ? 10 : depth - 1), "", who,
		    *study_get(one, "fault") != '\0' ? " : " : "",
		    study_get(one, "fault"));
		row(s, "SPF renvoie à", line);
	}
}

static void
write_keys(const struct sheet *s, const json_t *study)
{
	json_t *keys = json_object_get(study, "dkim"), *one;
	char line[LINE_SIZE], who[LINE_SIZE];
	size_t i;

	if (json_array_size(keys) == 0)
		row(s, "Clés DKIM", "aucune parmi les sélecteurs connus");
	json_array_foreach(keys, i, one) {
		const char *problem = study_get(one, "problem");

		with_provider(who, study_get(one, "selector"),
		    study_get(one, "provider"));
		if (*problem != '\0')
			(void)snprintf(line, sizeof(line), "%.500s : %.200s",
			    who, problem);
		else
			(void)snprintf(line, sizeof(line), "%.500s : %s %d",
			    who, study_get(one, "algorithm"),
			    (int)json_integer_value(
				json_object_get(one, "bits")));
		row(s, "Clé DKIM", line);
	}
}

static void
write_lists(const struct sheet *s, const json_t *study)
{
	const json_t *lists = json_object_get(study, "blocklists");
	json_t *listed = json_object_get(lists, "listed"), *one;
	char line[LINE_SIZE];
	size_t i;

	if (json_integer_value(json_object_get(lists, "asked")) == 0)
		row(s, "Listes de blocage", "aucune n'est configurée ici");
	else if (json_array_size(listed) == 0)
		row(s, "Listes de blocage", "aucune ne cite ce domaine");
	json_array_foreach(listed, i, one) {
		(void)snprintf(line, sizeof(line), "%.250s sur %.250s (%s)",
		    study_get(one, "subject"), study_get(one, "list"),
		    study_get(one, "code"));
		row(s, "Sur une liste de blocage", line);
	}
}

static void
write_protection(const struct sheet *s, const json_t *study)
{
	const json_t *spf = json_object_get(study, "spf");
	const json_t *dmarc = json_object_get(study, "dmarc");
	const json_t *all = json_object_get(study, "catch_all");

	heading(s, "Qui peut écrire au nom du domaine");
	table(s, true);
	row(s, "SPF", or_none(study_get(spf, "record")));
	if (*study_get(spf, "record") != '\0')
		write_tree(s, spf);
	write_keys(s, study);
	row(s, "DMARC", or_none(study_get(dmarc, "record")));
	if (*study_get(dmarc, "at") != '\0')
		row(s, "DMARC lu à", study_get(dmarc, "at"));
	row(s, "MTA-STS", or_none(study_get(study, "mta_sts")));
	row(s, "TLS-RPT", or_none(study_get(study, "tls_rpt")));
	row(s, "DANE",
	    json_is_true(json_object_get(study, "dane")) ? "oui" : "non");
	write_lists(s, study);
	row(s, "Boîte attrape-tout",
	    json_is_true(json_object_get(all, "wildcard_mx"))
		? "probable : un MX générique répond pour tout nom"
		: "inconnu : aucun serveur de courrier n'a été interrogé");
	table(s, false);
}

/* --- What to fear, what to do ---------------------------------------------------------- */

static void
write_risks(const struct sheet *s, const json_t *study)
{
	json_t *risks = json_object_get(study, "risks"), *one;
	size_t i;

	heading(s, "Risques, du plus grave au moindre");
	if (json_array_size(risks) == 0)
		paragraph(s, "Aucun défaut n'a été trouvé.");
	table(s, json_array_size(risks) > 0);
	json_array_foreach(risks, i, one) {
		for (size_t k = 0; k < OCT_LEN(severities); k++)
			if (strcmp(study_get(one, "severity"),
				severities[k].severity) == 0)
				row(s, severities[k].fr,
				    study_get(one, "what"));
	}
	if (json_array_size(risks) > 0)
		table(s, false);
}

static void
write_change(const struct sheet *s, const json_t *change)
{
	char line[LINE_SIZE];
	const char *word = "";

	for (size_t i = 0; i < OCT_LEN(actions); i++)
		if (strcmp(study_get(change, "action"), actions[i].action) == 0)
			word = actions[i].fr;
	(void)snprintf(line, sizeof(line), "%s %s %.500s", word,
	    study_get(change, "type"), study_get(change, "name"));
	oct_str_add(s->out, s->html ? "<li>" : "    - ");
	put(s, line);
	oct_str_add(s->out, s->html ? "" : "\n");
	code_row(s, "aujourd'hui", study_get(change, "old"));
	code_row(s, "ensuite", study_get(change, "new"));
	oct_str_add(s->out, s->html ? "</li>\n" : "");
}

static void
write_steps(const struct sheet *s, const json_t *study)
{
	json_t *steps = json_object_get(study, "steps"), *one, *change;
	char line[LINE_SIZE];
	size_t i, j;

	heading(s, "Ce qui changerait, dans l'ordre");
	json_array_foreach(steps, i, one) {
		(void)snprintf(line, sizeof(line), "%zu. %.900s", i + 1,
		    study_get(one, "title"));
		oct_str_add(s->out, s->html ? "<h3>" : "\n  ");
		put(s, line);
		oct_str_add(s->out, s->html ? "</h3>\n" : "\n");
		paragraph(s, study_get(one, "when"));
		oct_str_add(s->out, s->html ? "<ul>\n" : "");
		json_array_foreach(json_object_get(one, "records"), j, change)
			write_change(s, change);
		oct_str_add(s->out, s->html ? "</ul>\n" : "");
		(void)snprintf(line, sizeof(line), "Retour en arrière : %.900s",
		    study_get(one, "back"));
		paragraph(s, line);
	}
}

static void
write_effort(const struct sheet *s, const json_t *study)
{
	const json_t *effort = json_object_get(study, "effort");
	char line[LINE_SIZE];
	json_t *one;
	size_t i;
	double hours = json_real_value(json_object_get(effort, "hours"));

	heading(s, "Effort");
	(void)snprintf(line, sizeof(line),
	    "%s : environ %d h %02d, sans la reprise des anciens messages.",
	    study_get(effort, "level"), (int)hours,
	    (int)(hours * 60) % 60);
	paragraph(s, line);
	oct_str_add(s->out, s->html ? "<ul>\n" : "");
	json_array_foreach(json_object_get(effort, "reasons"), i, one) {
		oct_str_add(s->out, s->html ? "<li>" : "    - ");
		put(s, json_string_value(one));
		oct_str_add(s->out, s->html ? "</li>\n" : "\n");
	}
	oct_str_add(s->out, s->html ? "</ul>\n" : "");
}

static void
write_note(const struct sheet *s)
{
	const char *text = "Étude faite d'après le seul DNS public : aucun "
			   "message n'a été envoyé, aucun serveur de courrier "
			   "n'a été interrogé.";

	if (s->html)
		oct_str_add(s->out, "<p class=\"note\">");
	else
		oct_str_add(s->out, "\n");
	put(s, text);
	oct_str_add(s->out, s->html ? "</p>\n" : "\n");
}

static void
write_all(const struct sheet *s, const json_t *study)
{
	write_who(s, study);
	write_protection(s, study);
	write_risks(s, study);
	write_steps(s, study);
	write_effort(s, study);
	write_note(s);
}

void
study_text(const json_t *study, struct oct_str *out)
{
	const struct sheet s = { .out = out };
	char day[11] = "";

	(void)snprintf(day, sizeof(day), "%.10s", study_get(study, "date"));
	oct_str_add(out, "Étude technique de ");
	put(&s, study_get(study, "name"));
	oct_str_addf(out, ", %s\n", day);
	write_all(&s, study);
}

void
study_page(const json_t *study, const struct settings *set, int64_t wall_ms,
    struct oct_str *out)
{
	const struct sheet s = { .out = out, .html = true };
	char title[LINE_SIZE];

	(void)snprintf(title, sizeof(title),
	    "Étude technique du domaine %.500s", study_get(study, "name"));
	ctl_page_begin(out, title);
	ctl_page_heading(out, set, wall_ms);
	oct_str_add(out, "<main>\n<h1>");
	put(&s, title);
	oct_str_add(out, "</h1>\n");
	write_all(&s, study);
	oct_str_add(out, "</main>\n");
	ctl_page_end(out);
}
