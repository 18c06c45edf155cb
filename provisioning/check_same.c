/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Do all servers say the same, and does the resolver know it already?
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "auth/dkim_key.h"
#include "provisioning/check_int.h"

#define TTL_LONG_S 86400
#define SERVFAIL 2

static bool
same_records(const struct dns_probe_reply *a, const struct dns_probe_reply *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->records[i], b->records[i]) != 0)
			return false;
	return true;
}

static void
join(const struct dns_probe_reply *r, struct oct_str *out)
{
	if (r->count == 0)
		oct_str_add(out, "-");
	for (size_t i = 0; i < r->count; i++)
		oct_str_addf(out, "%s%.150s%s", i > 0 ? " | " : "",
		    r->records[i],
		    strlen(r->records[i]) > 150 ? "..." : "");
}

static void
report_difference(struct checking *c, enum check_code code,
    const char *name, const struct dns_probe_reply *a,
    const struct dns_probe_reply *b, const char *who)
{
	struct oct_str s;

	oct_str_heap(&s, 1 << 16);
	oct_str_addf(&s, "%s: ", who);
	join(b, &s);
	oct_str_add(&s, " / ");
	join(a, &s);
	check_add(c, code,
	    code == CHECK_SERVERS_DIFFER ? CHECK_WARNING : CHECK_NOTICE, name,
	    oct_str_text(&s), NULL);
	oct_str_free(&s);
}

/* Each server against the first that answers; then what the resolver still
 * remembers. */
static void
compare_answers(struct checking *c, const char *name,
    enum dns_probe_type type)
{
	struct dns_probe_reply first = { .rcode = 0 }, other;
	bool have = false, differ = false;

	for (size_t i = 0; i < c->out->server_count && !differ; i++) {
		const struct check_server *s = &c->out->servers[i];

		if (s->state != CHECK_SERVER_GOOD ||
		    check_ask(c, &s->at, name, type, 0, have ? &other : &first) != 0)
			continue;
		if (!have) {
			/* Below another cut, or by an alias out of the zone:
			 * these servers need not know it. */
			if (first.referral || !first.authoritative) {
				dns_probe_fini(&first);
				return;
			}
			have = true;
			continue;
		}
		differ = !same_records(&first, &other);
		if (differ)
			report_difference(c, CHECK_SERVERS_DIFFER, name, &first,
			    &other, s->name);
		dns_probe_fini(&other);
	}
	if (have && strcmp(name, c->in->domain) == 0)
		*(type == DNS_PROBE_MX ? &c->out->mx_ttl_s
				       : &c->out->txt_ttl_s) = first.ttl_s;
	if (have && first.count > 0 && first.ttl_s > TTL_LONG_S) {
		char text[32];

		(void)snprintf(text, sizeof(text), "%" PRIu32, first.ttl_s);
		check_add(c, CHECK_TTL_LONG, CHECK_NOTICE, name, text, NULL);
	}
	if (have && first.count > 0 && !differ && c->in->resolver != NULL &&
	    check_ask(c, c->in->resolver, name, type, DNS_PROBE_RECURSE, &other) ==
		0) {
		if (other.rcode != SERVFAIL && !same_records(&first, &other))
			report_difference(c, CHECK_RESOLVER_STALE, name, &first,
			    &other, "cache");
		dns_probe_fini(&other);
	}
	dns_probe_fini(&first);
}

void
check_same(struct checking *c)
{
	static const char *const labels[] = { "_dmarc", "_mta-sts",
		"_smtp._tls" };
	char name[OCT_DOMAIN_SIZE];

	compare_answers(c, c->in->domain, DNS_PROBE_MX);
	compare_answers(c, c->in->domain, DNS_PROBE_TXT);
	for (size_t i = 0; i < OCT_LEN(labels); i++)
		if (check_name(c, labels[i], name))
			compare_answers(c, name, DNS_PROBE_TXT);
	for (size_t i = 0; c->in->keys != NULL && i < c->in->keys->count; i++)
		if (auth_dkim_key_name(c->in->keys->items[i].selector,
			c->in->domain, name) == 0)
			compare_answers(c, name, DNS_PROBE_TXT);
}
