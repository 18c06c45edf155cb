/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Own domains (design 5): messages that claim a hosted domain without proof are
 * counted by who sent them, for `octroictl domain observe`.
 */
#ifndef OCT_MILTER_OBSERVE_H
#define OCT_MILTER_OBSERVE_H

#include "milter/judge.h"

/* After the decision; at best effort: what the store does not take is lost. */
void observe_own(const struct judge *j);

#endif
