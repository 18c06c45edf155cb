/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A DKIM-Signature field, read by our own rules before libopendkim sees it: the
 * library takes rsa-sha1, cuts long values silently and compares header names
 * by their beginning.
 */
#include "auth/dkim_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "lib/err.h"

/* The library copies h= into 4,096 octets, and looks for every name among all
 * fields. */
#define H_OCTETS_MAX 4000
#define H_NAMES_MAX 256
/* RFC 6376 3.5: t= and x= of up to twelve digits. */
#define TIME_MAX 999999999999

void
dkim_sig_refuse(struct dkim_sig *sig, enum auth_result result, const char *why)
{
	if (sig->out.problem[0] != '\0')
		return;
	sig->out.result = result;
	(void)snprintf(sig->out.problem, sizeof(sig->out.problem), "%s", why);
}

void
dkim_sig_fini(struct dkim_sig *sig)
{
	free(sig->text);
	free(sig->b);
	dkim_own_free(sig->own);
	sig->text = NULL;
	sig->b = NULL;
	sig->own = NULL;
}

static const char *
read_algorithm(struct dkim_sig *sig, const struct auth_tag *a)
{
	if (a == NULL || auth_tag_compact(a, sig->out.algorithm,
		sizeof(sig->out.algorithm)) != 0)
		return "a= missing or unknown";
	if (auth_tag_is(a, "rsa-sha1"))
		return "rsa-sha1 is not acceptable (RFC 8301)";
	if (!auth_tag_is(a, "rsa-sha256") && !auth_tag_is(a, "ed25519-sha256"))
		return "a= unknown";
	return NULL;
}

/* One word: the library would join what white space keeps apart. */
static bool
read_word(const struct auth_tag *tag, char out[OCT_DOMAIN_SIZE])
{
	return tag != NULL &&
	    auth_tag_compact(tag, out, OCT_DOMAIN_SIZE) == 0 &&
	    strlen(out) == tag->value_len;
}

static const char *
read_names(struct dkim_sig *sig, const struct auth_tag *d,
    const struct auth_tag *s)
{
	char name[OCT_DOMAIN_SIZE];

	if (!read_word(d, sig->d_raw) ||
	    oct_domain_normalise(sig->d_raw, sig->out.domain) != 0) {
		sig->out.domain[0] = '\0';
		return "d= missing or no domain name";
	}
	if (!read_word(s, sig->s_raw) ||
	    oct_domain_normalise(sig->s_raw, sig->out.selector) != 0) {
		sig->out.selector[0] = '\0';
		return "s= missing or no selector";
	}
	if (auth_dkim_key_name(sig->out.selector, sig->out.domain, name) != 0)
		return "d= and s= are too long together";
	return NULL;
}

/* b= and bh=, and what replay memory and RFC 6008 want of them. */
static const char *
read_hashes(struct dkim_sig *sig, const struct auth_tag *b,
    const struct auth_tag *bh, char compact[DKIM_B_SIZE])
{
	uint8_t octets[DKIM_B_SIZE], md[SHA256_DIGEST_LENGTH];
	char both[DKIM_B_SIZE + DKIM_BH_SIZE + 1];
	size_t len;
	int n;

	if (b == NULL || b->value_len == 0 ||
	    auth_tag_compact(b, compact, DKIM_B_SIZE) != 0 ||
	    auth_base64_decode(compact, strlen(compact), octets,
		sizeof(octets), &len) != 0)
		return "b= missing or not base64";
	if (bh == NULL || bh->value_len == 0 ||
	    auth_tag_compact(bh, sig->bh, sizeof(sig->bh)) != 0 ||
	    auth_base64_decode(sig->bh, strlen(sig->bh), octets,
		sizeof(octets), &len) != 0)
		return "bh= missing or not base64";
	(void)snprintf(sig->out.b_start, sizeof(sig->out.b_start), "%.8s",
	    compact);
	n = snprintf(both, sizeof(both), "%s:%s", sig->bh, compact);
	(void)SHA256((const unsigned char *)both, (size_t)n, md);
	memcpy(sig->out.replay, md, sizeof(sig->out.replay));
	return NULL;
}

static bool
is_canon(const char *word, size_t len, bool *relaxed)
{
	*relaxed = len == 7 && memcmp(word, "relaxed", 7) == 0;
	return *relaxed || (len == 6 && memcmp(word, "simple", 6) == 0);
}

static const char *
read_canon(struct dkim_sig *sig, const struct auth_tag *c)
{
	const char *slash;
	size_t head;

	if (c == NULL)
		return NULL;
	slash = c->value_len > 0 ? memchr(c->value, '/', c->value_len) : NULL;
	head = slash != NULL ? (size_t)(slash - c->value) : c->value_len;
	if (!is_canon(c->value, head, &sig->relaxed_header) ||
	    (slash != NULL && !is_canon(slash + 1, c->value_len - head - 1,
		&sig->relaxed_body)))
		return "c= unknown";
	return NULL;
}

static const char *
read_fields(struct dkim_sig *sig, const struct auth_tag *h)
{
	size_t at = 0, names = 0, len;
	const char *item;

	if (h == NULL || h->value_len == 0)
		return "h= missing";
	while (auth_tag_item(h, &at, &item, &len) == 1)
		names++;
	if (h->value_len > H_OCTETS_MAX || names > H_NAMES_MAX)
		return "h= too long";
	sig->n_from = (unsigned int)auth_tag_list_count(h, "from");
	sig->n_to = (unsigned int)auth_tag_list_count(h, "to");
	sig->n_cc = (unsigned int)auth_tag_list_count(h, "cc");
	sig->n_subject = (unsigned int)auth_tag_list_count(h, "subject");
	sig->nested = auth_tag_list_count(h, "dkim-signature") > 0;
	/* RFC 6376 5.4: From is always signed. */
	return sig->n_from > 0 ? NULL : "h= does not cover From";
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* RFC 6376 2.11 */
static bool
decode_qp(const char *in, char *out, size_t size)
{
	size_t n = 0;
	int octet;

	for (; *in != '\0'; in++) {
		octet = (unsigned char)*in;
		if (octet == '=') {
			if (hex(in[1]) < 0 || hex(in[2]) < 0)
				return false;
			octet = hex(in[1]) * 16 + hex(in[2]);
			in += 2;
		}
		if (n + 1 >= size || octet < 0x20 || octet == 0x7f)
			return false;
		out[n++] = (char)octet;
	}
	out[n] = '\0';
	return true;
}

static const char *
read_identity(struct dkim_sig *sig, const struct auth_tag *i)
{
	char text[3 * OCT_ADDR_SIZE], domain[OCT_DOMAIN_SIZE];
	const char *at;

	if (i == NULL)
		return NULL;
	if (auth_tag_compact(i, text, sizeof(text)) != 0 ||
	    !decode_qp(text, sig->out.identity, sizeof(sig->out.identity))) {
		sig->out.identity[0] = '\0';
		return "i= malformed";
	}
	at = strrchr(sig->out.identity, '@');
	if (at == NULL || oct_domain_normalise(at + 1, domain) != 0 ||
	    !oct_domain_under(domain, sig->out.domain))
		return "i= is not in d=";
	return NULL;
}

static const char *
read_rest(struct dkim_sig *sig, const struct auth_tags *tags)
{
	const struct auth_tag *l = auth_tags_find(tags, "l");
	const struct auth_tag *t = auth_tags_find(tags, "t");
	const struct auth_tag *x = auth_tags_find(tags, "x");
	const struct auth_tag *q = auth_tags_find(tags, "q");

	if (q != NULL && auth_tag_list_count(q, "dns/txt") == 0)
		return "q= unknown";
	if (l != NULL) {
		sig->out.length = sig->limited = true;
		if (auth_tag_number(l, INT64_MAX, &sig->limit) != 0)
			return "l= malformed";
	}
	if (t != NULL && auth_tag_number(t, TIME_MAX, &sig->signed_s) != 0)
		return "t= malformed";
	if (x != NULL && auth_tag_number(x, TIME_MAX, &sig->expires_s) != 0)
		return "x= malformed";
	if (t != NULL && x != NULL && sig->expires_s <= sig->signed_s)
		return "x= is not after t=";
	return NULL;
}

static const char *
read_tags(struct dkim_sig *sig, const struct auth_tags *tags,
    char compact[DKIM_B_SIZE])
{
	const char *why[7];

	/* All are read, so that the report names what there is to name. */
	why[0] = read_names(sig, auth_tags_find(tags, "d"),
	    auth_tags_find(tags, "s"));
	why[1] = read_algorithm(sig, auth_tags_find(tags, "a"));
	why[2] = read_hashes(sig, auth_tags_find(tags, "b"),
	    auth_tags_find(tags, "bh"), compact);
	why[3] = read_canon(sig, auth_tags_find(tags, "c"));
	why[4] = read_fields(sig, auth_tags_find(tags, "h"));
	why[5] = read_identity(sig, auth_tags_find(tags, "i"));
	why[6] = read_rest(sig, tags);
	if (!auth_tag_is(auth_tags_find(tags, "v"), "1"))
		return "v= missing or unknown";
	for (size_t i = 0; i < OCT_LEN(why); i++) {
		if (why[i] != NULL)
			return why[i];
	}
	return NULL;
}

int
dkim_sig_read(struct dkim_sig *sig, const char *value, size_t len)
{
	char compact[DKIM_B_SIZE] = "";
	struct auth_tags tags;
	const char *why = "not a tag list";

	for (size_t i = 0; i < len; i++)
		sig->utf8 |= (unsigned char)value[i] >= 0x80;
	if (auth_tags_parse(value, len, &tags) == 0)
		why = read_tags(sig, &tags, compact);
	if (why != NULL) {
		dkim_sig_refuse(sig, AUTH_PERMERROR, why);
		return 0;
	}
	sig->b = strdup(compact);
	return sig->b != NULL ? 0 : -ENOMEM;
}
