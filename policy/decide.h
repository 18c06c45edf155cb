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
#include "policy/options.h"
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
	FATE_R_CLEAR,         /* row 7: not doubtful */
	FATE_R_SIMULATE,      /* row 8 */
	FATE_R_ANSWER,        /* row 9: to what this mailbox sent */
	FATE_R_EXPECTED,      /* row 9: the owner waits for that domain */
	FATE_R_TAGGED,        /* row 9: to a valid tagged address */
	FATE_R_PASS,          /* row 9: confirmed after a refusal */
	FATE_R_AUTOMATIC,     /* row 10 */
	FATE_R_UNMATCHED,     /* row 10: a bounce of nothing that was sent here */
	FATE_R_UNDECIDED,     /* row 11 */
	FATE_R_FIRST_CONTACT, /* rows 12 and 13 */
	FATE_R_TRANSIT,       /* taken over only because others of its RCPT are */
	FATE_R_STORE_DOWN,
	FATE_R_FULL,          /* space of the relation or mailbox */
	FATE_R_DIRECTION,     /* not inbound: passes */
	FATE_R_EXTERNAL,      /* final outside the hosted domains */
	FATE_R_MALFORMED,     /* over a bound of ours: refused or deferred */
	FATE_R_SUSPENDED,     /* a suspended mailbox behind a group */
	FATE_R_BYPASS,        /* an administrator's lever */
	FATE_R_LIMIT,         /* past a limit that holds (design 7) */
	FATE_R_NO_DIGEST      /* row 6: nobody would hear of it (10e) */
};
const char *fate_reason_name(enum fate_reason r);
OCT_CHECK int fate_reason_parse(const char *name, enum fate_reason *out);

/* Why a DMARC policy was not applied as the author's domain published it. */
enum fate_override {
	OVERRIDE_NONE,
	OVERRIDE_CREDIT, /* trusted ARC chain, declared forwarder, or legacy
			    address */
	OVERRIDE_POLICY  /* a setting of the platform or of the domain */
};

/* What a delivered message says of its sender. */
enum fate_label {
	LABEL_NONE,
	LABEL_UNKNOWN,  /* to a protected address */
	LABEL_UNPROVEN, /* came in by a pass */
	LABEL_BYPASS    /* was not asked, because of the lever */
};
const char *fate_label_name(enum fate_label l);

struct fate {
	enum fate_verdict verdict;
	enum fate_reason reason;
	int row;      /* of challenge.md 2; 0 = none */
	bool ask;     /* hold, defer: first contact of class A, to be asked */
	bool tag;     /* deliver: score at tag or above */
	enum fate_label label;       /* deliver */
	enum fate_override override; /* of DMARC */
	int code;     /* refuse, defer: reply code */
	const char *enhanced; /* and enhanced code (static) */
	bool link;    /* refuse: with a link, for all (of the reply only) */
	bool full;    /* were it to be held, there is no room */
	const char *domain;   /* of the recipient, as in decide_rcpt */
	/* Row 8: what rows 9 to 13 would have done. */
	bool simulated, would_ask;
	enum fate_verdict would;
	int would_row;
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
	bool null_path;
	bool malformed;       /* more forged fields than can be removed */
	bool bypass;          /* the lever is pulled */
	int32_t score;        /* hundredths */
	int64_t now_ms;
};

/* A message of class T is deferred for so long (row 11). */
#define DECIDE_T_MS (24 * 3600000LL)

/* Did it come by an old address that forwards to the mailbox (policy/legacy.h)? */
enum legacy_credit {
	LEGACY_NONE,
	LEGACY_HOST,  /* from its provider's hosts, be it by whomever */
	LEGACY_PROVEN /* its account or its seal says so */
};

/* Of one final recipient. */
struct decide_rcpt {
	bool external;        /* not hosted here */
	const char *domain;   /* hosted; NULL = external.  Not copied */
	bool suspended;       /* the mailbox, or its domain */
	bool over_limit;      /* past one of its limits, which holds */
	bool no_digest;       /* its owner wants to be told of nothing */
	bool has_blocks;      /* the mailbox or its domain blocks somebody */
	enum proof_class class;
	enum legacy_credit legacy;
	enum option_challenge mode;
	enum option_first first;
	enum option_unproven unproven;
	enum option_automatic automatic;
	bool outbound_here;   /* all its outgoing mail passes here */
	enum dir_dmarc dmarc_mode; /* of its domain; inherit = the platform's */
	bool protected_path;
	bool exempt;          /* an exempt kind (policy/exempt.h) */
	/* Hundredths that weights of its own, or of its domain, and what that
	 * domain taught the classifier add to the message's score. */
	int32_t score_own;
	struct dir_thresholds thresholds; /* resolved: tag <= hold <= reject */
	/* From the store; store_known false = it was not asked or is away. */
	bool store_known;
	enum rel_state relation;
	bool may_ask;         /* relation and times allow a challenge */
	bool may_defer;       /* likewise, or one is under way: DEFER */
	bool has_room;        /* relation and mailbox have space */
	bool blocked, drop_silently;
	bool granted;
	bool answers;         /* what this mailbox sent */
	bool expected;        /* from a domain that the owner waits for */
	bool tagged;          /* to a valid tagged address, not revoked */
	bool pass;            /* live, for its domain and the sender */
	int64_t t_since_ms;   /* class T: first sight of this message, 0 = now */
};

/* Does the fate of this recipient depend on the store?  If not, it is decided
 * with Redis away (challenge.md 11). */
bool decide_needs_store(const struct decide_msg *m,
    const struct decide_rcpt *r);
/* Is there something that the store is to be asked, be it only to count? */
bool decide_asks_store(const struct decide_msg *m,
    const struct decide_rcpt *r);
/* Can one of rows 9 to 13 apply? */
bool decide_may_reach(const struct decide_msg *m, const struct decide_rcpt *r);

/* The table; total.  store_known must be true where decide_needs_store is, else
 * the fate is DEFER 451 4.3.0. */
void decide_rcpt(const struct decide_msg *m, const struct decide_rcpt *r,
    struct fate *out);

/*
 * One reply for all: adjusts the fates of all finals of a transaction in place
 * (refusals become silent holds or drops where others are delivered or held) and
 * gives the reply.  reply->verdict: FATE_DELIVER = accept, else FATE_REFUSE or
 * FATE_DEFER for the whole transaction.  A recipient whom the store should have
 * settled becomes `undecided` if others are delivered without it.
 */
void decide_reply(const struct decide_msg *m, struct fate *fates, size_t count,
    struct fate *reply);

#endif
