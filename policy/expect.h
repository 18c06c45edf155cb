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
OCT_CHECK int expect_close(struct store *s, const char *domain,
    const char *local, const char *from_domain);
/* In the caller's batch: the slot, or an error. */
int expect_ask(struct store_batch *b, const char *domain, const char *local,
    const char *from_domain, const char *from_org);
/* Was one of them expected?  which: 0 the domain, 1 the organisation. */
bool expect_read(const struct store_batch *b, int slot, int64_t now_ms,
    int *which);
/* It came: the next one is not expected any more.  1 done, 0 another had it. */
OCT_CHECK int expect_use(struct store *s, const char *domain,
    const char *local, const char *from_domain);

/* --- Tagged addresses: pure ------------------------------------------------ */

/* The tag (without local part and '+') for a site's name, valid until a day;
 * OCT_EPARSE: the name is not 1 to 20 letters, digits or dots. */
#define EXPECT_TAG_SIZE 64
OCT_CHECK int expect_tag_make(const uint8_t key[OCT_KEY_OCTETS],
    const struct oct_addr *mailbox, const char *site, int64_t until_ms,
    char out[EXPECT_TAG_SIZE]);
/* Is what was typed a valid, unexpired tagged address of this mailbox?  tag: the
 * tag as it stands in revocations. */
bool expect_tag_check(const uint8_t key[OCT_KEY_OCTETS],
    const struct oct_addr *typed, const struct oct_addr *mailbox,
    int64_t now_ms, char tag[EXPECT_TAG_SIZE]);
OCT_CHECK int expect_tag_revoke(struct store *s, const char *domain,
    const char *local, const char *tag);
/* In the caller's batch: present = revoked. */
int expect_tag_ask(struct store_batch *b, const char *domain,
    const char *local, const char *tag);

#endif
