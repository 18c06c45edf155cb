/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of courier/gate.h, for gate*.c only: what the gate asks, one after the
 * other.  Threads as there.
 */
#ifndef OCT_COURIER_GATE_INT_H
#define OCT_COURIER_GATE_INT_H

#include "courier/gate.h"
#include "policy/target.h"

#define GATE_LOOK_MS 3000 /* longest wait for DNS */

/* What holds for that mailbox, or for the platform where its domain is gone. */
void gate_options(const struct courier *c, const struct dir_snapshot *dir,
    const char *domain, const char *local, struct option_values *out);
OCT_CHECK int gate_lever(struct courier *c, struct lever_state *out);

/* --- gate_target.c ----------------------------------------------------------- */

/* What the target rule looks at; it points into rpath. */
void gate_target_of(const struct courier *c, const struct gate_ask *a,
    const char *org, struct oct_addr *rpath, struct target_of *out);
/* GATE_OPEN: it may.  The first fills in the network, which the second uses. */
enum gate gate_ask_target(struct courier *c, const struct gate_ask *a,
    struct gate_pass *p);
enum gate gate_ask_breakers(struct courier *c, struct gate_pass *p);

/* --- gate_caps.c ------------------------------------------------------------- */

/* GATE_OPEN: charged. */
enum gate gate_take_caps(struct courier *c, const struct gate_ask *a,
    struct gate_pass *p);

#endif
