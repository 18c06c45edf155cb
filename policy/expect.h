/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two doors that an owner opens beforehand (challenge.md 7): for some minutes to
 * the next proven message of a named domain, and by a tagged address,
 * "local+site-YYMMDD-check", whose check is keyed and which can be revoked.  Any
 * thread.
 */
#ifndef OCT_POLICY_EXPECT_H
#define OCT_POLICY_EXPECT_H

#include "lib/addr.h"
#include "lib/def.h"
#include "lib/secret.h"
#include "lib/store.h"

#define EXPECT_MINUTES_MAX 10080
#define EXPECT_TAG_PURPOSE "tagged"

/* Expect a message of that domain (or organisation), until until_ms. */
OCT_CHECK int expect_open(struct store *s, const char *domain,
    const char *local, const char *from_domain, int64_t until_ms);
/* In the caller's batch: the slot, or an error. */
int expect_ask(struct store_batch *b, const char *domain, const char *local,
    const char *from_domain, const char *from_org);
/* Was one of them expected?  which: 0 the domain, 1 the organisation. */
bool expect_read(const struct store_batch *b, int slot, int64_t now_ms,
    int *which);
/* It came, or its owner closed the door: the next one is not expected any more.  1
 * done, 0 another had it. */
OCT_CHECK int expect_use(struct store *s, const char *domain,
    const char *local, const char *from_domain);
/* All that are expected, those past their time left out. */
typedef void expect_each(void *arg, const char *from_domain, int64_t until_ms);
OCT_CHECK int expect_list(struct store *s, const char *domain,
    const char *local, int64_t now_ms, expect_each *each, void *arg);

/* How many are expected; those past their time are forgotten. */
OCT_CHECK int expect_count(struct store *s, const char *domain,
    const char *local, int64_t now_ms, size_t *out);

/* --- Tagged addresses: pure ------------------------------------------------ */

/*
 * The tag (without local part and '+') for a site's name, valid to the end of the
 * day (UTC) of until_ms.  OCT_EPARSE: the name is not 1 to 20 letters, digits or
 * dots; -ERANGE: the day is not of the years 2000 to 2099.  The check has 40
 * bits and covers mailbox, site and day.
 */
#define EXPECT_TAG_SIZE 64
OCT_CHECK int expect_tag_make(const uint8_t key[OCT_KEY_OCTETS],
    const struct oct_addr *mailbox, const char *site, int64_t until_ms,
    char out[EXPECT_TAG_SIZE]);
/* Is what was typed a valid, unexpired tagged address of this mailbox?  tag: the
 * tag as it stands in revocations. */
bool expect_tag_check(const uint8_t key[OCT_KEY_OCTETS],
    const struct oct_addr *typed, const struct oct_addr *mailbox,
    int64_t now_ms, char tag[EXPECT_TAG_SIZE]);
/* One made here, for lists.  OCT_EPARSE: it has not the form of a tag. */
struct expect_tag {
	char site[24];
	int64_t until_ms; /* the first ms at which it is over */
};
OCT_CHECK int expect_tag_parse(const char *tag, struct expect_tag *out);

/* Note that it was made, so that it can be listed; nothing depends on it. */
OCT_CHECK int expect_tag_note(struct store *s, const char *domain,
    const char *local, const char *tag, int64_t now_ms);
OCT_CHECK int expect_tag_revoke(struct store *s, const char *domain,
    const char *local, const char *tag, int64_t now_ms);
/* Those noted or revoked (revoked_ms 0: not), and not yet over. */
typedef void expect_each_tag(void *arg, const char *tag,
    const struct expect_tag *t, int64_t made_ms, int64_t revoked_ms);
OCT_CHECK int expect_tag_list(struct store *s, const char *domain,
    const char *local, int64_t now_ms, expect_each_tag *each, void *arg);
/* In the caller's batch: present = revoked. */
int expect_tag_ask(struct store_batch *b, const char *domain,
    const char *local, const char *tag);

#endif
