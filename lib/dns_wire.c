/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/dns_wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>

#include "lib/err.h"

/* ASCII only: a locale must not change what a name is (RFC 4343). */
static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool
has_8bit(const char *text)
{
	for (; *text != '\0'; text++)
		if ((uint8_t)*text >= 0x80)
			return true;
	return false;
}

static int
append_label(struct dns_name *name, const char *label, size_t len)
{
	/* One octet is kept for the root. */
	if (len == 0 || len > DNS_LABEL_MAX ||
	    name->len + 1 + len > DNS_NAME_MAX - 1)
		return OCT_EPARSE;
	name->wire[name->len++] = (uint8_t)len;
	for (size_t i = 0; i < len; i++)
		name->wire[name->len++] = lower((uint8_t)label[i]);
	return 0;
}

static int
parse_labels(const char *text, struct dns_name *out)
{
	out->len = 0;
	if (*text == '\0')
		return OCT_EPARSE;
	if (strcmp(text, ".") == 0)
		text++;
	while (*text != '\0') {
		size_t len = strcspn(text, ".");

		if (append_label(out, text, len) != 0)
			return OCT_EPARSE;
		text += len;
		if (*text == '.')
			text++;
	}
	out->wire[out->len++] = 0;
	return 0;
}

int
dns_name_parse(const char *text, struct dns_name *out)
{
	char ascii[OCT_DOMAIN_SIZE];

	/* What is no U-label (a local part in Latin 1, say) is asked as it is:
	 * DNS names are octets (RFC 2181 11). */
	if (has_8bit(text) && oct_domain_normalise(text, ascii) == 0)
		return parse_labels(ascii, out);
	return parse_labels(text, out);
}

static bool
label_is_plain(const uint8_t *label, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (label[i] <= 0x20 || label[i] >= 0x7f || label[i] == '.')
			return false;
	return true;
}

bool
dns_name_text(const struct dns_name *name, char out[OCT_DOMAIN_SIZE])
{
	size_t at, n = 0;

	for (at = 0; name->wire[at] != 0; at += name->wire[at] + 1u)
		if (!label_is_plain(name->wire + at + 1, name->wire[at]))
			return false;
	for (at = 0; name->wire[at] != 0; at += name->wire[at] + 1u) {
		if (n > 0)
			out[n++] = '.';
		memcpy(out + n, name->wire + at + 1, name->wire[at]);
		n += name->wire[at];
	}
	out[n] = '\0';
	return true;
}

bool
dns_name_equal(const struct dns_name *a, const struct dns_name *b)
{
	return a->len == b->len && memcmp(a->wire, b->wire, a->len) == 0;
}

bool
dns_name_under(const struct dns_name *name, const struct dns_name *parent)
{
	size_t at = 0;

	while (name->len - at > parent->len)
		at += name->wire[at] + 1u;
	return name->len - at == parent->len &&
	       memcmp(name->wire + at, parent->wire, parent->len) == 0;
}

struct dns_result *
dns_result_new(enum dns_status status, size_t count, size_t text_octets)
{
	size_t size = sizeof(struct dns_result) +
		      count * sizeof(struct dns_record) + text_octets;
	struct dns_result *r;

	r = calloc(1, size);
	if (r == NULL)
		return NULL;
	atomic_init(&r->refs, 1);
	r->size = size;
	r->used = size - text_octets;
	r->answer.status = status;
	r->answer.count = count;
	r->answer.records = r->records;
	return r;
}

const char *
dns_result_text(struct dns_result *r, const void *text, size_t len)
{
	char *to = (char *)r + r->used;

	OCT_ASSERT(len < r->size - r->used);
	memcpy(to, text, len);
	to[len] = '\0';
	r->used += len + 1;
	return to;
}

struct dns_result *
dns_result_ref(struct dns_result *r)
{
	atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
	return r;
}

void
dns_result_put(struct dns_result *r)
{
	if (r != NULL && atomic_fetch_sub(&r->refs, 1) == 1)
		free(r);
}

static ldns_pkt *
query_new(const struct dns_key *key)
{
	ldns_rdf *name;
	ldns_pkt *pkt;

	name = ldns_dname_new_frm_data((uint16_t)key->name.len, key->name.wire);
	if (name == NULL)
		return NULL;
	pkt = ldns_pkt_query_new(
	    name, (ldns_rr_type)key->type, LDNS_RR_CLASS_IN, LDNS_RD);
	if (pkt == NULL)
		ldns_rdf_deep_free(name);
	return pkt;
}

int
dns_query_build(const struct dns_key *key, unsigned int flags,
    uint8_t out[DNS_QUERY_MAX], size_t *len)
{
	uint8_t *wire = NULL;
	size_t n = 0;
	ldns_pkt *pkt;
	int rc = -ENOMEM;

	pkt = query_new(key);
	if (pkt == NULL)
		return -ENOMEM;
	ldns_pkt_set_id(pkt, 0);
	/* RFC 6840 5.7: an AD bit in a question asks for one in the answer,
	 * without the signatures that DO would bring. */
	ldns_pkt_set_ad(pkt, (flags & DNS_QUERY_AD) != 0);
	if ((flags & DNS_QUERY_EDNS) != 0)
		ldns_pkt_set_edns_udp_size(pkt, DNS_EDNS_OCTETS);
	if (ldns_pkt2wire(&wire, pkt, &n) == LDNS_STATUS_OK) {
		OCT_ASSERT(n <= DNS_QUERY_MAX);
		memcpy(out, wire, n);
		*len = n;
		rc = 0;
	}
	free(wire);
	ldns_pkt_free(pkt);
	return rc;
}
