/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/doors.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "policy/exempt.h"
#include "policy/keys.h"

#define MESSAGE_ID_MAX 1000

void
doors_fini(struct doors *d)
{
	free(d->sent);
	d->sent = NULL;
}

bool
doors_is_automatic(struct oct_msg *m, const struct oct_addr *rpath)
{
	return oct_addr_is_null(rpath) || exempt_is_automatic(m);
}

/* The name of this message to this mailbox, for row 11; Message-ID as the sender
 * wrote it, "" if it has none. */
static void
hash_first(const struct doors_mail *m, const struct doors_final *f,
    char out[DOORS_FIRST_SIZE])
{
	char rpath[OCT_ADDR_SIZE], id[MESSAGE_ID_MAX];
	crypto_generichash_state st;
	uint8_t sum[DOORS_FIRST_SIZE / 2];
	const char *parts[] = { rpath, f->local, id };

	oct_addr_text(m->rpath, rpath);
	if (oct_msg_value(m->msg, "Message-ID", id, sizeof(id)) < 0)
		id[0] = '\0';
	(void)crypto_generichash_init(&st, m->keys->item, OCT_KEY_OCTETS,
	    sizeof(sum));
	for (size_t i = 0; i < OCT_LEN(parts); i++)
		(void)crypto_generichash_update(&st, (const uint8_t *)parts[i],
		    strlen(parts[i]) + 1);
	(void)crypto_generichash_final(&st, sum, sizeof(sum));
	(void)sodium_bin2hex(out, DOORS_FIRST_SIZE, sum, sizeof(sum));
}

static int
ask_sent(const struct doors_mail *m, const struct doors_final *f,
    struct store_batch *b, struct doors *d)
{
	/* Asked again when a lost race is read again. */
	if (d->sent == NULL)
		d->sent = calloc(1, sizeof(*d->sent));
	if (d->sent == NULL)
		return -ENOMEM;
	return sent_ask(m->keys->sent, m->msg, f->domain, f->local, b, d->sent);
}

static int
ask_tag(const struct doors_mail *m, const struct doors_final *f,
    struct store_batch *b, struct doors *d)
{
	char tag[EXPECT_TAG_SIZE];
	struct oct_addr mailbox = { .local = "" };

	if (strlen(f->local) >= sizeof(mailbox.local) ||
	    strlen(f->domain) >= sizeof(mailbox.domain))
		return 0;
	memcpy(mailbox.local, f->local, strlen(f->local) + 1);
	memcpy(mailbox.domain, f->domain, strlen(f->domain) + 1);
	if (!expect_tag_check(m->keys->tagged, f->typed, &mailbox, m->now_ms,
		tag))
		return 0;
	d->tag = expect_tag_ask(b, f->domain, f->local, tag);
	return d->tag < 0 ? d->tag : 0;
}

int
doors_ask(const struct doors_mail *m, const struct doors_final *f,
    struct store_batch *b, struct doors *out)
{
	char key[KEY_SIZE];
	int rc;

	out->asked = true;
	out->expect = out->tag = out->first = -1;
	rc = ask_sent(m, f, b, out);
	if (rc == 0)
		rc = pass_ask(m->keys->passes, b, f->domain, f->sid,
		    &out->pass);
	if (rc == 0)
		rc = ask_tag(m, f, b, out);
	if (rc == 0 && f->proof->from_proven) {
		out->expect = expect_ask(b, f->domain, f->local,
		    m->ev->from[0].domain, m->ev->from_org);
		rc = out->expect < 0 ? out->expect : 0;
	}
	if (rc == 0 && f->proof->class == PROOF_T) {
		hash_first(m, f, out->first_hash);
		out->first = store_batch_get(b,
		    key_tempfirst(key, f->domain, out->first_hash));
		rc = out->first < 0 ? out->first : 0;
	}
	return rc;
}

void
doors_read(const struct doors_mail *m, const struct doors_final *f,
    const struct store_batch *b, struct doors *d, struct decide_rcpt *out)
{
	bool proven = f->proof->class == PROOF_A || f->proof->class == PROOF_F;
	const char *hash, *text;
	int which = 0;

	d->expected = NULL;
	d->pass_hash[0] = '\0';
	out->answers = out->expected = out->tagged = out->pass = false;
	out->t_since_ms = 0;
	if (!d->asked)
		return;
	out->answers = sent_answers(m->keys->sent, b, d->sent,
	    proven ? f->proof->org : "", m->automatic, m->now_ms, &d->answer);
	if (d->expect >= 0 && expect_read(b, d->expect, m->now_ms, &which)) {
		out->expected = true;
		d->expected = which == 0 ? m->ev->from[0].domain
					 : m->ev->from_org;
	}
	out->tagged = d->tag >= 0 &&
	    store_batch_value(b, d->tag, 0)->data == NULL;
	hash = pass_found(b, &d->pass, m->now_ms);
	if (hash != NULL) {
		out->pass = true;
		memcpy(d->pass_hash, hash, sizeof(d->pass_hash));
	}
	text = d->first >= 0 ? store_batch_value(b, d->first, 0)->data : NULL;
	if (text != NULL &&
	    oct_num_int(text, 1, INT64_MAX, &out->t_since_ms) != 0)
		out->t_since_ms = 0;
}
