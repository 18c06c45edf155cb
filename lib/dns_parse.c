/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers in.  Not by ldns_wire2pkt: it sets no limit to records or to the hops
 * of a compressed name, so that one answer of 64 KiB over TCP costs it 80 ms
 * and thousands of allocations, in the thread that all questions share.  Here a
 * message costs no allocation but its result, and at most DNS_RECORDS_MAX
 * records of POINTERS_MAX hops are looked at.
 */
#include "lib/dns_wire.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <ldns/ldns.h>

#include "lib/err.h"

#define POINTERS_MAX 32 /* compression hops within one name */
#define RCODE_MASK 0x0f

enum section { ANSWER, AUTHORITY, ADDITIONAL };

struct rr {
	uint16_t owner; /* offsets into the message */
	uint16_t rdata;
	uint16_t rdlen;
	uint16_t type;
	uint32_t ttl_s;
	uint16_t section;
	bool internet;
};

struct dns_parser {
	const uint8_t *wire;
	size_t len;
	size_t count;
	size_t matches;
	unsigned int rcode; /* extended by OPT (RFC 6891 6.1.3) */
	struct rr rr[DNS_RECORDS_MAX];
	uint16_t match[DNS_RECORDS_MAX];
};

struct dns_parser *
dns_parser_new(void)
{
	return calloc(1, sizeof(struct dns_parser));
}

void
dns_parser_free(struct dns_parser *p)
{
	free(p);
}

static uint16_t
get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* RFC 2181 8: a TTL with the highest bit set is 0. */
static uint32_t
get_ttl(const uint8_t *at)
{
	uint32_t v = (uint32_t)get16(at) << 16 | get16(at + 2);

	return v > INT32_MAX ? 0 : v;
}

static bool
take_label(struct dns_name *name, const uint8_t *label, size_t len)
{
	if (name->len + 1 + len > DNS_NAME_MAX - 1)
		return false;
	name->wire[name->len++] = (uint8_t)len;
	for (size_t i = 0; i < len; i++) {
		uint8_t c = label[i];

		name->wire[name->len++] =
		    c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
	}
	return true;
}

/*
 * Read the name at an offset; the offset behind it, or 0 if it is malformed.
 * Ends: each pointer must go back behind where the labels before it began, and
 * there are at most POINTERS_MAX of them.
 */
static size_t
read_name(const struct dns_parser *p, size_t at, struct dns_name *out)
{
	size_t start = at, end = 0;
	unsigned int hops = 0;

	out->len = 0;
	while (at < p->len && p->wire[at] != 0) {
		size_t n = p->wire[at];

		if (n > DNS_LABEL_MAX) {
			if ((n & 0xc0) != 0xc0 || at + 2 > p->len ||
			    ++hops > POINTERS_MAX)
				return 0;
			end = end == 0 ? at + 2 : end;
			at = get16(p->wire + at) & 0x3fffu;
			if (at >= start || at < LDNS_HEADER_SIZE)
				return 0;
			start = at;
			continue;
		}
		if (at + 1 + n >= p->len ||
		    !take_label(out, p->wire + at + 1, n))
			return 0;
		at += 1 + n;
	}
	if (at >= p->len)
		return 0;
	out->wire[out->len++] = 0;
	return end == 0 ? at + 1 : end;
}

/* The offset behind the record, or 0. */
static size_t
read_rr(struct dns_parser *p, size_t at, enum section section)
{
	struct rr *rr = &p->rr[p->count];
	struct dns_name owner;
	size_t fixed;

	fixed = read_name(p, at, &owner);
	if (fixed == 0 || fixed + 10 > p->len)
		return 0;
	rr->owner = (uint16_t)at;
	rr->section = (uint16_t)section;
	rr->type = get16(p->wire + fixed);
	rr->internet = get16(p->wire + fixed + 2) == LDNS_RR_CLASS_IN;
	rr->ttl_s = get_ttl(p->wire + fixed + 4);
	rr->rdlen = get16(p->wire + fixed + 8);
	if (fixed + 10 + rr->rdlen > p->len)
		return 0;
	rr->rdata = (uint16_t)(fixed + 10);
	if (section == ADDITIONAL && rr->type == LDNS_RR_TYPE_OPT)
		p->rcode |= (unsigned int)p->wire[fixed + 4] << 4;
	p->count++;
	return fixed + 10 + rr->rdlen;
}

static int
index_records(struct dns_parser *p, size_t at)
{
	const unsigned int counts[] = {LDNS_ANCOUNT(p->wire),
	    LDNS_NSCOUNT(p->wire), LDNS_ARCOUNT(p->wire)};

	p->count = 0;
	if (counts[0] + counts[1] + counts[2] > DNS_RECORDS_MAX)
		return OCT_ELIMIT;
	for (unsigned int s = ANSWER; s <= ADDITIONAL; s++)
		for (unsigned int i = 0; i < counts[s]; i++) {
			at = read_rr(p, at, (enum section)s);
			if (at == 0)
				return OCT_EPARSE;
		}
	return 0;
}

static bool
rr_is(const struct dns_parser *p, const struct rr *rr, enum section section,
    enum dns_type type, const struct dns_name *owner)
{
	struct dns_name name;

	return rr->section == section && rr->internet && rr->type == type &&
	       read_name(p, rr->owner, &name) != 0 &&
	       dns_name_equal(&name, owner);
}

static void
find_matches(struct dns_parser *p, enum section section, enum dns_type type,
    const struct dns_name *owner)
{
	p->matches = 0;
	for (size_t i = 0; i < p->count; i++)
		if (rr_is(p, &p->rr[i], section, type, owner))
			p->match[p->matches++] = (uint16_t)i;
}

static void
lower_ttl(struct dns_heard *heard, uint32_t ttl_s)
{
	if (ttl_s < heard->ttl_s)
		heard->ttl_s = ttl_s;
}

/* A name that must fill the rest of the record's data from skip on. */
static int
rdata_name(const struct dns_parser *p, const struct rr *rr, size_t skip,
    struct dns_name *out)
{
	if (rr->rdlen <= skip)
		return OCT_EPARSE;
	return read_name(p, rr->rdata + skip, out) ==
		       (size_t)rr->rdata + rr->rdlen
		   ? 0
		   : OCT_EPARSE;
}

/*
 * Walk the CNAMEs of the answer from *name until it owns records of the type;
 * p->matches is 0 if it owns none.  OCT_ELIMIT: too many, or a loop.
 */
static int
follow(struct dns_parser *p, enum dns_type type, struct dns_name *name,
    struct dns_heard *heard)
{
	for (;;) {
		const struct rr *alias;

		find_matches(p, ANSWER, type, name);
		if (p->matches > 0 || type == DNS_CNAME)
			return 0;
		find_matches(p, ANSWER, DNS_CNAME, name);
		if (p->matches == 0)
			return 0;
		alias = &p->rr[p->match[0]];
		if (rdata_name(p, alias, 0, name) != 0)
			return OCT_EPARSE;
		lower_ttl(heard, alias->ttl_s);
		if (++heard->hops > DNS_HOPS_MAX)
			return OCT_ELIMIT;
	}
}

/*
 * Octets of text in a TXT record; OCT_EPARSE if a string leaves RDLENGTH.  Some
 * servers write an empty text as no string at all (RFC 1035 3.3.14 wants one):
 * it is empty here too, and the records beside it count.
 */
static int
txt_length(const struct dns_parser *p, const struct rr *rr, size_t *len)
{
	const uint8_t *data = p->wire + rr->rdata;
	size_t at = 0;

	*len = 0;
	while (at < rr->rdlen) {
		if (at + 1 + data[at] > rr->rdlen)
			return OCT_EPARSE;
		*len += data[at];
		at += 1u + data[at];
	}
	return 0;
}

static size_t
name_skip(enum dns_type type)
{
	return type == DNS_MX ? 2 : 0;
}

/* Octets of text that a record takes, its NUL included: 1 measured, 0 not to be
 * given out (a name with no safe text), negative malformed. */
static int
measure(const struct dns_parser *p, const struct rr *rr, size_t *octets)
{
	char text[OCT_DOMAIN_SIZE];
	struct dns_name name;

	*octets = 0;
	switch ((enum dns_type)rr->type) {
	case DNS_A:
		return rr->rdlen == 4 ? 1 : OCT_EPARSE;
	case DNS_AAAA:
		return rr->rdlen == 16 ? 1 : OCT_EPARSE;
	case DNS_TXT:
		if (txt_length(p, rr, octets) != 0)
			return OCT_EPARSE;
		++*octets;
		return 1;
	case DNS_MX:
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
		if (rdata_name(p, rr, name_skip(rr->type), &name) != 0)
			return OCT_EPARSE;
		if (!dns_name_text(&name, text))
			return 0;
		*octets = strlen(text) + 1;
		return 1;
	case DNS_SOA:
		return 1;
	}
	return OCT_EPARSE;
}

/* Drop the matches that are not to be given out; the room for the others. */
static int
measure_all(struct dns_parser *p, size_t *octets)
{
	size_t kept = 0;

	*octets = 0;
	for (size_t i = 0; i < p->matches; i++) {
		size_t n;
		int rc = measure(p, &p->rr[p->match[i]], &n);

		if (rc < 0)
			return rc;
		if (rc == 0)
			continue;
		p->match[kept++] = p->match[i];
		*octets += n;
	}
	p->matches = kept;
	return 0;
}

static void
write_text(const struct dns_parser *p, const struct rr *rr,
    struct dns_result *r, struct dns_record *out)
{
	const uint8_t *data = p->wire + rr->rdata;
	char *to = (char *)r + r->used;
	size_t at = 0;

	out->text = to;
	while (at < rr->rdlen) {
		memcpy(to, data + at + 1, data[at]);
		to += data[at];
		at += 1u + data[at];
	}
	*to++ = '\0';
	out->text_len = (size_t)(to - out->text) - 1;
	r->used += out->text_len + 1;
}

static void
write_name(const struct dns_parser *p, const struct rr *rr,
    struct dns_result *r, struct dns_record *out)
{
	char text[OCT_DOMAIN_SIZE] = "";
	struct dns_name name;

	/* Both were seen to succeed in measure(). */
	if (rdata_name(p, rr, name_skip(rr->type), &name) == 0 &&
	    dns_name_text(&name, text))
		out->name = dns_result_text(r, text, strlen(text));
}

static void
write_record(const struct dns_parser *p, const struct rr *rr,
    struct dns_result *r, struct dns_record *out)
{
	switch ((enum dns_type)rr->type) {
	case DNS_A:
	case DNS_AAAA:
		out->ip.family = rr->type == DNS_A ? AF_INET : AF_INET6;
		memcpy(out->ip.octets, p->wire + rr->rdata, rr->rdlen);
		break;
	case DNS_TXT:
		write_text(p, rr, r, out);
		break;
	case DNS_MX:
		out->preference = get16(p->wire + rr->rdata);
		write_name(p, rr, r, out);
		break;
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
		write_name(p, rr, r, out);
		break;
	case DNS_SOA:
		break;
	}
}

static enum dns_verdict
give(struct dns_heard *heard, struct dns_result *r)
{
	if (r == NULL)
		return DNS_V_FAILED;
	r->answer.secure = heard->secure;
	r->answer.ttl_s = heard->ttl_s;
	heard->result = r;
	return DNS_V_ANSWER;
}

static enum dns_verdict
positive(struct dns_parser *p, struct dns_heard *heard)
{
	struct dns_result *r;
	size_t octets;

	if (p->rcode == LDNS_RCODE_NXDOMAIN)
		return DNS_V_FAILED; /* it contradicts itself */
	for (size_t i = 0; i < p->matches; i++)
		lower_ttl(heard, p->rr[p->match[i]].ttl_s);
	if (measure_all(p, &octets) != 0)
		return DNS_V_FAILED;
	r = dns_result_new(
	    p->matches > 0 ? DNS_OK : DNS_NODATA, p->matches, octets);
	for (size_t i = 0; r != NULL && i < p->matches; i++)
		write_record(p, &p->rr[p->match[i]], r, &r->records[i]);
	return give(heard, r);
}

/* RFC 2308 3 and 5: the lower of the SOA's own TTL and its minimum field, the
 * last four octets of its data.  False: no SOA at or above the name. */
static bool
negative_ttl(
    const struct dns_parser *p, const struct dns_name *name, uint32_t *ttl_s)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct rr *rr = &p->rr[i];
		struct dns_name owner;
		uint32_t minimum;

		if (rr->section != AUTHORITY || !rr->internet ||
		    rr->type != DNS_SOA || rr->rdlen < 22 ||
		    read_name(p, rr->owner, &owner) == 0 ||
		    !dns_name_under(name, &owner))
			continue;
		minimum = get_ttl(p->wire + rr->rdata + rr->rdlen - 4);
		*ttl_s = minimum < rr->ttl_s ? minimum : rr->ttl_s;
		return true;
	}
	return false;
}

static bool
has_referral(const struct dns_parser *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->rr[i].section == AUTHORITY && p->rr[i].type == DNS_NS)
			return true;
	return false;
}

/* The name at the end of the chain has no record of the type. */
static enum dns_verdict
negative(struct dns_parser *p, const struct dns_key *key,
    const struct dns_name *name, struct dns_heard *heard)
{
	bool nxdomain = p->rcode == LDNS_RCODE_NXDOMAIN;
	uint32_t ttl_s = 0; /* RFC 2308 5: without a SOA not to be cached */
	bool soa = negative_ttl(p, name, &ttl_s);

	if (!nxdomain && !soa) {
		if (!dns_name_equal(name, &key->name)) {
			heard->alias = *name;
			return DNS_V_ALIAS;
		}
		/* RFC 2308 2.2: NS without SOA refers us elsewhere; a server
		 * that was to resolve for us does not. */
		if (has_referral(p))
			return DNS_V_FAILED;
	}
	lower_ttl(heard, ttl_s);
	return give(
	    heard, dns_result_new(nxdomain ? DNS_NXDOMAIN : DNS_NODATA, 0, 0));
}

/* Old servers send FORMERR or NOTIMP as a bare header. */
static bool
is_bare_error(const uint8_t *wire)
{
	return LDNS_QDCOUNT(wire) == 0 &&
	       (LDNS_RCODE_WIRE(wire) == LDNS_RCODE_FORMERR ||
		   LDNS_RCODE_WIRE(wire) == LDNS_RCODE_NOTIMPL);
}

/* Does it answer what was asked?  The offset behind the question, or 0. */
static size_t
check_question(const struct dns_parser *p, const struct dns_asked *asked)
{
	struct dns_name name;
	size_t at;

	if (p->len < LDNS_HEADER_SIZE || !LDNS_QR_WIRE(p->wire) ||
	    LDNS_OPCODE_WIRE(p->wire) != LDNS_PACKET_QUERY ||
	    LDNS_ID_WIRE(p->wire) != asked->id)
		return 0;
	if (is_bare_error(p->wire))
		return LDNS_HEADER_SIZE;
	if (LDNS_QDCOUNT(p->wire) != 1)
		return 0;
	at = read_name(p, LDNS_HEADER_SIZE, &name);
	if (at == 0 || at + 4 > p->len ||
	    !dns_name_equal(&name, &asked->key->name) ||
	    get16(p->wire + at) != asked->key->type ||
	    get16(p->wire + at + 2) != LDNS_RR_CLASS_IN)
		return 0;
	return at + 4;
}

static bool
rcode_blames_edns(unsigned int rcode)
{
	return rcode == LDNS_RCODE_FORMERR || rcode == LDNS_RCODE_NOTIMPL ||
	       rcode == 16; /* BADVERS, RFC 6891 9 */
}

enum dns_verdict
dns_parse(struct dns_parser *p, const uint8_t *wire, size_t len,
    const struct dns_asked *asked, struct dns_heard *heard)
{
	struct dns_name name = asked->key->name;
	size_t at;
	int rc;

	p->wire = wire;
	p->len = len > UINT16_MAX ? UINT16_MAX : len;
	at = check_question(p, asked);
	if (at == 0)
		return DNS_V_FOREIGN;
	if (LDNS_TC_WIRE(wire) != 0)
		return asked->tcp ? DNS_V_FAILED : DNS_V_TRUNCATED;
	p->rcode = wire[3] & RCODE_MASK;
	rc = index_records(p, at);
	if (asked->edns && rcode_blames_edns(p->rcode))
		return DNS_V_NO_EDNS;
	if (rc != 0 ||
	    (p->rcode != LDNS_RCODE_NOERROR && p->rcode != LDNS_RCODE_NXDOMAIN))
		return DNS_V_FAILED;
	rc = follow(p, asked->key->type, &name, heard);
	if (rc != 0)
		return rc == OCT_ELIMIT ? DNS_V_HOPELESS : DNS_V_FAILED;
	if (!asked->trust_ad || LDNS_AD_WIRE(wire) == 0)
		heard->secure = false;
	return p->matches > 0 ? positive(p, heard)
			      : negative(p, asked->key, &name, heard);
}
