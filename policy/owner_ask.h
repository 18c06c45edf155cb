/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links to an owner's page by mail, asked for on the page (OWNER_JOB_LINK, which
 * the courier notes here) or by an administrator: kept until Postfix has taken the
 * mail.  Any thread.
 */
#ifndef OCT_POLICY_OWNER_ASK_H
#define OCT_POLICY_OWNER_ASK_H

#include "lib/addr.h"
#include "lib/def.h"
#include "lib/store.h"
#include "policy/held.h"

/* The verb of the courier's duty, of domain "-". */
#define OWNER_ASK_VERB "link"

/* Mails with a link that one mailbox gets, and that one client network asks for,
 * in an hour. */
#define OWNER_ASK_BOX_HOUR 3
#define OWNER_ASK_NET_HOUR 20
/* Who waits for it has gone by then. */
#define OWNER_ASK_FRESH_MS (15 * 60000LL)

enum owner_ask_kind {
	OWNER_ASK_LINK,   /* on the page: within the limits */
	OWNER_ASK_SENT,   /* by an administrator */
	OWNER_ASK_WELCOME /* by him too: the first mail of all */
};

struct owner_ask {
	enum owner_ask_kind kind;
	const char *address; /* of the mailbox */
	const char *person;  /* OWNER_ASK_LINK: which of those who share it; "" =
				its own address.  The others: all of them */
	const char *lang;    /* "fr" or "en"; "" = the mailbox's */
	const char *net;     /* of the client (oct_ip_net_text); "" = none */
	const char *node;    /* whose courier writes */
	int64_t now_ms;
};
/* 1 noted; 0 left out: that network asks too often, or it is no address; or the
 * store's error. */
OCT_CHECK int owner_ask(struct store *s, const struct owner_ask *a);

struct owner_asked {
	enum owner_ask_kind kind;
	struct oct_addr address;
	char person[OCT_ADDR_SIZE], lang[3], net[OCT_IP_SIZE];
	int64_t asked_ms;
};
/* What a duty of that id is for: 1, 0 it is over. */
OCT_CHECK int owner_asked_read(struct store *s, const char *id,
    struct owner_asked *out);
OCT_CHECK int owner_asked_drop(struct store *s, const char *id);
/* May that mailbox get another now?  Charged: 1, 0, or an error. */
OCT_CHECK int owner_ask_charge(struct store *s, const char *domain,
    const char *local);

#endif
