/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading back, in tests, the mail that we compose.  Fails the cmocka test that
 * calls it when the mail is not lawful.
 */
#ifndef OCT_TESTS_MAIL_CHECK_H
#define OCT_TESTS_MAIL_CHECK_H

#include "lib/def.h"
#include "lib/str.h"

/*
 * A header block of ASCII lines with CRLF ends, at most 998 octets each, every
 * field's name in names (", "-separated, each with its colon) and there once.
 * Returns where the body starts.
 */
const char *mail_check_header(const char *message, const char *names);

/* The value of a field of that block, unfolded; "" if it is absent.  Caller's
 * buffer, NULL on a value that does not fit. */
const char *mail_check_field(const char *message, const char *name, char *buf,
    size_t len);

/* Every line up to end (NULL: the NUL) is ASCII, ends in CRLF, and has at most
 * max octets. */
void mail_check_lines(const char *text, const char *end, size_t max);

/* The body of a message/delivery-status part of one recipient (RFC 3464 2.2 and
 * 2.3): the fields that must be there are, none twice, none unknown, none out of
 * its group, ASCII lines of at most 998 octets. */
void mail_check_status(const char *status);

/* Undo quoted-printable up to end (NULL: the NUL). */
void mail_check_qp(const char *text, const char *end, struct oct_str *out);

#endif
