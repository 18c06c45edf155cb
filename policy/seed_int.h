/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the seed*.c files only: octets that come from a line that was looked
 * at already, and then from the file.
 */
#ifndef OCT_POLICY_SEED_INT_H
#define OCT_POLICY_SEED_INT_H

#include "policy/seed.h"

struct seed_source {
	FILE *f;
	const char *first; /* the line that was looked at */
	size_t first_len, at;
};

/* The next octet, or EOF. */
int seed_getc(struct seed_source *s);

/* The next line without its end, NUL-terminated: 1, 0 at the end, or an error.
 * Lines over the bound are left out and counted. */
struct seed_line {
	char *text; /* SEED_LINE_MAX */
	size_t len;
};
OCT_CHECK int seed_next_line(struct seed_source *s, struct seed_reader *r,
    struct seed_line *out);

/* The addresses of a list as mail has it; what is none is counted. */
OCT_CHECK int seed_addresses(struct seed_reader *r, const char *text,
    size_t len);

OCT_CHECK int seed_csv(struct seed_source *s, struct seed_reader *r);
OCT_CHECK int seed_vcard(struct seed_source *s, struct seed_reader *r);
/* once: a single message, whose body is not looked at. */
OCT_CHECK int seed_mail(struct seed_source *s, struct seed_reader *r,
    bool once);

#endif
