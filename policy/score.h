/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbols and score: named findings with a weight, in groups with caps, each
 * with a plain explanation in French and English.  Pure; any thread.
 */
#ifndef OCT_POLICY_SCORE_H
#define OCT_POLICY_SCORE_H

#include "auth/types.h"
#include "lib/addr.h"
#include "lib/def.h"
#include "lib/msg.h"
#include "lib/str.h"
#include "policy/lookalike.h"
#include "policy/overview.h"

enum symbol_group {
	GROUP_AUTH,     /* SPF, DKIM, DMARC */
	GROUP_ENVELOPE, /* HELO, reverse-path against From */
	GROUP_HEADER,   /* shape of the header */
	GROUP_LIST,     /* DNS lists, and other filters */
	GROUP_BULK,     /* mass mail and what it sells */
	GROUP_MIME,     /* shape of the parts */
	GROUP_HTML,     /* tricks of mark-up and text */
	GROUP_URL,
	GROUP_ATTACHMENT,
	GROUP_FRAUD,    /* who it says that it is, and what it wants */
	GROUP_CONTENT,  /* the classifier, and what could not be read */
	GROUP_COUNT
};

enum symbol_id {
	SYM_SPF_FAIL,
	SYM_SPF_SOFTFAIL,
	SYM_SPF_NONE,
	SYM_DKIM_FAIL,
	SYM_DMARC_FAIL,
	SYM_DMARC_PASS,
	SYM_NO_AUTH,
	SYM_HELO_LITERAL,
	SYM_HELO_BARE,
	SYM_HELO_OURS,
	SYM_HELO_DYNAMIC,
	SYM_RPATH_NULL,
	SYM_FROM_RPATH_DIFFER,
	SYM_REPLY_TO_DIFFER,
	SYM_FROM_MISSING,
	SYM_FROM_SEVERAL,
	SYM_FROM_MALFORMED,
	SYM_FROM_NAME_ADDRESS,
	SYM_DATE_MISSING,
	SYM_DATE_FUTURE,
	SYM_DATE_PAST,
	SYM_DATE_MALFORMED,
	SYM_MESSAGE_ID_MISSING,
	SYM_SUBJECT_MISSING,
	SYM_TO_MISSING,
	SYM_DUPLICATE_FIELD,
	SYM_HEADER_8BIT,
	SYM_HEADER_LIMIT,
	SYM_DNSBL,       /* what lists say weighs what the list says ... */
	SYM_DNSWL,
	SYM_DOMAIN_LIST, /* ... (struct score_lists) */
	SYM_RSPAMD,      /* and an rspamd beside us what it says */
	SYM_SUBJECT_FAKE_REPLY,
	SYM_SUBJECT_SPACED,
	SYM_SUBJECT_CAPITALS,
	SYM_SUBJECT_RECIPIENT,
	SYM_SUBJECT_TOKEN,
	SYM_SUBJECT_HIDDEN_ASCII,
	SYM_SCRIPTS_MIXED,
	SYM_LETTERS_FANCY,
	SYM_MAILER_FORGED,
	SYM_TRACE_ABSURD,
	SYM_TRACE_NO_PROVIDER,
	SYM_FROM_NEW_TLD,
	SYM_FROM_ODD,
	SYM_MESSAGE_ID_MALFORMED,
	SYM_MESSAGE_ID_BORROWED,
	SYM_DATE_ZONE,
	SYM_LANGUAGE_FOREIGN,
	SYM_MIME_BAD_ENCODING,
	SYM_MIME_BAD_CHARSET,
	SYM_MIME_BASE64_ASCII,
	SYM_MIME_EMPTY,
	SYM_MIME_VERSION_MISSING,
	SYM_BULK_NO_UNSUBSCRIBE,
	SYM_BULK_UNDISCLOSED,
	SYM_BULK_PHARMACY,
	SYM_BULK_ADULT,
	SYM_BULK_PITCH,
	SYM_BULK_PITCH_PRIVATE,
	SYM_BULK_DUTY,
	SYM_BULK_GAME,
	SYM_HTML_FORM,
	SYM_HTML_PASSWORD,
	SYM_HTML_SCRIPT,
	SYM_HTML_REFRESH,
	SYM_HTML_MUCH_HIDDEN,
	SYM_HTML_ENTITIES,
	SYM_HTML_ONLY_IMAGE,
	SYM_HTML_ALONE,
	SYM_HTML_DATA_LINK,
	SYM_TEXT_ZERO_WIDTH,
	SYM_URL_TEXT_DIFFERS,
	SYM_URL_IP,
	SYM_URL_PUNYCODE,
	SYM_URL_AUTHORITY,
	SYM_URL_PORT,
	SYM_URL_ESCAPED_HOST,
	SYM_URL_SHORTENER,
	SYM_URL_HOSTING,
	SYM_URL_NEW_TLD,
	SYM_URL_REDIRECT,
	SYM_URL_RECIPIENT,
	SYM_URL_ELSEWHERE,
	SYM_ATTACHMENT_PROGRAM,
	SYM_ATTACHMENT_DOUBLE_NAME,
	SYM_ATTACHMENT_MACRO,
	SYM_ATTACHMENT_ENCRYPTED,
	SYM_ATTACHMENT_BOMB,
	SYM_ATTACHMENT_NESTED,
	SYM_ATTACHMENT_TYPE_DIFFERS,
	SYM_ATTACHMENT_SCRIPT,
	SYM_ATTACHMENT_PAGE,
	SYM_ATTACHMENT_PAGE_ACTIVE,
	SYM_FRAUD_BRAND_NAME,
	SYM_FRAUD_BRAND_SUBJECT,
	SYM_FRAUD_OFFICE,
	SYM_FRAUD_STATE_NAME,
	SYM_FRAUD_TITLE,
	SYM_FRAUD_OUR_NAME,
	SYM_FRAUD_OWN_ADDRESS,
	SYM_FRAUD_LOOKALIKE,
	SYM_FRAUD_NEAR_MISS,
	SYM_FRAUD_REPLY_PRIVATE,
	SYM_FRAUD_REPLY_LOOKALIKE,
	SYM_FRAUD_ACCOUNT,
	SYM_FRAUD_MAILBOX,
	SYM_FRAUD_ADVANCE_FEE,
	SYM_FRAUD_EXTORTION,
	SYM_FRAUD_PARCEL,
	SYM_FRAUD_PRIZE,
	SYM_FRAUD_CRYPTO,
	SYM_FRAUD_PRIVATE_LURE,
	SYM_FRAUD_BANK_CHANGE,
	SYM_FRAUD_STATE,
	SYM_FRAUD_LOAN,
	SYM_FRAUD_ERRAND,
	SYM_FRAUD_SUMMONS,
	SYM_CONTENT_LIMIT,
	SYM_CONTENT_GOOD, /* what the classifier says weighs what it says */
	SYM_CONTENT_BAD,
	SYM_COUNT
};

struct symbol {
	const char *name;
	enum symbol_group group;
	int32_t weight; /* hundredths, default */
	const char *fr, *en;
};
const struct symbol *symbol_of(enum symbol_id id);
/* By name; OCT_EPARSE if there is none. */
OCT_CHECK int symbol_parse(const char *name, enum symbol_id *out);

/* Weights in force: the defaults, changed by configuration. */
struct score_weights {
	int32_t weight[SYM_COUNT];
	int32_t cap[GROUP_COUNT]; /* most that a group may add */
};
void score_weights_init(struct score_weights *w);
/* "SYMBOL=1.5"; OCT_EPARSE: no such symbol, one that weighs what a list or the
 * classifier says, or no number. */
OCT_CHECK int score_weight_parse(const char *text, enum symbol_id *id,
    int32_t *weight);
/* Those of a list with commas between; what cannot be read is left out. */
void score_weights_change(const char *list, struct score_weights *w);

/* Sums of what DNS lists say, in hundredths; 0 = nothing. */
struct score_lists {
	int32_t dnsbl;  /* against the client address */
	int32_t dnswl;  /* for it (negative) */
	int32_t domain; /* about names */
	int32_t rspamd; /* and what rspamd says */
};

struct score_input {
	const struct oct_msg *msg;
	const struct auth_spf *spf;
	const struct auth_dkim *dkim;
	const struct auth_dmarc *dmarc;
	const struct oct_addr *rpath;
	const char *helo;
	const char *hostname;        /* ours */
	size_t from_count;
	bool from_malformed;
	const struct oct_addr *from; /* the first, NULL if none */
	const char *from_org, *rpath_org; /* organisational domains or "" */
	int64_t now_ms;
	struct score_lists lists;
	bool trace_only;             /* SPF and HELO say nothing (collected) */
	/* NULL: the content was not read, and its rules say nothing. */
	struct overview *overview;
	const struct oct_addr *rcpts; /* as typed; for comparison */
	/* Names that may be imitated, beside those of recipients; NULL = none
	 * are known. */
	lookalike_known *known;
	const void *known_arg;
	size_t rcpt_count;
};

#define SCORE_WORDS ((SYM_COUNT + 63) / 64)

struct score {
	uint64_t symbols[SCORE_WORDS]; /* bits SYM_x */
	int32_t total;                 /* hundredths */
	int32_t group[GROUP_COUNT];
	struct score_lists lists;
	int32_t content; /* what the classifier says (policy/opinion.h) */
};

/* Which symbols the message has; no sum yet. */
void score_find(const struct score_input *in, struct score *out);
/* What the classifier says, in hundredths. */
void score_content(struct score *s, int32_t hundredths);
/* The sum, with the groups' caps. */
void score_sum(const struct score_weights *w, struct score *s);
/* All of it without a classifier. */

void score_message(const struct score_input *in, const struct score_weights *w,
    struct score *out);

void score_mark(struct score *s, enum symbol_id id, bool found);
bool score_has(const struct score *s, enum symbol_id id);
/* What a symbol weighs in this score. */
int32_t score_weight(const struct score *s, const struct score_weights *w,
    enum symbol_id id);
/* "NAME(1.50),NAME(-0.50)", ASCII, at most SCORE_TEXT_MAX octets: what does not fit
 * is counted ("+3 more"). */
#define SCORE_TEXT_MAX 960
void score_symbols_text(const struct score *s, const struct score_weights *w,
    struct oct_str *out);
/* "3.25" */
void score_text(int32_t hundredths, char out[16]);

/* RFC 5322 date-time (obsolete zones too) to Unix ms; OCT_EPARSE. */
OCT_CHECK int score_parse_date(const char *value, int64_t *out_ms);

#endif
