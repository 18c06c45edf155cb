/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/ctl_guess.h"

#include <stdlib.h>
#include <string.h>

#include "lib/addrlist.h"
#include "policy/score.h"

#define RECEIVED_MAX 50

/* Addresses of hops inside: loopback, private and link-local ones. */
static bool
is_inside(const struct oct_ip *ip)
{
	static const char *const nets[] = { "127.0.0.0/8", "10.0.0.0/8",
		"172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "::1/128",
		"fc00::/7", "fe80::/10" };

	for (size_t i = 0; i < OCT_LEN(nets); i++) {
		struct oct_prefix p;

		if (oct_prefix_parse(nets[i], &p) == 0 &&
		    oct_ip_in(ip, &p.net, p.bits))
			return true;
	}
	return false;
}

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]" at text. */
static bool
literal_at(const char *text, struct oct_ip *out)
{
	char inner[OCT_IP_SIZE];
	size_t len;

	text++;
	if (strncasecmp(text, "IPv6:", 5) == 0)
		text += 5;
	len = strcspn(text, "]");
	if (text[len] != ']' || len >= sizeof(inner))
		return false;
	memcpy(inner, text, len);
	inner[len] = '\0';
	return oct_ip_parse(inner, out) == 0;
}

/* RFC 5321 4.4: "from HELO (name [address]) by ...". */
static bool
read_received(const char *value, struct ctl_guess *out)
{
	const char *by = strstr(value, " by ");
	struct oct_ip ip;
	size_t len;

	if (strncasecmp(value, "from ", 5) != 0)
		return false;
	for (const char *p = strchr(value, '['); p != NULL;
	    p = strchr(p + 1, '[')) {
		if (by != NULL && p > by)
			return false;
		if (!literal_at(p, &ip) || is_inside(&ip))
			continue;
		out->client = ip;
		value += 5 + strspn(value + 5, " ");
		len = strcspn(value, " ;(");
		if (len < sizeof(out->helo)) {
			memcpy(out->helo, value, len);
			out->helo[len] = '\0';
		}
		return true;
	}
	return false;
}

/* A field's value with its folds undone; the caller's. */
static char *
unfolded(const struct oct_field *f)
{
	char *text = malloc(f->value_len + 1);
	size_t n = 0, i = 0;

	if (text == NULL)
		return NULL;
	while (i < f->value_len && strchr(" \t\r\n", f->value[i]) != NULL)
		i++;
	for (; i < f->value_len; i++)
		if (f->value[i] != '\r' && f->value[i] != '\0')
			text[n++] = f->value[i] == '\n' || f->value[i] == '\t'
			    ? ' '
			    : f->value[i];
	while (n > 0 && text[n - 1] == ' ')
		n--;
	text[n] = '\0';
	return text;
}

/* Written by the delivery at the site, on top of all. */
static bool
begins_with_path(const struct oct_msg *m)
{
	return oct_msg_field_count(m) > 1 &&
	    oct_field_is(oct_msg_field(m, 0), "Return-Path");
}

static void
guess_client(const struct oct_msg *m, struct ctl_guess *out)
{
	bool found = false, own = begins_with_path(m);

	for (size_t i = 0; !found && i < RECEIVED_MAX; i++) {
		const struct oct_field *f = oct_msg_find(m, "Received", i);
		char *value = f != NULL ? unfolded(f) : NULL;

		if (value == NULL)
			return;
		found = read_received(value, out);
		free(value);
		if (found && own)
			out->received_own = i + 1;
	}
}

/* The date of the newest hop, or of the message. */
static void
guess_time(const struct oct_msg *m, struct ctl_guess *out)
{
	const struct oct_field *f = oct_msg_find(m, "Received", 0);
	char *value = f != NULL ? unfolded(f) : NULL;
	const char *date = value != NULL ? strrchr(value, ';') : NULL;

	if (date == NULL || score_parse_date(date + 1, &out->received_ms) != 0)
		out->received_ms = 0;
	free(value);
	f = oct_msg_find(m, "Date", 0);
	if (out->received_ms != 0 || f == NULL)
		return;
	value = unfolded(f);
	if (value == NULL || score_parse_date(value, &out->received_ms) != 0)
		out->received_ms = 0;
	free(value);
}

static bool
first_address(const struct oct_msg *m, const char *name, struct oct_addr *out)
{
	const struct oct_field *f = oct_msg_find(m, name, 0);
	size_t n = 0;

	if (f == NULL)
		return false;
	(void)!oct_addrlist_parse(f->value, f->value_len, out, 1, &n);
	return n == 1;
}

/* A field that is one path, as Return-Path. */
static bool
path_of(const struct oct_msg *m, const char *name, struct oct_addr *out)
{
	const struct oct_field *f = oct_msg_find(m, name, 0);
	char *value = f != NULL ? unfolded(f) : NULL;
	bool ok = value != NULL && oct_addr_parse(value, out) == 0;

	free(value);
	return ok;
}

void
ctl_guess(const struct oct_msg *m, struct ctl_guess *out)
{
	memset(out, 0, sizeof(*out));
	out->client.family = AF_UNSPEC;
	guess_client(m, out);
	guess_time(m, out);
	out->has_rpath = path_of(m, "Return-Path", &out->rpath) ||
	    first_address(m, "From", &out->rpath);
	out->has_rcpt = path_of(m, "X-Original-To", &out->rcpt) ||
	    path_of(m, "Delivered-To", &out->rcpt) ||
	    first_address(m, "To", &out->rcpt);
}
