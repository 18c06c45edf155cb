/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a mailbox knows already, out of what people have: an address book (CSV,
 * vCard), or the messages that they sent or kept (mbox, Maildir, single
 * messages).  Files are read as streams: a line, a cell and a header field have a
 * bound, and one that is longer is left out and counted, never cut.  One thread.
 */
#ifndef OCT_POLICY_SEED_H
#define OCT_POLICY_SEED_H

#include <stdio.h>

#include "lib/addr.h"
#include "lib/def.h"

#define SEED_LINE_MAX 65536   /* octets of a line or header field */
#define SEED_CELL_MAX 8192    /* of a CSV cell */
#define SEED_COLUMNS_MAX 400
#define SEED_FILES_MAX 1000000 /* of a folder */

enum seed_format {
	SEED_GUESS, /* by its first line */
	SEED_CSV,
	SEED_VCARD,
	SEED_MAIL /* mbox, or one message */
};

struct seed_reader {
	bool from;          /* of messages: From instead of To, Cc, Bcc */
	const char *column; /* of CSV: by its title; NULL = those that look so */
	/* Called for each address, not folded; stops when it is not 0. */
	int (*each)(void *arg, const struct oct_addr *a);
	void *arg;
	/* Counted. */
	size_t records;   /* rows, cards, messages */
	size_t malformed; /* that should be an address and is none */
	size_t too_long;  /* lines, cells, fields over the bound */
};

/* 0; what each returned; -errno; OCT_EPARSE: it is nothing that can be read
 * (UTF-16, a CSV without such a column). */
OCT_CHECK int seed_read(FILE *f, enum seed_format format,
    struct seed_reader *r);
/* A Maildir folder ("cur" and "new"), or a folder of messages. */
OCT_CHECK int seed_read_folder(const char *path, struct seed_reader *r);

#endif
