/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a model was taught, as JSON and for people.
 */
#include "provisioning/ctl_learn.h"

#include <stdio.h>

#include "lib/err.h"

static json_t *
stratum_json(const struct classifier *c, const struct classifier_stratum *s,
    const struct classifier_site *site, const char *name)
{
	struct classifier_evidence taught, like;
	json_t *v = json_object();

	classifier_taught(c, s, &taught);
	classifier_evidence(c, s, &like);
	if (!s->automatic)
		classifier_site_hear(site, &like);
	ctl_json_set(v, "mail", json_string(name));
	ctl_json_set(v, "good", json_real(taught.good));
	ctl_json_set(v, "bad", json_real(taught.bad));
	ctl_json_set(v, "like_good", json_real(like.good));
	ctl_json_set(v, "like_bad", json_real(like.bad));
	ctl_json_set(v, "voice", json_real(classifier_voice(&like)));
	return v;
}

#define STRATA (CLASSIFIER_LANGS * 4)

/* Rows of nothing say nothing, but for French and modern mail, which matters. */
static bool
is_taught(const struct classifier *c, const struct classifier_stratum *s)
{
	struct classifier_evidence e;

	classifier_taught(c, s, &e);
	return e.good + e.bad > 0 || (!s->automatic &&
		s->lang == CLASSIFIER_LANG_FR &&
		s->era == CLASSIFIER_ERA_MODERN);
}

static json_t *
strata_json(const struct classifier *c, const struct classifier_site *site)
{
	json_t *list = json_array();
	struct classifier_stratum s = { .automatic = false };
	char name[64];

	for (size_t i = 0; i < STRATA; i++) {
		s.lang = (enum classifier_lang)(i / 2 % CLASSIFIER_LANGS);
		s.era = i % 2 == 0 ? CLASSIFIER_ERA_MODERN : CLASSIFIER_ERA_OLD;
		s.automatic = i >= STRATA / 2;
		(void)snprintf(name, sizeof(name), "%s, %s %d%s",
		    classifier_lang_name(s.lang),
		    s.era == CLASSIFIER_ERA_MODERN ? "since" : "before",
		    CLASSIFIER_ERA_YEAR, s.automatic ? ", of machines" : "");
		if (is_taught(c, &s))
			(void)json_array_append_new(list,
			    stratum_json(c, &s, site, name));
	}
	return list;
}

static json_t *
tenths_json(const struct classifier_calibration *k)
{
	json_t *list = json_array();
	char name[24];

	for (size_t i = 0; i < OCT_LEN(k->tenth); i++) {
		double all = (double)k->tenth[i][0] + (double)k->tenth[i][1];
		json_t *v = json_object();

		(void)snprintf(name, sizeof(name), "%.1f to %.1f",
		    (double)i / 10, (double)(i + 1) / 10);
		ctl_json_set(v, "probability", json_string(name));
		ctl_json_set(v, "good", json_integer(k->tenth[i][0]));
		ctl_json_set(v, "bad", json_integer(k->tenth[i][1]));
		ctl_json_set(v, "share", all > 0
			? json_real((double)k->tenth[i][1] / all)
			: json_null());
		(void)json_array_append_new(list, v);
	}
	return list;
}

/* What the domain's own labels say, and the cuts in force there. */
static json_t *
domain_json(const struct classifier_site *site, const char *domain,
    const struct classifier_calibration *trained)
{
	struct classifier_calibration k = *trained;
	json_t *v = json_object();

	classifier_site_cuts(site, &k);
	ctl_json_set(v, "domain", ctl_json_text(domain));
	ctl_json_set(v, "good", json_real(site->good));
	ctl_json_set(v, "bad", json_real(site->bad));
	ctl_json_set(v, "cut_100", json_real(k.cut_100));
	ctl_json_set(v, "cut_1000", json_real(k.cut_1000));
	return v;
}

json_t *
ctl_learn_json(const struct classifier *c, const char *path,
    const char *domain)
{
	struct classifier_calibration k;
	struct classifier_site site;
	json_t *v = json_object();

	classifier_calibration(c, &k);
	ctl_json_set(v, "model", ctl_json_text(path));
	ctl_json_set(v, "learnt",
	    json_integer((json_int_t)classifier_updates(c)));
	ctl_json_set(v, "calibrated", json_boolean(k.good > 0 && k.bad > 0));
	ctl_json_set(v, "slope", json_real(k.slope));
	ctl_json_set(v, "offset", json_real(k.offset));
	ctl_json_set(v, "cut_100", json_real(k.cut_100));
	ctl_json_set(v, "cut_1000", json_real(k.cut_1000));
	classifier_site(c, domain, &site);
	if (domain != NULL)
		ctl_json_set(v, "own", domain_json(&site, domain, &k));
	ctl_json_set(v, "evidence", strata_json(c, &site));
	ctl_json_set(v, "reliability", tenths_json(&k));
	return v;
}

/* "12.3" for the tables. */
static void
round_reals(json_t *list, const char *const *keys, size_t count, int digits)
{
	json_t *row;
	size_t i;

	json_array_foreach(list, i, row)
		for (size_t k = 0; k < count; k++) {
			json_t *v = json_object_get(row, keys[k]);
			char text[32];

			if (!json_is_real(v))
				continue;
			(void)snprintf(text, sizeof(text), "%.*f", digits,
			    json_real_value(v));
			ctl_json_set(row, keys[k], json_string(text));
		}
}

void
ctl_learn_text(json_t *v, struct oct_str *out)
{
	static const struct ctl_column head[] = {
		{ "model", "model", CTL_TEXT },
		{ "learnt", "messages", CTL_TEXT },
		{ "calibrated", "calibrated", CTL_TEXT },
	};
	static const struct ctl_column own[] = {
		{ "domain", "domain", CTL_TEXT },
		{ "good", "its own good", CTL_TEXT },
		{ "bad", "its own bad", CTL_TEXT },
		{ "cut_100", "one good in 100 above", CTL_TEXT },
		{ "cut_1000", "one good in 1000 above", CTL_TEXT },
	};
	static const struct ctl_column strata[] = {
		{ "mail", "MAIL", CTL_TEXT },
		{ "good", "GOOD", CTL_RIGHT },
		{ "bad", "BAD", CTL_RIGHT },
		{ "like_good", "LIKE IT, GOOD", CTL_RIGHT },
		{ "like_bad", "BAD", CTL_RIGHT },
		{ "voice", "VOICE", CTL_RIGHT },
	};
	static const struct ctl_column tenths[] = {
		{ "probability", "PROBABILITY", CTL_TEXT },
		{ "good", "GOOD", CTL_RIGHT },
		{ "bad", "BAD", CTL_RIGHT },
		{ "share", "BAD OF ALL", CTL_RIGHT },
	};
	static const char *const counts[] = { "good", "bad", "like_good",
		"like_bad" };
	static const char *const shares[] = { "voice", "share" };
	json_t *evidence = json_object_get(v, "evidence");
	json_t *reliability = json_object_get(v, "reliability");

	round_reals(evidence, counts, OCT_LEN(counts), 0);
	round_reals(evidence, shares, OCT_LEN(shares), 2);
	round_reals(reliability, shares, OCT_LEN(shares), 2);
	ctl_out_record(v, head, OCT_LEN(head), out);
	if (json_object_get(v, "own") != NULL)
		ctl_out_record(json_object_get(v, "own"), own, OCT_LEN(own),
		    out);
	oct_str_addc(out, '\n');
	ctl_out_table(evidence, strata, OCT_LEN(strata), out);
	oct_str_addc(out, '\n');
	ctl_out_table(reliability, tenths, OCT_LEN(tenths), out);
}
