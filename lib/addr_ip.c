/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "lib/str.h"

/* The client networks of challenge rules. */
#define NET_BITS_V4 24
#define NET_BITS_V6 48

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static void
from_v4(const void *octets, struct oct_ip *out)
{
	memset(out, 0, sizeof(*out));
	out->family = AF_INET;
	memcpy(out->octets, octets, 4);
}

static void
from_v6(const void *octets, struct oct_ip *out)
{
	if (memcmp(octets, mapped, sizeof(mapped)) == 0) {
		from_v4((const uint8_t *)octets + sizeof(mapped), out);
		return;
	}
	out->family = AF_INET6;
	memcpy(out->octets, octets, 16);
}

int
oct_ip_parse(const char *text, struct oct_ip *out)
{
	uint8_t octets[16];

	if (inet_pton(AF_INET, text, octets) == 1)
		from_v4(octets, out);
	else if (inet_pton(AF_INET6, text, octets) == 1)
		from_v6(octets, out);
	else
		return OCT_EPARSE;
	return 0;
}

void
oct_ip_from_sockaddr(const struct sockaddr *sa, struct oct_ip *out)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	memset(out, 0, sizeof(*out));
	out->family = AF_UNSPEC;
	if (sa == NULL)
		return;
	if (sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof(v4));
		from_v4(&v4.sin_addr, out);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&v6, sa, sizeof(v6));
		from_v6(&v6.sin6_addr, out);
	}
}

void
oct_ip_text(const struct oct_ip *ip, char out[OCT_IP_SIZE])
{
	/* The word that Postfix uses. */
	static const char unknown[] = "unknown";

	if (ip->family == AF_UNSPEC ||
	    inet_ntop(ip->family, ip->octets, out, OCT_IP_SIZE) == NULL)
		memcpy(out, unknown, sizeof(unknown));
}

static int
family_bits(int family)
{
	return family == AF_INET ? 32 : family == AF_INET6 ? 128 : -1;
}

/* Mask of the bits of octet i that belong to a prefix of that length. */
static uint8_t
mask_at(int bits, int i)
{
	int left = bits - i * 8;

	if (left >= 8)
		return 0xff;
	if (left <= 0)
		return 0;
	return (uint8_t)((0xff00 >> left) & 0xff);
}

bool
oct_ip_in(const struct oct_ip *ip, const struct oct_ip *net, int bits)
{
	if (ip->family != net->family || bits < 0 ||
	    bits > family_bits(ip->family))
		return false;
	for (int i = 0; i * 8 < bits; i++)
		if (((ip->octets[i] ^ net->octets[i]) & mask_at(bits, i)) != 0)
			return false;
	return true;
}

static bool
in_any(const struct oct_ip *ip, const char *const *nets, size_t count)
{
	struct oct_prefix p;

	for (size_t i = 0; i < count; i++) {
		int rc = oct_prefix_parse(nets[i], &p);

		OCT_ASSERT(rc == 0);
		if (oct_ip_in(ip, &p.net, p.bits))
			return true;
	}
	return false;
}

/* The registries of special addresses of RFC 6890.  Of IPv6 only 2000::/3 is
 * given out at all; Teredo and 6to4 hold addresses of IPv4, any. */
bool
oct_ip_is_global(const struct oct_ip *ip)
{
	static const char *const v4[] = { "0.0.0.0/8", "10.0.0.0/8",
		"100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
		"172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
		"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3" };
	static const char *const v6[] = { "2001::/23", "2001:db8::/32",
		"2002::/16", "3fff::/20" };
	static const char *const given_out[] = { "2000::/3" };

	if (ip->family == AF_INET)
		return !in_any(ip, v4, OCT_LEN(v4));
	return ip->family == AF_INET6 &&
	    in_any(ip, given_out, OCT_LEN(given_out)) &&
	    !in_any(ip, v6, OCT_LEN(v6));
}

static void
clear_host_bits(struct oct_ip *ip, int bits)
{
	for (int i = 0; i < (int)sizeof(ip->octets); i++)
		ip->octets[i] &= mask_at(bits, i);
}

void
oct_ip_net_text(const struct oct_ip *ip, char out[OCT_IP_SIZE])
{
	int bits = ip->family == AF_INET ? NET_BITS_V4 : NET_BITS_V6;
	struct oct_ip net = *ip;
	struct oct_str s;
	char text[OCT_IP_SIZE];

	if (family_bits(ip->family) < 0) {
		oct_ip_text(ip, out);
		return;
	}
	clear_host_bits(&net, bits);
	oct_ip_text(&net, text);
	oct_str_fixed(&s, out, OCT_IP_SIZE);
	oct_str_addf(&s, "%s/%d", text, bits);
	OCT_ASSERT(oct_str_err(&s) == 0);
}

/* Decimal without sign or leading zero, as in RFC 7208 5.6 and CIDR usage. */
static int
parse_bits(const char *text, int64_t max, int64_t *out)
{
	if (text[0] == '0' && text[1] != '\0')
		return OCT_EPARSE;
	return oct_num_int(text, 0, max, out) == 0 ? 0 : OCT_EPARSE;
}

int
oct_prefix_parse(const char *text, struct oct_prefix *out)
{
	char addr[OCT_IP_SIZE];
	size_t len = strcspn(text, "/");
	bool v6 = memchr(text, ':', len) != NULL;
	struct oct_prefix p;
	int64_t bits = v6 ? 128 : 32;

	if (len >= sizeof(addr))
		return OCT_EPARSE;
	memcpy(addr, text, len);
	addr[len] = '\0';
	if (oct_ip_parse(addr, &p.net) != 0)
		return OCT_EPARSE;
	if (text[len] == '/' && parse_bits(text + len + 1, bits, &bits) != 0)
		return OCT_EPARSE;
	if (v6 && p.net.family == AF_INET)
		bits -= 96; /* written in the IPv4-mapped form */
	if (bits < 0)
		return OCT_EPARSE;
	p.bits = (int)bits;
	clear_host_bits(&p.net, p.bits);
	*out = p;
	return 0;
}
