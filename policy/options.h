/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options that platform, tenant, domain and mailbox may each set: one table
 * of names, types and bounds, and the rule that the innermost set value wins.
 * An entry keeps only what it sets, so that most cost nothing.  Constant data
 * and pure functions; any thread.
 */
#ifndef OCT_POLICY_OPTIONS_H
#define OCT_POLICY_OPTIONS_H

#include "lib/def.h"

enum option {
	OPTION_CHALLENGE,      /* enum option_challenge */
	OPTION_FIRST_CONTACT,  /* row 12 of challenge.md 2: option_first */
	OPTION_UNPROVEN,       /* row 13: enum option_unproven */
	OPTION_AUTOMATIC,      /* row 10: enum option_automatic */
	OPTION_PROOF,          /* of the sender's page: enum option_proof */
	OPTION_OUTBOUND,       /* all outgoing mail passes here: 0, 1 */
	/* Timers, ms (challenge.md 5). */
	OPTION_HOLD,           /* T_hold */
	OPTION_HOLD_SILENT,    /* spam, automatic, silent */
	OPTION_QUIET,          /* T_quiet */
	OPTION_ALLOW,          /* T_allow: unused, not by the owner's hand */
	OPTION_ALLOW_SENT,     /* the same, made by writing to somebody */
	OPTION_FORGET,         /* LAPSED without message */
	OPTION_DEFER,          /* T_defer */
	OPTION_BUTTON,         /* the press alone counts later than this */
	OPTION_PASS,           /* life of a pass (challenge.md 9) */
	/* Counts and sizes. */
	OPTION_ASKS,           /* challenges to one sender */
	OPTION_PASS_MESSAGES,
	/* Timers of the machinery, ms: the centre's, not a referent's. */
	OPTION_SETTLE,         /* T_settle */
	OPTION_FRESH,          /* T_fresh */
	OPTION_HOLD_VIRUS,     /* T_hold of malware */
	OPTION_CAP_MAILBOX,    /* challenges a day for one mailbox */
	OPTION_SHARE_MAILBOX,  /* of these, for one organisation */
	OPTION_CAP_DOMAIN, /* challenges a day for one hosted domain; a mailbox's
			      value counts nowhere (caps_of_domain) */
	OPTION_RELATION_ITEMS, /* held of one sender */
	OPTION_RELATION_OCTETS,
	OPTION_SPACE_ITEMS,    /* held for one mailbox */
	OPTION_SPACE_OCTETS,
	/* Limits (design 7): what becomes of mail past a rate, enum option_past,
	 * in the order of enum quota; 0 as a size or count is no limit. */
	OPTION_PAST_MESSAGES_IN,
	OPTION_PAST_RECIPIENTS_IN,
	OPTION_PAST_VOLUME_IN,
	OPTION_PAST_MESSAGES_OUT,
	OPTION_PAST_RECIPIENTS_OUT,
	OPTION_PAST_VOLUME_OUT,
	OPTION_MAX_RECIPIENTS_IN, /* of one message */
	OPTION_MAX_RECIPIENTS_OUT,
	OPTION_MAX_SIZE_IN,
	OPTION_MAX_SIZE_OUT,
	OPTION_STORAGE_GRACE, /* percent of the quota */
	OPTION_DIGEST /* when: policy/digest_schedule.h */
};
#define OPTION_COUNT (OPTION_DIGEST + 1)

/* The built-in count of OPTION_CAP_DOMAIN. */
#define CAPS_DOMAIN_STANDARD 500

enum option_past {
	OPTION_PAST_DEFER,  /* 451 */
	OPTION_PAST_REFUSE, /* 550 */
	OPTION_PAST_HOLD,   /* in: in the spool; out: in Postfix's hold queue */
	OPTION_PAST_SUSPEND /* out only: 451, and sending is suspended */
};

enum option_challenge {
	OPTION_CHALLENGE_OFF,
	OPTION_CHALLENGE_FIRST_CONTACT,
	OPTION_CHALLENGE_DOUBTFUL, /* only scores from tag up to hold */
	OPTION_CHALLENGE_SIMULATE  /* deliver, count what it would have done */
};
enum option_first { OPTION_FIRST_HOLD, OPTION_FIRST_DEFER };
enum option_unproven { OPTION_UNPROVEN_REFUSE, OPTION_UNPROVEN_HOLD };
enum option_automatic { OPTION_AUTOMATIC_HOLD, OPTION_AUTOMATIC_SCORE };
enum option_proof { OPTION_PROOF_BUTTON, OPTION_PROOF_CODE };

enum option_type {
	OPTION_TYPE_WORD,     /* one of words */
	OPTION_TYPE_DURATION, /* ms; written "7d" */
	OPTION_TYPE_COUNT,
	OPTION_TYPE_SIZE,     /* octets; written "25M" */
	OPTION_TYPE_SCHEDULE  /* written "weekdays@8,14" */
};

struct option_info {
	const char *name; /* attribute name: "t_hold" */
	enum option_type type;
	const char *const *words; /* NULL-terminated, by value */
	int64_t lo, hi, standard; /* standard: the platform's default */
	const char *help;         /* one line of English */
};
const struct option_info *option_info(enum option o);
/* 0, or OCT_EABSENT: no option has that name. */
OCT_CHECK int option_find(const char *name, enum option *out);

/* All of them, in force. */
struct option_values {
	int64_t v[OPTION_COUNT];
};
void options_standard(struct option_values *out);

/* What one entry sets: pairs in the order of enum option, each at most once. */
struct option_pair {
	enum option option;
	int64_t value;
};
struct option_set {
	size_t count;
	const struct option_pair *pairs;
};
/* NULL sets nothing; outer first. */
void options_apply(struct option_values *values, const struct option_set *set);

/* The values of one mailbox over the platform's timers (policy/casework.h). */
struct case_timers;
void options_timers(const struct option_values *v, struct case_timers *t);

/* Text into a value in bounds; "inherit" is not for here.  OCT_EPARSE. */
OCT_CHECK int option_parse(enum option o, const char *text, int64_t *out);
#define OPTION_TEXT_SIZE 48
void option_text(enum option o, int64_t value, char out[OPTION_TEXT_SIZE]);
/* What a value must look like: "one of hold, defer", "1h to 90d". */
#define OPTION_EXPECTED_SIZE 128
void option_expected(enum option o, char out[OPTION_EXPECTED_SIZE]);

#endif
