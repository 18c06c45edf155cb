/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A piece of a text, not ended by a NUL, and records of tags: "v=x; name=value".
 * What it points into is the caller's.  Any thread.
 */
#ifndef OCT_LIB_SPAN_H
#define OCT_LIB_SPAN_H

#include "lib/def.h"

struct oct_span {
	const char *at; /* may be NULL if len is 0 */
	size_t len;
};

/* Without the spaces and tabs at both ends. */
struct oct_span oct_span_trim(struct oct_span s);
/* Cuts the piece before the separator, trimmed, off rest; false when there is no
 * more.  An empty text is one empty piece. */
bool oct_span_next(struct oct_span *rest, char separator, struct oct_span *out);
/* "name = value", both trimmed; false where there is no '='. */
bool oct_span_tag(struct oct_span tag, struct oct_span *name,
    struct oct_span *value);
/* That word, in whatever case. */
bool oct_span_is(struct oct_span s, const char *word);

#endif
