/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the platform offers to the domains that it hosts, in the form that DNS
 * records, autoconfiguration and welcome sheets want.  Pure; any thread.
 */
#ifndef OCT_POLICY_HOSTING_H
#define OCT_POLICY_HOSTING_H

#include "lib/addr.h"
#include "lib/def.h"
#include "lib/str.h"

#define HOSTING_MX_MAX 6
#define HOSTING_SENDERS_MAX 32

struct settings;
struct dir_domain;

enum hosting_sts { HOSTING_STS_NONE, HOSTING_STS_TESTING, HOSTING_STS_ENFORCE };

struct hosting_mx {
	uint16_t preference;
	char host[OCT_DOMAIN_SIZE];
};

/* host "": none is told. */
struct hosting_server {
	char host[OCT_DOMAIN_SIZE];
	uint16_t port;
	bool starttls; /* else TLS from the first octet (RFC 8314) */
};

/* Texts that are pointers stay the settings' (or the domain's). */
struct hosting {
	size_t mx_count;
	struct hosting_mx mx[HOSTING_MX_MAX]; /* by preference, then name */
	char spf[OCT_DOMAIN_SIZE];  /* terms, "" never */
	const char *spf_more;       /* terms of the domain's other senders */
	size_t sender_count;        /* 0: the addresses of hostname */
	struct oct_ip senders[HOSTING_SENDERS_MAX];
	const char *hostname;
	const char *dmarc;          /* "none", "quarantine", "reject" */
	const char *rua, *tls_rpt;  /* addresses, or "" */
	enum hosting_sts sts;
	int64_t sts_age_s, ttl_s;
	char web[OCT_DOMAIN_SIZE];  /* host of octroi-web */
	struct hosting_server imap, smtp;
	const char *name;           /* who runs the service, or "" */
	uint16_t dns_port, https_port;
};

/* Of the platform.  The settings were checked when they were loaded. */
void hosting_of(const struct settings *s, struct hosting *out);
/* The same for one domain, which may set some of it (its details mta_sts and
 * spf). */
void hosting_of_domain(const struct settings *s, const struct dir_domain *d,
    struct hosting *out);

/* The same for the domain that octroi itself writes in the name of: it has no
 * people, so nothing for mail programs, and no policy that is served. */
void hosting_of_own(const struct settings *s, struct hosting *out);

const char *hosting_sts_name(enum hosting_sts mode);

/* For the table of settings. */
bool hosting_is_mx(const char *text);
bool hosting_is_spf(const char *text);
bool hosting_is_address(const char *text);
bool hosting_is_server(const char *text);

#endif
