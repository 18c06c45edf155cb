/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/dns_probe.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ldns/ldns.h>
#include <sodium.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/num.h"
#include "lib/str.h"

#define MESSAGE_MAX 65535
#define EDNS_OCTETS 1232
#define TRY_MS 1200
#define TRIES 2
#define TEXT_MAX 70000 /* octets of one record as text: escapes at worst */
#define DEFAULT_PORT 53

struct probing {
	const struct dns_probe_server *server;
	int64_t deadline_ms;
	uint8_t *query; /* as ldns made it */
	size_t query_len;
	uint8_t *answer; /* MESSAGE_MAX octets */
	size_t answer_len;
};

int
dns_probe_server_parse(const char *text, struct dns_probe_server *out)
{
	char host[OCT_IP_SIZE];
	const char *port = NULL;
	size_t len;
	int64_t n = DEFAULT_PORT;

	if (*text == '[') {
		len = strcspn(++text, "]");
		if (text[len] != ']')
			return OCT_EPARSE;
		if (text[len + 1] == ':')
			port = text + len + 2;
		else if (text[len + 1] != '\0')
			return OCT_EPARSE;
	} else {
		port = strchr(text, ':');
		/* Two colons: an IPv6 address without brackets. */
		if (port != NULL && strchr(port + 1, ':') != NULL)
			port = NULL;
		len = port != NULL ? (size_t)(port - text) : strlen(text);
		port = port != NULL ? port + 1 : NULL;
	}
	if (len == 0 || len >= sizeof(host))
		return OCT_EPARSE;
	memcpy(host, text, len);
	host[len] = '\0';
	if (port != NULL && oct_num_int(port, 1, UINT16_MAX, &n) != 0)
		return OCT_EPARSE;
	out->port = (uint16_t)n;
	return oct_ip_parse(host, &out->ip);
}

/* --- Sockets ---------------------------------------------------------------- */

static int
connect_to(const struct dns_probe_server *server, int type)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
		.sin6_port = htons(server->port) };
	struct sockaddr_in four = { .sin_family = AF_INET,
		.sin_port = htons(server->port) };
	bool v6 = server->ip.family == AF_INET6;
	int fd, rc;

	memcpy(&six.sin6_addr, server->ip.octets, 16);
	memcpy(&four.sin_addr, server->ip.octets, 4);
	fd = socket(server->ip.family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	rc = v6 ? connect(fd, (const struct sockaddr *)&six, sizeof(six))
		: connect(fd, (const struct sockaddr *)&four, sizeof(four));
	if (rc == 0 || errno == EINPROGRESS)
		return fd;
	rc = -errno;
	(void)close(fd);
	return rc;
}

static int
wait_for(int fd, short events, int64_t until_ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int64_t left = until_ms - oct_clock_mono_ms();
		int n;

		if (left <= 0)
			return OCT_ETIME;
		n = poll(&p, 1, left > 60000 ? 60000 : (int)left);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

/* An answer to this question: same id, and the question comes back.  Our query
 * ends in an OPT record of 11 octets. */
static bool
is_answer(const struct probing *p)
{
	size_t question = p->query_len - 11;

	if (p->answer_len < LDNS_HEADER_SIZE ||
	    memcmp(p->answer, p->query, 2) != 0 || !LDNS_QR_WIRE(p->answer))
		return false;
	if (LDNS_QDCOUNT(p->answer) == 0)
		return LDNS_RCODE_WIRE(p->answer) != LDNS_RCODE_NOERROR;
	if (p->answer_len < question)
		return false;
	/* Servers may give the letters back in another case. */
	for (size_t i = LDNS_HEADER_SIZE; i < question; i++)
		if (tolower(p->answer[i]) != tolower(p->query[i]))
			return false;
	return true;
}

static int
try_udp(struct probing *p, int64_t until_ms)
{
	int fd = connect_to(p->server, SOCK_DGRAM), rc = 0;

	if (fd < 0)
		return fd;
	if (send(fd, p->query, p->query_len, MSG_NOSIGNAL) < 0)
		rc = -errno;
	while (rc == 0) {
		ssize_t n;

		rc = wait_for(fd, POLLIN, until_ms);
		if (rc != 0)
			break;
		n = recv(fd, p->answer, MESSAGE_MAX, 0);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			rc = -errno;
		p->answer_len = n > 0 ? (size_t)n : 0;
		if (n > 0 && is_answer(p))
			break;
	}
	(void)close(fd);
	return rc;
}

static int
write_all(int fd, const uint8_t *octets, size_t len, int64_t until_ms)
{
	while (len > 0) {
		int rc = wait_for(fd, POLLOUT, until_ms);
		ssize_t n;

		if (rc != 0)
			return rc;
		n = send(fd, octets, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		octets += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int
read_all(int fd, uint8_t *octets, size_t len, int64_t until_ms)
{
	while (len > 0) {
		int rc = wait_for(fd, POLLIN, until_ms);
		ssize_t n;

		if (rc != 0)
			return rc;
		n = recv(fd, octets, len, 0);
		if (n == 0)
			return OCT_EREPLY;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		octets += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int
try_tcp(struct probing *p)
{
	uint8_t length[2] = { (uint8_t)(p->query_len >> 8),
		(uint8_t)p->query_len };
	int fd = connect_to(p->server, SOCK_STREAM), rc;

	if (fd < 0)
		return fd;
	rc = write_all(fd, length, sizeof(length), p->deadline_ms);
	if (rc == 0)
		rc = write_all(fd, p->query, p->query_len, p->deadline_ms);
	if (rc == 0)
		rc = read_all(fd, length, sizeof(length), p->deadline_ms);
	p->answer_len = (size_t)length[0] << 8 | length[1];
	if (rc == 0)
		rc = read_all(fd, p->answer, p->answer_len, p->deadline_ms);
	(void)close(fd);
	return rc == 0 && !is_answer(p) ? OCT_EREPLY : rc;
}

static int
exchange(struct probing *p)
{
	int rc = OCT_ETIME;

	for (int i = 0; i < TRIES && rc == OCT_ETIME; i++) {
		int64_t until = oct_clock_mono_ms() + TRY_MS;

		if (until > p->deadline_ms)
			until = p->deadline_ms;
		rc = try_udp(p, until);
	}
	if (rc == 0 && LDNS_TC_WIRE(p->answer) != 0)
		rc = try_tcp(p);
	return rc;
}

/* --- Messages --------------------------------------------------------------- */

static int
build(const char *name, enum dns_probe_type type, unsigned int flags,
    struct probing *p)
{
	uint16_t bits = (flags & DNS_PROBE_RECURSE) != 0 ? LDNS_RD : 0;
	ldns_rdf *owner = ldns_dname_new_frm_str(*name != '\0' ? name : ".");
	ldns_pkt *pkt;
	int rc = -ENOMEM;

	if (owner == NULL)
		return OCT_EPARSE;
	pkt = ldns_pkt_query_new(owner, (ldns_rr_type)type, LDNS_RR_CLASS_IN,
	    bits);
	if (pkt == NULL) {
		ldns_rdf_deep_free(owner);
		return -ENOMEM;
	}
	ldns_pkt_set_id(pkt, (uint16_t)randombytes_uniform(UINT16_MAX + 1));
	/* RFC 6840 5.7: asks for AD in the answer. */
	ldns_pkt_set_ad(pkt, (flags & DNS_PROBE_RECURSE) != 0);
	ldns_pkt_set_cd(pkt, (flags & DNS_PROBE_UNCHECKED) != 0);
	ldns_pkt_set_edns_udp_size(pkt, EDNS_OCTETS);
	if (ldns_pkt2wire(&p->query, pkt, &p->query_len) == LDNS_STATUS_OK)
		rc = 0;
	ldns_pkt_free(pkt);
	return rc;
}

static void
add_octets(struct oct_str *out, const uint8_t *octets, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (octets[i] >= 0x20 && octets[i] < 0x7f &&
		    octets[i] != '\\')
			oct_str_addc(out, (char)octets[i]);
		else
			oct_str_addf(out, "\\%03u", octets[i]);
	}
}

static void
add_rdf(const ldns_rdf *rdf, bool txt, struct oct_str *out)
{
	const uint8_t *data = ldns_rdf_data(rdf);
	char *text;

	if (txt) {
		if (ldns_rdf_size(rdf) > 0)
			add_octets(out, data + 1, ldns_rdf_size(rdf) - 1);
		return;
	}
	text = ldns_rdf2str(rdf);
	for (char *c = text; c != NULL && *c != '\0'; c++) {
		char low = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;

		/* ldns escapes what is in names and texts; be sure. */
		oct_str_addc(out, low >= 0x20 && low < 0x7f ? low : '?');
	}
	free(text);
}

static char *
record_text(const ldns_rr *rr)
{
	bool txt = ldns_rr_get_type(rr) == LDNS_RR_TYPE_TXT;
	struct oct_str s;
	char *text;

	oct_str_heap(&s, TEXT_MAX * 4);
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		if (i > 0 && !txt)
			oct_str_addc(&s, ' ');
		add_rdf(ldns_rr_rdf(rr, i), txt, &s);
	}
	text = s.len > 0 ? oct_str_take(&s) : strdup("");
	oct_str_free(&s);
	return text;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static uint32_t
soa_field(const ldns_rr *rr, size_t i)
{
	const ldns_rdf *f = ldns_rr_rd_count(rr) > i ? ldns_rr_rdf(rr, i)
						     : NULL;

	return f != NULL && ldns_rdf_size(f) == 4 ? ldns_rdf2native_int32(f)
						  : 0;
}

static void
read_authority(const ldns_pkt *pkt, struct dns_probe_reply *out)
{
	const ldns_rr_list *list = ldns_pkt_authority(pkt);
	bool soa = false, ns = false;

	for (size_t i = 0; list != NULL && i < ldns_rr_list_rr_count(list);
	     i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);

		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA) {
			uint32_t minimum = soa_field(rr, 6);

			soa = true;
			out->negative_ttl_s = ldns_rr_ttl(rr) < minimum
			    ? ldns_rr_ttl(rr)
			    : minimum;
		}
		ns |= ldns_rr_get_type(rr) == LDNS_RR_TYPE_NS;
	}
	out->referral = out->rcode == 0 && out->count == 0 && ns && !soa;
}

static int
read_answers(const ldns_pkt *pkt, enum dns_probe_type type,
    struct dns_probe_reply *out)
{
	const ldns_rr_list *list = ldns_pkt_answer(pkt);

	out->ttl_s = UINT32_MAX;
	for (size_t i = 0; list != NULL && i < ldns_rr_list_rr_count(list);
	     i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);

		if (ldns_rr_ttl(rr) < out->ttl_s)
			out->ttl_s = ldns_rr_ttl(rr);
		if (ldns_rr_get_type(rr) != (ldns_rr_type)type)
			continue;
		if (out->count == DNS_PROBE_RECORDS_MAX)
			return OCT_EREPLY;
		if (type == DNS_PROBE_SOA)
			out->serial = soa_field(rr, 2);
		out->records[out->count] = record_text(rr);
		if (out->records[out->count] == NULL)
			return -ENOMEM;
		out->count++;
	}
	if (out->ttl_s == UINT32_MAX)
		out->ttl_s = 0;
	qsort(out->records, out->count, sizeof(out->records[0]), by_text);
	return 0;
}

static int
read_reply(const struct probing *p, enum dns_probe_type type,
    struct dns_probe_reply *out)
{
	ldns_pkt *pkt = NULL;
	int rc;

	if (ldns_wire2pkt(&pkt, p->answer, p->answer_len) != LDNS_STATUS_OK)
		return OCT_EREPLY;
	out->rcode = ldns_pkt_get_rcode(pkt);
	out->authoritative = ldns_pkt_aa(pkt);
	out->secure = ldns_pkt_ad(pkt);
	rc = read_answers(pkt, type, out);
	if (rc == 0)
		read_authority(pkt, out);
	ldns_pkt_free(pkt);
	return rc;
}

int
dns_probe(const struct dns_probe_server *server, const char *name,
    enum dns_probe_type type, unsigned int flags, int64_t deadline_ms,
    struct dns_probe_reply *out)
{
	struct probing p = { .server = server, .deadline_ms = deadline_ms };
	int rc;

	*out = (struct dns_probe_reply){ .rcode = 0 };
	p.answer = malloc(MESSAGE_MAX);
	rc = p.answer != NULL ? build(name, type, flags, &p) : -ENOMEM;
	if (rc == 0)
		rc = exchange(&p);
	if (rc == 0)
		rc = read_reply(&p, type, out);
	if (rc != 0)
		dns_probe_fini(out);
	free(p.answer);
	free(p.query);
	return rc;
}

void
dns_probe_fini(struct dns_probe_reply *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->records[i]);
	r->count = 0;
}
