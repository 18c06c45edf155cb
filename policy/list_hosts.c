/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/list_hosts.h"

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
		if (ends_authority(p[i]))
			break;
		out[n++] = p[i++];
	}
	return n < AUTHORITY_MAX ? n : 0;
}

/* [userinfo "@"] host [":" port]: what stands before the last '@' is a favourite
 * place for another bank's name. */
static bool
host_of(char *authority, size_t len, char out[OCT_DOMAIN_SIZE])
{
	char *host = authority, *at = memrchr(authority, '@', len), *colon;
	struct oct_ip ip;
	size_t n;

	authority[len] = '\0';
	if (at != NULL)
		host = at + 1;
	colon = strchr(host, ':');
	if (colon != NULL)
		*colon = '\0';
	/* The full stop of the sentence. */
	for (n = strlen(host); n > 0 && host[n - 1] == '.'; n--)
		host[n - 1] = '\0';
	return strpbrk(host, "%=*!$+~") == NULL && strchr(host, '.') != NULL &&
	    oct_ip_parse(host, &ip) != 0 &&
	    oct_domain_normalise(host, out) == 0;
}

static void
add(struct list_hosts *l, const char host[OCT_DOMAIN_SIZE])
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->host[i], host) == 0)
			return;
	memcpy(l->host[l->count++], host, strlen(host) + 1);
}

void
list_hosts_find(const char *body, size_t len, struct list_hosts *out)
{
	char authority[AUTHORITY_MAX + 1], host[OCT_DOMAIN_SIZE];
	const char *p = body, *end;

	out->count = 0;
	if (len > LIST_HOSTS_SCAN)
		len = LIST_HOSTS_SCAN;
	end = body + len;
	while (out->count < LIST_HOSTS_MAX) {
		const char *slashes = memmem(p, (size_t)(end - p), "://", 3);
		size_t n;

		if (slashes == NULL)
			return;
		p = slashes + 3;
		if ((slashes - body < 4 ||
			strncasecmp(slashes - 4, "http", 4) != 0) &&
		    (slashes - body < 5 ||
			strncasecmp(slashes - 5, "https", 5) != 0))
			continue;
		n = take_authority(p, (size_t)(end - p), authority);
		if (n > 0 && host_of(authority, n, host))
			add(out, host);
	}
}
