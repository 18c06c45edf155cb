/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/expect.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/b32.h"
#include "lib/err.h"
#include "lib/num.h"
#include "lib/str.h"
#include "policy/keys.h"

#define SITE_MAX 20
#define CHECK_OCTETS 5 /* 40 bits */
#define CHECK_LEN OCT_B32_LEN(CHECK_OCTETS)
#define DATE_LEN 6
#define TAG_TAIL (1 + DATE_LEN + 1 + CHECK_LEN)

#define MADE "made:"
#define DAY_MS 86400000LL
#define USE_TRIES 4

/* --- Expected senders ------------------------------------------------------ */

static void
number(int64_t n, char out[24])
{
	(void)snprintf(out, 24, "%" PRId64, n);
}

static bool
is_until(const char *text, int64_t now_ms, int64_t *until)
{
	return text != NULL && oct_num_int(text, 0, INT64_MAX, until) == 0 &&
	    now_ms < *until;
}

/* ttl 0: left as it is. */
static int
write_field(struct store *s, const char *key, const char *field,
    const char *value, int64_t ttl_ms)
{
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	store_txn_hset(txn, key, field, value);
	if (ttl_ms > 0)
		store_txn_expire(txn, key, ttl_ms);
	rc = store_txn_commit(s, txn);
	store_txn_free(txn);
	return rc;
}

int
expect_open(struct store *s, const char *domain, const char *local,
    const char *from_domain, int64_t until_ms)
{
	char key[KEY_SIZE], text[24];

	number(until_ms, text);
	return write_field(s, key_expect(key, domain, local), from_domain, text,
	    KEY_TTL_EXPECT_MS);
}

int
expect_ask(struct store_batch *b, const char *domain, const char *local,
    const char *from_domain, const char *from_org)
{
	const char *const fields[] = { from_domain, from_org };
	char key[KEY_SIZE];

	return store_batch_hmget(b, key_expect(key, domain, local), fields,
	    OCT_LEN(fields));
}

bool
expect_read(const struct store_batch *b, int slot, int64_t now_ms, int *which)
{
	for (int i = 0; slot >= 0 && i < 2; i++) {
		int64_t until;

		if (is_until(store_batch_value(b, slot, (size_t)i)->data,
			now_ms, &until)) {
			*which = i;
			return true;
		}
	}
	return false;
}

/* One try; OCT_ECONFLICT: it changed under us. */
static int
use_once(struct store *s, const char *key, const char *from_domain)
{
	struct store_batch *b = NULL;
	struct store_txn *txn = NULL;
	const char *until;
	int slot, rc = store_batch_new(&b), done = 0;

	if (rc == 0)
		rc = store_txn_new(&txn);
	if (rc != 0)
		goto out;
	slot = store_batch_hget(b, key, from_domain);
	rc = slot < 0 ? slot : store_batch_run(s, b);
	if (rc != 0)
		goto out;
	until = store_batch_value(b, slot, 0)->data;
	if (until == NULL)
		goto out;
	store_txn_expect_field(txn, key, from_domain, until);
	store_txn_hdel(txn, key, from_domain);
	rc = store_txn_commit(s, txn);
	done = rc == 0;
out:
	store_txn_free(txn);
	store_batch_free(b);
	return rc != 0 ? rc : done;
}

int
expect_use(struct store *s, const char *domain, const char *local,
    const char *from_domain)
{
	char key[KEY_SIZE];
	int rc = OCT_ECONFLICT;

	key_expect(key, domain, local);
	for (int i = 0; i < USE_TRIES && rc == OCT_ECONFLICT; i++)
		rc = use_once(s, key, from_domain);
	return rc;
}

int
expect_list(struct store *s, const char *domain, const char *local,
    int64_t now_ms, expect_each *each, void *arg)
{
	struct store_batch *b;
	char key[KEY_SIZE];
	int64_t until;
	int rc = store_hash(s, key_expect(key, domain, local), &b);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i + 1 < store_batch_count(b, 0); i += 2)
		if (is_until(store_batch_value(b, 0, i + 1)->data, now_ms,
			&until))
			each(arg, store_batch_value(b, 0, i)->data, until);
	store_batch_free(b);
	return 0;
}

/* One that was opened anew meanwhile is left alone. */
static int
forget_past(struct store *s, const char *key, const char *field,
    const char *until)
{
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	store_txn_expect_field(txn, key, field, until);
	store_txn_hdel(txn, key, field);
	rc = store_txn_commit(s, txn);
	store_txn_free(txn);
	return rc == OCT_ECONFLICT ? 0 : rc;
}

int
expect_count(struct store *s, const char *domain, const char *local,
    int64_t now_ms, size_t *out)
{
	struct store_batch *b;
	char key[KEY_SIZE];
	int64_t until;
	size_t n = 0;
	int rc;

	rc = store_hash(s, key_expect(key, domain, local), &b);
	if (rc != 0)
		return rc;
	for (size_t i = 0; rc == 0 && i + 1 < store_batch_count(b, 0); i += 2) {
		const char *v = store_batch_value(b, 0, i + 1)->data;

		if (is_until(v, now_ms, &until))
			n++;
		else if (v != NULL)
			rc = forget_past(s, key,
			    store_batch_value(b, 0, i)->data, v);
	}
	store_batch_free(b);
	*out = n;
	return rc;
}

/* --- Tagged addresses: pure ------------------------------------------------- */

static bool
is_site_octet(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.';
}

/* Lower case; false if it is no name of a site. */
static bool
fold_site(const char *site, char out[SITE_MAX + 1])
{
	size_t len = strlen(site);

	if (len == 0 || len > SITE_MAX)
		return false;
	for (size_t i = 0; i <= len; i++) {
		char c = site[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c != '\0' && !is_site_octet(c))
			return false;
		out[i] = c;
	}
	return true;
}

/* site and day are what the tag says; the check is over these and the mailbox. */
static void
make_check(const uint8_t key[OCT_KEY_OCTETS], const struct oct_addr *mailbox,
    const char *said, size_t said_len, char out[CHECK_LEN + 1])
{
	crypto_generichash_state st;
	char address[OCT_ADDR_SIZE];
	struct oct_addr folded;
	uint8_t sum[16];

	oct_addr_fold(mailbox, '\0', &folded);
	oct_addr_text(&folded, address);
	(void)crypto_generichash_init(&st, key, OCT_KEY_OCTETS, sizeof(sum));
	(void)crypto_generichash_update(&st, (const uint8_t *)address,
	    strlen(address) + 1);
	(void)crypto_generichash_update(&st, (const uint8_t *)said, said_len);
	(void)crypto_generichash_final(&st, sum, sizeof(sum));
	oct_b32_encode(sum, CHECK_OCTETS, out);
}

int
expect_tag_make(const uint8_t key[OCT_KEY_OCTETS],
    const struct oct_addr *mailbox, const char *site, int64_t until_ms,
    char out[EXPECT_TAG_SIZE])
{
	char name[SITE_MAX + 1], check[CHECK_LEN + 1];
	time_t t = (time_t)(until_ms / 1000);
	struct oct_str s;
	struct tm tm;

	if (!fold_site(site, name))
		return OCT_EPARSE;
	if (until_ms < 0 || gmtime_r(&t, &tm) == NULL || tm.tm_year < 100 ||
	    tm.tm_year > 199)
		return -ERANGE;
	oct_str_fixed(&s, out, EXPECT_TAG_SIZE);
	oct_str_addf(&s, "%s-%02d%02d%02d", name, tm.tm_year - 100,
	    tm.tm_mon + 1, tm.tm_mday);
	make_check(key, mailbox, out, s.len, check);
	oct_str_addf(&s, "-%s", check);
	return oct_str_err(&s);
}

static int
two_digits(const char *p)
{
	return (p[0] - '0') * 10 + (p[1] - '0');
}

/* The ms after a day "YYMMDD"; -1: it is no day. */
static int64_t
end_of_day(const char *p)
{
	struct tm tm = { .tm_year = 100 + two_digits(p),
		.tm_mon = two_digits(p + 2) - 1, .tm_mday = two_digits(p + 4) };
	int day = tm.tm_mday, month = tm.tm_mon;
	time_t t = timegm(&tm);

	if (tm.tm_mday != day || tm.tm_mon != month)
		return -1;
	return (int64_t)t * 1000 + DAY_MS;
}

int
expect_tag_parse(const char *tag, struct expect_tag *out)
{
	size_t len = strnlen(tag, EXPECT_TAG_SIZE), site;
	struct expect_tag t;

	if (len <= TAG_TAIL || len > SITE_MAX + TAG_TAIL)
		return OCT_EPARSE;
	site = len - TAG_TAIL;
	for (size_t i = 0; i < site; i++)
		if (!is_site_octet(tag[i]))
			return OCT_EPARSE;
	if (tag[site] != '-' || tag[site + 1 + DATE_LEN] != '-' ||
	    strspn(tag + site + 1, "0123456789") != DATE_LEN ||
	    strspn(tag + len - CHECK_LEN,
		"abcdefghijklmnopqrstuvwxyz234567") != CHECK_LEN)
		return OCT_EPARSE;
	memcpy(t.site, tag, site);
	t.site[site] = '\0';
	t.until_ms = end_of_day(tag + site + 1);
	if (t.until_ms < 0)
		return OCT_EPARSE;
	*out = t;
	return 0;
}

bool
expect_tag_check(const uint8_t key[OCT_KEY_OCTETS],
    const struct oct_addr *typed, const struct oct_addr *mailbox,
    int64_t now_ms, char tag[EXPECT_TAG_SIZE])
{
	char check[CHECK_LEN + 1];
	struct oct_addr folded;
	struct expect_tag t;
	const char *plus;
	size_t len;

	oct_addr_fold(typed, '\0', &folded);
	plus = strrchr(folded.local, '+');
	if (plus == NULL || plus == folded.local ||
	    expect_tag_parse(plus + 1, &t) != 0 || now_ms >= t.until_ms)
		return false;
	len = strlen(plus + 1);
	make_check(key, mailbox, plus + 1, len - CHECK_LEN - 1, check);
	/* In constant time: what comes is guessed by strangers. */
	if (sodium_memcmp(plus + 1 + len - CHECK_LEN, check, CHECK_LEN) != 0)
		return false;
	memcpy(tag, plus + 1, len + 1);
	return true;
}

/* --- Tagged addresses: the store -------------------------------------------- */

int
expect_tag_note(struct store *s, const char *domain, const char *local,
    const char *tag, int64_t now_ms)
{
	char key[KEY_SIZE], field[EXPECT_TAG_SIZE + sizeof(MADE)], text[24];

	(void)snprintf(field, sizeof(field), MADE "%s", tag);
	number(now_ms, text);
	return write_field(s, key_tags(key, domain, local), field, text, 0);
}

int
expect_tag_revoke(struct store *s, const char *domain, const char *local,
    const char *tag, int64_t now_ms)
{
	char key[KEY_SIZE], text[24];

	number(now_ms, text);
	return write_field(s, key_tags(key, domain, local), tag, text, 0);
}

int
expect_tag_ask(struct store_batch *b, const char *domain, const char *local,
    const char *tag)
{
	char key[KEY_SIZE];

	return store_batch_hget(b, key_tags(key, domain, local), tag);
}

/* Tags and their notes, those past their day removed.  What is read of a hash is
 * one owner's: some hundreds. */
static int64_t
time_of(const struct store_batch *b, const char *field)
{
	int64_t ms = 0;

	for (size_t i = 0; i + 1 < store_batch_count(b, 0); i += 2)
		if (strcmp(store_batch_value(b, 0, i)->data, field) == 0 &&
		    oct_num_int(store_batch_value(b, 0, i + 1)->data, 0,
			INT64_MAX, &ms) != 0)
			ms = 0;
	return ms;
}

static void
list_tag(const struct store_batch *b, const char *field,
    expect_each_tag *each, void *arg)
{
	bool note = strncmp(field, MADE, sizeof(MADE) - 1) == 0;
	const char *tag = note ? field + sizeof(MADE) - 1 : field;
	char noted[EXPECT_TAG_SIZE + sizeof(MADE)];
	struct expect_tag t;
	int64_t made;

	if (expect_tag_parse(tag, &t) != 0)
		return;
	(void)snprintf(noted, sizeof(noted), MADE "%s", tag);
	made = time_of(b, noted);
	/* Once: by its note, or alone if it has none. */
	if (note || made == 0)
		each(arg, tag, &t, made, time_of(b, tag));
}

/* Forget the field if its tag is over. */
static bool
is_over(const char *field, int64_t now_ms)
{
	bool note = strncmp(field, MADE, sizeof(MADE) - 1) == 0;
	struct expect_tag t;

	return expect_tag_parse(note ? field + sizeof(MADE) - 1 : field, &t) !=
	    0 || now_ms >= t.until_ms;
}

int
expect_tag_list(struct store *s, const char *domain, const char *local,
    int64_t now_ms, expect_each_tag *each, void *arg)
{
	struct store_txn *txn = NULL;
	struct store_batch *b = NULL;
	char key[KEY_SIZE];
	bool any = false;
	int rc = store_txn_new(&txn);

	if (rc == 0)
		rc = store_hash(s, key_tags(key, domain, local), &b);
	for (size_t i = 0; rc == 0 && i + 1 < store_batch_count(b, 0); i += 2) {
		const char *field = store_batch_value(b, 0, i)->data;

		if (!is_over(field, now_ms)) {
			list_tag(b, field, each, arg);
			continue;
		}
		store_txn_hdel(txn, key, field);
		any = true;
	}
	if (any)
		rc = store_txn_commit(s, txn);
	store_txn_free(txn);
	store_batch_free(b);
	return rc;
}
