/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the files of the check.
 */
#ifndef OCT_PROVISIONING_CHECK_INT_H
#define OCT_PROVISIONING_CHECK_INT_H

#include "provisioning/check.h"

struct checking {
	const struct check_input *in;
	struct check *out;
	int err;
};

/* Add a finding; seen and want are made printable (NULL = ""). */
void check_add(struct checking *c, enum check_code code,
    enum check_severity severity, const char *name, const char *seen,
    const char *want);
/* The answer, after a finding if the DNS gave none: NULL then. */
const struct dns_answer *check_get(struct checking *c, const char *name,
    enum dns_type type);
/* "label.domain"; false (nothing can be there): too long. */
bool check_name(const struct checking *c, const char *label,
    char out[OCT_DOMAIN_SIZE]);
/* The expected text of a purpose, or NULL. */
const char *check_expected(const struct checking *c, enum zone_purpose p);
/* Texts of the answer that begin so (case does not count); *first: one. */
size_t check_texts(const struct dns_answer *a, const char *prefix,
    const struct dns_record **first);
/* A text that was meant as such a record and is none ("v=DMARC 1"), or NULL. */
const struct dns_record *check_attempt(const struct dns_answer *a,
    const char *word);
/* Has name an address that one of the other names has? */
bool check_same_address(struct checking *c, const char *name,
    const char *other);
bool check_has_address(struct checking *c, const char *name);

/* One question to one server, within the deadline; as dns_probe. */
OCT_CHECK int check_ask(const struct checking *c,
    const struct dns_probe_server *server, const char *name,
    enum dns_probe_type type, unsigned int flags,
    struct dns_probe_reply *out);
/* The answers of the good servers against each other, and the resolver's. */
void check_same(struct checking *c);

/* The sections.  The first is false if it makes no sense to go on. */
bool check_zone(struct checking *c);
void check_mx(struct checking *c);
void check_spf(struct checking *c);
void check_dkim(struct checking *c);
void check_dmarc(struct checking *c);
void check_sts(struct checking *c);
void check_tls_rpt(struct checking *c);
void check_setup(struct checking *c);
void check_wildcard(struct checking *c);

#endif
