/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authentication-Results (RFC 8601): recognise, parse, write.  Any thread.
 */
#ifndef OCT_AUTH_RESULTS_H
#define OCT_AUTH_RESULTS_H

#include "auth/types.h"
#include "lib/str.h"

/*
 * Must a field of this raw value (len octets) be removed because it claims, or
 * could be read as claiming, our authserv-id?  Case-insensitive, comments and
 * quoting undone; an unparsable field that contains the id anywhere counts.
 */
bool auth_results_claims(const char *value, size_t len,
    const char *authserv_id);

/* One method of a parsed field. */
struct auth_results_method {
	char method[32];
	int version;
	enum auth_result result;
	char reason[256];
	struct {
		char ptype[16], property[32], value[OCT_ADDR_SIZE];
	} prop[8];
	size_t prop_count;
};

struct auth_results {
	char authserv_id[OCT_DOMAIN_SIZE];
	int version;
	size_t count;
	struct auth_results_method method[16];
};

/*
 * Parse a field; OCT_EPARSE on anything outside the grammar, OCT_ELIMIT past
 * the arrays above.  A method whose result no RFC names is left out.
 */
OCT_CHECK int auth_results_parse(const char *value, size_t len,
    struct auth_results *out);

struct auth_results_input {
	const char *authserv_id;
	const char *mail_from; /* as text, may be "" */
	const char *helo;
	const struct auth_spf *spf;     /* NULL = not evaluated */
	const struct auth_dkim *dkim;   /* NULL likewise */
	const struct auth_dmarc *dmarc; /* NULL likewise */
	const char *dmarc_override; /* why its policy was not applied ("arc",
				       "forwarder", "policy"); NULL = it was */
	const struct auth_arc *arc;     /* NULL likewise */
	const char *auth_user;          /* SMTP AUTH, NULL = none */
};

/* Write the field's value (folded with LF + TAB as smfi_insheader wants, under
 * 8 KiB); outside values are quoted, or left out where no quoting makes them
 * safe. */
OCT_CHECK int auth_results_write(const struct auth_results_input *in,
    struct oct_str *out);

#endif
