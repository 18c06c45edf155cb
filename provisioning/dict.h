/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dovecot's dict protocol (2.3: proxy), for its passdb and userdb ("auth") and
 * for the storage that mailboxes use ("quota", by quota_clone).  A line a command,
 * fields parted by TAB, "\001" escapes TAB, LF and itself:
 *
 *   H3 TAB 2 TAB 0 TAB user TAB auth        hello: version 3, name of the dict
 *   Lshared/passdb/bob@d TAB bob@d          -> Ojson | N | Ftext
 *   Lshared/userdb/bob@d TAB bob@d
 *   B1 TAB bob@d                            begin transaction 1
 *   S1 TAB priv/quota/storage TAB 220
 *   S1 TAB priv/quota/messages TAB 1
 *   C1                                      -> O1
 *
 * Everything is answered from a snapshot: nobody waits for the store.  One
 * session is used by one thread.
 */
#ifndef OCT_PROVISIONING_DICT_H
#define OCT_PROVISIONING_DICT_H

#include "lib/def.h"
#include "lib/str.h"
#include "policy/limit.h"

#define DICT_LINE_MAX 3072 /* octets of a command without its LF */
#define DICT_OPEN_MAX 8    /* transactions at once of a connection */

/* What userdb says of every mailbox: "%u", "%n", "%d" are its address, its local
 * part and its domain.  Borrowed. */
struct dict_mail {
	const char *uid, *gid, *home, *location;
};

/* Called for each transaction that says what a mailbox uses; must not wait. */
typedef void dict_told(void *arg, const struct dir_domain *d,
    const struct dir_mailbox *m, int64_t octets, int64_t messages);

struct dict_conf {
	struct limit_platform limits;
	struct dict_mail mail;
	dict_told *told; /* may be NULL */
	void *arg;
};

struct dict_session;
struct dict_session *dict_session_new(void); /* NULL: no memory */
void dict_session_free(struct dict_session *d);

/* What came of lines, for the log. */
struct dict_counts {
	uint64_t found, absent, told, ignored;
};

/*
 * Carry out one line (without its LF; it is changed) and append the answer, if it
 * has one.  0, OCT_EPARSE: no such command, or not in this place; OCT_ELIMIT:
 * too many transactions.  After an error the connection is of no use.
 */
OCT_CHECK int dict_line(struct dict_session *d, const struct dict_conf *conf,
    const struct dir_snapshot *s, char *line, struct dict_counts *counts,
    struct oct_str *out);

#endif
