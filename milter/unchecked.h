/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of a message that clamd did not judge, by policy; and what the log
 * says of malware.
 */
#ifndef OCT_MILTER_UNCHECKED_H
#define OCT_MILTER_UNCHECKED_H

#include "milter/session.h"

/* True: *reply is for all recipients, whoever they are. */
bool unchecked_refuses(const struct session *s, const struct evaluation *ev,
    struct reply *reply);

#endif
