/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/appraise.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "auth/dmarc.h"
#include "lib/addrlist.h"
#include "policy/rules.h"

/* The sum of the rules alone: without what the classifier says. */
static double
rules_of(const struct appraise_input *in, const struct appraisal *a)
{
	struct score rules = a->score;

	rules.content = 0;
	score_sum(in->weights, &rules);
	return (double)rules.total / 100;
}

static int
hear(const struct appraise_input *in, struct overview *o,
    const struct classifier *model, struct appraisal *out)
{
	const struct opinion_input oi = { .msg = in->msg,
		.overview = o,
		.symbols = &out->score,
		.rcpts = in->score.rcpts,
		.rcpt_count = in->score.rcpt_count,
		.rpath = in->score.rpath,
		.received_skip = in->received_skip,
		.when_ms = in->when_ms,
		.proof = in->proof };
	struct classifier_calibration k;
	struct classifier_stratum stratum;
	struct features *f = NULL;
	int rc = features_new(&f);

	if (rc == 0)
		rc = opinion_read(&oi, f, &stratum);
	if (rc == 0) {
		opinion_of(model, f, &stratum, in->domain, &out->opinion);
		out->heard = true;
		classifier_calibration(model, &k);
		out->rank = opinion_rank(&k, &out->opinion, rules_of(in, out));
		score_content(&out->score, out->opinion.points);
		out->features = f;
		f = NULL;
	}
	features_free(f);
	return rc;
}

/* The content, and what rules and classifier both look up in it. */
static int
read_message(struct oct_msg *m, const struct content **c, struct overview **o)
{
	int rc = content_read(m, NULL, c);

	return rc == 0 ? overview_new(*c, o) : rc;
}

int
appraise(const struct appraise_input *in, struct appraisal *out)
{
	const struct classifier *model = classifier_live_get(in->model);
	struct score_input score = in->score;
	const struct content *c = NULL;
	struct overview *o = NULL;
	int rc = read_message(in->msg, &c, &o);

	out->heard = false;
	out->features = NULL;
	out->over = NULL;
	if (rc == 0) {
		score.msg = in->msg;
		score.overview = o;
		score_find(&score, &out->score);
		out->over = c->over;
		if (model != NULL)
			rc = hear(in, o, model, out);
	}
	if (rc == 0) {
		score_sum(in->weights, &out->score);
		if (!out->heard)
			out->rank = (double)out->score.total / 100;
	}
	overview_free(o);
	content_free(c);
	classifier_live_put(in->model, model);
	return rc;
}

/* --- Learning -------------------------------------------------------------------- */

static uint64_t
fingerprint(const struct content *c, const struct oct_msg *m)
{
	const struct oct_field *from = oct_msg_find(m, "From", 0);
	const struct oct_field *id = oct_msg_find(m, "Message-ID", 0);
	const struct {
		const char *data;
		size_t len;
	} parts[] = { { c->subject.data, c->subject.len },
		{ c->plain.data, c->plain.len },
		{ c->visible.data, c->visible.len },
		{ from != NULL ? from->value : "",
		    from != NULL ? from->value_len : 0 },
		{ id != NULL ? id->value : "", id != NULL ? id->value_len : 0 } };
	crypto_generichash_state state;
	uint8_t sum[16];
	uint64_t out;

	(void)crypto_generichash_init(&state, NULL, 0, sizeof(sum));
	for (size_t i = 0; i < OCT_LEN(parts); i++) {
		uint64_t len = parts[i].len;

		(void)crypto_generichash_update(&state,
		    (const uint8_t *)&len, sizeof(len));
		(void)crypto_generichash_update(&state,
		    (const uint8_t *)parts[i].data, parts[i].len);
	}
	(void)crypto_generichash_final(&state, sum, sizeof(sum));
	memcpy(&out, sum, sizeof(out));
	return out;
}

/* The symbols that follow from the message alone: nothing is known of who sent
 * it, so nothing is held against it. */
static void
find_symbols(const struct lesson_input *in, struct overview *o,
    struct score *out)
{
	static const struct auth_spf spf = { .result = AUTH_TEMPERROR };
	static const struct auth_dkim dkim = { .count = 0 };
	static const struct auth_dmarc dmarc = { .result = AUTH_TEMPERROR };
	const struct oct_field *f = oct_msg_find(in->msg, "From", 0);
	char from_org[OCT_DOMAIN_SIZE] = "", rpath_org[OCT_DOMAIN_SIZE];
	struct oct_addr from[2];
	size_t n = 0;
	bool malformed = f != NULL &&
	    (oct_addrlist_parse(f->value, f->value_len, from, OCT_LEN(from),
		 &n) != 0 ||
		n == 0);
	struct score_input score = { .msg = in->msg,
		.spf = &spf,
		.dkim = &dkim,
		.dmarc = &dmarc,
		.rpath = in->rpath,
		.helo = in->helo,
		.hostname = "",
		.from_count = n,
		.from_malformed = malformed,
		.from = n > 0 ? &from[0] : NULL,
		.from_org = from_org,
		.rpath_org = rpath_org,
		.now_ms = in->when_ms,
		.trace_only = true,
		.overview = o,
		.rcpts = in->rcpts,
		.rcpt_count = in->rcpt_count };

	auth_psl_org_or_self(in->rpath->domain, rpath_org);
	if (n > 0)
		auth_psl_org_or_self(from[0].domain, from_org);
	score_find(&score, out);
}

int
appraise_lesson(const struct lesson_input *in, struct features *f,
    struct lesson *out)
{
	const struct content *c = NULL;
	struct overview *o = NULL;
	struct score symbols;
	int rc = read_message(in->msg, &c, &o);

	if (rc == 0) {
		const struct opinion_input oi = { .msg = in->msg,
			.overview = o,
			.symbols = &symbols,
			.rcpts = in->rcpts,
			.rcpt_count = in->rcpt_count,
			.rpath = in->rpath,
			.received_skip = in->received_skip,
			.when_ms = in->when_ms,
			.proof = in->proof };

		find_symbols(in, o, &symbols);
		rc = opinion_read(&oi, f, &out->stratum);
		out->fingerprint = fingerprint(c, in->msg);
	}
	overview_free(o);
	content_free(c);
	return rc;
}
