/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of policy/detail.h, for detail*.c only: the table's rows.
 */
#ifndef OCT_POLICY_DETAIL_INT_H
#define OCT_POLICY_DETAIL_INT_H

#include "policy/detail.h"

enum detail_form {
	FORM_TEXT,
	FORM_ID,
	FORM_SIREN,
	FORM_COUNT,
	FORM_SIZE,
	FORM_DATE,
	FORM_WORD,
	FORM_YES,
	FORM_ADDRESS,
	FORM_ADDRESSES,
	FORM_LOCAL,
	FORM_CREDENTIAL,
	FORM_SEALED,
	FORM_RULE,
	FORM_AMOUNTS,
	FORM_WEIGHTS
};

struct detail_row {
	struct detail_info info;
	unsigned int kinds; /* bits */
	enum detail_form form;
	const char *words; /* FORM_WORD: with a space between */
	int64_t hi;        /* FORM_COUNT */
};

/* Never NULL. */
const struct detail_row *detail_row(enum detail what);

#endif
