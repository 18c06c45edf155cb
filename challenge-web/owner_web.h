/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages of mailbox owners.  Paths, below the prefix:
 *
 *   /m                     ask for a link
 *   /m/<link>              open a session, by a button
 *   /m/<link>/<id>/<act>   the same for one act on one message
 *   /d/<link>              the schedule of the digest, without a session
 *   /o...                  what a session is needed for
 *
 * GET and HEAD change nothing.  Every refusal is one line in the log:
 *   owner=refused why=... path=... box=... client=...
 */
#ifndef OCT_CHALLENGE_WEB_OWNER_WEB_H
#define OCT_CHALLENGE_WEB_OWNER_WEB_H

#include "challenge-web/owner_frame.h"

bool owner_web_is(const char *path);
size_t owner_web_body_max(const char *path);
void owner_web(struct view *v, const char *path);

/* --- Between the owner_*.c files ------------------------------------------- */

/* One line: why, and whose mailbox and item it was about ("" = not known). */
void owner_refused(const struct view *v, const char *why, const char *box,
    const char *item);
/* A post of one of our forms?  Else the answer is written.  id: what the nonce
 * must be for. */
OCT_CHECK bool owner_post_ok(struct view *v, const char *id,
    const char *back);
/* Does the browser say that the post comes from another site? */
bool owner_is_foreign(const struct view *v);
/* One field of the post: "" if it is absent, twice there, or too long. */
void owner_field(const struct view *v, const char *name, char *out,
    size_t cap);

void owner_page_ask(struct view *v);
void owner_page_enter(struct view *v, const char *rest);
void owner_page_schedule(struct view *v, const char *rest);
/* Whose link it is, filled in; else, or if it was revoked, the answer is
 * written. */
OCT_CHECK bool owner_read_link(struct owner_visit *o, enum owner_link_kind kind,
    const char *token, struct owner_link *link);
/* That one's session, or link, is over: how to get another. */
void owner_page_over(struct view *v, enum otext title, enum otext text);
/* The field and button that ask for a link; problem OTEXT_COUNT: none. */
void owner_ask_form(struct view *v, struct page *p, enum otext problem,
    const char *typed);

/* The facts of one item in few lines, as lists have them. */
void owner_item_lines(const struct view *v, struct page *p,
    const struct case_item *item);
/* The id of the element that is its subject, for what is to be described by it. */
#define OWNER_SUBJECT_ID (HELD_ID_SIZE + 2)
void owner_subject_id(const struct case_item *item,
    char out[OWNER_SUBJECT_ID]);

void owner_page_list(struct owner_visit *o);
void owner_page_bin(struct owner_visit *o);
void owner_page_item(struct owner_visit *o, const char *id);
void owner_page_senders(struct owner_visit *o);
void owner_page_import(struct owner_visit *o);
void owner_page_expect(struct owner_visit *o);
void owner_page_history(struct owner_visit *o);
void owner_page_settings(struct owner_visit *o);
void owner_page_out(struct owner_visit *o);

/* One act by its name: "release", "accept", "discard", "spam", "refuse", "undo".
 * -EINVAL: none of them. */
OCT_CHECK int owner_do(const struct owner *o, const char *act, const char *id,
    enum case_outcome *out);
/* A line in the log, if what he asked for is over because it is not his. */
void owner_note_foreign(const struct owner_visit *o, const char *id);
/* Fill in who acts. */
void owner_of_visit(struct owner_visit *o, struct view *v);
/* How long an undo is possible, in words; false: it is not. */
bool owner_undo_words(const struct view *v, struct oct_str *out);

#define OWNER_NO_COOKIE \
	"=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict"

#define OWNER_IMPORT_OCTETS (512 * 1024)

#endif
