/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/list_hosts.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

/* An authority longer than this names no host (RFC 3986 3.2). */
#define AUTHORITY_MAX 512

/* Octets that end an authority in text or HTML; a backslash is what browsers
 * take for a slash. */
static bool
ends_authority(char c)
{
	return (unsigned char)c <= ' ' || c == 0x7f ||
	    strchr("/?#\\\"'<>()[]{}|^`,;&", c) != NULL;
}

/* RFC 2045 6.7 (5): "=" at the end of a line only breaks it for transport. */
static size_t
soft_break(const char *p, size_t len)
{
	if (len >= 3 && p[0] == '=' && p[1] == '\r' && p[2] == '\n')
		return 3;
	return len >= 2 && p[0] == '=' && p[1] == '\n' ? 2 : 0;
}

static size_t
strspn_n(const char *p, size_t len, const char *accepted)
{
	size_t n = 0;

	while (n < len && p[n] != '\0' && strchr(accepted, p[n]) != NULL)
		n++;
	return n;
}

/* An IPv6 address stands in brackets (RFC 3986 3.2.2): its octets, or 0. */
static size_t
take_literal(const char *p, size_t len, char *out, size_t room)
{
	size_t n = 1 + strspn_n(p + 1, len - 1, "0123456789abcdefABCDEF:.");

	if (n >= len || p[n] != ']' || n + 1 > room)
		return 0;
	memcpy(out, p, n + 1);
	return n + 1;
}

/* The authority at p without its soft breaks; 0: it has no end within the
 * bound. */
static size_t
take_authority(const char *p, size_t len, char out[AUTHORITY_MAX])
{
	size_t n = 0, i = 0;

	while (i < len && n < AUTHORITY_MAX) {
		size_t skip = soft_break(p + i, len - i);

		if (skip > 0) {
			i += skip;
			continue;
		}
		if (p[i] == '[' && (n == 0 || out[n - 1] == '@')) {
			skip = take_literal(p + i, len - i, out + n,
			    AUTHORITY_MAX - n);
			return skip > 0 && n + skip < AUTHORITY_MAX ? n + skip
								    : 0;
		}
		if (ends_authority(p[i]))
			break;
		out[n++] = p[i++];
	}
	return n < AUTHORITY_MAX ? n : 0;
}

/* Of others no list could speak; and 127.0.0.2 is what lists are tested by. */
static bool
is_public(const struct oct_ip *ip)
{
	const uint8_t *o = ip->octets;

	if (ip->family == AF_INET6)
		return (o[0] & 0xe0) == 0x20; /* 2000::/3 */
	return o[0] != 0 && o[0] != 10 && o[0] != 127 && o[0] < 224 &&
	    !(o[0] == 169 && o[1] == 254) &&
	    !(o[0] == 172 && (o[1] & 0xf0) == 16) &&
	    !(o[0] == 192 && o[1] == 168);
}

/* An address, right or wrong: no top-level domain begins with a digit. */
static bool
is_address(const char *host)
{
	const char *last = strrchr(host, '.');

	last = last != NULL ? last + 1 : host;
	return strchr(host, ':') != NULL || (*last >= '0' && *last <= '9');
}

/* "192.0.2.1", "3221225985", "0xc0.0.513" (RFC 3986 7.4), or IPv6. */
static bool
read_address(const char *host, struct oct_ip *out)
{
	struct in_addr v4;

	if (strchr(host, ':') != NULL)
		return oct_ip_parse(host, out) == 0;
	if (inet_aton(host, &v4) == 0)
		return false;
	*out = (struct oct_ip){ .family = AF_INET };
	memcpy(out->octets, &v4, sizeof(v4));
	return true;
}

static void
add_address(struct list_hosts *l, const struct oct_ip *ip)
{
	if (l->address_count == LIST_ADDRESSES_MAX || !is_public(ip))
		return;
	for (size_t i = 0; i < l->address_count; i++)
		if (l->address[i].family == ip->family &&
		    memcmp(l->address[i].octets, ip->octets,
			sizeof(ip->octets)) == 0)
			return;
	l->address[l->address_count++] = *ip;
}

static void
add_name(struct list_hosts *l, const char *host)
{
	char name[OCT_DOMAIN_SIZE];

	if (l->count == LIST_HOSTS_MAX || strpbrk(host, "%=*!$+~") != NULL ||
	    strchr(host, '.') == NULL || oct_domain_normalise(host, name) != 0)
		return;
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->host[i], name) == 0)
			return;
	memcpy(l->host[l->count++], name, strlen(name) + 1);
}

/* [userinfo "@"] host [":" port]: what stands before the last '@' is a favourite
 * place for another bank's name. */
static void
add_host(struct list_hosts *l, char *authority, size_t len)
{
	char *host = authority, *at = memrchr(authority, '@', len), *end;
	struct oct_ip ip;
	size_t n;

	authority[len] = '\0';
	if (at != NULL)
		host = at + 1;
	end = strchr(host, *host == '[' ? ']' : ':');
	if (end != NULL)
		*end = '\0';
	if (*host == '[')
		host++;
	/* The full stop of the sentence. */
	for (n = strlen(host); n > 0 && host[n - 1] == '.'; n--)
		host[n - 1] = '\0';
	if (!is_address(host))
		add_name(l, host);
	else if (read_address(host, &ip))
		add_address(l, &ip);
}

/* Also called for each decoded text. */
static void
scan(void *arg, const char *text, size_t len)
{
	char authority[AUTHORITY_MAX + 1];
	struct list_hosts *l = arg;
	const char *p = text, *end = text + len;

	while (l->count < LIST_HOSTS_MAX) {
		const char *slashes = memmem(p, (size_t)(end - p), "://", 3);
		size_t n;

		if (slashes == NULL)
			return;
		p = slashes + 3;
		if ((slashes - text < 4 ||
			strncasecmp(slashes - 4, "http", 4) != 0) &&
		    (slashes - text < 5 ||
			strncasecmp(slashes - 5, "https", 5) != 0))
			continue;
		n = take_authority(p, (size_t)(end - p), authority);
		if (n > 0)
			add_host(l, authority, n);
	}
}

void
list_hosts_find(const struct oct_mime_entity *message, struct list_hosts *out)
{
	out->count = out->address_count = 0;
	scan(out, message->body, message->len < LIST_HOSTS_SCAN
		? message->len
		: LIST_HOSTS_SCAN);
	/* What a bound leaves out is not asked about. */
	(void)!oct_mime_texts(message, scan, out);
}
