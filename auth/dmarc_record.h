/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One DMARC policy record (RFC 9989 4.7, 4.8).  Any thread.
 */
#ifndef OCT_AUTH_DMARC_RECORD_H
#define OCT_AUTH_DMARC_RECORD_H

#include "auth/types.h"

enum auth_dmarc_psd { AUTH_DMARC_PSD_U, AUTH_DMARC_PSD_Y, AUTH_DMARC_PSD_N };

struct auth_dmarc_record {
	bool usable; /* false: no valid p= and nobody to report to, so that no
			DMARC processing takes place (RFC 9989 4.10.1) */
	enum auth_dmarc_policy p, sp, np; /* defaults filled in */
	bool has_np;
	bool adkim_strict, aspf_strict;
	bool testing; /* t=y */
	enum auth_dmarc_psd psd;
};

/* OCT_EPARSE: the text is no DMARC record and must be passed over. */
OCT_CHECK int auth_dmarc_record_parse(const char *text, size_t len,
    struct auth_dmarc_record *out);

#endif
