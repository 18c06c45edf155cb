/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The language of a page: what the link asks for, else what the browser prefers
 * (RFC 9110 12.5.4), else the site's.  Pure; any thread.
 */
#ifndef OCT_CHALLENGE_WEB_LANG_H
#define OCT_CHALLENGE_WEB_LANG_H

#include "lib/def.h"

enum lang { LANG_FR, LANG_EN };
#define LANG_COUNT 2

/* "fr" or "en". */
const char *lang_code(enum lang l);
OCT_CHECK int lang_parse(const char *code, enum lang *out);

/* From Accept-Language; fallback if it names none of ours. */
enum lang lang_accepted(const char *header, enum lang fallback);

#endif
