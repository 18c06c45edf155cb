/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The technical study of a domain that a collectivité already has: who runs it,
 * what its DNS says today, what is at risk, and which records are to be changed
 * in which order to bring it here, with the way back.
 *
 * Only the DNS is asked (and the MTA-STS policy fetched): no mail is sent and no
 * mail server is talked to, so that nothing is told to whoever runs it today.
 * Everything that was read is hostile and ends as printable ASCII.
 */
#ifndef OCT_PROVISIONING_STUDY_H
#define OCT_PROVISIONING_STUDY_H

#include <jansson.h>

#include "policy/settings.h"
#include "provisioning/check.h"

/* --- Who is behind a name (the file hosting.services) ----------------------- */

enum study_kind { STUDY_NS, STUDY_MX, STUDY_SPF, STUDY_SELECTOR };

struct study_services;

/* A file that is not there is an empty one.  -errno, -ENOMEM, OCT_EPARSE (a line
 * over 512 octets or of no known form: *line says which), OCT_ELIMIT (over 5,000
 * of them). */
OCT_CHECK int study_services_load(const char *path,
    struct study_services **out, size_t *line);
void study_services_free(struct study_services *s);
/* Who that is, or "". */
const char *study_service(const struct study_services *s,
    enum study_kind kind, const char *name);
size_t study_selector_count(const struct study_services *s);
/* The selector, and whose it is. */
const char *study_selector(const struct study_services *s, size_t i,
    const char **who);

/* --- The study --------------------------------------------------------------- */

struct study_input {
	struct check_input check; /* of a domain that is not ours: no zone */
	const struct settings *settings; /* block lists */
	const struct hosting *hosting;   /* what it would get here */
	const struct study_services *services;
};

/*
 * All of it as one JSON object, which the caller releases: domain, date, dns,
 * mx, spf, dkim, dmarc, dnssec, mta_sts, tls_rpt, dane, blocklists, catch_all,
 * risks (worst first), steps (in their order), effort.  -ENOMEM.
 */
OCT_CHECK int study_domain(const struct study_input *in, json_t **out);

/* The same for people, in French: for a terminal, and as a page to be printed
 * under the Centre's heading. */
void study_text(const json_t *study, struct oct_str *out);
void study_page(const json_t *study, const struct settings *set,
    int64_t wall_ms, struct oct_str *out);

#endif
