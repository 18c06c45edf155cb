/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The links that let an owner in: what they carry is signed, so that nothing is
 * stored for them and a made-up one costs no look-up.  80 characters in base 32,
 * no address in them: keyed hashes of domain, mailbox and person, which are found
 * again in the directory.  So a link dies with its mailbox, and the link of a
 * person dies when he no longer shares the mailbox.
 *
 * The epoch of a link is when it was issued: "revoke all" keeps a moment for each
 * mailbox (policy/owner_session.h), and what was issued before it lets nobody in.
 * Any thread.
 */
#ifndef OCT_POLICY_OWNER_LINK_H
#define OCT_POLICY_OWNER_LINK_H

#include "lib/addr.h"
#include "lib/def.h"
#include "lib/secret.h"
#include "policy/directory.h"

/* The values are part of links. */
enum owner_link_kind {
	OWNER_LINK_ENTER = 1,   /* /m/: opens the page of held messages */
	OWNER_LINK_SCHEDULE = 2 /* /d/: changes the schedule of the digest, and
				   nothing else (RFC 8058) */
};
#define OWNER_LINK_KINDS 2

#define OWNER_LINK_SIZE 81 /* 80 characters and the NUL */
#define OWNER_LINK_URL_SIZE 320

/* How long they let in, where nothing says otherwise. */
#define OWNER_LINK_DIGEST_MS (14LL * 86400000) /* those of a digest */
#define OWNER_LINK_ASKED_MS (3600000LL)        /* those asked for on the page */
#define OWNER_LINK_SCHEDULE_MS (60LL * 86400000)

struct owner_link_keys {
	/* [0] makes and reads, [1] (the previous secret's) reads */
	uint8_t key[2][OWNER_LINK_KINDS + 1][OCT_KEY_OCTETS];
};
/* previous may be NULL. */
void owner_link_keys_init(struct owner_link_keys *keys,
    const struct oct_secret *current, const struct oct_secret *previous);
void owner_link_keys_fini(struct owner_link_keys *keys);

/* Whose page: names as the directory has them.  person: which of those who share
 * the mailbox (attribute "owners"); NULL or "" = the mailbox's own address. */
struct owner_link_who {
	const char *domain, *local, *person;
};

/* -ERANGE: a time that cannot be written (expiry is kept to the minute). */
OCT_CHECK int owner_link_make(const struct owner_link_keys *keys,
    enum owner_link_kind kind, const struct owner_link_who *who,
    int64_t issued_ms, int64_t expires_ms, char out[OWNER_LINK_SIZE]);

/* "https://host/m/<token>" below challenge.url; OCT_EFULL. */
OCT_CHECK int owner_link_url(const char *base, enum owner_link_kind kind,
    const char *token, char out[OWNER_LINK_URL_SIZE]);
/*
 * Straight to one act on one held message: "https://host/m/<token>/<id>/release".
 * Like the others it leads to a page with a button; opening it changes nothing.
 */
enum owner_link_act {
	OWNER_LINK_SHOW,
	OWNER_LINK_RELEASE, /* this message, once */
	OWNER_LINK_ACCEPT,  /* and its sender from now on */
	OWNER_LINK_REFUSE   /* and block its sender */
};
OCT_CHECK int owner_link_item_url(const char *base, const char *token,
    const char *id, enum owner_link_act act, char out[OWNER_LINK_URL_SIZE]);
const char *owner_link_act_name(enum owner_link_act act);
OCT_CHECK int owner_link_act_parse(const char *name, enum owner_link_act *out);

/* "/m/" or "/d/" */
const char *owner_link_path(enum owner_link_kind kind);

#define OWNER_LINK_HASH 9

/* One that was read. */
struct owner_link {
	enum owner_link_kind kind;
	int64_t issued_ms, expires_ms;
	size_t key; /* which one it was made with */
	uint64_t domain;
	uint8_t mailbox[OWNER_LINK_HASH];
	uint8_t person[OWNER_LINK_HASH]; /* zeros: the mailbox's own address */
};
/* 0; OCT_EPARSE: not of this form or kind; OCT_EAUTH: not ours; OCT_ETIME: ours,
 * and its time is over (out is written). */
OCT_CHECK int owner_link_read(const struct owner_link_keys *keys,
    enum owner_link_kind kind, const char *text, int64_t now_ms,
    struct owner_link *out);

/* Whose it is by now; pointers live as long as the snapshot. */
struct owner_of {
	const struct dir_domain *domain;
	const struct dir_mailbox *mailbox;
	char person[OCT_ADDR_SIZE]; /* "": the mailbox's own address */
};
/* False: that mailbox is closed or not there, or the person does not share it.
 * Cost: a hash of each hosted domain, and of the mailboxes of one. */
bool owner_link_whose(const struct owner_link_keys *keys,
    const struct owner_link *link, const struct dir_snapshot *s,
    struct owner_of *out);

/*
 * Whoever asks for a link on the page is sent it by the courier of that node: an
 * entry of its work stream (policy/keys.h, key_work) with these fields.
 *   verb    OWNER_JOB_LINK
 *   domain, local  the mailbox
 *   person  who shares it and asked; "" = the mailbox's own address, to which
 *           the link then goes
 *   lang    "fr" or "en", of the page
 *   ip-net  the network that asked, "192.0.2.0/24", for the mail to say
 *   asked   when, ms; older than OWNER_LINK_ASKED_MS nobody waits for it
 */
#define OWNER_JOB_LINK "owner-link"

/* Those who share a mailbox, one after the other: *at begins as 0.  False: there
 * is none (left). */
bool owner_person_next(const struct dir_mailbox *m, size_t *at,
    char out[OCT_ADDR_SIZE]);
/* Does that (normalised) address share it? */
bool owner_person_is(const struct dir_mailbox *m, const char *person);

#endif
