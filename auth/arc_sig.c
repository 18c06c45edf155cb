/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/arc_sig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "auth/canon.h"
#include "auth/dkim_key.h"
#include "auth/tags.h"
#include "lib/clock.h"
#include "lib/err.h"

#define INSTANCE_MAX 50 /* RFC 8617 4.2.1 */
#define H_NAMES_MAX 256
#define TIME_MAX 999999999999

static int
instance_of(const struct auth_tag *i)
{
	uint64_t n;

	if (i == NULL || i->value_len > 2 ||
	    auth_tag_number(i, INSTANCE_MAX, &n) != 0)
		return 0;
	return (int)n;
}

int
arc_sig_instance(const struct oct_field *field, char *cv)
{
	const struct auth_tag *tag;
	struct auth_tags tags;

	*cv = '\0';
	if (auth_tags_parse(field->value, field->value_len, &tags) != 0)
		return 0;
	tag = auth_tags_find(&tags, "cv");
	if (auth_tag_is(tag, "none") || auth_tag_is(tag, "pass") ||
	    auth_tag_is(tag, "fail"))
		*cv = tag->value[0];
	return instance_of(auth_tags_find(&tags, "i"));
}

/* It starts with "i=N;" and goes on as an Authentication-Results field. */
int
arc_aar_instance(const struct oct_field *field)
{
	const char *semicolon = NULL;
	struct auth_tags tags;

	if (field->value_len > 0)
		semicolon = memchr(field->value, ';', field->value_len);
	if (semicolon == NULL ||
	    auth_tags_parse(field->value,
		(size_t)(semicolon - field->value), &tags) != 0)
		return 0;
	return instance_of(auth_tags_find(&tags, "i"));
}

/* A name that stands there without white space in it. */
static bool
read_name(const struct auth_tag *tag, char out[OCT_DOMAIN_SIZE])
{
	char text[OCT_DOMAIN_SIZE];

	return tag != NULL && auth_tag_compact(tag, text, sizeof(text)) == 0 &&
	    strlen(text) == tag->value_len &&
	    oct_domain_normalise(text, out) == 0;
}

static bool
read_canon(const struct auth_tag *c, struct arc_sig *out)
{
	static const struct {
		const char *text;
		bool header, body;
	} known[] = { { "simple", false, false }, { "relaxed", true, false },
		{ "simple/simple", false, false },
		{ "simple/relaxed", false, true },
		{ "relaxed/simple", true, false },
		{ "relaxed/relaxed", true, true } };

	/* Without c= the ARC test suite has relaxed, unlike RFC 6376. */
	out->relaxed_header = out->relaxed_body = c == NULL;
	for (size_t i = 0; c != NULL && i < OCT_LEN(known); i++) {
		if (!auth_tag_is(c, known[i].text))
			continue;
		out->relaxed_header = known[i].header;
		out->relaxed_body = known[i].body;
		return true;
	}
	return c == NULL;
}

static const char *
check_times(const struct auth_tags *tags)
{
	const struct auth_tag *t = auth_tags_find(tags, "t");
	const struct auth_tag *x = auth_tags_find(tags, "x");
	uint64_t signed_s = 0, expires_s = 0;

	if (t != NULL && auth_tag_number(t, TIME_MAX, &signed_s) != 0)
		return "t= malformed";
	if (x == NULL)
		return NULL;
	if (auth_tag_number(x, TIME_MAX, &expires_s) != 0 ||
	    expires_s <= signed_s)
		return "x= malformed";
	return expires_s < (uint64_t)(oct_clock_wall_ms() / 1000) ?
	    "signature expired" : NULL;
}

/* What an AMS has and an AS has not. */
static const char *
read_message_tags(const struct auth_tags *tags, struct arc_sig *out)
{
	const struct auth_tag *bh = auth_tags_find(tags, "bh");
	const struct auth_tag *h = auth_tags_find(tags, "h");
	const struct auth_tag *l = auth_tags_find(tags, "l");
	const struct auth_tag *q = auth_tags_find(tags, "q");
	size_t len, at = 0, names = 0, item_len;
	const char *item;

	if (bh == NULL || auth_base64_decode(bh->value, bh->value_len, out->bh,
		sizeof(out->bh), &len) != 0 || len != sizeof(out->bh))
		return "bh= missing or malformed";
	if (!read_canon(auth_tags_find(tags, "c"), out))
		return "c= unknown";
	if (h == NULL)
		return "h= missing";
	while (auth_tag_item(h, &at, &item, &item_len) == 1)
		names++;
	/* RFC 8617 4.1.2: a seal comes later and cannot be covered. */
	if (names > H_NAMES_MAX || auth_tag_list_count(h, "arc-seal") > 0)
		return "h= too long, or covers ARC-Seal";
	if (q != NULL && auth_tag_list_count(q, "dns/txt") == 0)
		return "q= unknown";
	out->limited = l != NULL;
	out->limit = UINT64_MAX;
	if (l != NULL && auth_tag_number(l, INT64_MAX, &out->limit) != 0)
		return "l= malformed";
	return NULL;
}

const char *
arc_sig_read(const struct oct_field *field, bool seal, struct arc_sig *out)
{
	const struct auth_tag *a, *b;
	struct auth_tags tags;

	if (auth_tags_parse(field->value, field->value_len, &tags) != 0)
		return "not a tag list";
	a = auth_tags_find(&tags, "a");
	b = auth_tags_find(&tags, "b");
	out->ed25519 = auth_tag_is(a, "ed25519-sha256");
	if (!out->ed25519 && !auth_tag_is(a, "rsa-sha256"))
		return "a= missing or unknown";
	if (!read_name(auth_tags_find(&tags, "d"), out->domain) ||
	    !read_name(auth_tags_find(&tags, "s"), out->selector))
		return "d= or s= missing or malformed";
	if (b == NULL || b->value_len == 0 ||
	    auth_base64_decode(b->value, b->value_len, out->b, sizeof(out->b),
		&out->b_len) != 0)
		return "b= missing or malformed";
	/* RFC 8617 4.1.3 */
	if (seal && auth_tags_find(&tags, "h") != NULL)
		return "a seal with h=";
	if (!seal) {
		const char *why = read_message_tags(&tags, out);

		if (why != NULL)
			return why;
	}
	return check_times(&tags);
}

void
arc_sig_add_field(bool relaxed, const struct oct_field *field,
    struct oct_str *out)
{
	auth_canon_field(relaxed, field, out);
	oct_str_add(out, "\r\n");
}

void
arc_sig_add_self(bool relaxed, const struct oct_field *field,
    struct oct_str *out)
{
	struct oct_field emptied = *field;
	const struct auth_tag *b;
	struct auth_tags tags;
	struct oct_str value;
	size_t head;

	if (auth_tags_parse(field->value, field->value_len, &tags) != 0)
		return;
	b = auth_tags_find(&tags, "b");
	if (b == NULL)
		return;
	head = (size_t)(b->raw - field->value);
	oct_str_heap(&value, field->value_len);
	oct_str_addn(&value, field->value, head);
	oct_str_addn(&value, b->raw + b->raw_len,
	    field->value_len - head - b->raw_len);
	emptied.value = oct_str_text(&value);
	emptied.value_len = value.len;
	auth_canon_field(relaxed, &emptied, out);
	if (oct_str_err(&value) != 0)
		out->err = -ENOMEM;
	oct_str_free(&value);
}

static bool
is_name(const struct oct_field *f, const char *name, size_t len)
{
	size_t n = f->name_len;

	while (n > 0 && (f->name[n - 1] == ' ' || f->name[n - 1] == '\t'))
		n--;
	return n == len && strncasecmp(f->name, name, len) == 0;
}

/* Take the lowest field of that name not yet taken; NULL = there is none. */
static const struct oct_field *
take_lowest(const struct oct_msg *m, bool *taken, const char *name, size_t len)
{
	for (size_t i = oct_msg_field_count(m); i-- > 0;) {
		const struct oct_field *f = oct_msg_field(m, i);

		if (taken[i] || !is_name(f, name, len))
			continue;
		taken[i] = true;
		return f;
	}
	return NULL;
}

static void
add_covered(const struct oct_msg *m, const struct auth_tag *h, bool *taken,
    bool relaxed, struct oct_str *out)
{
	const struct oct_field *f;
	size_t at = 0, len;
	const char *item;

	while (auth_tag_item(h, &at, &item, &len) == 1) {
		f = take_lowest(m, taken, item, len);
		if (f != NULL)
			arc_sig_add_field(relaxed, f, out);
	}
}

int
arc_sig_message(const struct oct_msg *m, const struct oct_field *ams,
    bool relaxed, struct oct_str *out)
{
	size_t count = oct_msg_field_count(m);
	bool *taken = calloc(count + 1, sizeof(*taken));
	const struct auth_tag *h = NULL;
	struct auth_tags tags;

	if (taken == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		taken[i] = oct_msg_field(m, i) == ams;
	if (auth_tags_parse(ams->value, ams->value_len, &tags) == 0)
		h = auth_tags_find(&tags, "h");
	if (h != NULL)
		add_covered(m, h, taken, relaxed, out);
	arc_sig_add_self(relaxed, ams, out);
	free(taken);
	return oct_str_err(out);
}

static EVP_PKEY *
load_key(const struct auth_dkim_pubkey *key)
{
	const unsigned char *p = key->der;

	if (key->ed25519)
		return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
		    key->der, key->der_len);
	return d2i_PUBKEY(NULL, &p, (long)key->der_len);
}

/* RFC 8463 signs the hash, RSA the text itself. */
static bool
is_signed(EVP_PKEY *pkey, const struct arc_sig *sig,
    const struct oct_str *text)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const unsigned char *data;
	unsigned char md[EVP_MAX_MD_SIZE];
	size_t len = text->len;
	unsigned int md_len;
	bool ok = ctx != NULL;

	data = (const unsigned char *)oct_str_text(text);
	if (ok && sig->ed25519) {
		ok = EVP_Digest(data, len, md, &md_len, EVP_sha256(),
			 NULL) == 1;
		data = md;
		len = md_len;
	}
	ok = ok && EVP_DigestVerifyInit(ctx, NULL,
			sig->ed25519 ? NULL : EVP_sha256(), NULL, pkey) == 1 &&
	    EVP_DigestVerify(ctx, sig->b, sig->b_len, data, len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

const char *
arc_sig_verify(struct dns_session *dns, const struct arc_sig *sig,
    const struct oct_str *text)
{
	struct auth_dkim_pubkey key;
	char problem[128];
	EVP_PKEY *pkey;
	bool ok;
	int rc;

	rc = auth_dkim_key_get(dns, sig->selector, sig->domain, &key, problem);
	if (rc != 1)
		return rc == OCT_ETIME ? "no answer for the key" :
					 "no usable key";
	if (key.ed25519 != sig->ed25519)
		return "key is not of type a=";
	pkey = load_key(&key);
	if (pkey == NULL)
		return "key not readable";
	ok = is_signed(pkey, sig, text);
	EVP_PKEY_free(pkey);
	return ok ? NULL : "signature mismatch";
}
