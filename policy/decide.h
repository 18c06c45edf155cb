/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision: first for each final recipient (challenge.md 2, the one table),
 * then one reply for all.  Pure functions of plain facts: no socket, no store,
 * no clock.  Any thread.
 */
#ifndef OCT_POLICY_DECIDE_H
#define OCT_POLICY_DECIDE_H

#include "auth/types.h"
#include "lib/def.h"
#include "policy/directory.h"
#include "policy/proof.h"
#include "policy/relation.h"

enum direction {
	DIR_INBOUND,
	DIR_SUBMISSION, /* authenticated user on a submission listener */
	DIR_RELAY,      /* trusted relay */
	DIR_INTERNAL,   /* sendmail command, bounces */
	DIR_COLLECTED,  /* fetchmail's listener */
	DIR_FORWARDED   /* declared forwarder */
};
const char *direction_name(enum direction d);
/* Mail from outside, which the table is for. */
bool decide_is_checked(enum direction d);

enum fate_verdict {
	FATE_DELIVER,
	FATE_HOLD,
	FATE_DROP,   /* silently, because the owner said so */
	FATE_REFUSE, /* 5xx */
	FATE_DEFER   /* 4xx */
};
const char *fate_verdict_name(enum fate_verdict v);

/* Why; also the reason of a held item, by its name in the store. */
enum fate_reason {
	FATE_R_NONE,
	FATE_R_VIRUS,         /* row 1 */
	FATE_R_DMARC,         /* row 2 */
	FATE_R_SPOOF,         /* row 2: hosted domain claimed, or quarantine */
	FATE_R_BLOCKED,       /* row 3 */
	FATE_R_ALLOWED,       /* row 4 */
	FATE_R_SPAM,          /* rows 5 and 6 */
	FATE_R_OPTION_OFF,    /* row 7 */
	FATE_R_PROTECTED,     /* row 7: statutory address */
	FATE_R_AUTOMATIC,     /* row 10 */
	FATE_R_UNDECIDED,     /* row 11 */
	FATE_R_FIRST_CONTACT, /* rows 12 and 13 */
	FATE_R_TRANSIT,       /* taken over only because others of its RCPT are */
	FATE_R_STORE_DOWN,
	FATE_R_FULL,          /* space of the relation or mailbox */
	FATE_R_DIRECTION,     /* not inbound: passes */
	FATE_R_EXTERNAL,      /* final outside the hosted domains */
	FATE_R_MALFORMED      /* over a bound of ours: refused or deferred */
};
const char *fate_reason_name(enum fate_reason r);
OCT_CHECK int fate_reason_parse(const char *name, enum fate_reason *out);

/* Why a DMARC policy was not applied as the author's domain published it. */
enum fate_override {
	OVERRIDE_NONE,
	OVERRIDE_CREDIT, /* trusted ARC chain or declared forwarder */
	OVERRIDE_POLICY  /* a setting of the platform or of the domain */
};

struct fate {
	enum fate_verdict verdict;
	enum fate_reason reason;
	int row;      /* of challenge.md 2; 0 = none */
	bool ask;     /* hold: first contact of class A, may be asked */
	bool tag;     /* deliver: score at tag or above */
	bool unknown; /* deliver: label "unknown sender" (protected address) */
	enum fate_override override; /* of DMARC */
	int code;     /* refuse, defer: reply code */
	const char *enhanced; /* and enhanced code (static) */
};

/* Of the message. */
struct decide_msg {
	enum direction direction;
	bool malware;
	bool malware_refuse;  /* policy: refuse instead of holding */
	bool phishing;        /* verdict that no allowance overrules */
	enum auth_result dmarc;
	enum auth_dmarc_policy dmarc_policy;
	enum dir_dmarc dmarc_mode; /* of the platform; inherit = enforce */
	bool credited;
	bool claims_hosted;   /* From domain is an active hosted domain */
	bool claims_refuse;   /* and that domain refuses unproven mail */
	bool same_installation; /* From domain hosted, and proven */
	bool institutional;   /* operator's list, class A or F */
	int32_t score;        /* hundredths */
};

/* Of one final recipient. */
struct decide_rcpt {
	bool external;        /* not hosted here */
	bool has_blocks;      /* the mailbox or its domain blocks somebody */
	enum proof_class class;
	enum dir_challenge option;
	enum dir_dmarc dmarc_mode; /* of its domain; inherit = the platform's */
	bool protected_path;
	bool exempt;          /* an exempt kind (policy/exempt.h) */
	struct dir_thresholds thresholds; /* resolved: tag <= hold <= reject */
	/* From the store; store_known false = it was not asked or is away. */
	bool store_known;
	enum rel_state relation;
	bool may_ask;         /* relation and times allow a challenge */
	bool has_room;        /* relation and mailbox have space */
	bool blocked, drop_silently;
	bool granted;
};

/* Does the fate of this recipient depend on the store?  If not, it is decided
 * with Redis away (challenge.md 11). */
bool decide_needs_store(const struct decide_msg *m,
    const struct decide_rcpt *r);

/* The table; total.  store_known must be true where decide_needs_store is, else
 * the fate is DEFER 451 4.3.0. */
void decide_rcpt(const struct decide_msg *m, const struct decide_rcpt *r,
    struct fate *out);

/*
 * One reply for all: adjusts the fates of all finals of a transaction in place
 * (refusals become silent holds or drops where others are delivered or held) and
 * gives the reply.  reply->verdict: FATE_DELIVER = accept, else FATE_REFUSE or
 * FATE_DEFER for the whole transaction.
 */
void decide_reply(const struct decide_msg *m, struct fate *fates, size_t count,
    struct fate *reply);

#endif
