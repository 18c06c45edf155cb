/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reader of .spft files: a DNS zone and the SPF checks to be made against it.
 * Lines of tab-separated fields, \xHH and \\ escapes, '#' comments:
 *   RR    name type field...          (TXT: one field per character-string)
 *   TEST  id spec ip helo mailfrom result|result explanation
 * For tests only.
 */
#ifndef OCT_TESTS_SPFT_H
#define OCT_TESTS_SPFT_H

#include "lib/dns.h"

struct spft_case {
	char *id, *ip, *helo, *mail_from;
	char *results;     /* "fail|permerror" */
	char *explanation; /* "-" = not compared, "DEFAULT" = none */
};

struct spft {
	struct dns *dns;
	struct spft_case *cases;
	size_t count;
};

/* 0; OCT_EPARSE with the line's number printed on stderr; or -errno. */
OCT_CHECK int spft_load(const char *path, struct spft **out);
void spft_free(struct spft *s);

#endif
