/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page of a live challenge: what is asked, and the two buttons.  Any
 * thread.
 */
#ifndef OCT_CHALLENGE_WEB_CHALLENGE_FORM_H
#define OCT_CHALLENGE_WEB_CHALLENGE_FORM_H

#include "challenge-web/code.h"
#include "challenge-web/view.h"
#include "policy/challenge.h"

/* Names of fields and values of "do", as the form posts them. */
#define FORM_ACT "do"
#define FORM_CODE "code"
#define FORM_NONCE "n"
#define FORM_CONFIRM "confirm"
#define FORM_NOT_ME "notme"

enum form_problem {
	FORM_FINE,
	FORM_CODE_ASKED, /* pressed early */
	FORM_CODE_SHAPE, /* not six digits */
	FORM_CODE_WRONG,
	FORM_OLD_PAGE    /* its nonce is too old */
};

struct challenge_form {
	const struct challenge *challenge;
	const char *url; /* to post to */
	const char *nonce;
	enum code_need need; /* of the code, to confirm */
	enum form_problem problem;
	bool at_not_me;  /* the problem is with "not me" */
};

void challenge_form_page(struct view *v, const struct challenge_form *f);

#endif
