/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file under the milter's judgement: between the files of `octroictl scan`.
 */
#ifndef OCT_PROVISIONING_CTL_SCAN_H
#define OCT_PROVISIONING_CTL_SCAN_H

#include "policy/decide.h"
#include "policy/proof.h"
#include "provisioning/ctl_message.h"

/* The thresholds of a configuration that sets none. */
#define CTL_SCAN_TAG 400
#define CTL_SCAN_HOLD 600
#define CTL_SCAN_REJECT 1500

struct ctl_scan_final {
	const struct oct_addr *typed;
	struct dir_final final; /* of the snapshot */
	bool assumed;           /* no directory: as a mailbox, option off */
	const char *settled;    /* at RCPT: why; else NULL */
	struct decide_rcpt facts;
	struct proof proof;
	char sid[PROOF_SID_SIZE];
	struct fate fate;
};

struct ctl_scan {
	const struct settings *set; /* NULL: none */
	struct ctl_message m;
	struct store *store;
	bool store_up;
	struct directory *directory; /* only with the store away */
	const struct dir_snapshot *snapshot;
	const char **statutory;
	struct case_timers timers;
	struct dir_thresholds thresholds;
	struct option_values options;
	bool exempt; /* the message, whomever it names */
	struct decide_msg msg;
	size_t count;
	struct ctl_scan_final *finals;
	struct fate reply;
	bool english;
	json_t *notes;
};

json_t *ctl_scan_json(const struct ctl_scan *s);
/* The same for people, to standard output; a status. */
int ctl_scan_text(const struct ctl *ctl, const struct ctl_scan *s);

#endif
