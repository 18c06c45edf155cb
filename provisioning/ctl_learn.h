/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a model was taught: between the files of `octroictl learn`.
 */
#ifndef OCT_PROVISIONING_CTL_LEARN_H
#define OCT_PROVISIONING_CTL_LEARN_H

#include "policy/appraise.h"
#include "policy/classifier.h"
#include "provisioning/ctl_cmd.h"

/* domain: as it is heard there; NULL: without any domain's own labels. */
json_t *ctl_learn_json(const struct classifier *c, const char *path,
    const char *domain);
/* The same for people, appended; changes v. */
void ctl_learn_text(json_t *v, struct oct_str *out);

/* --- Into the stream of labels --------------------------------------------- */

/* The labels of one domain, or of the platform (NULL), that every node applies. */
struct ctl_stream {
	struct store *store;
	const char *domain;
};
enum ctl_taught {
	CTL_TAUGHT_KNOWN, /* it was said before */
	CTL_TAUGHT_SAID,
	CTL_TAUGHT_FORGOTTEN,
	CTL_TAUGHT_FULL   /* later: the domain has said enough for today, or too
			     many labels wait for the slowest node */
};
/* OCT_ELIMIT: longer than what the stream takes; else 0 or the store's error.  What
 * was said otherwise before is taken back first. */
OCT_CHECK int ctl_stream_teach(const struct ctl_stream *s,
    const struct features *f, const struct lesson *l, bool bad,
    enum ctl_taught *out);
/* Take back what was said of it, whichever it was. */
OCT_CHECK int ctl_stream_forget(const struct ctl_stream *s,
    const struct features *f, const struct lesson *l, enum ctl_taught *out);

#endif
