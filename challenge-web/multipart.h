/* SPDX-License-Identifier: Apache-2.0 */
/*
 * multipart/form-data (RFC 7578), as browsers write it: fields borrowed from the
 * body, without memory of its own.  Pure; any thread.
 */
#ifndef OCT_CHALLENGE_WEB_MULTIPART_H
#define OCT_CHALLENGE_WEB_MULTIPART_H

#include "lib/def.h"

#define MULTIPART_FIELDS 20

struct multipart {
	const char *content_type, *body;
	size_t len;
};
struct multipart_value {
	const char *octets;
	size_t len;
};
/* The value of one field, borrowed from body: 1 found, 0 absent, OCT_EPARSE (not
 * of that form, over MULTIPART_FIELDS parts). */
OCT_CHECK int multipart_field(const struct multipart *m, const char *name,
    struct multipart_value *out);

#endif
