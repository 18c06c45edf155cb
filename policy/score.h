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

enum symbol_group {
	GROUP_AUTH,     /* SPF, DKIM, DMARC */
	GROUP_ENVELOPE, /* HELO, reverse-path against From */
	GROUP_HEADER,   /* shape of the header */
	GROUP_LIST,     /* DNS lists, and other filters */
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
};

struct score {
	uint64_t symbols; /* bit SYM_x */
	int32_t total;    /* hundredths */
	int32_t group[GROUP_COUNT];
	struct score_lists lists;
};

void score_message(const struct score_input *in, const struct score_weights *w,
    struct score *out);

bool score_has(const struct score *s, enum symbol_id id);
/* What a symbol weighs in this score. */
int32_t score_weight(const struct score *s, const struct score_weights *w,
    enum symbol_id id);
/* "NAME(1.50),NAME(-0.50)", at most the builder's bound. */
void score_symbols_text(const struct score *s, const struct score_weights *w,
    struct oct_str *out);
/* "3.25" */
void score_text(int32_t hundredths, char out[16]);

/* RFC 5322 date-time (obsolete zones too) to Unix ms; OCT_EPARSE. */
OCT_CHECK int score_parse_date(const char *value, int64_t *out_ms);

#endif
