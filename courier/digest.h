/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The digests of a domain's mailboxes: what is listed, to whom it goes, when.  One
 * thread, but for what is pure.
 */
#ifndef OCT_COURIER_DIGEST_H
#define OCT_COURIER_DIGEST_H

#include "courier/digest_mail.h"
#include "policy/digest.h"
#include "policy/directory.h"
#include "policy/owner_link.h"
#include "policy/settings.h"

/* Mailboxes that one turn of the duty serves, so that hundreds that are due at
 * eight o'clock do not keep the lane from other mail. */
#define DIGEST_TURN_MAX 20

/* What a digest is made with; all borrowed. */
struct digest_desk {
	struct store *store;
	const struct settings *settings;
	const struct owner_link_keys *links; /* NULL: nobody may use its links */
	const char *challenge_domain, *page_host;
};

/* Whose turn it is. */
struct digest_for {
	const struct digest_desk *desk;
	const struct dir_domain *domain;
	const struct dir_mailbox *mailbox;
	struct digest_box *box;
	int64_t now_ms;
};

/* What it will list, newest first. */
struct digest_list {
	struct case_item item[DIGEST_LINES_MAX];
	size_t count;
	size_t total;   /* to be told of now: those, and what does not fit */
	size_t earlier; /* told of before, and still there */
};
/* To be freed by digest_list_free.  What is unlisted and over is taken out. */
OCT_CHECK int digest_gather(const struct digest_for *f,
    struct digest_list **out);
void digest_list_free(struct digest_list *l);

struct courier;
/* To everybody whom it is for.  0: all accepted, or refused for good; else the
 * first error. */
OCT_CHECK int digest_send(struct courier *c, const struct digest_for *f,
    const struct digest_list *l);
/* The mail for one of them (a normalised address; "" = the mailbox itself). */
OCT_CHECK int digest_compose(const struct digest_for *f,
    const struct digest_list *l, const char *person, struct oct_str *out);

#endif
