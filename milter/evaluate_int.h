/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the evaluation share. */
#ifndef OCTROI_MILTER_EVALUATE_INT_H
#define OCTROI_MILTER_EVALUATE_INT_H

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

#endif
