/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl explain: a decision in words, French or English.
 */
#ifndef OCT_PROVISIONING_CTL_EXPLAIN_H
#define OCT_PROVISIONING_CTL_EXPLAIN_H

#include <jansson.h>

#include "lib/def.h"
#include "lib/str.h"

enum explain_lang { EXPLAIN_FR, EXPLAIN_EN };

/* One event (policy/event.h) as a few lines; nothing of it can steer a
 * terminal. */
void explain_event(const json_t *event, enum explain_lang lang,
    struct oct_str *out);

#endif
