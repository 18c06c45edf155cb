/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of domains that an administrator edits: institutions that are never
 * asked, providers whose wide SPF terms bind reverse-paths to accounts.  One
 * domain a line, "#" begins a comment; a domain stands for itself and all below
 * it.  A line that is none is left out and said with its number; a file that is
 * not there is an empty one.  Read again when it changed.
 *
 * Any thread; readers wait only for the moment of a change.
 */
#ifndef OCT_POLICY_DOMAIN_FILE_H
#define OCT_POLICY_DOMAIN_FILE_H

#include "lib/def.h"

#define DOMAIN_FILE_LINES 20000
#define DOMAIN_FILE_LINE_MAX 512

struct domain_file;

/* what: for the log ("institutional").  path "" : no file, an empty list. */
OCT_CHECK int domain_file_open(const char *what, const char *path,
    struct domain_file **out);
void domain_file_close(struct domain_file *f);

/* If the file changed since, or force: read it again.  What cannot be read leaves
 * the list as it was.  One thread at a time. */
void domain_file_refresh(struct domain_file *f, bool force);

/* Is the (normalised) domain one of them, or below one?  f NULL: no. */
bool domain_file_has(struct domain_file *f, const char *domain);
size_t domain_file_count(struct domain_file *f);
/* Lines left out when it was last read. */
size_t domain_file_faults(struct domain_file *f);

#endif
