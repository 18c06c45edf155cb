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
/* With --status: plus 1 marked, 2 held, 3 refused. */
#define CTL_SCAN_EXIT 10

struct ctl_scan_final {
	const struct oct_addr *typed;
	struct dir_final final; /* of the snapshot */
	bool assumed;           /* no directory: as a mailbox, option off */
	const char *settled;    /* at RCPT: why; else NULL */
	struct decide_rcpt facts;
	struct score score; /* with the weights and corrections for it */
	struct proof proof;
	char sid[PROOF_SID_SIZE];
	struct fate fate;
};

/* What all messages of a scan share: opened once, read by all threads. */
struct ctl_scan_site {
	struct ctl *ctl;
	const struct settings *set; /* NULL: none */
	struct ctl_site site;
	struct store *store;
	bool store_up;
	struct directory *directory; /* only with the store away */
	const struct dir_snapshot *snapshot;
	struct ctl_scan_store *doors; /* NULL: what opens doors is not known */
	const char **statutory;
	struct case_timers timers;
	struct option_values options;
	struct dir_thresholds thresholds;
	bool english;
	const char *notes[6]; /* that belong to every message; NULL ends them */
};

/* One message. */
struct ctl_scan {
	const struct ctl_scan_site *site;
	struct ctl_message m;
	bool exempt; /* an exempt kind */
	bool stopped; /* nobody is asked: the lever */
	struct decide_msg msg;
	size_t count;
	struct ctl_scan_final *finals;
	struct fate reply;
	json_t *notes;
};

/* What only the installation knows: the administrator's levers, and what opens a
 * first contact's way (milter/doors.h).  Secrets that cannot be read are a note of
 * the site; the store must be there. */
struct ctl_scan_store;
OCT_CHECK int ctl_scan_store_open(struct ctl_scan_site *p, const char **problem);
void ctl_scan_store_close(struct ctl_scan_store *d);
/* The levers as they are now: before the finals are judged. */
void ctl_scan_levers(const struct ctl_scan_store *d, struct ctl_scan *s);
/* What the store says of a final, in one round trip. */
OCT_CHECK int ctl_scan_read(struct ctl_scan *s, struct ctl_scan_final *f);

/* The word for a score by the platform's thresholds: deliver, tag, hold,
 * reject. */
const char *ctl_scan_word(const struct ctl_scan *s);

json_t *ctl_scan_json(const struct ctl_scan *s);
/* The same for people, appended. */
void ctl_scan_text(const struct ctl_scan *s, struct oct_str *out);
/* "id<TAB>score<TAB>verdict" and a line end, appended. */
void ctl_scan_row(const struct ctl_scan *s, const char *id,
    struct oct_str *out);

#endif
