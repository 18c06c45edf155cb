/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/opinion.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "policy/exempt.h"

#define RCPTS_MAX 20 /* looked at */
/* What raw scores must be apart for the cuts to mean anything: those of a small
 * set may fall together. */
#define STEP_MIN 0.25

#define RANK_CUT 5.0
#define RANK_RAW 4.0
#define RANK_RULES 0.4 /* at full voice, one without */
/* Silent it still counts for so much; but lower lies what it alone says. */
#define RANK_SILENT 0.7
#define RANK_LOWER 3.0
/* Machines write alike in every language: at least so much.  What they quote is
 * often what the rules look for. */
#define RANK_AUTOMATIC 0.8

/* 1 Jan 2019 00:00:00 UTC: CLASSIFIER_ERA_YEAR. */
#define MODERN_MS 1546300800000LL

/* --- Reading ------------------------------------------------------------------ */

/* Symbols that follow from the message alone: those of authentication, lists and
 * time may be others tomorrow. */
static bool
is_lasting(enum symbol_id id)
{
	switch (symbol_of(id)->group) {
	case GROUP_HEADER:
		return id != SYM_DATE_FUTURE && id != SYM_DATE_PAST &&
		    id != SYM_TRACE_NO_PROVIDER;
	case GROUP_FRAUD:
		return id != SYM_FRAUD_OWN_ADDRESS;
	case GROUP_BULK:
	case GROUP_MIME:
	case GROUP_HTML:
	case GROUP_URL:
	case GROUP_ATTACHMENT:
		return true;
	case GROUP_AUTH:
	case GROUP_ENVELOPE:
	case GROUP_LIST:
	case GROUP_CONTENT:
	case GROUP_COUNT:
		break;
	}
	return false;
}

static size_t
name_symbols(const struct score *s, const char *names[SYM_COUNT])
{
	size_t n = 0;

	for (size_t i = 0; s != NULL && i < SYM_COUNT; i++)
		if (score_has(s, (enum symbol_id)i) &&
		    is_lasting((enum symbol_id)i))
			names[n++] = symbol_of((enum symbol_id)i)->name;
	return n;
}

static bool
is_automatic(const struct opinion_input *in)
{
	return oct_addr_is_null(in->rpath) || exempt_is_automatic(in->msg);
}

int
opinion_read(const struct opinion_input *in, struct features *f,
    struct classifier_stratum *out)
{
	size_t count = in->rcpt_count < RCPTS_MAX ? in->rcpt_count : RCPTS_MAX;
	char(*text)[OCT_ADDR_SIZE] = calloc(RCPTS_MAX, sizeof(*text));
	const char *rcpts[RCPTS_MAX], *symbols[SYM_COUNT];
	struct feature_facts facts = { .recipients = rcpts,
		.recipient_count = count,
		.received_skip = in->received_skip,
		.proof = in->proof != NULL && strcmp(in->proof, "T") != 0
		    ? in->proof
		    : "",
		.symbols = symbols };
	int rc;

	if (text == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		oct_addr_text(&in->rcpts[i], text[i]);
		rcpts[i] = text[i];
	}
	facts.symbol_count = name_symbols(in->symbols, symbols);
	rc = features_read(f, in->msg, in->overview, &facts);
	*out = (struct classifier_stratum){
		.lang = classifier_language(in->overview->content),
		.era = in->when_ms >= MODERN_MS ? CLASSIFIER_ERA_MODERN
						: CLASSIFIER_ERA_OLD,
		.automatic = is_automatic(in) };
	free(text);
	return rc;
}

/* --- Judging ------------------------------------------------------------------- */

/* From (x0, y0) to (x1, y1). */
static double
between(double x, double x0, double y0, double x1, double y1)
{
	return y0 + (x - x0) / (x1 - x0) * (y1 - y0);
}

double
opinion_points(const struct classifier_calibration *k, double raw)
{
	double even, hundred, thousand;

	if (k->good == 0 || k->bad == 0 || k->slope <= 0)
		return 0;
	even = -k->offset / k->slope;
	hundred = fmax(k->cut_100, even + STEP_MIN);
	thousand = fmax(k->cut_1000, hundred + STEP_MIN);
	if (raw < even)
		return 3 * (raw - even) / 2;
	if (raw < hundred)
		return between(raw, even, 0, hundred, 3);
	if (raw < thousand)
		return between(raw, hundred, 3, thousand, 6);
	return between(raw, thousand, 6, thousand + 1, 7);
}

double
opinion_rank(const struct classifier_calibration *k,
    const struct opinion *opinion, double rules)
{
	double cut = k->good > 0 && k->bad > 0 ? k->cut_1000 : 0;
	double heard = RANK_SILENT + (1 - RANK_SILENT) * opinion->voice;

	if (opinion->stratum.automatic)
		heard = fmax(heard, RANK_AUTOMATIC);
	return RANK_CUT + heard * RANK_RAW * (opinion->score.raw - cut) +
	    (heard * RANK_RULES + (1 - heard)) * rules -
	    RANK_LOWER * (1 - heard);
}

void
opinion_of(const struct classifier *c, const struct features *f,
    const struct classifier_stratum *s, const char *domain,
    struct opinion *out)
{
	/* A model that learnt from its users alone: far from what it says of good
	 * mail, until the domain's own sets the cuts. */
	static const struct classifier_calibration untrained = { .slope = 1,
		.cut_100 = 1, .cut_1000 = 2, .good = 1, .bad = 1 };
	struct classifier_calibration k;
	struct classifier_site site;
	double loudness, full;

	out->stratum = *s;
	classifier_calibration(c, &k);
	classifier_score(c, f, domain, &out->score);
	classifier_evidence(c, s, &out->evidence);
	classifier_site(c, domain, &site);
	if (!s->automatic)
		classifier_site_hear(&site, &out->evidence);
	out->voice = classifier_voice(&out->evidence);
	loudness = OPINION_WHISPER + (1 - OPINION_WHISPER) * out->voice;
	if (k.good == 0 || k.bad == 0)
		k = untrained;
	classifier_site_cuts(&site, &k);
	full = opinion_points(&k, out->score.raw);
	out->points = (int32_t)lround(loudness *
	    fmax(-OPINION_GOOD_MAX, fmin(OPINION_BAD_MAX, 100 * full)));
}
