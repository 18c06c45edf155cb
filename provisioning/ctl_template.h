/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates: a mail as its reader would get it.
 */
#ifndef OCT_PROVISIONING_CTL_TEMPLATE_H
#define OCT_PROVISIONING_CTL_TEMPLATE_H

#include "courier/notice.h"
#include "provisioning/ctl_cmd.h"

struct ctl_template_preview {
	enum template_id id;
	enum template_word which; /* of those that the template knows */
	const char *domain;       /* hosted, or one for show */
	struct notice_texts texts;
};
/* A whole mail with sample values.  An error code. */
OCT_CHECK int ctl_template_mail(const struct settings *set,
    const struct ctl_template_preview *p, struct oct_str *out);

/* The text of such a mail, as it is read: decoded, LF ends. */
void ctl_template_text(const char *mail, struct oct_str *out);

#endif
