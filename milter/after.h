/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a verdict uses up and what is counted of it: after the fact and at best,
 * as nobody's message hangs on it.
 */
#ifndef OCT_MILTER_AFTER_H
#define OCT_MILTER_AFTER_H

#include "milter/judge.h"

void after_verdict(struct judge *j);

#endif
