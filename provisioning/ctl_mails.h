/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stored mail as commands are given it: files, folders, Maildirs, mboxes, lists
 * of names.  One thread makes a list; any number may read what it names.
 */
#ifndef OCT_PROVISIONING_CTL_MAILS_H
#define OCT_PROVISIONING_CTL_MAILS_H

#include "lib/msg.h"
#include "provisioning/ctl_cmd.h"

#define CTL_MAILS_MAX 5000000
#define CTL_MAILS_DEPTH 32 /* folders in folders */

struct ctl_mail {
	char *path;    /* "-" = standard input */
	uint64_t at;   /* in an mbox: where it begins, ... */
	uint64_t len;  /* ... and its octets; 0 = the whole file */
	size_t number; /* in an mbox, from 1; 0 = a file of its own */
};

struct ctl_mails {
	struct ctl_mail *item;
	size_t count, room;
};

/* Append what path names: a file, an mbox (its first line begins with "From "), a
 * folder with all below it in the order of names, a Maildir (its cur and new).  A
 * status; what could be read stays in the list. */
int ctl_mails_add(const struct ctl *ctl, const char *path,
    struct ctl_mails *out);
/* The same for each line of standard input. */
int ctl_mails_add_list(const struct ctl *ctl, struct ctl_mails *out);
void ctl_mails_fini(struct ctl_mails *m);

/* A status. */
int ctl_mail_read(const struct ctl *ctl, const struct ctl_mail *mail,
    const struct oct_msg_limits *limits, struct oct_msg **out);
/* Its base name without ".eml", and ":number" in an mbox; the caller's, NULL out
 * of memory. */
char *ctl_mail_id(const struct ctl_mail *mail);

#endif
