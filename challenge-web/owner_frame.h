/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the owners' pages share: who is there, the frame with its menu, forms that
 * show that our page made them, and what was just done.
 */
#ifndef OCT_CHALLENGE_WEB_OWNER_FRAME_H
#define OCT_CHALLENGE_WEB_OWNER_FRAME_H

#include "challenge-web/nonce.h"
#include "challenge-web/owner_text.h"
#include "challenge-web/view.h"
#include "policy/owner.h"
#include "policy/owner_session.h"

enum owner_tab {
	OWNER_TAB_LIST,
	OWNER_TAB_BIN,
	OWNER_TAB_SENDERS,
	OWNER_TAB_EXPECT,
	OWNER_TAB_HISTORY,
	OWNER_TAB_SETTINGS
};
#define OWNER_TABS 6

/* One request of somebody who has a session. */
struct owner_visit {
	struct view *view;
	const struct hosted *hosted;
	struct owner_session session;
	struct owner_of of;
	struct owner owner;
	char address[OCT_ADDR_SIZE]; /* of the mailbox */
	char nonce[NONCE_SIZE];
	enum owner_tab tab;
};

const char *owner_say(const struct view *v, enum otext id);

/* A page of his; to be ended by view_end. */
void owner_begin(struct owner_visit *o, struct page *p, enum owner_tab tab,
    enum otext title);

/* Where a link leads: NULL and 0 are left out. */
struct owner_to {
	const char *path, *result, *item, *words, *kind;
	size_t page;
};
void owner_url(const struct view *v, const struct owner_to *to,
    char out[VIEW_URL_SIZE]);
/* Answer with that page (303). */
void owner_go(struct view *v, const struct owner_to *to);

/* A form that posts there; to be closed by page_close.  id may be NULL. */
void owner_form(const struct owner_visit *o, struct page *p, const char *path,
    const char *id);
void owner_hidden(struct page *p, const char *name, const char *value);
/* Stands for nobody's name in the result of an act. */
#define OWNER_NOBODY "<>"

/* class: "button", "button plain"... */
void owner_button(struct page *p, const char *name, const char *value,
    const char *class, const char *text);

/* What the last act came to, with a button that takes it back where that is
 * possible. */
void owner_told(struct owner_visit *o, struct page *p);
/* The codes of results, as they stand in URLs. */
const char *owner_result(enum case_outcome outcome, const char *done);

/* "…" with value in its place, as an element. */
void owner_filled(struct page *p, const char *tag, const char *class,
    const char *text, const char *value);
void owner_filled_number(struct page *p, const char *tag, const char *class,
    const char *text, size_t value);

#endif
