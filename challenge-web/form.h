/* SPDX-License-Identifier: Apache-2.0 */
/*
 * application/x-www-form-urlencoded (WHATWG URL 5.1), read field by field
 * without memory of its own.  Pure; any thread.
 */
#ifndef OCT_CHALLENGE_WEB_FORM_H
#define OCT_CHALLENGE_WEB_FORM_H

#include "lib/def.h"

/*
 * The value of one field, decoded into out (size cap, at least 1).  1 found,
 * 0 absent (out is ""), OCT_EPARSE (the field is there twice, a broken %XX, a
 * NUL), OCT_EFULL (does not fit).
 */
OCT_CHECK int form_field(const char *body, size_t len, const char *name,
    char *out, size_t cap);

/* Is that the media type of such a body (parameters aside)? */
bool form_is_type(const char *content_type);

#endif
