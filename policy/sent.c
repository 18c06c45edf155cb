/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the store, oct:{domain}:sent:<hash of Message-ID and mailbox>: "at" (ms),
 * "uses", and one field for each organisation, a hash of its name and the id.
 */
#include "policy/sent.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "lib/mime_text.h"
#include "lib/num.h"
#include "lib/str.h"
#include "policy/grant.h"
#include "policy/keys.h"

/* Of In-Reply-To; the rest of the places is for References and the body. */
#define DIRECT_MAX 6

/* How far the returned header of an original is looked for in a body. */
#define BODY_SCAN_OCTETS (256u << 10)
#define BODY_IDS_MAX 6

#define USE_TRIES 4

#define HASH_SIZE 33 /* 32 hexadecimal digits and the NUL */

/* --- Does it count? -------------------------------------------------------- */

/* RFC 3834 5: "no" is what a person's message says. */
static bool
says_no(const struct oct_field *f)
{
	size_t i = 0;

	while (i < f->value_len && strchr(" \t\r\n", f->value[i]) != NULL)
		i++;
	return f->value_len - i >= 2 && strncasecmp(f->value + i, "no", 2) == 0 &&
	    (f->value_len - i == 2 ||
		strchr(" \t\r\n;(", f->value[i + 2]) != NULL);
}

bool
sent_counts(const struct oct_msg *m, size_t rcpts, bool rpath_is_own)
{
	if (!rpath_is_own || rcpts == 0 || rcpts > SENT_RCPT_MAX)
		return false;
	for (size_t i = 0; i < oct_msg_field_count(m); i++) {
		const struct oct_field *f = oct_msg_field(m, i);

		if (oct_field_starts(f, "List-") ||
		    (oct_field_is(f, "Auto-Submitted") && !says_no(f)))
			return false;
	}
	return true;
}

/* --- Hashes ---------------------------------------------------------------- */

/* A keyed hash of texts, each with its end: no two lists meet. */
static void
hash_texts(const uint8_t key[OCT_KEY_OCTETS], const char *const *texts,
    size_t count, char out[HASH_SIZE])
{
	crypto_generichash_state st;
	uint8_t sum[16];

	(void)crypto_generichash_init(&st, key, OCT_KEY_OCTETS, sizeof(sum));
	for (size_t i = 0; i < count; i++)
		(void)crypto_generichash_update(&st, (const uint8_t *)texts[i],
		    strlen(texts[i]) + 1);
	(void)crypto_generichash_final(&st, sum, sizeof(sum));
	(void)sodium_bin2hex(out, HASH_SIZE, sum, sizeof(sum));
}

static void
hash_id(const uint8_t key[OCT_KEY_OCTETS], const struct oct_mime_id *id,
    const char *domain, const char *local, char out[HASH_SIZE])
{
	char text[OCT_MIME_ID_MAX + 3];
	const char *const texts[] = { text, local, domain };
	struct oct_str s;

	oct_str_fixed(&s, text, sizeof(text));
	oct_str_addn(&s, id->text, id->len);
	OCT_ASSERT(oct_str_err(&s) == 0);
	hash_texts(key, texts, OCT_LEN(texts), out);
}

/* An organisation, under the hash of one message. */
static void
hash_org(const uint8_t key[OCT_KEY_OCTETS], const char *id_hash,
    const char *org, char out[HASH_SIZE])
{
	const char *const texts[] = { id_hash, org };

	hash_texts(key, texts, OCT_LEN(texts), out);
}

/* --- Remembering ----------------------------------------------------------- */

static void
remember_id(struct store_txn *txn, const uint8_t key[OCT_KEY_OCTETS],
    const struct sent_mail *mail, const struct oct_mime_id *id)
{
	char hash[HASH_SIZE], org[HASH_SIZE], name[KEY_SIZE], at[24];

	hash_id(key, id, mail->domain, mail->local, hash);
	key_sent(name, mail->domain, hash);
	(void)snprintf(at, sizeof(at), "%" PRId64, mail->now_ms);
	store_txn_hset(txn, name, "at", at);
	for (size_t i = 0; i < mail->count; i++) {
		if (mail->orgs[i] == NULL || mail->orgs[i][0] == '\0')
			continue;
		hash_org(key, hash, mail->orgs[i], org);
		store_txn_hset(txn, name, org, "1");
	}
	store_txn_expire(txn, name, KEY_TTL_SENT_MS);
}

static int
add_grants(struct store_txn *txn, const struct sent_mail *mail)
{
	struct case_grant g = { .since_ms = mail->now_ms,
		.until_ms = mail->now_ms + mail->allow_ms,
		.origin = GRANT_SENT,
		.actor = "mailbox" };
	char name[KEY_SIZE], who[GRANT_WHO_SIZE], packed[GRANT_PACKED_SIZE];
	int rc = grant_pack(&g, packed);

	key_grants(name, mail->domain, mail->local);
	for (size_t i = 0; rc == 0 && i < mail->count; i++) {
		rc = grant_who(GRANT_SENT, &mail->rcpts[i], who);
		if (rc == 0)
			store_txn_hset(txn, name, who, packed);
	}
	return rc;
}

int
sent_remember(struct store *s, const uint8_t key[OCT_KEY_OCTETS],
    const struct sent_mail *mail)
{
	struct oct_mime_id ids[2];
	struct store_txn *txn = NULL;
	int rc;

	if (mail->count == 0 || mail->count > SENT_RCPT_MAX)
		return OCT_ELIMIT;
	rc = store_txn_new(&txn);
	if (rc != 0)
		return rc;
	rc = add_grants(txn, mail);
	if (oct_mime_ids(mail->message_id, strlen(mail->message_id), ids,
		OCT_LEN(ids)) > 0)
		remember_id(txn, key, mail, &ids[0]);
	if (rc == 0)
		rc = store_txn_commit(s, txn);
	store_txn_free(txn);
	return rc;
}

/* --- Asking ---------------------------------------------------------------- */

struct ids {
	size_t count;
	struct oct_mime_id id[SENT_IDS_MAX];
};

static void
add_ids(struct ids *ids, const char *value, size_t len, size_t most)
{
	struct oct_mime_id found[SENT_IDS_MAX];
	size_t room = SENT_IDS_MAX - ids->count;
	size_t max = most < room ? most : room, n;

	/* oct_mime_ids wants room for two. */
	n = oct_mime_ids(value, len, found, max < 2 ? 2 : max);
	for (size_t i = 0; i < n && i < max; i++) {
		bool known = false;

		for (size_t k = 0; k < ids->count; k++)
			known |= ids->id[k].len == found[i].len &&
			    memcmp(ids->id[k].text, found[i].text,
				found[i].len) == 0;
		if (!known)
			ids->id[ids->count++] = found[i];
	}
}

/* Is it a report, or does it say to be automatic?  Those name the original in
 * their body, if at all. */
static bool
is_automatic(const struct oct_msg *m)
{
	for (size_t i = 0; i < oct_msg_field_count(m); i++) {
		const struct oct_field *f = oct_msg_field(m, i);
		size_t at = 0;

		if (oct_field_is(f, "Auto-Submitted") && !says_no(f))
			return true;
		if (!oct_field_is(f, "Content-Type"))
			continue;
		while (at < f->value_len &&
		    strchr(" \t\r\n", f->value[at]) != NULL)
			at++;
		if (f->value_len - at >= 16 &&
		    strncasecmp(f->value + at, "multipart/report", 16) == 0)
			return true;
	}
	return false;
}

/*
 * The Message-ID lines of a body, folds included: in the third part of a report
 * (RFC 3462 2, RFC 3464), and behind the text of older bounces.
 */
static void
scan_body(struct ids *ids, const char *body, size_t len)
{
	static const char name[] = "message-id:";
	const char *p = body, *end = body + len;
	size_t before = ids->count;

	while (p < end && ids->count < SENT_IDS_MAX &&
	    ids->count - before < BODY_IDS_MAX) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));

		eol = eol != NULL ? eol + 1 : end;
		if ((size_t)(eol - p) >= sizeof(name) - 1 &&
		    strncasecmp(p, name, sizeof(name) - 1) == 0) {
			/* A fold (RFC 5322 2.2.3) goes on; once is enough. */
			if (eol < end && (*eol == ' ' || *eol == '\t')) {
				eol = memchr(eol, '\n', (size_t)(end - eol));
				eol = eol != NULL ? eol + 1 : end;
			}
			p += sizeof(name) - 1;
			add_ids(ids, p, (size_t)(eol - p), 1);
		}
		p = eol;
	}
}

static void
add_field(struct ids *ids, const struct oct_msg *m, const char *name,
    size_t most)
{
	const struct oct_field *f = oct_msg_find(m, name, 0);

	if (f != NULL)
		add_ids(ids, f->value, f->value_len, most);
}

static int
find_ids(struct oct_msg *m, struct ids *ids)
{
	const char *body;
	size_t len;
	int rc;

	ids->count = 0;
	add_field(ids, m, "In-Reply-To", DIRECT_MAX);
	add_field(ids, m, "References",
	    SENT_IDS_MAX - DIRECT_MAX - BODY_IDS_MAX);
	/* What names nothing in its header may be an old bounce. */
	if (ids->count > 0 && !is_automatic(m))
		return 0;
	rc = oct_msg_body(m, &body, &len);
	if (rc == 0)
		scan_body(ids, body,
		    len < BODY_SCAN_OCTETS ? len : BODY_SCAN_OCTETS);
	return rc;
}

int
sent_ask(const uint8_t key[OCT_KEY_OCTETS], struct oct_msg *m,
    const char *domain, const char *local, struct store_batch *b,
    struct sent_query *out)
{
	char name[KEY_SIZE];
	struct ids ids;
	int rc;

	out->count = 0;
	rc = find_ids(m, &ids);
	for (size_t i = 0; rc == 0 && i < ids.count; i++) {
		hash_id(key, &ids.id[i], domain, local, out->field[i]);
		out->slot[i] = store_batch_hgetall(b,
		    key_sent(name, domain, out->field[i]));
		if (out->slot[i] < 0)
			rc = out->slot[i];
		else
			out->count++;
	}
	return rc;
}

/* --- Reading --------------------------------------------------------------- */

/* One remembered message, as far as the question goes. */
struct sent {
	int64_t at_ms, uses;
	bool to_org;
};

static bool
take_count(const char *text, int64_t *out)
{
	return text != NULL && oct_num_int(text, 0, INT64_MAX, out) == 0;
}

static bool
read_sent(const struct store_batch *b, int slot, const char *org_hash,
    struct sent *out)
{
	bool known = false;

	*out = (struct sent){ .uses = 0 };
	for (size_t i = 0; i + 1 < store_batch_count(b, slot); i += 2) {
		const char *field = store_batch_value(b, slot, i)->data;
		const char *value = store_batch_value(b, slot, i + 1)->data;

		if (strcmp(field, "at") == 0)
			known = take_count(value, &out->at_ms);
		else if (strcmp(field, "uses") == 0 &&
		    !take_count(value, &out->uses))
			return false;
		else if (strcmp(field, org_hash) == 0)
			out->to_org = true;
	}
	return known;
}

bool
sent_answers(const uint8_t key[OCT_KEY_OCTETS], const struct store_batch *b,
    const struct sent_query *q, const char *org, bool automatic,
    int64_t now_ms, size_t *index)
{
	for (size_t i = 0; i < q->count; i++) {
		char hash[HASH_SIZE] = "";
		struct sent sent;

		if (*org != '\0')
			hash_org(key, q->field[i], org, hash);
		if (!read_sent(b, q->slot[i], hash, &sent) ||
		    now_ms - sent.at_ms >= KEY_TTL_SENT_MS ||
		    sent.uses >= SENT_USES_MAX)
			continue;
		if (!automatic && !sent.to_org)
			continue;
		*index = i;
		return true;
	}
	return false;
}

/* --- Counting -------------------------------------------------------------- */

static int
use_once(struct store *s, const char *key, struct store_batch *b,
    struct store_txn *txn)
{
	static const char *const fields[] = { "at", "uses" };
	const char *at, *uses;
	int64_t n = 0;
	char text[24];
	int slot, rc;

	store_batch_clear(b);
	store_txn_clear(txn);
	slot = store_batch_hmget(b, key, fields, OCT_LEN(fields));
	rc = slot < 0 ? slot : store_batch_run(s, b);
	if (rc != 0)
		return rc;
	at = store_batch_value(b, slot, 0)->data;
	uses = store_batch_value(b, slot, 1)->data;
	/* Forgotten meanwhile: there is nothing left to count. */
	if (at == NULL)
		return 0;
	if (uses != NULL && !take_count(uses, &n))
		return OCT_EREPLY;
	if (n >= SENT_USES_MAX)
		return OCT_ELIMIT;
	(void)snprintf(text, sizeof(text), "%" PRId64, n + 1);
	/* Whatever is written here keeps the time to live of the whole. */
	store_txn_expect_field(txn, key, "at", at);
	store_txn_expect_field(txn, key, "uses", uses);
	store_txn_hset(txn, key, "uses", text);
	return store_txn_commit(s, txn);
}

int
sent_use(struct store *s, const struct sent_query *q, size_t index,
    const char *domain, OCT_UNUSED const char *local)
{
	struct store_batch *b = NULL;
	struct store_txn *txn = NULL;
	char key[KEY_SIZE];
	int rc;

	if (index >= q->count)
		return OCT_ELIMIT;
	rc = store_batch_new(&b);
	if (rc == 0)
		rc = store_txn_new(&txn);
	if (rc == 0) {
		key_sent(key, domain, q->field[index]);
		rc = OCT_ECONFLICT;
		for (int i = 0; i < USE_TRIES && rc == OCT_ECONFLICT; i++)
			rc = use_once(s, key, b, txn);
	}
	store_txn_free(txn);
	store_batch_free(b);
	return rc;
}
