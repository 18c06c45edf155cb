/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other engine: libspf2 behind a gate.  It gets its answers from a DNS
 * layer of ours, which keeps from it every record that could make one of its
 * known faults harmful, and counts the limits of RFC 7208 4.6.4 that it
 * misses.  Its explanations and comments are given to nobody.
 */
#include "auth/spf.h"

#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>

#include <arpa/nameser.h>
#include <netdb.h>
#include <spf2/spf.h>

#include "auth/spf_eval.h"

/* CVE-2023-42118: macros of one term overrun a buffer of the library. */
#define TERM_MAX 255
#define RECORD_MAX 4096
/* It loses the end of records of about 63 terms without a word. */
#define TERMS_TRUSTED 50
#define OCTETS_TRUSTED 900

/* What the layer found that the library is not to decide. */
enum verdict { OPEN, PERMERROR, OURSELVES };

/* One check; the hook of its DNS layer. */
struct gate {
	struct dns_session *dns;
	struct auth_spf *out;
	enum verdict verdict;
	bool started;    /* the record of the identity was asked for */
	bool term_void;  /* the current term had its void counted */
	const struct dns_answer *hosts; /* of the last MX or PTR answer */
};

static void
refuse(struct gate *g, enum verdict v, const char *text)
{
	size_t len = strlen(text);

	if (g->verdict != OPEN)
		return;
	g->verdict = v;
	OCT_ASSERT(len < sizeof(g->out->problem));
	memcpy(g->out->problem, text, len + 1);
}

/* Is the question for a host of the last mx or ptr term? */
static bool
is_follow_up(const struct gate *g, const char *name)
{
	for (size_t i = 0; g->hosts != NULL && i < g->hosts->count; i++)
		if (strcasecmp(g->hosts->records[i].name, name) == 0)
			return true;
	return false;
}

/* A new term asks its first question; false = over the limit. */
static bool
count_term(struct gate *g)
{
	g->term_void = false;
	g->hosts = NULL;
	if (g->out->lookups == SPF_LOOKUPS_MAX) {
		refuse(g, PERMERROR, "more than 10 terms that ask the DNS");
		return false;
	}
	g->out->lookups++;
	return true;
}

static bool
count_void(struct gate *g)
{
	if (g->term_void)
		return true;
	g->term_void = true;
	if (g->out->voids == SPF_VOIDS_MAX) {
		refuse(g, PERMERROR,
		    "more than 2 terms whose DNS answer is void");
		return false;
	}
	g->out->voids++;
	return true;
}

/* The gate for one record: may the library see it? */
static enum verdict
judge_record(struct spf_span terms)
{
	size_t term = 0, count = 0;

	if (terms.len > RECORD_MAX)
		return PERMERROR;
	for (size_t i = 0; i < terms.len; i++) {
		char c = terms.at[i];

		if (c < ' ' || c > '~') /* a NUL would end its C string */
			return PERMERROR;
		if (c == ' ')
			term = 0;
		else if (++term == 1)
			count++;
		if (term > TERM_MAX)
			return PERMERROR;
	}
	return count > TERMS_TRUSTED || terms.len > OCTETS_TRUSTED ? OURSELVES
	                                                           : OPEN;
}

static SPF_dns_rr_t *
answer_new(SPF_dns_server_t *layer, const char *name, ns_type type, int herrno)
{
	SPF_dns_rr_t *rr = SPF_dns_rr_new_init(layer, name, type, 0, herrno);

	/* Out of memory: the library does not survive a NULL from here. */
	OCT_ASSERT(rr != NULL);
	return rr;
}

/* Append room for one record of len octets to the answer. */
static SPF_dns_rr_data_t *
answer_grow(SPF_dns_rr_t *rr, size_t len)
{
	SPF_errcode_t rc = SPF_dns_rr_buf_realloc(rr, rr->num_rr, len);

	OCT_ASSERT(rc == SPF_E_SUCCESS);
	return rr->rr[rr->num_rr++];
}

static void
answer_text(SPF_dns_rr_t *rr, const char *text)
{
	size_t size = strlen(text) + 1;

	memcpy(answer_grow(rr, size)->txt, text, size);
}

/*
 * The SPF record of a domain and nothing else: other TXT records are not its
 * business, explanations neither.
 */
static SPF_dns_rr_t *
answer_record(struct gate *g, SPF_dns_server_t *layer, const char *name,
    const struct dns_answer *txt)
{
	static const char version[] = "v=spf1";
	struct spf_span terms = { NULL, 0 };
	SPF_dns_rr_t *rr;
	enum verdict v;
	char *copy;
	int found = spf_record_select(txt, &terms);

	if (found < 0)
		refuse(g, PERMERROR, "more than one SPF record");
	if (found <= 0)
		return answer_new(layer, name, ns_t_txt, NO_DATA);
	v = judge_record(terms);
	if (v != OPEN) {
		refuse(g, v, "a record that libspf2 must not see");
		return answer_new(layer, name, ns_t_txt, TRY_AGAIN);
	}
	rr = answer_new(layer, name, ns_t_txt, NETDB_SUCCESS);
	/* It compares the version with its case. */
	copy = answer_grow(rr, sizeof(version) + terms.len)->txt;
	memcpy(copy, version, sizeof(version) - 1);
	memcpy(copy + sizeof(version) - 1, terms.at, terms.len);
	copy[sizeof(version) - 1 + terms.len] = '\0';
	return rr;
}

static void
fill(SPF_dns_rr_t *rr, enum dns_type type, const struct dns_record *r)
{
	if (type == DNS_A)
		memcpy(&answer_grow(rr, sizeof(struct in_addr))->a,
		    r->ip.octets, sizeof(struct in_addr));
	else if (type == DNS_AAAA)
		memcpy(&answer_grow(rr, sizeof(struct in6_addr))->aaaa,
		    r->ip.octets, sizeof(struct in6_addr));
	else if (spf_name_ok(r->name))
		answer_text(rr, r->name);
}

/* What the limits say to a question that is not for TXT; false = stop. */
static bool
count_answer(struct gate *g, enum dns_type type, const struct dns_answer *a)
{
	if (type == DNS_MX || type == DNS_PTR)
		g->hosts = a;
	if (type == DNS_MX && a->count > SPF_MX_MAX) {
		refuse(g, PERMERROR, "more than 10 MX records");
		return false;
	}
	if (a->status == DNS_NODATA || a->status == DNS_NXDOMAIN)
		return count_void(g);
	return true;
}

static SPF_dns_rr_t *
answer_other(struct gate *g, SPF_dns_server_t *layer, const char *name,
    enum dns_type type)
{
	bool address = type == DNS_A || type == DNS_AAAA;
	const struct dns_answer *a;
	SPF_dns_rr_t *rr;
	size_t count;

	if (!(address && is_follow_up(g, name)) && !count_term(g))
		return answer_new(layer, name, (ns_type)type, TRY_AGAIN);
	a = dns_get(g->dns, name, type);
	if (a->status == DNS_TEMPFAIL || !count_answer(g, type, a))
		return answer_new(layer, name, (ns_type)type, TRY_AGAIN);
	if (a->count == 0)
		return answer_new(layer, name, (ns_type)type,
		    a->status == DNS_NXDOMAIN ? HOST_NOT_FOUND : NO_DATA);
	rr = answer_new(layer, name, (ns_type)type, NETDB_SUCCESS);
	count = a->count;
	if (type == DNS_PTR && count > SPF_PTR_MAX)
		count = SPF_PTR_MAX; /* 4.6.4; it would say permerror */
	for (size_t i = 0; i < count; i++)
		fill(rr, type, &a->records[i]);
	return rr;
}

static SPF_dns_rr_t *
answer_txt(struct gate *g, SPF_dns_server_t *layer, const char *name)
{
	const struct dns_answer *a;

	/* The first is the identity's; the others are include or redirect. */
	if (g->started && !count_term(g))
		return answer_new(layer, name, ns_t_txt, TRY_AGAIN);
	g->started = true;
	a = dns_get(g->dns, name, DNS_TXT);
	if (a->status == DNS_TEMPFAIL)
		return answer_new(layer, name, ns_t_txt, TRY_AGAIN);
	if (a->count == 0)
		return answer_new(layer, name, ns_t_txt, NO_DATA);
	return answer_record(g, layer, name, a);
}

/* The DNS of the library.  Never NULL, always a fresh answer. */
static SPF_dns_rr_t *
lookup(SPF_dns_server_t *layer, const char *name, ns_type type,
    OCT_UNUSED int should_cache)
{
	struct gate *g = layer->hook;

	if (g->verdict != OPEN)
		return answer_new(layer, name, type, TRY_AGAIN);
	switch ((int)type) {
	case ns_t_txt:
		return answer_txt(g, layer, name);
	case ns_t_a:
		return answer_other(g, layer, name, DNS_A);
	case ns_t_aaaa:
		return answer_other(g, layer, name, DNS_AAAA);
	case ns_t_mx:
		return answer_other(g, layer, name, DNS_MX);
	case ns_t_ptr:
		return answer_other(g, layer, name, DNS_PTR);
	default: /* type 99 among them: RFC 7208 3.1 forbids it */
		return answer_new(layer, name, type, NO_DATA);
	}
}

static enum auth_result
result_of(SPF_result_t r, SPF_errcode_t err)
{
	switch (r) {
	case SPF_RESULT_NEUTRAL:
		return AUTH_NEUTRAL;
	case SPF_RESULT_PASS:
		return AUTH_PASS;
	case SPF_RESULT_FAIL:
		return AUTH_FAIL;
	case SPF_RESULT_SOFTFAIL:
		return AUTH_SOFTFAIL;
	case SPF_RESULT_NONE:
		return AUTH_NONE;
	case SPF_RESULT_TEMPERROR:
		return AUTH_TEMPERROR;
	case SPF_RESULT_PERMERROR:
	case SPF_RESULT_INVALID: /* it says so where it found an error */
		break;
	}
	return err == SPF_E_DNS_ERROR ? AUTH_TEMPERROR : AUTH_PERMERROR;
}

/* Hand the identity over; HELO first, an empty sender is made from it. */
static bool
fill_request(SPF_request_t *req, const struct auth_spf_input *in,
    const struct spf_identity *id)
{
	struct in_addr v4;
	struct in6_addr v6;
	SPF_errcode_t rc;

	if (in->ip.family == AF_INET) {
		memcpy(&v4, in->ip.octets, sizeof(v4));
		rc = SPF_request_set_ipv4(req, v4);
	} else {
		memcpy(&v6, in->ip.octets, sizeof(v6));
		rc = SPF_request_set_ipv6(req, v6);
	}
	if (rc != SPF_E_SUCCESS ||
	    SPF_request_set_helo_dom(req, id->helo_name) != SPF_E_SUCCESS)
		return false;
	/* This one says 0 where it set the sender. */
	return SPF_request_set_env_from(req, id->helo ? "" : id->sender) == 0;
}

static enum auth_result
ask_library(SPF_server_t *server, const struct auth_spf_input *in,
    const struct spf_identity *id, struct auth_spf *out)
{
	SPF_request_t *req = SPF_request_new(server);
	SPF_response_t *resp = NULL;
	enum auth_result r = AUTH_TEMPERROR; /* out of memory */
	SPF_errcode_t rc;

	if (req == NULL)
		return r;
	if (fill_request(req, in, id)) {
		rc = SPF_request_query_mailfrom(req, &resp);
		if (resp != NULL) {
			r = result_of(SPF_response_result(resp), rc);
			if (SPF_response_reason(resp) == SPF_REASON_MECH)
				out->term = AUTH_SPF_UNKNOWN;
		}
	}
	if (resp != NULL)
		SPF_response_free(resp);
	SPF_request_free(req);
	return r;
}

static bool
is_loopback(const struct oct_ip *ip)
{
	static const uint8_t one[16] = { [15] = 1 };

	if (ip->family == AF_INET)
		return ip->octets[0] == 127;
	return memcmp(ip->octets, one, sizeof(one)) == 0;
}

static const char *
receiver_of(const struct auth_spf_input *in)
{
	return in->receiver != NULL && in->receiver[0] != '\0' ? in->receiver
	                                                       : "unknown";
}

/* false: out of memory, or the library refused. */
static bool
run(struct gate *g, const struct auth_spf_input *in,
    const struct spf_identity *id)
{
	static char name[] = "octroi";
	/* destroy is NULL: the layer is ours and outlives the server. */
	SPF_dns_server_t layer = { .lookup = lookup, .name = name, .hook = g };
	SPF_server_t *server = SPF_server_new_dns(&layer, 0);
	bool ok;

	if (server == NULL)
		return false;
	ok = SPF_server_set_rec_dom(server, receiver_of(in)) == SPF_E_SUCCESS;
	if (ok)
		g->out->result = ask_library(server, in, id, g->out);
	SPF_server_free(server);
	return ok;
}

void
auth_spf_libspf2_check(struct dns_session *dns,
    const struct auth_spf_input *in, struct auth_spf *out)
{
	struct gate g = { .dns = dns, .out = out };
	struct spf_identity id;

	if (!spf_identity_init(&id, in) || in->ip.family == AF_UNSPEC) {
		spf_result_init(out, &id);
		return;
	}
	/* Loopback clients would pass without a look; what is not ASCII or has
	 * no bounded length does not go there at all. */
	if (is_loopback(&in->ip) || !id.local_ok || !id.helo_ok) {
		auth_spf_check(dns, in, out);
		return;
	}
	spf_result_init(out, &id);
	if (!run(&g, in, &id))
		out->result = AUTH_TEMPERROR;
	if (g.verdict == OURSELVES) {
		auth_spf_check(dns, in, out);
		return;
	}
	if (g.verdict == PERMERROR) {
		out->result = AUTH_PERMERROR;
		out->term = AUTH_SPF_NONE;
	}
	if (out->problem[0] != '\0' || (out->result != AUTH_TEMPERROR &&
	                                   out->result != AUTH_PERMERROR))
		return;
	refuse(&g, PERMERROR, "libspf2 found an error");
}
