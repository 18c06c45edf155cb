/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between digest_mail.c, digest_words.c and digest_html.c only.
 */
#ifndef OCT_COURIER_DIGEST_INT_H
#define OCT_COURIER_DIGEST_INT_H

#include "courier/digest_mail.h"

enum digest_label {
	DIGEST_L_FOR,
	DIGEST_L_SUBJECT,
	DIGEST_L_ARRIVED,
	DIGEST_L_REASON,
	DIGEST_L_UNTIL,
	DIGEST_L_RELEASE,
	DIGEST_L_ACCEPT,
	DIGEST_L_REFUSE,
	DIGEST_L_PAGE
};
/* With its colon, but for the links. */
const char *digest_label(enum digest_label which, enum template_lang lang);

/* The zone, which is that of all of them, is left out. */
void digest_date(int64_t wall_ms, enum template_lang lang, struct oct_str *out);

/* What is said of one message: UTF-8, one line each. */
void digest_sender(const struct digest_line *l, enum template_lang lang,
    struct oct_str *out);
const char *digest_proof(const struct digest_line *l, enum template_lang lang);
const char *digest_reason(const struct digest_line *l, enum template_lang lang);
void digest_subject(const struct digest_line *l, enum template_lang lang,
    struct oct_str *out);
/* "3 autres messages, déjà signalés, ...", "" for 0. */
#define DIGEST_EARLIER_SIZE 128
void digest_earlier(size_t n, enum template_lang lang,
    char out[DIGEST_EARLIER_SIZE]);
void digest_others(size_t n, enum template_lang lang, struct oct_str *out);

/* The HTML document, LF ends; in as for the plain text. */
void digest_html(const struct digest_mail *m, const struct notice_values *v,
    const char *subject, struct oct_str *out);

#endif
