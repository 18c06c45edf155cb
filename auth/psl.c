/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Organisational domain by the public suffix list.  The list is loaded once, at
 * the first question, and only read from then on.
 */
#include <pthread.h>
#include <string.h>

#include <libpsl.h>

#include "auth/dmarc.h"
#include "lib/err.h"
#include "lib/str.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static psl_ctx_t *list;

static void
load(void)
{
	/* The system's list, or what the library was built with if newer. */
	list = psl_latest(NULL);
}

int
auth_psl_org(const char *domain, char out[OCT_DOMAIN_SIZE])
{
	const char *org;

	if (oct_domain_normalise(domain, out) != 0) {
		out[0] = '\0';
		return OCT_EPARSE;
	}
	(void)pthread_once(&once, load);
	if (list == NULL)
		return OCT_EABSENT;
	org = psl_registrable_domain(list, out);
	if (org == NULL)
		return 0;
	(void)memmove(out, org, strlen(org) + 1);
	return 1;
}

void
auth_psl_org_or_self(const char *domain, char out[OCT_DOMAIN_SIZE])
{
	struct oct_str s;

	out[0] = '\0';
	if (*domain == '\0' || auth_psl_org(domain, out) == 1)
		return;
	oct_str_fixed(&s, out, OCT_DOMAIN_SIZE);
	oct_str_add(&s, domain);
}
