/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request being answered, and the frame that all pages share.
 */
#ifndef OCT_CHALLENGE_WEB_VIEW_H
#define OCT_CHALLENGE_WEB_VIEW_H

#include "challenge-web/app.h"
#include "challenge-web/http.h"
#include "challenge-web/page.h"
#include "challenge-web/text.h"

/* All borrowed. */
struct view {
	struct app *app;
	const struct http_request *request;
	struct http_reply *reply;
	enum lang lang;
	bool lang_asked; /* by the link: further links keep it */
	const char *path; /* below the prefix, beginning with '/' */
	/* Between banner and content, NULL = nothing; wide: of lists. */
	void (*menu)(const struct view *v, struct page *p, const void *arg);
	const void *menu_arg;
	bool wide;
};

#define VIEW_URL_SIZE HTTP_LOCATION_SIZE

const char *view_text(const struct view *v, enum text_id id);
/* The operator's name, or words for it. */
const char *view_operator(const struct view *v);
/* A path below the prefix, in the language of this page; result ("" = none)
 * goes with it. */
void view_url(const struct view *v, const char *path, const char *result,
    char out[VIEW_URL_SIZE]);

/* Everything up to the content of the page; problem: its title says so. */
void view_begin(struct view *v, struct page *p, enum text_id title,
    bool problem);
/* The same with a title that is no text of the tables. */
void view_begin_titled(struct view *v, struct page *p, const char *title,
    bool problem);
/* The rest; the reply is complete. */
void view_end(struct view *v, struct page *p, unsigned int status);

/* An address or URL of the settings as a link, else as it is. */
void view_contact(struct page *p, const char *contact);

#endif
