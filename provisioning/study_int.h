/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the files of the study.
 */
#ifndef OCT_PROVISIONING_STUDY_INT_H
#define OCT_PROVISIONING_STUDY_INT_H

#include "provisioning/study.h"

struct studying {
	const struct study_input *in;
	json_t *out;
};

/* A string of a stranger: printable ASCII. */
json_t *study_string(const char *text);
/* The text of a member, "" if there is none; of an array its i-th. */
const char *study_get(const json_t *object, const char *name);

/* dkim, dmarc, mta_sts, tls_rpt, dane, blocklists, catch_all. */
void study_policies(struct studying *s);
/* steps and effort, out of what is in s->out. */
void study_steps(struct studying *s);

#endif
