/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the evaluation share. */
#ifndef OCTROI_MILTER_EVALUATE_INT_H
#define OCTROI_MILTER_EVALUATE_INT_H

#include "auth/spf.h"
#include "milter/evaluate.h"

struct evaluator {
	const struct evaluate_env *env;
	struct evaluate_envelope envelope;
	char *helo, *id, *rpath_text;
	struct dns_session *dns;
	struct lists_query *lists; /* NULL: none are asked */
	struct auth_dkim_verifier *dkim;
	struct auth_arc_verifier *arc; /* NULL: no ARC-Seal */
	struct oct_msg *msg;
	struct outside *outside;
	struct oct_addr rcpts[EVALUATE_RCPTS_MAX];
	size_t rcpt_count;
	struct oct_addr *named; /* filled in at first use */
	size_t named_count;
	bool named_known;
	bool all_legacy; /* of the recipients so far, legacy_rcpts */
	size_t legacy_rcpts;
	struct evaluation out;
	struct features *features; /* NULL: the classifier was not asked */
	char points_for[OCT_DOMAIN_SIZE]; /* whose points these are */
	int32_t points;
};

/* Only what others wrote in its header is trusted of it, not who brought it. */
bool evaluate_trace_only(const struct evaluator *e);
/* What our own users send is not scored. */
bool evaluate_is_scored(const struct evaluator *e);
void evaluate_spf_input(const struct evaluator *e, const char *mail_from,
    int64_t now_ms, struct auth_spf_input *in);
void evaluate_run_spf(struct evaluator *e, const struct auth_spf_input *in,
    struct auth_spf *out);
bool evaluate_is_provider(const struct evaluator *e, const char *term_domain);

/* --- evaluate_legacy.c ----------------------------------------------------- */

/* After SPF and ARC. */
void evaluate_check_legacy(struct evaluator *e, int64_t now_ms);
/* Was it sent on, for everybody to whom it goes?  After that. */
bool evaluate_is_sent_on(const struct evaluator *e);

/* --- evaluate_score.c ------------------------------------------------------ */

/* After all else that is looked up. */
OCT_CHECK int evaluate_check_score(struct evaluator *e, int64_t now_ms);

#endif
