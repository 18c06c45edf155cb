/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is checked (RFC 7208 2.3, 2.4, 4.3), and the entry points of our engine.
 */
#include "auth/spf.h"

#include <string.h>

#include "auth/spf_eval.h"
#include "lib/str.h"

/* One check expands no more than this: more is an attack on our time. */
#define EXPAND_BUDGET (64 * 1024)

static bool
is_ascii(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] >= 0x80)
			return false;
	return true;
}

/*
 * Copy a domain as it is written, without its final dot; U-labels become
 * A-labels (RFC 8616).  false: it does not fit, or is no domain.
 */
static bool
take_domain(const char *name, size_t len, char out[OCT_DOMAIN_SIZE])
{
	char copy[OCT_DOMAIN_SIZE];

	out[0] = '\0';
	if (len > 0 && name[len - 1] == '.')
		len--;
	if (len >= sizeof(copy))
		return false;
	memcpy(copy, name, len);
	copy[len] = '\0';
	if (!is_ascii(copy, len))
		return oct_domain_normalise(copy, out) == 0;
	memcpy(out, copy, len + 1);
	return true;
}

/* 4.3: multi-label, no literal, nothing that no domain name has. */
static bool
domain_ok(const char *domain)
{
	if (!spf_name_ok(domain) || strchr(domain, '.') == NULL ||
	    domain[0] == '[')
		return false;
	for (const char *p = domain; *p != '\0'; p++)
		if (*p <= ' ' || *p == 0x7f)
			return false;
	return true;
}

/* %{s} and %{l}; a local part that cannot be in a name is left out. */
static void
set_sender(struct spf_identity *id, const char *local, size_t len)
{
	struct oct_str s;

	id->local_ok = len < OCT_LOCAL_SIZE && is_ascii(local, len);
	id->local_len = len;
	if (!id->local_ok)
		return;
	oct_str_fixed(&s, id->sender, sizeof(id->sender));
	oct_str_addn(&s, local, len);
	oct_str_addc(&s, '@');
	oct_str_add(&s, id->domain);
	OCT_ASSERT(oct_str_err(&s) == 0);
}

bool
spf_identity_init(struct spf_identity *id, const struct auth_spf_input *in)
{
	static const char postmaster[] = "postmaster"; /* 4.3 */
	const char *from = in->mail_from, *local = postmaster, *at;
	size_t len = strlen(from), local_len = sizeof(postmaster) - 1;
	bool ok;

	*id = (struct spf_identity){ .helo = false };
	id->helo_ok = take_domain(in->helo, strlen(in->helo), id->helo_name);
	if (len >= 2 && from[0] == '<' && from[len - 1] == '>') {
		from++;
		len -= 2;
	}
	id->helo = len == 0;
	if (id->helo) {
		from = in->helo;
		len = strlen(from);
	}
	at = id->helo ? NULL : memrchr(from, '@', len);
	if (at != NULL && at > from) {
		local = from;
		local_len = (size_t)(at - from);
	}
	if (at != NULL) {
		len -= (size_t)(at + 1 - from);
		from = at + 1;
	}
	ok = take_domain(from, len, id->domain);
	set_sender(id, local, local_len);
	return ok && domain_ok(id->domain);
}

void
spf_name_copy(char out[OCT_DOMAIN_SIZE], const char *name)
{
	size_t len = strlen(name);

	OCT_ASSERT(len < OCT_DOMAIN_SIZE);
	for (size_t i = 0; i <= len; i++)
		out[i] = name[i] >= 'A' && name[i] <= 'Z'
		    ? (char)(name[i] - 'A' + 'a')
		    : name[i];
}

void
spf_result_init(struct auth_spf *out, const struct spf_identity *id)
{
	*out = (struct auth_spf){ .result = AUTH_NONE, .helo = id->helo,
		.term = AUTH_SPF_NONE, .prefix = -1 };
	spf_name_copy(out->domain, id->domain);
}

void
auth_spf_prefetch(struct dns_session *dns, const struct auth_spf_input *in)
{
	struct spf_identity id;

	if (spf_identity_init(&id, in))
		dns_prefetch(dns, id.domain, DNS_TXT);
}

static struct spf_span
span_if(bool ok, const char *text, size_t len)
{
	return (struct spf_span){ ok ? text : NULL, ok ? len : 0 };
}

static void
vars_init(struct spf_eval *e, const struct auth_spf_input *in)
{
	const struct spf_identity *id = &e->id;

	e->vars = (struct spf_vars){
		.sender = span_if(id->local_ok, id->sender,
		    strlen(id->sender)),
		.local = span_if(id->local_ok, id->sender, id->local_len),
		.helo = span_if(id->helo_ok, id->helo_name,
		    strlen(id->helo_name)),
		.origin = id->domain,
		.domain = id->domain,
		.receiver = in->receiver != NULL && in->receiver[0] != '\0'
		    ? in->receiver
		    : "unknown",
		.ip = in->ip,
		.now_s = in->now_s,
		.client_name = spf_client_name,
		.arg = e,
		.budget = EXPAND_BUDGET,
	};
}

void
auth_spf_check(struct dns_session *dns, const struct auth_spf_input *in,
    struct auth_spf *out)
{
	struct spf_eval e = { .dns = dns, .out = out };
	bool ok = spf_identity_init(&e.id, in);

	spf_result_init(out, &e.id);
	if (!ok || in->ip.family == AF_UNSPEC)
		return;
	vars_init(&e, in);
	out->result = spf_check_host(&e);
}
