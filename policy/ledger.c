/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/ledger.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "lib/num.h"
#include "lib/str.h"

#define REF_DIGITS 16

const char ledger_origin[LEDGER_HASH_SIZE] =
    "0000000000000000000000000000000000000000000000000000000000000000";

/* --- Lines ------------------------------------------------------------------ */

static void
hash_text(const char *text, size_t len, char out[LEDGER_HASH_SIZE])
{
	uint8_t sum[32];

	(void)crypto_generichash(sum, sizeof(sum), (const uint8_t *)text, len,
	    NULL, 0);
	(void)sodium_bin2hex(out, LEDGER_HASH_SIZE, sum, sizeof(sum));
}

void
ledger_write(struct ledger_entry *e, char out[LEDGER_LINE_MAX])
{
	struct oct_str s;

	oct_str_fixed(&s, out, LEDGER_LINE_MAX);
	oct_str_addf(&s, "1 %" PRId64 " %" PRId64 " %" PRId64
			 " %s %s %s %s %s %s",
	    e->n, e->time_ms, e->size, e->digest, e->sender, e->rcpt, e->item,
	    e->reason, e->prev);
	/* All its parts are bounded by their own places. */
	OCT_ASSERT(oct_str_err(&s) == 0);
	hash_text(out, s.len, e->hash);
	oct_str_addf(&s, " %s", e->hash);
	OCT_ASSERT(oct_str_err(&s) == 0);
}

static bool
take_number(const char **rest, int64_t lo, int64_t *out)
{
	char word[24];

	return oct_str_word(rest, word, sizeof(word)) &&
	    oct_num_int(word, lo, INT64_MAX, out) == 0;
}

/* len lower-case hexadecimal digits. */
static bool
take_hex(const char **rest, char *out, size_t size)
{
	return oct_str_word(rest, out, size) && strlen(out) == size - 1 &&
	    strspn(out, "0123456789abcdef") == size - 1;
}

static bool
take_address(const char **rest, char out[LEDGER_ADDRESS_SIZE])
{
	const char *start = *rest;

	if (take_hex(rest, out, LEDGER_ADDRESS_SIZE))
		return true;
	*rest = start;
	return oct_str_word(rest, out, LEDGER_ADDRESS_SIZE) &&
	    strcmp(out, "-") == 0;
}

int
ledger_parse(const char *line, struct ledger_entry *out)
{
	char hash[LEDGER_HASH_SIZE], version[4];
	const char *rest = line;
	struct ledger_entry e;
	size_t len = strlen(line);

	if (len >= LEDGER_LINE_MAX || len < LEDGER_HASH_SIZE ||
	    !oct_str_word(&rest, version, sizeof(version)) ||
	    strcmp(version, "1") != 0 || !take_number(&rest, 1, &e.n) ||
	    !take_number(&rest, 0, &e.time_ms) ||
	    !take_number(&rest, 0, &e.size) ||
	    !take_hex(&rest, e.digest, sizeof(e.digest)) ||
	    !take_address(&rest, e.sender) || !take_address(&rest, e.rcpt) ||
	    !oct_str_word(&rest, e.item, sizeof(e.item)) ||
	    !oct_str_word(&rest, e.reason, sizeof(e.reason)) ||
	    !take_hex(&rest, e.prev, sizeof(e.prev)) ||
	    !take_hex(&rest, e.hash, sizeof(e.hash)) || *rest != '\0')
		return OCT_EPARSE;
	hash_text(line, len - LEDGER_HASH_SIZE, hash);
	if (strcmp(hash, e.hash) != 0)
		return OCT_ECORRUPT;
	*out = e;
	return 0;
}

void
ledger_ref(const struct ledger_entry *e, char out[LEDGER_REF_SIZE])
{
	(void)snprintf(out, LEDGER_REF_SIZE, "%" PRId64 "/%.*s", e->n,
	    REF_DIGITS, e->hash);
}

void
ledger_address(const uint8_t key[OCT_KEY_OCTETS], const char *address,
    char out[LEDGER_ADDRESS_SIZE])
{
	char text[OCT_ADDR_SIZE];
	struct oct_addr a, folded;
	uint8_t sum[16];

	if (*address == '\0') {
		memcpy(out, "-", 2);
		return;
	}
	/* What is no address is hashed as it is. */
	if (oct_addr_parse(address, &a) == 0) {
		oct_addr_fold(&a, '\0', &folded);
		oct_addr_text(&folded, text);
		address = text;
	}
	(void)crypto_generichash(sum, sizeof(sum), (const uint8_t *)address,
	    strlen(address), key, OCT_KEY_OCTETS);
	(void)sodium_bin2hex(out, LEDGER_ADDRESS_SIZE, sum, sizeof(sum));
}

int
ledger_digest(struct oct_msg *m, char out[2 * OCT_MSG_DIGEST + 1])
{
	static const uint8_t zeros[32];
	uint8_t sum[OCT_MSG_DIGEST];
	int rc = oct_msg_digest(m, zeros, "", "", sum);

	if (rc == 0)
		(void)sodium_bin2hex(out, 2 * OCT_MSG_DIGEST + 1, sum,
		    sizeof(sum));
	return rc;
}

/* --- Names ------------------------------------------------------------------ */

void
ledger_name(const char *node, int64_t time_ms, char out[LEDGER_NAME_SIZE])
{
	time_t t = (time_t)(time_ms / 1000);
	struct tm tm = { .tm_year = 70 };
	struct oct_str s;

	(void)gmtime_r(&t, &tm);
	oct_str_fixed(&s, out, LEDGER_NAME_SIZE);
	oct_str_addf(&s, "%s-%04d-%02d.log", node, tm.tm_year + 1900,
	    tm.tm_mon + 1);
	OCT_ASSERT(oct_str_err(&s) == 0); /* a node's name is short */
}

bool
ledger_is_name(const char *name, const char *node)
{
	size_t len = strlen(node);

	return strncmp(name, node, len) == 0 &&
	    strlen(name + len) == sizeof("-2026-11.log") - 1 &&
	    name[len] == '-' && name[len + 5] == '-' &&
	    strspn(name + len + 1, "0123456789") == 4 &&
	    strspn(name + len + 6, "0123456789") == 2 &&
	    strcmp(name + len + 8, ".log") == 0;
}
