/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DKIM signatures for mail that leaves: submitted by a login of its From domain,
 * or handed in by a trusted relay or this host itself.  A message that cannot be
 * signed passes unsigned, with a warning.
 */
#ifndef OCT_MILTER_SIGN_H
#define OCT_MILTER_SIGN_H

#include "milter/judge.h"

/* The hosted domain to sign this message for, or NULL. */
const struct dir_domain *sign_domain(const struct session *s,
    const struct evaluation *ev);

/* Fill in out->signatures: over the message as it will be, without the fields
 * that out deletes and those that it adds. */
void sign_message(const struct judge *j, struct judge_actions *out);

#endif
