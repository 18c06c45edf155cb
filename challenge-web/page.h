/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTML out of elements, attributes and texts.  There is no way to write markup
 * from a string: whatever is given as a text or value is escaped, what is not
 * UTF-8, invisible or turns the direction of writing becomes U+FFFD.  Elements
 * are closed in their order by construction.  Errors (memory) are sticky.  One
 * thread at a time.
 */
#ifndef OCT_CHALLENGE_WEB_PAGE_H
#define OCT_CHALLENGE_WEB_PAGE_H

#include "lib/def.h"
#include "lib/str.h"

#define PAGE_MAX (256 * 1024) /* octets of one page */
#define PAGE_DEPTH 16         /* open elements */

struct page {
	struct oct_str out;
	const char *open[PAGE_DEPTH]; /* names: static storage */
	size_t depth;
};

/* Begin with the document type. */
void page_init(struct page *p);

/*
 * Open an element.  After the tag: names and values of attributes in pairs, and
 * NULL.  Tag and names are literals of ours; a value NULL leaves its attribute
 * out.
 */
void page_open(struct page *p, const char *tag, ...)
    __attribute__((sentinel));
/* The same for an element that has no end tag (meta, input). */
void page_void(struct page *p, const char *tag, ...)
    __attribute__((sentinel));
/* Close the innermost open element. */
void page_close(struct page *p);

void page_text(struct page *p, const char *text);
/* Its first len octets. */
void page_part(struct page *p, const char *text, size_t len);
/* A text of ours with value in the place of "{}". */
void page_fill(struct page *p, const char *text, const char *value);
/* An element that holds but a text; class may be NULL. */
void page_element(struct page *p, const char *tag, const char *class,
    const char *text);

/*
 * Close what is open and hand over the text, which the caller frees; NULL (and
 * nothing is left to free) after an error.
 */
OCT_CHECK char *page_take(struct page *p, size_t *len);

#endif
