/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What frauds and sales pitches say, in French and English, told by phrases rather
 * than by words: for rules alone, the classifier has a lexicon of its own.  A text
 * is read as by eye (lookalike_fold), so that accents, case, punctuation and
 * letters of other scripts hide nothing.  Any thread.
 */
#ifndef OCT_POLICY_PHRASES_H
#define OCT_POLICY_PHRASES_H

#include "policy/content.h"

enum phrase {
	PHRASE_STATE,    /* taxes, fines, health insurance, allowances */
	PHRASE_PARCEL,
	PHRASE_BANK,     /* banks, cards, subscriptions */
	PHRASE_MAILBOX,
	PHRASE_PASSWORD,
	PHRASE_DEMAND,   /* click, pay, confirm ... */
	PHRASE_THREAT,   /* ... or else, and soon */
	PHRASE_FEE,      /* small sums for something that waits */
	PHRASE_ERRAND,   /* what a false superior asks */
	PHRASE_ACCOUNT,  /* another account to pay to */
	PHRASE_SUMMONS,  /* what a false police writes */
	PHRASE_SPYING,   /* what extortioners claim */
	PHRASE_COIN,
	PHRASE_LOAN,     /* loans from strangers */
	PHRASE_LEGACY,   /* legacies, donations, lotteries of strangers */
	PHRASE_PITCH,    /* unasked offers to firms and town halls */
	PHRASE_DUTY,     /* duties that are for sale */
	PHRASE_GAME,     /* games, prizes, fortune tellers, miracles */
	PHRASE_DATING,
	PHRASE_COUNT
};

struct phrases {
	uint16_t count[PHRASE_COUNT]; /* places, saturating */
};

/* Adds to *out what stands in the first max octets.  Without memory nothing is
 * found. */
void phrases_find(const struct content_text *t, size_t max,
    struct phrases *out);

#endif
