/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/dns.h"

#include <errno.h>
#include <stdlib.h>

#include <sodium.h>

#include "lib/dns_int.h"
#include "lib/err.h"
#include "lib/str.h"

void
dns_conf_init(struct dns_conf *conf)
{
	*conf = (struct dns_conf){ .try_ms = 1500, .tries = 3,
		.cache_octets = (size_t)32 << 20, .ttl_max_s = 86400,
		.ttl_neg_max_s = 3600, .inflight_max = 4096 };
}

int
dns_new(const struct dns_conf *conf, struct dns **out)
{
	const struct dns_cache_conf cache_conf = { .octets = conf->cache_octets,
		.ttl_max_s = conf->ttl_max_s,
		.ttl_neg_max_s = conf->ttl_neg_max_s };
	struct dns *dns;
	int rc;

	if (sodium_init() == -1)
		return OCT_EDOWN;
	dns = calloc(1, sizeof(*dns));
	if (dns == NULL)
		return -ENOMEM;
	rc = dns_cache_new(&cache_conf, &dns->cache);
	if (rc == 0)
		rc = dns_io_new(conf, dns->cache, &dns->counters, &dns->io);
	if (rc != 0) {
		dns_free(dns);
		return rc;
	}
	*out = dns;
	return 0;
}

int
dns_new_static(struct dns **out)
{
	struct dns *dns;
	int rc;

	dns = calloc(1, sizeof(*dns));
	if (dns == NULL)
		return -ENOMEM;
	rc = dns_table_new(&dns->table);
	if (rc != 0) {
		free(dns);
		return rc;
	}
	*out = dns;
	return 0;
}

int
dns_new_silent(struct dns **out)
{
	int rc = dns_new_static(out);

	if (rc == 0)
		dns_table_silence((*out)->table);
	return rc;
}

int
dns_static_add(struct dns *dns, const char *name, enum dns_type type,
    const char *rdata, size_t len)
{
	struct dns_key key = { .type = type };
	int rc;

	if (dns->table == NULL)
		return -EINVAL;
	rc = dns_name_parse(name, &key.name);
	return rc == 0 ? dns_table_add(dns->table, &key, rdata, len) : rc;
}

int
dns_static_timeout(struct dns *dns, const char *name)
{
	struct dns_name wire;
	int rc;

	if (dns->table == NULL)
		return -EINVAL;
	rc = dns_name_parse(name, &wire);
	return rc == 0 ? dns_table_timeout(dns->table, &wire) : rc;
}

void
dns_free(struct dns *dns)
{
	if (dns == NULL)
		return;
	/* Its thread finishes flights of the cache: it goes first. */
	dns_io_free(dns->io);
	dns_cache_free(dns->cache);
	dns_table_free(dns->table);
	free(dns);
}

void
dns_stats(struct dns *dns, struct dns_stats *out)
{
	struct dns_counters *c = &dns->counters;

	*out = (struct dns_stats){
		.asked = atomic_load(&c->asked),
		.hits = atomic_load(&c->hits),
		.merged = atomic_load(&c->merged),
		.sent = atomic_load(&c->sent),
		.tcp = atomic_load(&c->tcp),
		.tempfail = atomic_load(&c->tempfail),
		.shed = atomic_load(&c->shed),
	};
	if (dns->cache != NULL)
		dns_cache_usage(dns->cache, &out->cache_octets,
		    &out->cache_entries);
}

const char *
dns_type_name(enum dns_type type)
{
	switch (type) {
	case DNS_A:
		return "A";
	case DNS_NS:
		return "NS";
	case DNS_CNAME:
		return "CNAME";
	case DNS_SOA:
		return "SOA";
	case DNS_PTR:
		return "PTR";
	case DNS_MX:
		return "MX";
	case DNS_TXT:
		return "TXT";
	case DNS_AAAA:
		return "AAAA";
	}
	return "?";
}

const char *
dns_status_name(enum dns_status status)
{
	switch (status) {
	case DNS_OK:
		return "ok";
	case DNS_NODATA:
		return "nodata";
	case DNS_NXDOMAIN:
		return "nxdomain";
	case DNS_TEMPFAIL:
		return "tempfail";
	}
	return "?";
}

static void
add_reversed(struct oct_str *s, const struct oct_ip *ip)
{
	static const char hex[] = "0123456789abcdef";

	if (ip->family == AF_INET) {
		for (int i = 3; i >= 0; i--)
			oct_str_addf(s, "%u.", ip->octets[i]);
		return;
	}
	for (int i = 15; i >= 0; i--)
		oct_str_addf(s, "%c.%c.", hex[ip->octets[i] & 15],
		    hex[ip->octets[i] >> 4]);
}

int
dns_reverse_name(const struct oct_ip *ip, const char *suffix,
    char out[OCT_DOMAIN_SIZE])
{
	struct oct_str s;

	if (ip->family != AF_INET && ip->family != AF_INET6)
		return OCT_EPARSE;
	if (suffix == NULL)
		suffix = ip->family == AF_INET ? "in-addr.arpa" : "ip6.arpa";
	oct_str_fixed(&s, out, OCT_DOMAIN_SIZE);
	add_reversed(&s, ip);
	oct_str_add(&s, suffix);
	return oct_str_err(&s);
}
