/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The encoded texts of a message: its parts of type text in base64 or
 * quoted-printable (RFC 2045, 2046), decoded, for those who look for something
 * in them.  Lenient, as readers of mail are; bounded by what is below.  Pure;
 * any thread.
 */
#ifndef OCT_LIB_MIME_PARTS_H
#define OCT_LIB_MIME_PARTS_H

#include "lib/def.h"

#define OCT_MIME_SCAN_MAX (1 << 20)      /* octets of the body looked at */
#define OCT_MIME_DECODED_MAX (256 << 10) /* octets decoded in all */
#define OCT_MIME_PARTS_MAX 64
#define OCT_MIME_DEPTH_MAX 8

/* A message or a part: raw values of its Content-Type and its
 * Content-Transfer-Encoding (NULL = absent), and what follows its header. */
struct oct_mime_entity {
	const char *type, *encoding, *body;
	size_t type_len, encoding_len, len;
};

/* One decoded text, borrowed for the call.  NULs are left out, so that UTF-16
 * reads as ASCII where it is. */
typedef void oct_mime_see(void *arg, const char *text, size_t len);

/* Texts that are not encoded are not given: whoever has the body has them.
 * OCT_ELIMIT: a bound was met, and what is beyond was not seen; -ENOMEM. */
OCT_CHECK int oct_mime_texts(const struct oct_mime_entity *e,
    oct_mime_see *see, void *arg);

#endif
