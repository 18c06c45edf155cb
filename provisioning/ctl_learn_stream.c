/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Labels of an administrator into the stream that every node applies.  A label is
 * written first and remembered then: cut between the two it is said twice, never
 * lost.
 */
#include <errno.h>
#include <stdlib.h>

#include "lib/err.h"
#include "policy/learn.h"
#include "policy/learn_said.h"
#include "provisioning/ctl_learn.h"

#define BY "learn"

/* 1 written, 0 there is no room, or an error. */
static int
write_label(const struct ctl_stream *s, const struct features *f,
    const struct lesson *l, bool bad, double weight)
{
	const struct label_record r = { .live = true,
		.fingerprint = l->fingerprint,
		.label = { .bad = bad, .weight = weight,
		    .domain = s->domain, .stratum = l->stratum } };
	char *packed = NULL;
	int rc = learn_pack(&r, f, &packed);

	if (rc == 0)
		rc = learn_write(s->store, s->domain, packed, BY);
	free(packed);
	return rc;
}

/* Likewise. */
static int
take_back(const struct ctl_stream *s, const struct features *f,
    const struct lesson *l, enum learn_mark was)
{
	int rc = write_label(s, f, l, was == LEARN_SPAM, -1);

	if (rc == 1)
		rc = learn_said_put(s->store, s->domain, l->fingerprint,
		    LEARN_NO_MARK);
	else
		return rc;
	return rc == 0 ? 1 : rc;
}

int
ctl_stream_teach(const struct ctl_stream *s, const struct features *f,
    const struct lesson *l, bool bad, enum ctl_taught *out)
{
	enum learn_mark was, is = bad ? LEARN_SPAM : LEARN_HAM;
	int rc = learn_said(s->store, s->domain, l->fingerprint, &was);

	*out = CTL_TAUGHT_KNOWN;
	if (rc != 0 || was == is)
		return rc;
	rc = was == LEARN_NO_MARK ? 1 : take_back(s, f, l, was);
	if (rc == 1)
		rc = write_label(s, f, l, bad, 1);
	if (rc == 0)
		*out = CTL_TAUGHT_FULL;
	if (rc != 1)
		return rc;
	*out = CTL_TAUGHT_SAID;
	return learn_said_put(s->store, s->domain, l->fingerprint, is);
}

int
ctl_stream_forget(const struct ctl_stream *s, const struct features *f,
    const struct lesson *l, enum ctl_taught *out)
{
	enum learn_mark was;
	int rc = learn_said(s->store, s->domain, l->fingerprint, &was);

	*out = CTL_TAUGHT_KNOWN;
	if (rc != 0 || was == LEARN_NO_MARK)
		return rc;
	rc = take_back(s, f, l, was);
	*out = rc == 1 ? CTL_TAUGHT_FORGOTTEN : CTL_TAUGHT_FULL;
	return rc < 0 ? rc : 0;
}
