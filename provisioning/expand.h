/* SPDX-License-Identifier: Apache-2.0 */
/*
 * To whom Postfix hands mail for an address: its finals, and where those are
 * forwarded, all in one answer.  Postfix asks for each address of an answer again,
 * and goes round for ever where two answers name each other ("Alias expansion
 * error"): an address in an answer is therefore always one that Postfix finds to
 * be its own last answer, or elsewhere.  A mailbox whose forwarding leads to
 * nobody (closed, unknown, in a circle) keeps its mail.  Pure; any thread.
 */
#ifndef OCT_PROVISIONING_EXPAND_H
#define OCT_PROVISIONING_EXPAND_H

#include "lib/def.h"
#include "lib/str.h"
#include "policy/directory.h"

/* For one answer: mailboxes looked at, and addresses of forwardings followed, so
 * that no answer keeps the others waiting for long. */
#define EXPAND_MAILBOXES_MAX 2000
#define EXPAND_STEPS_MAX 1500

bool expand_is_closed(const struct dir_final *f);

/*
 * Addresses with commas between, into out; nothing: nobody is there, or a mailbox
 * keeps its own mail and no more.  written: the address as it was asked for, which
 * stands for the mailbox itself.  0, OCT_ELIMIT or -ENOMEM.
 */
OCT_CHECK int expand_finals(const struct dir_snapshot *s,
    const struct dir_finals *finals, const struct oct_addr *written,
    struct oct_str *out);

#endif
