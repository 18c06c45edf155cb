/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operator's own texts for the pages about the service: plain text in
 * UTF-8, read once at start.  Paragraphs are parted by empty lines; a line
 * "# Heading" is a heading, a paragraph whose lines all begin with "- " a list.
 * Everything is escaped.  Immutable once loaded: any thread.
 */
#ifndef OCT_CHALLENGE_WEB_OWN_TEXT_H
#define OCT_CHALLENGE_WEB_OWN_TEXT_H

#include "challenge-web/lang.h"
#include "challenge-web/page.h"
#include "policy/settings.h"

#define OWN_TEXT_MAX (64 * 1024)

enum own_text_id { OWN_TEXT_LEGAL, OWN_TEXT_ACCESS, OWN_TEXT_DATA };
#define OWN_TEXTS 3

/* NULL: the operator gave none. */
struct own_text {
	char *text[LANG_COUNT];
};

/* Errors are logged: OCT_ECONF. */
OCT_CHECK int own_texts_load(const struct settings *s,
    struct own_text out[OWN_TEXTS]);
void own_texts_free(struct own_text texts[OWN_TEXTS]);

/* In that language, else in the other one (*lang says so), else NULL. */
const char *own_text_get(const struct own_text *t, enum lang *lang);

void own_text_write(struct page *p, const char *text);

#endif
