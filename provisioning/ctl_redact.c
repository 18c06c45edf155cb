/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/ctl_redact.h"

#include <sodium.h>
#include <string.h>
#include <time.h>

#include "lib/addr.h"
#include "lib/err.h"

#define HASH_OCTETS 8
#define DAY_MS 86400000LL

/* --- Time ------------------------------------------------------------------- */

bool
ctl_redact_time(const char *line, int64_t now_ms, int64_t *out)
{
	struct tm tm = { 0 }, now;
	time_t t = (time_t)(now_ms / 1000);

	if (strptime(line, "%Y-%m-%dT%H:%M:%S", &tm) != NULL) {
		*out = (int64_t)timegm(&tm) * 1000;
		return true;
	}
	if (strptime(line, "%b %d %H:%M:%S", &tm) == NULL)
		return false;
	/* A day's difference of zones makes no old line young. */
	(void)gmtime_r(&t, &now);
	tm.tm_year = now.tm_year;
	*out = (int64_t)timegm(&tm) * 1000;
	if (*out > now_ms + DAY_MS) {
		tm.tm_year--;
		*out = (int64_t)timegm(&tm) * 1000;
	}
	return true;
}

/* --- Words ------------------------------------------------------------------ */

/* What a mail address is made of in a log, without its '@'. */
static bool
is_of_local(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (unsigned char)c >= 0x80 ||
	    (c != '\0' && strchr(".!#$%&'*+/=?^_`{|}~-", c) != NULL);
}

static bool
is_of_domain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (unsigned char)c >= 0x80 || c == '.' ||
	    c == '-';
}

static bool
is_of_ip(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	    (c >= 'A' && c <= 'F') || c == '.' || c == ':';
}

static size_t
span(const char *s, size_t len, bool (*is)(char))
{
	size_t n = 0;

	while (n < len && is(s[n]))
		n++;
	return n;
}

static void
add_hash(const struct ctl_redact *r, const char *text, size_t len,
    struct oct_str *out)
{
	uint8_t hash[HASH_OCTETS];
	char hex[2 * HASH_OCTETS + 1];

	(void)crypto_generichash(hash, sizeof(hash), (const uint8_t *)text,
	    len, r->key, sizeof(r->key));
	(void)sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	oct_str_addf(out, "#%s", hex);
}

/* One address of that form: hosted ones stay, what cannot be read is hashed as it
 * stands. */
static void
add_address(const struct ctl_redact *r, const char *text, size_t len,
    struct oct_str *out)
{
	char copy[OCT_ADDR_SIZE], folded[OCT_ADDR_SIZE];
	struct oct_addr a, f;

	if (len >= sizeof(copy)) {
		add_hash(r, text, len, out);
		return;
	}
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (oct_addr_parse(copy, &a) != 0) {
		add_hash(r, text, len, out);
		return;
	}
	if (r->hosted(r->arg, a.domain)) {
		oct_str_addn(out, text, len);
		return;
	}
	oct_addr_fold(&a, '\0', &f);
	oct_addr_text(&f, folded);
	add_hash(r, folded, strlen(folded), out);
}

/* How much of s is an address; 0: it is none. */
static size_t
address_at(const char *s, size_t len)
{
	size_t local = span(s, len, is_of_local), domain;

	if (local == 0 || local == len || s[local] != '@')
		return 0;
	domain = span(s + local + 1, len - local - 1, is_of_domain);
	/* A full stop ends the sentence, not the name. */
	while (domain > 0 && s[local + domain] == '.')
		domain--;
	return domain > 0 ? local + 1 + domain : 0;
}

/* The same of an IP address, which is appended as its network. */
static size_t
add_ip(const char *s, size_t len, struct oct_str *out)
{
	char copy[OCT_IP_SIZE], net[OCT_IP_SIZE];
	size_t n = span(s, len, is_of_ip);
	struct oct_ip ip;

	if (n < 3 || n >= sizeof(copy) || (n < len && is_of_local(s[n]) &&
		s[n] != '/'))
		return 0;
	memcpy(copy, s, n);
	copy[n] = '\0';
	if (oct_ip_parse(copy, &ip) != 0 || (n < len && s[n] == '/'))
		return 0;
	oct_ip_net_text(&ip, net);
	oct_str_add(out, net);
	return n;
}

/* "name=value" of a line of ours: the value alone, for '=' may stand in a local
 * part too. */
static size_t
name_at(const char *s, size_t len, bool begins)
{
	size_t n = 0;

	while (begins && n < len &&
	    ((s[n] >= 'a' && s[n] <= 'z') || s[n] == '_'))
		n++;
	return n > 0 && n < len && s[n] == '=' ? n + 1 : 0;
}

void
ctl_redact_line(const struct ctl_redact *r, const char *line, size_t len,
    struct oct_str *out)
{
	size_t i = 0;

	while (i < len) {
		size_t n = name_at(line + i, len - i,
		    i == 0 || line[i - 1] == ' ');

		oct_str_addn(out, line + i, n);
		i += n;
		n = address_at(line + i, len - i);
		if (n > 0) {
			add_address(r, line + i, n, out);
		} else {
			n = add_ip(line + i, len - i, out);
		}
		i += n;
		/* What begins a word is looked at, not what is inside. */
		n = n == 0 ? span(line + i, len - i, is_of_local) : 0;
		oct_str_addn(out, line + i, n);
		i += n;
		if (n == 0 && i < len && !is_of_local(line[i]))
			oct_str_addc(out, line[i++]);
	}
}
