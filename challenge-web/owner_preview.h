/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a held message says, for its owner to judge: its text alone, as text, and
 * the names of what is attached.  Nothing of it is loaded, opened or linked;
 * reading is bounded by policy/content.h, showing by what is below.
 */
#ifndef OCT_CHALLENGE_WEB_OWNER_PREVIEW_H
#define OCT_CHALLENGE_WEB_OWNER_PREVIEW_H

#include "challenge-web/owner_frame.h"

#define OWNER_PREVIEW_OCTETS 12000 /* of text that are shown */
#define OWNER_PREVIEW_PARTS 30     /* attachments that are named */

void owner_preview(const struct owner_visit *o, struct page *p,
    const struct case_item *item);

#endif
