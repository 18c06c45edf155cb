/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schedule of the digest as a person sets it: days, and one hour or two.
 */
#ifndef OCT_CHALLENGE_WEB_OWNER_SCHEDULE_H
#define OCT_CHALLENGE_WEB_OWNER_SCHEDULE_H

#include "challenge-web/owner_frame.h"

/* The fields, with what is in force now. */
void owner_schedule_fields(const struct owner_visit *o, struct page *p);
/* Set what was posted, if it is another than what is in force; what is none is
 * -EINVAL. */
OCT_CHECK int owner_schedule_post(struct owner_visit *o);
/* Set that text (policy/digest_schedule.h). */
OCT_CHECK int owner_schedule_set(struct owner_visit *o, const char *text);

/* No more digests for him. */
OCT_CHECK int owner_schedule_stop(struct owner_visit *o);

/* Set one attribute of the mailbox; name and value are ours. */
OCT_CHECK int owner_attribute_set(struct owner_visit *o, const char *name,
    const char *value);
/* What is in force of an option. */
int64_t owner_option(const struct owner_visit *o, enum option which);
/* A list to choose from, one of it chosen; to be filled by owner_choice. */
void owner_choice(struct page *p, const char *value, const char *text,
    bool chosen);

#endif
